"""Kinds of files, recognised from their first bytes: which files are not text, and what to do about each kind.

Without a check, a binary file would be trained on as text: the Python executable has 300,000 "words". So the kinds
below are refused by name, and other binary files by their control bytes. Text in a wrong or mixed encoding is not
refused: Latin-1, KOI8-R, Shift-JIS and similar encodings have no control bytes.
"""

import csv
import io
import re
from collections.abc import Sequence

from w2v.base.errors import option

HEAD = 1 << 16
"""Number of bytes at the beginning of a file that are examined."""

UNPACK = "unpack it first"
EXTRACT = "extract its text first"
SQL = "export the text of its tables first"
VECTORS = f"name a text to train on; {option('init_from')} takes vectors"
TABLE = f"save its table as Parquet, and name the column with {option('column')}"
NOT_TEXT = "name a text"
MAGIC = (
    (b"PK\x03\x04", "a ZIP archive", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (b"\x04\x22\x4d\x18", "LZ4 data", UNPACK),
    (b"LZIP\x01", "lzip data", UNPACK),
    (b"\x1f\x9d", "`compress` data", UNPACK),
    (b"\x1f\x8b", "gzip data, packed twice", UNPACK),
    *((b"BZh%d1AY&SY" % level, "bzip2 data, packed twice", UNPACK) for level in range(1, 10)),
    (b"\xfd7zXZ\x00", "xz data, packed twice", UNPACK),
    (b"\x28\xb5\x2f\xfd", "Zstandard data, packed twice", UNPACK),
    (b"%PDF-", "a PDF", EXTRACT),
    (b"{\\rtf", "an RTF document", EXTRACT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office document", EXTRACT),
    (b"\xff\xfe\x00\x00", "UTF-32 text", "convert it with iconv -f UTF-32 -t UTF-8"),
    (b"\x00\x00\xfe\xff", "UTF-32 text", "convert it with iconv -f UTF-32 -t UTF-8"),
    (b"\xff\xfe", "UTF-16 text", "convert it with iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "convert it with iconv -f UTF-16 -t UTF-8"),
    (b"SQLite format 3\x00", "an SQLite database", SQL),
    (b"DUCK", "a DuckDB database", SQL),
    (b"ARROW1\x00\x00", "an Arrow file", TABLE),
    (b"Obj\x01", "an Avro file", TABLE),
    (b"ORC", "an ORC file", TABLE),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", NOT_TEXT),
    (b"\x93NUMPY", "a NumPy array", NOT_TEXT),
    (b"FiFu\x00\x00\x00\x00", "a finalfusion file of vectors", VECTORS),
    (b"\x7fELF", "an ELF executable or library", NOT_TEXT),
    (b"\xcf\xfa\xed\xfe", "a Mach-O executable or library", NOT_TEXT),
    (b"\x00asm", "WebAssembly", NOT_TEXT),
    (b"\x89PNG\r\n\x1a\n", "a PNG image", NOT_TEXT),
    (b"\xff\xd8\xff", "a JPEG image", NOT_TEXT),
    (b"GIF87a", "a GIF image", NOT_TEXT),
    (b"GIF89a", "a GIF image", NOT_TEXT),
    (b"OggS\x00", "Ogg audio or video", NOT_TEXT),
    (b"fLaC\x00", "FLAC audio", NOT_TEXT),
)
"""First bytes of files that are not text, their kind, and what to do. One compression has already been removed."""
BINARY_MAGIC = (
    (re.compile(rb"\x80[\x02-\x05]"), "a Python pickle", NOT_TEXT),
    (re.compile(rb"MZ"), "a Windows executable", NOT_TEXT),
    (re.compile(rb"BM"), "a BMP image", NOT_TEXT),
    (re.compile(rb"ID3|\xff\xfb"), "MP3 audio", NOT_TEXT),
    (re.compile(rb"RIFF....(WAVE|AVI |WEBP)", re.S), "a RIFF file (WAV, AVI, WebP)", NOT_TEXT),
    (re.compile(rb"....ftyp", re.S), "an MP4 video", NOT_TEXT),
    (re.compile(rb"[\x00-\xff]{2}\r\r?\n"), "compiled Python (.pyc)", NOT_TEXT),
    (re.compile(rb"\d{1,12} \d{1,6}\n"), "a word2vec binary file of vectors", VECTORS),
)
"""The same for beginnings that a text can have too; they are used if control bytes show that the file is not text."""
TAR_MARK, TAR_AT = b"ustar", 257
PARQUET = b"PAR1\x15"
NUMBER = r"[+-]?\d+\.\d+(?:[eE][+-]?\d+)?"
TEXT_VECTORS = re.compile(rf"(?:\d{{1,12}} \d{{1,6}} ?\r?\n)?(?:[^\s]+(?: {NUMBER}){{8,}} ?\r?\n){{2,}}".encode())
"""The beginning of word2vec's and GloVe's text files. After a header, one row of two numbers is enough."""
SMALL_VECTORS = re.compile(rb"\d{1,12} (\d{1,2}) ?\r?\n[^\s]+((?: [+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)+) ?\r?\n")
JSON_OBJECT = re.compile(rb"\s*\{\s*\"(?:[^\"\\]|\\.)*\"\s*:")
JSON_ARRAY = re.compile(rb"\s*\[\s*(?:\"(?:[^\"\\]|\\.)*\"\s*[,\]]|\[|\{\s*\"|-?\d+\s*,)")
"""The beginning of files of JSON objects and arrays; text hardly ever begins like this."""
STRUCTURE_HEAD = 4096
"""Number of bytes that are searched for JSON and tables."""
TABLES = {",": "CSV", ";": "CSV", "\t": "TSV"}
"""Delimiters of tables, and the names of such tables."""
CSV_ROWS = 10
"""Largest number of rows of a table that are compared."""

CONTROL = bytes([*range(0x00, 0x08), *range(0x10, 0x1B)])
"""Bytes that no encoding of text uses, except for stray ones: 7% of random bytes, and more in most binary files.

Not included: backspace and ESC, from manual pages and terminals; SO and SI, which switch character sets; whitespace.
"""
LEAST_CONTROL, CONTROL_SHARE = 16, 0.01
"""A file with at least this many control bytes and a larger share of them is not text; a text has only stray ones."""


def refusal(head: bytes) -> tuple[str, str] | None:
    """Return the kind of a file that is not text, from its first HEAD unpacked bytes, and what to do; None for text.

    >>> refusal(b"%PDF-1.7 ...")
    ('a PDF', 'extract its text first')
    """
    for magic, what, cure in MAGIC:
        if head.startswith(magic):
            return what, cure
    if head[TAR_AT:].startswith(TAR_MARK):
        return "a tar archive", UNPACK
    if _are_vectors(head):
        return "a file of vectors", VECTORS
    control = len(head) - len(head.translate(None, CONTROL))
    if control < LEAST_CONTROL or control <= CONTROL_SHARE * len(head):
        return None
    for pattern, what, cure in BINARY_MAGIC:
        if pattern.match(head):
            return what, cure
    # UTF-16 without a byte order mark: every other byte of Latin letters is 0.
    even, odd = head[::2].count(0) / len(head), head[1::2].count(0) / len(head)
    if max(even, odd) > 0.2 > 20 * min(even, odd):
        order = "LE" if odd > even else "BE"
        return "UTF-16 text", f"convert it with iconv -f UTF-16{order} -t UTF-8"
    share = 100 * control / len(head)
    return f"no text: {share:.0f}% of its first {len(head):,} bytes are control characters", NOT_TEXT


def _are_vectors(head: bytes) -> bool:
    """Return whether a file begins like vectors in text form."""
    if TEXT_VECTORS.match(head):
        return True
    small = SMALL_VECTORS.match(head)
    return small is not None and len(small[2].split()) == int(small[1])


def structure(head: bytes) -> str | None:
    r"""Return the kind of structure of a file that is read as plain text: JSON, CSV or TSV; None for a text.

    >>> structure(b'[["a", "b"], ["c"]]'), structure(b'id,text\n1,"a, b"\n2,c\n'), structure(b"[Enter] the king")
    ('a JSON array', 'CSV', None)
    """
    head = head[:STRUCTURE_HEAD].removeprefix(b"\xef\xbb\xbf")
    if JSON_OBJECT.match(head):
        return "JSON Lines"
    if JSON_ARRAY.match(head):
        return "a JSON array"
    return next((kind for delimiter, kind in TABLES.items() if _is_table(head, delimiter)), None)


def _is_table(head: bytes, delimiter: str) -> bool:
    """Return whether all rows have the same number of fields, at least 2, and no space after a delimiter.

    Tabs also separate the words of a text, such as pairs of nodes. With tabs, a table must have a header.
    """
    lines = head.decode("utf-8", "replace").splitlines(keepends=True)
    if len(head) == STRUCTURE_HEAD:
        lines = lines[:-1]
    try:
        rows = [row for row in csv.reader(io.StringIO("".join(lines)), delimiter=delimiter, strict=True) if row]
    except csv.Error:
        return False
    rows = rows[:CSV_ROWS]
    fields = [field for row in rows for field in row[1:]]
    is_even = len(rows) > 1 and len({*map(len, rows)}) == 1 and bool(fields)
    if not is_even or any(map(str.isspace, map(_first, fields))):
        return False
    return delimiter != "\t" or _has_header(rows)


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a column has a name above numbers. Without such a column, tabs separate the words of a text."""
    columns = zip(*rows, strict=True)
    return any(not _is_number(name) and all(map(_is_number, column)) for name, *column in columns)


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _first(field: str) -> str:
    return field[:1]
