"""Text: an input file decoded, whatever program wrote it."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from molecules.row import LibraryError

MOST_BYTES = 200_000_000
"""Of a file, unpacked: about ten times as much memory is used for reading it."""


def read_text(path: Path) -> str:
    """Decode a file in UTF-8, or UTF-16 with its byte-order mark; unpack .gz, no further than `MOST_BYTES`.

    Args:
        path: The file.

    Returns:
        Its text: line ends are newlines; a byte that is not UTF-8 is a surrogate, as ``surrogateescape`` makes it.

    Raises:
        LibraryError: When the file is missing, empty, unreadable, too large, no text, or a damaged .gz.
    """
    packed = path.suffix.lower() == ".gz"
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise LibraryError(
            f"{path} is no complete gzip file ({error}). Compress it again, or give it plain."
        ) from error
    except FileNotFoundError as error:
        raise LibraryError(f"{path} does not exist. Check the path and the folder you are in.") from error
    except OSError as error:
        raise LibraryError(f"{path} cannot be read: {error.strerror}. Check its permissions.") from error
    if len(data) > MOST_BYTES:
        raise LibraryError(
            f"{path} has more than {MOST_BYTES // 10**6} MB{' when unpacked' if packed else ''}. "
            "Split it into several libraries, each with its titles, and screen them one after the other."
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    elif data.startswith(b"PK\x03\x04") or data.count(b"\0") > len(data) // 4:
        raise LibraryError(f"{path} is no text in UTF-8. Export it from its program as “CSV UTF-8”.")
    else:
        text = data.decode("utf-8-sig", errors="surrogateescape")
    if not text.strip():
        raise LibraryError(f"{path} is empty. Write one molecule a line: its SMILES, a blank, its name.")
    return text.replace("\r\n", "\n").replace("\r", "\n")
