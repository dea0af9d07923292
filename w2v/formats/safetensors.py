"""safetensors with a WordLevel tokenizer: a folder that model2vec and sentence-transformers' StaticEmbedding load.

    model.safetensors    the tensor `embeddings`, (n_types + 1, dim) float32, float16 or int8; if counts are known
                         `weights`, (n_types + 1,) float32, the SIF weights, which model2vec uses
    tokenizer.json       splits text as the training text was split; has the row of each word; the last row, zeros,
                         is for all other words
    config.json          of model2vec
    modules.json         of sentence-transformers
    README.md            the model card

A .safetensors file is 8 bytes with the length of a header, the header in JSON, and the numbers. It is written and
read here, without its library, because that copies the matrix.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Matrix
from w2v.base.errors import W2VError
from w2v.base.files import replacing_folder
from w2v.base.typed_json import checked, parse
from w2v.formats.common import blocks, to_json, with_finite_rows
from w2v.formats.model import Model
from w2v.formats.model_card import model_card
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.formats.registry import FORMATS
from w2v.settings.embedding import EmbeddingConfig

UNKNOWN = "[UNK]"  # The token for words without a vector; its row is zeros
HEADER_LIMIT = 100_000_000  # Largest number of bytes of a header, as in the format's own library
NAMES = ("embeddings", "embedding.weight")  # The tensor's name in model2vec and in sentence-transformers
DTYPES = {"F32": "<f4", "F16": "<f2", "I8": "i1"}
NAMES_OF_TYPES = {"float32": "F32", "float16": "F16", "int8": "I8"}
SIF_A = EmbeddingConfig.sif_a  # The a of the weights, as in `w2v embed`
JOINERS = "'\\-_\u00ad\u00b7\u058a\u05be\u05f3\u05f4\u200c\u200d\u2010\u2011\u2019\uff07"
WORD = rf"[\p{{L}}\p{{Nd}}\p{{Nl}}][\p{{L}}\p{{Nd}}\p{{Nl}}\p{{M}}]*(?:[{JOINERS}][\p{{L}}\p{{Nd}}\p{{Nl}}\p{{M}}]+)*"
"""A word as `w2v.text.words` defines it, as a regular expression of Oniguruma."""
WORDS_ALONE = {"type": "Split", "pattern": {"Regex": WORD}, "behavior": "Removed", "invert": True}
STATIC = "sentence_transformers.models.StaticEmbedding"


class Tensor(TypedDict):
    """The description of a tensor in a header."""

    dtype: str
    shape: list[int]
    data_offsets: list[int]


class Token(TypedDict):
    """An additional token of a tokenizer."""

    content: str
    id: int


class WordLevel(TypedDict):
    """The model of a tokenizer."""

    vocab: dict[str, int]


class Tokenizer(TypedDict):
    """The content of tokenizer.json; further keys are ignored."""

    model: WordLevel
    added_tokens: NotRequired[list[Token] | None]


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return the content of the folder, or of a file model.safetensors with tokenizer.json next to it.

    Raises:
        W2VError: the files are damaged, or do not have one token per row.
    """
    model = path / "model.safetensors" if path.is_dir() else path
    vectors, added = _read_tensor(model)
    tokens = _read_tokens(model.with_name("tokenizer.json"))
    n_types = len(vectors)
    if set(tokens.values()) != set(range(n_types)) or len(tokens) != n_types:
        raise W2VError(f"{path} has {len(tokens):,} tokens for {n_types:,} rows: it must be one a row")
    words = sorted(tokens, key=tokens.__getitem__)
    if added is not None and words[-1] == added and n_types > 1:
        words, vectors = words[:-1], vectors[:-1]
    return with_finite_rows(path, Model(words, vectors), options)


def write(path: Path, model: Model) -> None:
    """Write the folder, completely or not at all. An existing folder is replaced if it has only these files."""
    n_types, dim = model.vectors.shape
    added = UNKNOWN not in model.words
    vocab = {word: row for row, word in enumerate(model.words)}
    vocab.setdefault(UNKNOWN, n_types)
    config = model.trained.config if model.trained else None
    tokenizer: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"} if config and config.lowercase else None,
        "pre_tokenizer": WORDS_ALONE if config and config.words else {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": UNKNOWN},
    }
    numbers = _Numbers.of(path, model)
    weights = _weights(model, added)
    header = _header(numbers, weights, (len(vocab), dim), added)
    with replacing_folder(path, FORMATS["safetensors"].files) as folder:
        with (folder / "model.safetensors").open("wb") as file:
            file.write(len(header).to_bytes(8, "little") + header)
            file.write(b"" if weights is None else weights.tobytes())
            for block in blocks(model.vectors):
                file.write(numbers.stored(block).tobytes())
            file.write(bytes(numbers.size * dim * added))
        (folder / "README.md").write_bytes(model_card(model).encode("utf-8", "backslashreplace"))
        for name, value in (
            ("tokenizer.json", tokenizer),
            ("config.json", {"model_type": "model2vec", "normalize": False, "max_length": None}),
            ("modules.json", [{"idx": 0, "name": "0", "path": ".", "type": STATIC}]),
        ):
            (folder / name).write_bytes(to_json(value))


