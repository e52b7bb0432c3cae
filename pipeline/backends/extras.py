"""Extras: vendors' packages, which nobody needs who does not run there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import InputError


@contextmanager
def needs(package: str, extra: str) -> Iterator[None]:
    """Around the import of a vendor's package.

    Raises:
        InputError: it is missing; names the command that mends that.
    """
    try:
        yield
    except ImportError as error:
        raise InputError(
            f"The package {package} is not installed ({error}).", f"Run: pip install 'eigenlead[{extra}]'"
        ) from None
