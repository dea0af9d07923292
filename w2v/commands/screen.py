"""Text on a terminal: lines on standard error, styles, columns."""

import os
import sys
import unicodedata
from contextlib import suppress

from w2v.base.errors import printable

FLAGS = dict[str, str]()  # How a message names each parameter of the command that runs; `options.command` fills it
BOLD, DIM = "1", "2"  # Styles of a terminal, as ANSI X3.64 numbers them


def print_status(message: str) -> None:
    """Print a line to standard error; a run goes on if its terminal is gone."""
    with suppress(OSError):
        print(f"w2v: {printable(message)}", file=sys.stderr, flush=True)


def styled(text: str, style: str) -> str:
    """Return a text for standard output, styled where that is a terminal that can show it and NO_COLOR is not set.

    What a terminal would obey in the text itself is escaped.
    """
    text = printable(text)
    able = os.environ.get("TERM", "dumb") != "dumb" or "WT_SESSION" in os.environ  # the latter is Windows Terminal
    if not (able and sys.stdout.isatty()) or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{style}m{text}\x1b[0m"


def columns(text: str) -> int:
    """Return the width of a text on a terminal."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.category(c) in ("Mn", "Me", "Cf") for c in text)


def aligned(rows: list[list[str]]) -> str:
    """Return rows as text, the first column aligned left and the others right."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [" " * (width - columns(cell)) + cell for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first + " " * (widths[0] - columns(first)), *cells]))
    return "\n".join(lines)
