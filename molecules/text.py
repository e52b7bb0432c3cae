"""Text: an input file decoded, whatever program wrote it."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from molecules.row import LibraryError


def read_text(path: Path) -> str:
    """Decode a file in UTF-8, or UTF-16 with its byte-order mark; unpack .gz.

    Args:
        path: The file.

    Returns:
        Its text: line ends are newlines; a byte that is not UTF-8 is a surrogate, as ``surrogateescape`` makes it.

    Raises:
        LibraryError: When the file is missing, empty, unreadable, no text, or a damaged .gz.
    """
    try:
        data = path.read_bytes()
        if path.suffix.lower() == ".gz":
            data = gzip.decompress(data)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise LibraryError(
            f"{path} is no complete gzip file ({error}). Compress it again, or give it plain."
        ) from error
    except FileNotFoundError as error:
        raise LibraryError(f"{path} does not exist. Check the path and the folder you are in.") from error
    except OSError as error:
        raise LibraryError(f"{path} cannot be read: {error.strerror}. Check its permissions.") from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    elif data.startswith(b"PK\x03\x04") or data.count(b"\0") > len(data) // 4:
        raise LibraryError(f"{path} is no text in UTF-8. Export it from its program as “CSV UTF-8”.")
    else:
        text = data.decode("utf-8-sig", errors="surrogateescape")
    if not text.strip():
        raise LibraryError(f"{path} is empty. Write one molecule a line: its SMILES, a blank, its name.")
    return text.replace("\r\n", "\n").replace("\r", "\n")
