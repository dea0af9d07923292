"""fastText's model file, `.bin` in fastText and `.fasttext.bin` here: rows of words and of n-grams, uncompressed.

All numbers are little-endian, without padding between the fields:

int32      793712314 (the magic number), 12 (the version)
int32 x 12 dim, window, epochs, min_count, negative, 1, loss (hs 1, ns 2, softmax 3), model (cbow 1, skipgram 2),
           buckets, min_n, max_n, 100
float64    the subsampling threshold; an unknown setting is 0
int32 x 3  words, words, labels (0)
int64 x 2  tokens, -1 (nothing was pruned: 0 would drop every n-gram)
per word   its bytes, 0, its count as int64, a byte 0
byte 0     (not quantised), int64 rows = words + buckets, int64 dim, the rows in float32
byte 0     the same for the output rows, whose number is the number of words

Buckets that no word uses are zeros in files that w2v writes, so that they do not change the vectors of unseen words.
They take space in the file but no memory.
"""

import os
import struct
from collections import namedtuple
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from w2v.base.arrays import Indices, Matrix, exact_sum
from w2v.base.errors import W2VError
from w2v.base.files import check_space, replacing
from w2v.formats.common import PIECE, Decoder, blocks, with_finite_rows, write_rows
from w2v.formats.model import Model, Trained
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.formats.registry import FORMATS
from w2v.formats.unpacking import plain_file
from w2v.settings.fields import fields_of
from w2v.settings.train import TrainConfig
from w2v.text.subwords import NGrams, Subwords

VERSIONS = (11, 12)
MAGIC = FORMATS["fasttext"].magic
LOSSES, MODELS = {"hs": 1, "full": 3, "bce": 2}, {"cbow": 1, "skipgram": 2}
NS, SKIPGRAM, SUPERVISED = 2, 2, 3
UNKNOWN = 0  # Written for unknown numbers
LARGEST = 2**31 - 1
PER_WORD = 10  # Smallest number of bytes per word


