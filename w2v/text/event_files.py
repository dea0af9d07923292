"""Files and data frames of events, read with DuckDB, and the columns that contain users, items and times."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from w2v.base import stores
from w2v.base.errors import SettingsError, W2VError, option
from w2v.base.libraries import require
from w2v.base.machine import available_threads
from w2v.reports import Reporter
from w2v.text.sources import Piece, find_files, is_parquet, open_file, open_raw, reading, shown

MEMORY = "1GB"
"""Memory limit of DuckDB; Python takes a few hundred MB more."""
COMPRESSION = "dictionary"
"""Compression of strings in the temporary database. Trying all compressions took half of the time of reading CSV."""
READABLE = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst"}
"""Compressions that DuckDB reads if the suffix shows them. Other files are decompressed first."""
GUESSES = {
    "user": "user userid uid user_name username customer customerid visitor visitorid person personid member memberid "
    "account accountid client clientid reviewer reviewerid listener player sessionid session",
    "item": "item itemid iid product productid asin parent_asin movie movieid article articleid track trackid artist "
    "artistid song songid book bookid sku game gameid business businessid page pageid url",
    "time": "time timestamp ts datetime date event_time eventtime created_at createdat occurred_at unixreviewtime "
    "unixtime played_at purchased_at",
}
"""Usual names of columns, in lowercase and without a separator before id."""


class Columns(NamedTuple):
    """Names of the columns of a table. `time` is None if the rows are in order, `weight` if all weights are 1."""

    user: str
    item: str
    time: str | None
    weight: str | None = None


class Table(NamedTuple):
    """A table in the form that DuckDB reads."""

    relation: str
    """The SQL after FROM."""
    types: dict[str, str]
    """The type of each column."""


@contextmanager
def database(beside: str | Path | None) -> Iterator[tuple[Any, Path]]:
    """Yield a connection to a temporary database and its folder, which is next to a file or in the temporary folder.

    Raises:
        W2VError: duckdb is not installed, or DuckDB reports an error.
    """
    require("duckdb", "reading event tables")
    import duckdb

    parent = None if beside is None or stores.url_of(beside) else Path(beside).resolve().parent
    with tempfile.TemporaryDirectory(prefix=".w2v-events-", dir=parent, ignore_cleanup_errors=True) as name:
        connection = duckdb.connect(str(Path(name) / "events.db"))
        try:
            for setting, value in (
                ("memory_limit", MEMORY),
                ("temp_directory", str(Path(name) / "temp")),
                ("threads", available_threads()),
                ("autoinstall_known_extensions", False),
                ("force_compression", COMPRESSION),
            ):
                connection.execute(f"SET {setting} = {literal(value)}")
            yield connection, Path(name)
        except duckdb.Error as error:
            reason = next((line for line in str(error).splitlines() if line.strip()), "unknown")
            raise W2VError(f"cannot read the event table: {reason}") from error
        finally:
            connection.close()


def open_table(source: Any, connection: Any, folder: Path) -> Table:  # noqa: ANN401
    """Return files, or a data frame of pandas, polars or Arrow, as a table for DuckDB.

    Raises:
        W2VError: a file is missing or cannot be read, or the files have different kinds.
    """
    if not isinstance(source, str | Path | list | tuple):
        connection.register("frame", source)
        return Table("frame", _types_of(connection, "frame"))
    names = [source] if isinstance(source, str | Path) else list(source)
    files = [file for name in names for file in find_files(str(name))]
    kinds = {_kind_of(file) for file in files}
    if len(kinds) > 1:
        raise W2VError(f"the files are of several kinds, {', '.join(sorted(kinds))}; convert them to one")
    paths = literal([_readable(file, number, folder) for number, file in enumerate(files)])
    options = {
        "csv": "store_rejects = true, all_varchar = false",
        "json": "format = 'newline_delimited'",
        "parquet": "",
    }
    (kind,) = kinds
    relation = f"read_{kind}({paths}{', ' * bool(options[kind])}{options[kind]})"
    return Table(relation, _types_of(connection, relation))


def with_text(table: Table, columns: Columns) -> Table:
    """Return a table whose users and items are read as text: 007 is not 7."""
    if not table.relation.startswith("read_csv"):
        return table
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in dict.fromkeys(columns[:2]))
    return table._replace(relation=f"{table.relation[:-1]}, types = {{{types}}})")


def check_rows(connection: Any, skip_malformed: bool, told: Reporter) -> None:  # noqa: ANN401
    """Raise W2VError or warn if rows of CSV files were malformed; the message has the file and the line."""
    n_rows = connection.execute("SELECT count(DISTINCT (file_id, line)) FROM reject_errors").fetchone()[0]
    if not n_rows:
        return
    path, line, reason = connection.execute(
        "SELECT file_path, line, error_message FROM reject_errors JOIN reject_scans USING (scan_id, file_id) "
        "ORDER BY scan_id, file_id, line LIMIT 1"
    ).fetchone()
    where = f"{shown(path)}, line {line:,}: {' '.join(reason.split())}"
    if not skip_malformed:
        raise W2VError(f"{where}; {n_rows:,} rows are malformed: {option('skip_malformed')} leaves them out")
    told.warn(f"left out {n_rows:,} malformed rows: {where}")


def find_columns(
    table: Table, user: str | None, item: str | None, time: str | None, weight: str | None, told: Reporter
) -> Columns:
    """Return the columns of a table: named ones, otherwise those with usual names. Weights must be named.

    Raises:
        SettingsError: a named column does not exist, or no column has a usual name for users or items.
    """
    found: dict[str, str | None] = {}
    for name, given in (("user", user), ("item", item), ("time", time), ("weight", weight)):
        usual = [column for column in table.types if _plain(column) in GUESSES.get(name, "").split()]
        if given is not None and given not in table.types:
            raise SettingsError(
                f"{option(name)}: there is no column '{given}'; the columns are {', '.join(table.types)}", name
            )
        found[name] = given if given is not None else next(iter(usual), None)
        if found[name] is None and name not in ("time", "weight"):
            raise SettingsError(
                f"no column has a usual name for {name}s: name it with {option(name)}; the columns are "
                f"{', '.join(table.types)}",
                name,
            )
    columns = Columns(str(found["user"]), str(found["item"]), found["time"], found["weight"])
    order = f"time '{columns.time}'" if columns.time else "no time, in the order of the rows"
    weights = f", weight '{columns.weight}'" if columns.weight else ""
    told.tell(f"columns: user '{columns.user}', item '{columns.item}', {order}{weights}")
    return columns


def quoted(name: str) -> str:
    """Return a column name quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """Return a value as an SQL literal.

    >>> literal(["it's", 3])
    "['it''s', 3]"
    """
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value).lower()


