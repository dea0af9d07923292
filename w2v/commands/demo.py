"""`w2v demo`: vectors of the names in the source code and documentation of the Python that runs it."""

import re
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from w2v import api
from w2v.base.errors import W2VError
from w2v.commands.options import command
from w2v.commands.tables import format_neighbours
from w2v.commands.terminal import TerminalReporter

ASKED = ("Monday", "lower", "socket", "KeyError", "thread")  # The words whose neighbours the demo shows

NOT_LIBRARY = {"site-packages", "test", "tests"}
"""Folders next to the library: what the user has installed, and tests, which repeat themselves."""


def library_sentences(folder: str | Path) -> Iterator[list[str]]:
    """Yield the names and words between two blank lines of each Python file below a folder, file by file.

    Raises:
        W2VError: a file cannot be read.
    """
    for path in sorted(Path(folder).rglob("*.py")):
        if NOT_LIBRARY.isdisjoint(path.relative_to(folder).parts):
            try:
                code = path.read_text(encoding="utf-8", errors="replace")
            except OSError as error:
                raise W2VError(f"cannot read {path}: {error.strerror or error}") from error
            for block in re.split(r"\n\s*\n", code):
                if tokens := re.findall(r"[^\W\d]\w*", block):
                    yield tokens


@command("The text is the source code and documentation of the standard library.\n\nExample: w2v demo")
def demo() -> None:
    """Show in a few seconds what it does, on a text that every user has."""
    started = time.perf_counter()
    reporter = TerminalReporter()
    folder = sysconfig.get_path("stdlib")
    reporter.tell(f"reading Python's own library, {folder}; the first run also compiles, which takes some seconds once")
    vectors = api.train(library_sentences(folder), config="demo", reporter=reporter)
    missing = [word for word in ASKED if word not in vectors]
    if missing:
        raise W2VError(
            f"{folder} holds too little source code: {', '.join(missing)} not seen; try w2v train on a text of yours"
        )
    print("\n\n".join(format_neighbours(word, vectors.similar(word, 5)) for word in ASKED))
    reporter.tell(
        f"done in {time.perf_counter() - started:.1f} s; now your own text: w2v train corpus.txt, then w2v similar WORD"
    )
