"""Rows: token lists, and the text column of a JSON Lines, CSV, TSV or Parquet file, as blocks of bytes.

A row is a text, in which newlines also end sentences, or a list of tokens. In both cases it ends with a newline.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from numbers import Integral
from typing import IO, TYPE_CHECKING, Any

from w2v.base.errors import W2VError, option
from w2v.base.libraries import require

if TYPE_CHECKING:
    import pyarrow

BLOCK = 1 << 21
"""Approximate number of bytes of a block of rows; rows are not cut here."""
ROWS_BEFORE_MISSING = 1_000
"""If this many rows of a JSON Lines file lack the column, its name is taken as wrong."""
BATCH = 1_000
"""Number of rows of a Parquet file that are read at a time."""

DELIMITERS = ",\t;|"
"""Possible delimiters of a table; the header shows which one is used."""
LONGEST_FIELD = 2**31 - 1

Row = tuple[int, object]
"""The number of a row in its source, and its value: text, a list of tokens, or None if it is empty."""
Place = Callable[[int], str]
"""Returns the name of a row for error messages, from its number."""


def text_blocks(rows: Iterable[Row], place: Place, pass_over: Callable[[], None]) -> Iterator[bytes]:
    """Yield rows as text, one or more lines each; `pass_over` is called for each empty row.

    Raises W2VError if a row is neither text nor a list of tokens, or if a token is not a word.
    """
    lines: list[bytes] = []
    size = 0
    for number, value in rows:
        if value is None:
            pass_over()
            continue
        lines.append(_utf8(value, number, place))
        size += len(lines[-1]) + 1
        if size >= BLOCK:
            yield b"\n".join([*lines, b""])
            lines, size = [], 0
    if lines:
        yield b"\n".join([*lines, b""])


def token_line(tokens: Iterable[object], number: int, place: Place) -> str:
    """Return tokens as a line, integers as decimals. Raises W2VError if a token cannot be a word of a file."""
    words: list[Any] = list(tokens)
    try:
        line = " ".join(words)
    except TypeError:
        words = [_as_text(word) for word in words]
        line = " ".join(map(str, words))
    if line.split() == words:
        return line
    raise W2VError(f"{place(number)}{next(filter(None, map(_complaint, words)))}")


def is_table(head: bytes) -> bool:
    """Return whether a file with a column is CSV or TSV, from its first bytes: it does not begin like JSON."""
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return bool(head) and head[:1] not in b"{["


def table_rows(file: IO[bytes], column: str, name: str) -> Iterator[Row]:
    """Yield the values of a column of a CSV or TSV file, whose first line has the names of the columns.

    A field may be quoted, and a quoted field may have several lines. Empty fields are empty rows; blank lines are not
    rows. Bytes that are not UTF-8 are preserved. Raises W2VError if the column does not exist, or if a row does not
    have the same number of fields as the header.
    """
    csv.field_size_limit(LONGEST_FIELD)
    text = io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline="")
    try:
        header, delimiter = _header(text.readline(), column, name)
        place = header.index(column)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        number = 2
        for fields in reader:
            if fields and len(fields) != len(header):
                raise W2VError(f"{name}, line {number}: expected {len(header)} fields, found {len(fields)}")
            if fields:
                yield number, fields[place] or None
            number = reader.line_num + 2
    except csv.Error as error:
        raise W2VError(f"{name}, line {reader.line_num + 1}: {error}; quotes in a field must be doubled") from None
    finally:
        text.detach()


def _header(line: str, column: str, name: str) -> tuple[list[str], str]:
    """Return the names of a table's columns, and their delimiter."""
    found = [([field.strip() for field in next(csv.reader([line], delimiter=one), [])], one) for one in DELIMITERS]
    for fields, delimiter in found:
        if fields.count(column) > 1:
            raise W2VError(f"{name} has {fields.count(column)} columns named '{column}'; rename or drop one")
        if column in fields:
            return fields, delimiter
    most = max((fields for fields, _ in found), key=len)
    raise W2VError(
        f"{name} has no column '{column}'; it has {_listed([field[:40] for field in most])}. With {option('column')} "
        "files are JSON Lines, CSV or TSV with a header, or Parquet"
    )