_Header = namedtuple(
    "_Header",
    "dim window epochs min_count negative word_ngrams loss model buckets min_n max_n lr_update_rate sample size "
    "n_words n_labels n_tokens n_pruned",
)
"""The numbers before the words, without the magic number and the version."""
HEADER = struct.Struct("<12id3i2q")


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return the words, their composed vectors, counts and output rows, and the rows that compose the vectors.

    Bytes of a word that are not UTF-8 become U+FFFD; such words are counted.

    Raises:
        W2VError: the file is not a model, is cut short, or is supervised or quantised.
    """
    path = plain_file(path)
    with path.open("rb") as file:
        room = os.fstat(file.fileno()).st_size
        header = _read_header(path, file, room)
        words, counts = _read_words(path, file, header, options)
        rows = _mapped(path, file, header.n_words + header.buckets, header.dim, "input")
        output = _mapped(path, file, None, header.dim, "output") if header.loss != LOSSES["hs"] else None
    buckets, input = _without_zeros(rows, header.n_words)
    trained = _trained(header)
    if header.buckets == 0 or header.max_n == 0:
        return with_finite_rows(path, Model(words, input[: header.n_words], counts, output, trained=trained), options)
    try:
        ngrams = NGrams("fasttext", header.min_n, header.max_n, header.buckets)
    except ValueError as error:
        raise W2VError(f"{path} is damaged: {error}") from None
    subwords = Subwords(ngrams, buckets, input)
    model = Model(words, subwords.compose(words), counts, output, subwords=subwords, trained=trained)
    return with_finite_rows(path, model, options)


def write(path: Path, model: Model) -> None:
    """Write the model, completely or not at all, in pieces; missing buckets and output rows are written as zeros.

    Raises:
        W2VError: the words have no rows of their own, as with floret.
    """
    subwords = model.subwords
    if subwords is not None and not subwords.ngrams.has_word_rows:
        raise W2VError(
            f"cannot write {path}: fastText's words have rows of their own, floret's do not; write a .floret"
        )
    n_words, dim = model.vectors.shape
    counts = np.ones(n_words, np.int64) if model.counts is None else model.counts
    n_buckets = 0 if subwords is None else subwords.ngrams.buckets
    header = _header(model, exact_sum(counts))
    with replacing(path) as file:
        check_space(path, 4 * dim * (2 * n_words + n_buckets))
        file.write(MAGIC + VERSIONS[-1].to_bytes(4, "little"))
        file.write(HEADER.pack(*header))
        for word, count in zip(model.words, counts.tolist(), strict=True):
            file.write(word.encode() + b"\0" + count.to_bytes(8, "little") + b"\0")
        file.write(b"\0" + np.array([n_words + n_buckets, dim], "<i8").tobytes())
        write_rows(file, model.vectors if subwords is None else subwords.own_rows)
        if subwords is not None:
            for _, block in subwords.bucket_blocks(max(1, PIECE // (4 * dim))):
                file.write(block.astype("<f4", copy=False).data.cast("B"))
        file.write(b"\0" + np.array([n_words, dim], "<i8").tobytes())
        write_rows(file, np.broadcast_to(np.float32(0), (n_words, dim)) if model.output is None else model.output)


def _header(model: Model, n_tokens: int) -> _Header:
    """Return the header, with the settings of the training if they are known.

    The loss and the model must be among those of fastText; by default they are negative sampling and skip-gram.
    """
    known = {} if model.trained is None else model.trained.known
    ngrams = None if model.subwords is None else model.subwords.ngrams
    n_words, dim = model.vectors.shape

    def number(name: str) -> int:
        value = known.get(name, UNKNOWN)
        return min(value, LARGEST) if isinstance(value, int) else UNKNOWN

    return _Header(
        dim=dim,
        window=number("window"),
        epochs=number("epochs"),
        min_count=number("min_count"),
        negative=number("negative"),
        word_ngrams=1,
        loss=LOSSES.get(known.get("loss", ""), NS),
        model=MODELS.get(known.get("model", ""), SKIPGRAM),
        buckets=ngrams.buckets if ngrams else 0,
        min_n=ngrams.min_n if ngrams else 0,
        max_n=ngrams.max_n if ngrams else 0,
        lr_update_rate=100,
        sample=known.get("sample", 0.0),
        size=n_words,
        n_words=n_words,
        n_labels=0,
        n_tokens=n_tokens,
        n_pruned=-1,
    )


def _trained(header: _Header) -> Trained | None:
    """Return the record of the training, as far as the file contains it: the number 0 means unknown.

    fastText trains for at least one epoch. With 0 epochs, the file was converted from a file without settings.
    """
    if header.epochs < 1:
        return None
    settings: dict[str, Any] = {"dim": header.dim}
    for name, codes in (("model", MODELS), ("loss", LOSSES)):
        for word, code in codes.items():
            if code == getattr(header, name):
                settings[name] = word
    if header.buckets and header.max_n:
        settings["subwords"] = "fasttext"
    for field in fields_of(TrainConfig):  # settings with the same name in the header
        if field.name not in settings and getattr(header, field.name, UNKNOWN) > 0:
            settings[field.name] = getattr(header, field.name)
    return Trained({"settings": settings})


def keeps_settings(model: Model) -> bool:
    """Return whether the header of a file can store all settings of a model, as it can for models of fastText."""
    kept = _trained(_header(model, 0))
    return model.trained is not None and kept is not None and kept.settings == model.trained.settings


def _read_header(path: Path, file: BinaryIO, room: int) -> _Header:
    """Return the header after checking that its numbers are possible."""
    start = file.read(8)
    version = int.from_bytes(start[4:], "little")
    if len(start) < 8 or not start.startswith(MAGIC):
        raise W2VError(f"{path} is not a fastText model: it does not begin with the bytes {MAGIC.hex(' ')}")
    if version not in VERSIONS:
        raise W2VError(f"{path} has version {version} of fastText's models, and w2v reads versions 11 and 12")
    data = file.read(HEADER.size)
    if len(data) < HEADER.size:
        raise W2VError(f"{path} is cut short: it ends in its header")
    header = _Header(*HEADER.unpack(data))
    if header.model == SUPERVISED or header.n_labels:
        raise W2VError(f"{path} is a supervised fastText model, a classifier; w2v reads those of skipgram and cbow")
    if header.n_pruned > 0:
        raise W2VError(
            f"{path} is a pruned fastText model (.ftz); w2v reads .bin, as it was before `fasttext quantize`"
        )
    if header.n_words != header.size or min(header.dim, header.n_words) < 1 or min(header[8:11]) < 0:
        raise W2VError(f"{path} is damaged: its header says {header.n_words:,} words x {header.dim:,}")
    needed = header.n_words * PER_WORD + 4 * header.dim * (header.n_words + header.buckets)
    if needed > room:
        raise W2VError(
            f"{path} is cut short or damaged: its header says {header.n_words:,} words and {header.buckets:,} buckets "
            f"x {header.dim:,}, which takes at least {needed:,} bytes, and it has {room:,}"
        )
    return header


def _read_words(path: Path, file: BinaryIO, header: _Header, options: ReadOptions) -> tuple[list[str], Indices]:
    """Return the words and their counts; afterwards the file is positioned after them."""
    words, counts, decoder = list[str](), list[int](), Decoder(path, options)
    start, buffer, at = file.tell(), b"", 0
    while len(words) < header.n_words:
        end = buffer.find(b"\0", at)
        if end < 0 or end + PER_WORD > len(buffer):
            piece = file.read(max(PIECE, len(buffer) - at))
            if not piece:
                raise W2VError(f"{path} is cut short: it ends in word {len(words) + 1:,} of {header.n_words:,}")
            start, buffer, at = start + at, buffer[at:] + piece, 0
            continue
        words.append(decoder.decode(buffer[at:end]))
        counts.append(int.from_bytes(buffer[end + 1 : end + 9], "little", signed=True))
        if counts[-1] < 0:
            raise W2VError(f"{path} is damaged: word {len(words):,} has the count {counts[-1]}")
        if buffer[end + 9]:
            raise W2VError(f"{path} is damaged, or a classifier: entry {len(words):,} is not a word")
        at = end + PER_WORD
    file.seek(start + at)
    decoder.finish()
    return words, np.array(counts, np.int64)


def _mapped(path: Path, file: BinaryIO, n_rows: int | None, dim: int, name: str) -> Matrix:
    """Map the matrix that begins here, (n_rows, dim), and move the file's position to its end.

    Raises:
        W2VError: the matrix is quantised, has another shape, or is cut short.
    """
    head = file.read(17)
    if len(head) == 17 and head[0]:
        raise W2VError(f"{path} is a quantised fastText model (.ftz); w2v reads .bin, as it was before that")
    rows, width = (int.from_bytes(head[at : at + 8], "little", signed=True) for at in (1, 9))
    begin = file.tell()
    if len(head) < 17 or width != dim or rows < 1 or rows != (n_rows or rows):
        raise W2VError(f"{path} is damaged: its {name} rows are {rows:,} x {width:,}")
    if begin + 4 * rows * dim > os.fstat(file.fileno()).st_size:
        raise W2VError(f"{path} is cut short: it ends in its {name} rows")
    file.seek(4 * rows * dim, os.SEEK_CUR)
    return np.memmap(path, "<f4", "r", begin, (rows, dim))


def _without_zeros(rows: Matrix, n_words: int) -> tuple[Indices, Matrix]:
    """Return the buckets that are not all zeros, and the input rows of the words, followed by those of these buckets.

    The file is read twice, so that only rows that are kept take memory.
    """
    is_used = np.concatenate([part.any(axis=1) for part in blocks(rows[n_words:])] or [np.zeros(0, bool)])
    buckets = np.flatnonzero(is_used)
    input = np.empty((n_words + len(buckets), rows.shape[1]), np.float32)
    kept = np.concatenate([np.ones(n_words, bool), is_used])
    begin = at = 0
    for part in blocks(rows):
        keep = kept[begin : begin + len(part)]
        n = int(keep.sum())
        input[at : at + n] = part[keep]
        begin, at = begin + len(part), at + n
    return buckets, input
