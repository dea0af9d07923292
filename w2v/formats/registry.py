"""The formats of vector files: all facts about each format. Importing this module does not load NumPy."""

import importlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from w2v.base import stores
from w2v.base.errors import SettingsError, option
from w2v.base.files import STDOUT
from w2v.base.libraries import require

SURROGATES = "\ud800-\udfff"  # Halves of a character, which Python strings can contain but UTF-8 cannot
ANY = re.compile(f"[{SURROGATES}]")
CELL = re.compile(rf"[\t\n\r{SURROGATES}]|\A\Z")  # What a cell of a table cannot contain
TOKEN = re.compile(rf"[\s{SURROGATES}]|\A\Z")  # What a word between two spaces cannot contain
FASTTEXT = re.compile(rf"[ \t\n\v\f\r\0{SURROGATES}]|\A\Z")  # What ends a word in fastText
ALLOWED = {
    ANY: "any",
    CELL: "no tabs or line ends, not empty",
    TOKEN: "no whitespace, not empty",
    FASTTEXT: "no whitespace of ASCII or NUL, not empty",
}
"""Descriptions of the words that do not match a pattern, for the docs."""

PARTS = {
    "counts": "counts",
    "output": "output rows",
    "trained": "settings",
    "subwords": "the rows of n-grams",
    "lines": "line vectors",
}
"""What a model can contain besides words and vectors, by the names of Model's fields."""
OF_VECTORS = ("subwords", "lines")  # Without these parts, some vectors are lost


@dataclass(frozen=True)
class Format:
    """The facts about a format that are needed before its module is loaded."""

    name: str  # Also the name of its module
    title: str
    suffixes: tuple[str, ...]
    forbidden: re.Pattern[str]  # A key of ALLOWED; it matches words that the format cannot store
    read_by: str  # Programs that read it, for the docs
    stores: tuple[str, ...] = ("words", "vectors")  # What it stores, by the names of Model's fields
    files: tuple[str, ...] = ()  # The names of its files, if it is a folder
    dtypes: tuple[str, ...] = ("float32",)  # The types of numbers that it can store
    number_bytes: int = 4  # Approximate number of bytes per number
    every_bucket: bool = False  # Whether unused buckets of n-grams take the same space as used ones
    can_gzip: bool = False  # Whether it can be written with .gz after the suffix
    can_stream: bool = False  # Whether it can be written to standard output
    distinct: bool = False  # Whether duplicate words are not allowed
    magic: bytes = b""  # The first bytes of its files, if another format has the same suffix
    library: str = ""  # A library that it needs and that is not installed together with w2v

    def load(self) -> ModuleType:
        """Return the module that reads and writes it."""
        return importlib.import_module(f"w2v.formats.{self.name.replace('-', '_')}")

    def unsupported_words(self, words: Sequence[str]) -> list[int]:
        """Return the rows of words that the format cannot store: with forbidden characters, empty or duplicate."""
        rows = [row for row, word in enumerate(words) if self.forbidden.search(word)]
        return sorted({*rows, *repeated_words(words)}) if self.distinct else rows


TEXT = 11  # Bytes of a number as text: nine digits, a sign, a point, a space
WORDS = ("words", "vectors")
FORMATS = {format.name: format for format in (
    Format("word2vec", "word2vec binary", (".bin",), TOKEN, "gensim, word2vec.c, most others",
           can_gzip=True, can_stream=True),
    Format("word2vec-text", "word2vec text", (".txt", ".vec"), TOKEN, "gensim, fastText, `spacy init vectors`",
           number_bytes=TEXT, can_gzip=True, can_stream=True),
    Format("glove", "GloVe text", (".glove.txt", ".glove"), TOKEN, "what reads GloVe; gensim with `no_header=True`",
           number_bytes=TEXT, can_gzip=True, can_stream=True),
    Format("native", "a w2v folder", (".w2v",), CELL, "w2v; NumPy and any JSON reader", (*WORDS, *PARTS),
           files=("vectors.npy", "norms.npy", "output.npy", "input.npy", "buckets.npy", "lines.npy", "lines.txt",
                  "vocab.tsv", "config.json", "run.json")),
    Format("fasttext", "fastText's model", (".fasttext.bin",), FASTTEXT, "fastText, gensim's `load_facebook_model`",
           (*WORDS, "counts", "output", "subwords"), every_bucket=True, magic=(793712314).to_bytes(4, "little")),
    Format("floret", "floret's table", (".floret",), ANY, "`spacy init vectors --mode floret`, floret",
           ("subwords",), number_bytes=TEXT, every_bucket=True),
    Format("safetensors", "safetensors", (".safetensors",), TOKEN, "model2vec, sentence-transformers' StaticEmbedding",
           files=("model.safetensors", "tokenizer.json", "config.json", "modules.json", "README.md"), distinct=True,
           dtypes=("float32", "float16", "int8")),
    Format("tensorboard", "TensorBoard's tables", (".projector",), CELL, "TensorBoard, projector.tensorflow.org",
           (*WORDS, "counts"), files=("vectors.tsv", "metadata.tsv", "projector_config.pbtxt"), number_bytes=TEXT),
    Format("parquet", "Parquet", (".parquet",), ANY, "pandas, Polars, DuckDB, Spark", (*WORDS, "counts"),
           library="pyarrow"),
    Format("finalfusion", "finalfusion", (".fifu",), ANY, "finalfusion", distinct=True),
    Format("word2vec-vocab", "word2vec.c's vocabulary", (), TOKEN, "word2vec.c's `-read-vocab`", ("words", "counts"),
           can_stream=True, distinct=True),
)}  # fmt: skip
"""By name."""
SUFFIXES = {suffix: format for format in FORMATS.values() for suffix in format.suffixes}
STDOUT_FORMAT = "word2vec-text"
STREAMED = sorted((one.name for one in FORMATS.values() if one.can_stream), key=lambda name: name != STDOUT_FORMAT)
"""The formats that can be written to standard output; the first is the default."""


