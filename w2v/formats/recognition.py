"""Recognise the format of a file from its content, because names can be meaningless: `sgns.renmin.word`."""

from pathlib import Path

from w2v.base.errors import W2VError
from w2v.formats.registry import FORMATS
from w2v.formats.unpacking import is_unreadable, reading

HEAD = 1 << 16  # Number of bytes at the beginning that are examined
HEADER_LIMIT = 64  # Largest number of bytes of `words dim`: two numbers with up to 20 digits fit
BOM = b"\xef\xbb\xbf"
MAGIC = {FORMATS["fasttext"].magic: "fasttext", b"FiFu": "finalfusion", b"PAR1": "parquet"}
FOLDERS = {
    "native": ("config.json", "vectors.npy", "vocab.tsv"),
    "safetensors": ("model.safetensors", "tokenizer.json"),
    "tensorboard": ("vectors.tsv", "metadata.tsv"),
}
"""Files in a folder of each format."""


def recognised(path: Path) -> str | None:
    """Return the name of the format of a file or folder, recognised from its content; None if it is not recognised."""
    if path.is_dir():
        return next((name for name, files in FOLDERS.items() if all((path / file).is_file() for file in files)), None)
    return recognised_bytes(beginning(path))


def beginning(path: Path) -> bytes:
    """Return the first bytes of a file after decompression; empty if it is damaged, which its reader reports.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        with reading(path) as (file, _):
            return file.read(HEAD)
    except W2VError:
        raise
    except Exception as error:
        if not is_unreadable(error) or (isinstance(error, OSError) and error.errno is not None):
            raise
        return b""


def recognised_bytes(head: bytes) -> str | None:
    r"""Return the name of the format that the first bytes of a file show; None if they show none.

    >>> recognised_bytes(b"2 3\nthe 1 2 3\n"), recognised_bytes(b"the 0.1 0.2\n"), recognised_bytes(b"the cat\n")
    ('word2vec-text', 'glove', None)
    """
    for magic, name in MAGIC.items():
        if head.startswith(magic):
            return name
    head = head.removeprefix(BOM)
    line, _, rest = head.partition(b"\n")
    fields = line.split()
    if header := parse_header(head[: len(line) + 1]):
        return _by_first_row(rest, header[1])
    if len(fields) == 8 and all(field.isdigit() for field in fields[:6]):
        return "floret"
    return "glove" if len(fields) > 2 and all(map(is_number, fields[1:])) else None


def parse_header(line: bytes) -> tuple[int, int] | None:
    """Return the numbers of words and dimensions in `words dim`; None for other lines."""
    fields = line.removeprefix(BOM).split()
    if not line.endswith(b"\n") or len(line) > HEADER_LIMIT or len(fields) != 2 or not all(map(bytes.isdigit, fields)):
        return None
    return int(fields[0]), int(fields[1])


def is_number(field: bytes) -> bool:
    """Return whether a field is a number of a vector file: without the underscores and spaces that Python allows."""
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field and field.strip() == field


def _by_first_row(rest: bytes, dim: int) -> str | None:
    """Return whether the data after a header are text or binary; None if they are neither."""
    line, newline, _ = rest.partition(b"\n")
    fields = line.rstrip().rsplit(b" ", min(dim, HEAD))[1:]
    is_cut = not newline and len(rest) > HEAD // 2
    if is_cut:  # within a number; the row is longer than the examined bytes
        fields = line.split(b" ")[1:-1]
    if fields and (is_cut or len(fields) == dim) and all(map(is_number, fields)):
        return "word2vec-text"
    _, space, numbers = rest.partition(b" ")
    is_binary = space and any(byte < 9 or 13 < byte < 32 or byte > 126 for byte in numbers[: 4 * dim])
    return "word2vec" if is_binary else None
