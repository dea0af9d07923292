"""Write an event table as a sessions file, and the held-out items as a second file."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from w2v.base.files import replacing, replacing_packed
from w2v.reports import Reporter
from w2v.text.corpus import Line
from w2v.text.event_files import check_rows, database, find_columns, open_table, with_text
from w2v.text.events import Events, Session, SessionRules


@contextmanager
def read_sessions(
    source: Any,  # noqa: ANN401
    rules: SessionRules,
    told: Reporter,
    *,
    columns: dict[str, str | None],
    skip_malformed: bool = False,
    beside: str | Path | None = None,
) -> Iterator[Iterator[Session]]:
    """Yield the sessions of an event table, one by one.

    Args:
        source: one or more files, or a data frame.
        rules: how events become sessions.
        told: receives messages about what was read and left out.
        columns: the names of the columns `user`, `item`, `time` and `weight`. None is guessed, except for `weight`.
        skip_malformed: whether to leave out malformed rows.
        beside: the temporary folder is created next to this file.

    Raises:
        W2VError: a file cannot be read, a row is malformed, or a name cannot be written.
    """
    with database(beside) as (connection, folder):
        table = open_table(source, connection, folder)
        found = find_columns(table, told=told, **columns)
        events = Events(connection, told, rules)
        table = with_text(table, found)
        events.load(table.relation, found, table.types)
        if table.relation.startswith("read_csv"):
            check_rows(connection, skip_malformed, told)
        events.number()
        events.filter()
        yield events.sessions()


def write_sessions(
    sessions: Iterator[Session],
    output: str | Path,
    next_output: str | Path | None,
    told: Reporter,
    *,
    names: bool,
    weights: bool,
) -> None:
    """Write sessions, one per line, in the form of `line_of`; and the held-out items, line by line."""
    n_lines = n_held_out = 0
    with ExitStack() as opened:
        file = opened.enter_context(_open_text(output))
        held_out = None if next_output is None else opened.enter_context(_open_text(next_output))
        for session in sessions:
            file.write(line_of(session, names=names, weights=weights) + b"\n")
            if held_out is not None:
                held_out.write((" ".join(session.next) + "\n").encode())
            n_lines += 1
            n_held_out += bool(session.next)
    told.tell(f"wrote {output}: {n_lines:,} lines")
    if next_output is not None:
        if not n_held_out:
            told.warn(f"nothing is held out: all {n_lines:,} lines of {next_output} are empty")
        told.tell(f"wrote {next_output}: {n_held_out:,} of {n_lines:,} lines have items")


def line_of(session: Session, *, names: bool, weights: bool) -> Line:
    r"""Return a session as a line, with its name and its weight before the items.

    >>> line_of(Session("ann", ["tent", "stove"], [], 0.5), names=True, weights=True)
    b'ann\t0.5\ttent stove'
    """
    line = " ".join(session.items)
    head = f"{session.name}\t" if names else ""
    return Line(f"{head}{session.weight:.6g}\t{line}".encode() if weights else f"{head}{line}".encode())


def next_path(output: str | Path) -> Path:
    """Return the default path of the held-out items.

    >>> str(next_path("sessions.txt.gz"))
    'sessions.next.txt.gz'
    """
    path = Path(output)
    stem, dot, suffix = path.name.partition(".")
    return path.with_name(f"{stem}.next{dot}{suffix}")


def _open_text(path: str | Path) -> AbstractContextManager[BinaryIO]:
    """Open a file for writing, compressed if its name ends in .gz."""
    return replacing_packed(path) if str(path).endswith(".gz") else replacing(path)
