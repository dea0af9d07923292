"""Reading the lines of a text file to draw, or of a list of words to draw."""

from pathlib import Path

from w2v.base.errors import W2VError


def read_lines(path: str | Path) -> list[str]:
    """Return the lines of a file. Raises W2VError if it cannot be read or is not UTF-8."""
    try:
        return Path(path).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise W2VError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise W2VError(f"{path} is no text: byte {error.start} is not UTF-8") from None