def _plain(name: str) -> str:
    """Return the name of a column in lowercase, without a separator before id.

    >>> _plain("User_ID")
    'userid'
    """
    lowered = name.strip().lower().replace("-", "_").replace(" ", "_")
    return lowered[: -len("_id")] + "id" if lowered.endswith("_id") else lowered


def _types_of(connection: Any, relation: str) -> dict[str, str]:  # noqa: ANN401
    described: Sequence[tuple[str, str]] = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return {row[0]: row[1] for row in described}


def _kind_of(path: str) -> str:
    """Return csv, json or parquet, recognised from the first bytes of a file after decompression."""
    if path == "-":
        return "csv"
    with reading(path):
        if is_parquet(path):
            return "parquet"
        with open_file(Piece(path)) as file:
            return "json" if file.peek(1).lstrip()[:1] == b"{" else "csv"


def _readable(path: str, number: int, folder: Path) -> str:
    """Return a path that DuckDB can read: the file, or a copy that was decompressed or downloaded from a store."""
    with reading(path):
        is_local = path != "-" and not stores.url_of(path)
        if is_local:
            with open_raw(path) as raw:
                head = raw.read(6)
            packed = next((suffix for magic, suffix in READABLE.items() if head.startswith(magic)), "")
            is_plain = not packed and not head.startswith((b"BZh", b"\xfd7zXZ"))
            if is_plain and not path.endswith((".gz", ".zst")) or (packed and path.endswith(packed)):
                return path
        copy = folder / f"events-{number:06d}"
        with copy.open("wb") as target:
            _copy(path, target)
    return str(copy)


def _copy(path: str, target: IO[bytes]) -> None:
    if path != "-" and is_parquet(path):
        with open_raw(path) as raw:
            shutil.copyfileobj(raw, target)
        return
    with open_file(Piece(path)) as file:
        shutil.copyfileobj(file, target)
