"""Folders: where the files of a served request may lie."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.errors import InputError


def confined(path: str | Path) -> Path:
    """The absolute path of a file or folder, links followed.

    Raises:
        InputError: it lies in none of the folders of `$EIGENLEAD_FOLDERS`; unset: everything is allowed.
    """
    real = Path(path).resolve()
    allowed = [Path(folder).resolve() for folder in os.environ.get("EIGENLEAD_FOLDERS", "").split(os.pathsep) if folder]
    if allowed and not any(real.is_relative_to(folder) for folder in allowed):
        raise InputError(f"{path} lies in no folder that is served.", f"Put it into {allowed[0]}.")
    return real