def json_rows(file: IO[bytes], column: str, name: str) -> Iterator[Row]:
    """Yield the values of a column of a file with one JSON object per line; blank lines are not rows.

    An object without the column is an empty row. Bytes that are not UTF-8 are preserved. Raises W2VError if a line is
    not a JSON object, or if no object has the column.
    """
    seen, absent = False, 0
    first: dict[str, Any] = {}
    for number, line in enumerate(file, 1):
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        row = _json_object(line, number, name)
        seen = seen or column in row
        if not seen:
            first = first or row
            absent += 1
            if absent == ROWS_BEFORE_MISSING:
                break
        yield number, row.get(column)
    if absent and not seen:
        raise W2VError(f"{name} has no column '{column}'; it has {_listed(list(first))}")


def parquet_rows(
    file: IO[bytes], column: str, name: str, progress: Callable[[float], None], groups: range | None = None
) -> Iterator[Row]:
    """Yield the values of a column of a seekable Parquet file: strings, integers, or lists of these.

    Only one batch is in memory at a time. `progress` is called with the share of rows read. `groups` are the row groups
    to read, None for all. Raises W2VError if pyarrow is missing, the file is damaged, or the column does not exist.
    """
    require("pyarrow", "reading Parquet files")
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(file) as opened:
            schema = opened.schema_arrow
            n = schema.names.count(column)
            if n == 0:
                raise W2VError(f"{name} has no column '{column}'; it has {_listed(schema.names)}")
            if n > 1:
                raise W2VError(f"{name} has {n} columns named '{column}'; rename or drop one")
            kind = schema.field(column).type
            if not _holds_text(kind):
                raise W2VError(f"{name}: column '{column}' is of type {kind}, neither text nor lists of tokens")
            groups = groups or range(opened.num_row_groups)
            done = sum(opened.metadata.row_group(group).num_rows for group in range(groups.start))
            for batch in opened.iter_batches(BATCH, row_groups=groups, columns=[column]):
                yield from enumerate(batch.column(0).to_pylist(), done + 1)
                done += len(batch)
                progress(done / opened.metadata.num_rows)
    except UnicodeDecodeError as error:
        raise W2VError(f"cannot read {name}: column '{column}' is of text, and some of it is not UTF-8") from error
    except (pyarrow.ArrowException, OSError) as error:
        raise W2VError(f"cannot read {name}: {' '.join(str(error).split())}") from error


def row_group_bytes(file: IO[bytes]) -> list[int]:
    """Return the number of bytes of each row group of a Parquet file."""
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(file) as opened:
        return [opened.metadata.row_group(group).total_byte_size for group in range(opened.num_row_groups)]


def _json_object(line: bytes, number: int, name: str) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        is_array = line.lstrip()[:1] == b"["
        raise W2VError(
            f"{name}, line {number} is no JSON object: {line[:40].decode('utf-8', 'replace').strip()}; "
            f"with {option('column')} files are JSON Lines, one object per line, CSV, TSV or Parquet"
            + "; of an array of objects, jq -c '.[]' makes JSON Lines"
            * is_array
        )
    return row


def _holds_text(kind: "pyarrow.DataType") -> bool:
    """Return whether a Parquet column contains strings, bytes, integers, or lists of strings or integers."""
    from pyarrow import types

    if types.is_dictionary(kind):
        return _holds_text(kind.value_type)
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    item = kind.value_type if is_list else kind
    if types.is_string(item) or types.is_large_string(item) or types.is_string_view(item) or types.is_integer(item):
        return True
    return not is_list and (types.is_binary(kind) or types.is_large_binary(kind) or types.is_null(kind))


def _utf8(value: object, number: int, place: Place) -> bytes:
    """Return a row as UTF-8; bytes that were not UTF-8 in the source are preserved."""
    if isinstance(value, bytes):
        return value
    value = token_line(value, number, place) if isinstance(value, list) else _as_text(value)
    if not isinstance(value, str):
        raise W2VError(f"{place(number)} holds {repr(value)[:60]}, which is neither text nor a list of tokens")
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character, from an escape such as \ud800; the scan replaces it
        return value.encode("utf-8", "surrogatepass")


def _as_text(value: object) -> object:
    """Return an integer as decimal text; other values are unchanged."""
    return str(int(value)) if isinstance(value, Integral) and not isinstance(value, bool) else value


def _complaint(token: object) -> str:
    """Return why a token is not a word; an empty string if it is one."""
    if not isinstance(token, str):
        return f" holds {token!r}, which is neither a string nor an integer"
    if token.split() == [token]:
        return ""
    what = f"{token!r} has whitespace in it" if token else "an empty token"
    return f": {what}; replace it, by '_' for example"


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:20]) + (", ..." if len(names) > 20 else "") or "none"