def find(path: str | Path, name: str | None = None) -> Format:
    """Return the format with this name, or by default with this path's suffix; for `-`, standard output, text.

    Raises:
        SettingsError: the format does not exist, or cannot be written to standard output.
        W2VError: the format needs a library that is not installed.
    """
    if name is None and str(path) == STDOUT:
        name = STDOUT_FORMAT
    if name is not None:
        if name not in FORMATS:
            raise SettingsError(f"there is no format '{name}'; known are: {', '.join(FORMATS)}")
        format = FORMATS[name]
        if str(path) == STDOUT and not format.can_stream:
            raise SettingsError(f"{format.title} cannot go to standard output; {', '.join(STREAMED)} can")
    else:
        suffix = suffix_of(path)
        known = SUFFIXES.get(suffix.removesuffix(".gz"))
        if known is None or (suffix.endswith(".gz") and not known.can_gzip):
            ends = f"ends in '{suffix}', which no format does" if suffix else "has no suffix"
            packed = ", ".join(suffix for suffix in SUFFIXES if SUFFIXES[suffix].can_gzip)
            raise SettingsError(f"{path} {ends}; known are: {', '.join(SUFFIXES)}, and .gz after {packed}")
        format = known
    if format.library:
        require(format.library, format.title)
    return format


def suffix_of(path: str | Path) -> str:
    """Return the longest known suffix of a path, including .gz; for an unknown suffix, its last part."""
    name = stores.name_of(path).lower()
    plain = name.removesuffix(".gz")
    known = [suffix for suffix in SUFFIXES if plain.endswith(suffix) and plain != suffix]
    return name[len(plain) - len(max(known, key=len)) :] if known else Path(name).suffix


def output_rows_path(path: str | Path) -> Path:
    """Return the path of the second file, for output rows that the first cannot store: vectors.output.bin."""
    path = Path(path)
    end = len(path.name) - len(suffix_of(path))
    return path.with_name(f"{path.name[:end]}.output{path.name[end:]}")


def files_of(path: str | Path, format: Format, *, save_output: bool | None) -> list[Path]:
    """Return the files that writing creates: two if the format cannot store the requested output rows.

    Raises:
        SettingsError: a second file is needed, but the first is standard output.
    """
    if not save_output or "vectors" not in format.stores or "output" in format.stores:
        return [Path(path)]
    if str(path) == STDOUT:
        raise SettingsError(f"{option('save_output')} needs a file to write to, not standard output", "save_output")
    return [Path(path), output_rows_path(path)]


def what_is_lost(format: Format, parts: Iterable[str], among: Collection[str] = OF_VECTORS) -> str:
    """Return a sentence about the parts of a model, among `among`, that a format cannot store, or an empty string.

    >>> what_is_lost(FORMATS["word2vec"], ["counts", "lines"])
    'word2vec binary cannot store line vectors, which are left out; .w2v can'
    """
    lost = [part for part in PARTS if part in among and part in parts and part not in format.stores]
    named = listed([PARTS[part] for part in lost], "and")
    return f"{format.title} cannot store {named}, which are left out; {keepers(*lost)} can" if lost else ""


def keepers(*parts: str) -> str:
    """Return the suffixes of the formats that store these parts of a model.

    >>> keepers("output")
    '.w2v or .fasttext.bin'
    """
    return listed([one.suffixes[0] for one in FORMATS.values() if {*WORDS, *parts} <= {*one.stores}], "or")


def listed(names: Sequence[str], last: str) -> str:
    """Return names as a list in a sentence.

    >>> listed(["a", "b", "c"], "and")
    'a, b and c'
    """
    return f" {last} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def repeated_words(words: Sequence[str]) -> list[int]:
    """Return the rows of words that an earlier row also has; look-ups find only the first row of a word.

    >>> repeated_words(["a", "b", "a"])
    [2]
    """
    first: dict[str, int] = {}
    return [row for row, word in enumerate(words) if first.setdefault(word, row) != row]


def help_text() -> str:
    """Return one line about the names and suffixes of the formats."""

    def named(formats: Iterable[Format]) -> str:
        return ", ".join(" ".join([format.name, *format.suffixes]) for format in formats)

    formats = FORMATS.values()
    return (
        f"Formats and suffixes: {named(one for one in formats if one.can_gzip)} (each also .gz); "
        f"{named(one for one in formats if one.files)} (folders); "
        f"{named(one for one in formats if not (one.can_gzip or one.files) and one.suffixes)}; "
        f"{named(one for one in formats if not one.suffixes)}."
    )