@dataclass(frozen=True)
class _Numbers:
    """How the numbers of a matrix are stored."""

    name: str
    scale: float = 1.0  # Factor of stored int8 numbers

    @classmethod
    def of(cls, path: Path, model: Model) -> "_Numbers":
        """Return how a model's numbers are stored. Raises W2VError if the type cannot represent them."""
        name = NAMES_OF_TYPES[model.dtype or "float32"]
        largest = max((float(np.abs(block).max()) for block in blocks(model.vectors)), default=0.0)
        if name == "F16" and largest > np.finfo(np.float16).max:
            raise W2VError(f"cannot write {path}: float16 holds numbers up to 65504, and there is one of {largest:.3g}")
        return cls(name, max(largest, 1e-30) / 127 if name == "I8" else 1.0)

    @property
    def size(self) -> int:
        """Number of bytes per number."""
        return np.dtype(DTYPES[self.name]).itemsize

    def stored(self, block: Matrix) -> npt.NDArray[Any]:
        """Return rows in the form in which they are stored."""
        return (np.rint(block / self.scale) if self.name == "I8" else block).astype(DTYPES[self.name])


def _weights(model: Model, added: bool) -> Matrix | None:
    """Return the SIF weights, (n_types + added,); None if counts are unknown."""
    if model.counts is None:
        return None
    counts = np.append(model.counts, [0] * added).astype(np.float64)
    weights: Matrix = (SIF_A / (SIF_A + counts / max(1.0, counts.sum()))).astype("<f4")
    return weights


def _header(numbers: _Numbers, weights: Matrix | None, shape: tuple[int, int], added: bool) -> bytes:
    """Return the header of model.safetensors; the weights come first, so that float32 is aligned."""
    begin = 0 if weights is None else weights.nbytes
    n_types, dim = shape
    metadata = {"added": UNKNOWN} if added else {}
    if numbers.name == "I8":
        metadata["scale"] = repr(numbers.scale)
    tensors: dict[str, Any] = {"__metadata__": metadata}
    if weights is not None:
        tensors["weights"] = {"dtype": "F32", "shape": [n_types], "data_offsets": [0, begin]}
    end = begin + numbers.size * n_types * dim
    tensors["embeddings"] = {"dtype": numbers.name, "shape": [n_types, dim], "data_offsets": [begin, end]}
    header = json.dumps(tensors).encode()
    return header + b" " * (-len(header) % 8)


def _read_tensor(path: Path) -> tuple[Matrix, str | None]:
    """Return the matrix, mapped if it is float32, and the token whose row was added, if any.

    int8 numbers are multiplied by the scale in the metadata, 1 by default, as in files of model2vec.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(size - 8, HEADER_LIMIT):
            raise W2VError(f"{path} is damaged or no safetensors file: its header would have {length:,} bytes")
        header = _parse(file.read(length), path)
    tensor = next((header[name] for name in NAMES if name in header), None)
    if "mapping" in header or tensor is None:
        raise W2VError(f"{path} has no tensor {NAMES[0]} with a row for each token")
    try:
        found: Tensor = checked(tensor, Tensor)
        dtype = np.dtype(DTYPES[found["dtype"]])
        n_types, dim = found["shape"]
        begin, end = found["data_offsets"]
        fits = end - begin == n_types * dim * dtype.itemsize and min(n_types, dim) > 0 and 0 <= begin
        if not fits or 8 + length + end > size:
            raise ValueError("shape, offsets and size do not agree")
        mapped = np.memmap(path, dtype, "r", offset=8 + length + begin, shape=(n_types, dim))
        metadata = checked(header.get("__metadata__", {}), dict[str, str], "__metadata__")
        scale = float(metadata.get("scale", 1)) if found["dtype"] == "I8" else 1.0
        if not 0 < scale < np.inf:
            raise ValueError("its scale is not a positive number")
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise W2VError(f"{path}: cannot read the tensor {str(tensor)[:200]}: {error}") from None
    vectors = mapped.astype(np.float32, copy=False)
    return (vectors if scale == 1 else vectors * np.float32(scale)), metadata.get("added")


def _read_tokens(path: Path) -> dict[str, int]:
    """Return the row of each token."""
    try:
        tokenizer: Tokenizer = checked(_parse(path.read_bytes(), path), Tokenizer)
    except ValueError as error:
        raise W2VError(f"{path} is not a tokenizer with a row for each token: {error}") from None
    more = {token["content"]: token["id"] for token in tokenizer.get("added_tokens") or ()}
    return {**tokenizer["model"]["vocab"], **more}


def _parse(data: bytes, path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = checked(parse(data), dict[str, Any])
        return found
    except ValueError as error:
        raise W2VError(f"{path} is damaged: {error}") from None
