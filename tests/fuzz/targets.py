"""What is fuzzed: for each reader a function that takes any bytes, and fails where the reader does wrong.

Doing wrong is any error but a W2VError of one line, a result that an oracle does not agree with, memory beyond a
small multiple of the input, and, for the scan, a byte touched outside of its buffers: these end at pages
that cannot be read. `tests/test_hostile.py` runs each target on some inputs, `tests/fuzz/fuzz.py` on millions.
"""

import atexit
import bz2
import ctypes
import gzip
import hashlib
import importlib
import json
import lzma
import mmap
import os
import shutil
import tempfile
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from w2v.base.errors import W2VError
from w2v.checkpoints import checkpoint
from w2v.checkpoints.fingerprints import stream_checksum
from w2v.checkpoints.snapshots import Position, Snapshot
from w2v.checkpoints.state import with_checksum
from w2v.formats import vector_files
from w2v.formats.model import Model
from w2v.kernels.text import scan as kernels
from w2v.kernels.text.tables import Table
from w2v.settings.config_files import load_config
from w2v.settings.train import TrainConfig
from w2v.text import corpus
from w2v.text.corpus import Corpus
from w2v.text.encoding import encode
from w2v.text.sources import OPENERS
from w2v.text.subwords import NGrams, Subwords
from w2v.text.vocab import Vocab
from w2v.training import run as session

FOLDER = Path(tempfile.mkdtemp(prefix="w2v-fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
"""Where the inputs lie as files."""
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)  # libFuzzer ends without this, and an input stays
FLOOR, MULTIPLE = 64 << 20, 64
"""Bytes of memory that a reader may take: so many for its buffers, and so many times the input, of which a `str` of one
letter takes 50."""

Target = Callable[[bytes], None]


def put(name: str, data: bytes) -> Path:
    """Write an input to a file."""
    path = FOLDER / name
    path.write_bytes(data)
    return path


def refused(action: Callable[[], Any]) -> bool:
    """Return whether an action ends in a W2VError, which must be of one line."""
    try:
        action()
    except W2VError as error:
        assert len(str(error).splitlines()) == 1 and len(str(error)) < 4_000, str(error)
        return True
    return False


def within_memory(name: str, data: bytes) -> None:
    """Run a target, and see that it takes no more memory than a small multiple of the input.

    What unpacks may take more: tests/test_corpus.py sees to that.
    """
    if name in ("gz", "bz2", "xz", "zst"):
        TARGETS[name](data)
        return
    if not tracemalloc.is_tracing():  # never stopped: each start leaves some memory behind
        tracemalloc.start()
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    TARGETS[name](data)
    peak = tracemalloc.get_traced_memory()[1] - before
    assert peak <= FLOOR + MULTIPLE * len(data), f"{peak:,} bytes of memory for {len(data):,} of input"


def vocab(data: bytes) -> None:
    """A vocabulary is refused, or saved and loaded again it is the same."""
    path = put("vocab.txt", data)
    if refused(lambda: Vocab.load(path)):
        return
    once = Vocab.load(path)
    once.save(path)
    again = Vocab.load(path)
    assert (again.words, again.counts.tolist()) == (once.words, once.counts.tolist())


silently = partial(vector_files.read, warn=lambda _: None)
"""Read a vector file, whatever is left out."""


def vectors(suffix: str, data: bytes) -> None:
    """A vector file is refused, or written and read again it is the same, down to the bits."""
    path = put(f"vectors{suffix}", data)
    if refused(lambda: silently(path)):
        return
    contents = silently(path)
    words, matrix = contents.words, contents.vectors
    assert matrix.shape == (len(words), matrix.shape[1]) and matrix.dtype == np.float32
    if not all(word and word.split() == [word] for word in words):  # words of foreign files, that ours cannot hold
        return
    vector_files.write(path, contents)
    same = silently(path).vectors
    assert silently(path).words == words and np.array_equal(same, matrix, equal_nan=True)
    assert suffix != ".bin" or same.tobytes() == matrix.tobytes()


def config(data: bytes) -> None:
    """A config is refused, or each of its settings is what it says."""
    path = put("config.toml", data)
    if not refused(lambda: load_config(path, {})):
        assert TrainConfig(**load_config(path, {}).as_dict()) == load_config(path, {})


def saved(folder: Path) -> Path:
    """Write a checkpoint and a stream to a folder, and return where."""
    folder.mkdir(exist_ok=True)
    rows = np.arange(15, dtype=np.float32).reshape(3, 5)
    words = Vocab(["a", "b", "ç"], np.array([9, 2, 2]))
    position = Position(1, [3], 4, 2.5, 0, 1.5, 3)
    config, stream = TrainConfig(dim=5, threads=1), np.array([0, 1, -1, 2, 0, 1], np.int32)
    checkpoint.save_stream(folder, stream)
    sum_, extra = stream_checksum(stream), {"output": "/a/b.bin"}
    state = checkpoint.Checkpoint(config, words, Snapshot(rows, rows, position), None, sum_, extra)
    return checkpoint.save(folder, state)


@cache
def sound() -> dict[str, bytes]:
    """Return the files of a sound checkpoint, by name."""
    here = saved(FOLDER / "sound")
    return {path.name: path.read_bytes() for path in [*here.iterdir(), here.parent / "stream.npy"]}


def checkpoint_(data: bytes) -> None:
    """A checkpoint of which one file is another, its checksum with it, is refused or makes a session.

    The first byte says which file, and whether the data replace it or some bytes in it.
    """
    files = dict(sound())
    which, data = data[0] if data else 0, data[1:]
    names = ["state.json", "input.npy", "vocab.txt", "stream.npy"]
    name, whole = names[which % 4], which & 4
    files[name] = data if whole else patched(files[name], data)
    if name in ("input.npy", "vocab.txt"):
        state = json.loads(files["state.json"])
        state["checksums"][name] = hashlib.blake2b(files[name], digest_size=16).hexdigest()
        del state["checksum"]
        files["state.json"] = with_checksum(state)
    folder = FOLDER / "checkpoints"
    inner = folder / "checkpoint-000001"
    inner.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder if name == "stream.npy" else inner).joinpath(name).write_bytes(content)
    refused(lambda: checkpoint.load_extra(folder))
    if refused(lambda: session.resume(folder, {})):
        return
    begun = session.resume(folder, {})
    assert begun.start is not None
    assert begun.start.input.shape == begun.start.output.shape == (len(begun.vocab), begun.config.dim)
    assert begun.start.input.dtype == begun.start.output.dtype == np.float32
    assert begun.stream.dtype == np.int32 and begun.stream.ndim == 1
    assert begun.stream.min() >= -1 and begun.stream.max() < len(begun.vocab)


def patched(content: bytes, data: bytes) -> bytes:
    """Return content with bytes of it replaced: each three bytes of data are a place and a byte."""
    changed = bytearray(content)
    for at in range(0, len(data) - 2, 3):
        changed[int.from_bytes(data[at : at + 2], "little") % len(changed)] = data[at + 2]
    return bytes(changed)


def text_of(data: bytes) -> str:
    """Return the text that the program takes a file's bytes for."""
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def plain(data: bytes) -> None:
    """A text is refused, or its blocks are the text, cut between tokens; a block's length is the first byte."""
    block, data = 3 + (data[0] % 64 if data else 0), data[1:]
    path = put("plain.txt", data)
    if any(data.startswith(magic) for magic, _ in OPENERS):
        return
    with patch.object(corpus, "BLOCK", block):
        if refused(lambda: list(Corpus(path).blocks())):
            return
        blocks = list(Corpus(path).blocks())
    assert b"".join(blocks) == data.removeprefix(b"\xef\xbb\xbf") + b"\n"
    assert [word for block_ in blocks for word in block_.decode("utf-8", "replace").split()] == text_of(data).split()


def packed(pack: Callable[[bytes], bytes], data: bytes) -> None:
    """A packed file is refused, or its blocks hold what was packed.

    The first byte says whether the data are packed, in one member or two, and then damaged; or stand behind the
    packer's first bytes.
    """
    how, rest = data[0] % 4 if data else 0, data[1:]
    damage, content = (rest[:6], rest[6:]) if how == 2 else (b"", rest)
    half = len(content) // 2
    file = pack(b"")[:6] + rest
    if how in (0, 2):
        file = patched(pack(content), damage)
    elif how == 1:
        file = pack(content[:half]) + pack(content[half:])
    path = put("packed", file)
    with patch.object(corpus, "BLOCK", 256):
        is_refused = refused(lambda: [len(block) for block in Corpus(path).blocks()])
        if how < 2 and not is_refused:
            assert b"".join(Corpus(path).blocks()) == content.removeprefix(b"\xef\xbb\xbf") + b"\n"
    if how < 2 and is_refused:  # packed twice, or an archive
        assert refused(lambda: list(Corpus(put("plain", content)).blocks())) or content


def zstd_compress(data: bytes) -> bytes:
    """Pack with Zstandard, by what this Python has for it."""
    for name in ("compression.zstd", "backports.zstd"):
        with suppress(ImportError):
            result: bytes = importlib.import_module(name).compress(data)
            return result
    raise W2VError("no reader of .zst here")


def encoding(data: bytes) -> None:
    """The words of a text, with their counts and in their order, are those that `str.split` finds."""
    block, data = 3 + (data[0] % 64 if data else 0), b"- " + data[1:]
    path = put("encoding.txt", data)
    with patch.object(corpus, "BLOCK", block):
        encoded = encode(Corpus(path), TrainConfig(min_count=1, threads=1, force_text=True), spool_above=1 << 20)
    words = text_of(data).split()
    assert encoded.tokens_read == encoded.tokens_kept == encoded.vocab.n_tokens == len(words)
    assert [encoded.vocab.words[row] for row in encoded.stream.tolist() if row >= 0] == words


PIECES = [
    *(chr(code).encode() for code in range(0x3001) if chr(code).isspace()),
    *(b"\n", b" ", b"\r\n", b"\xef\xbb\xbf", b"\0", "\u200b\u180e\u2007x\u2030\u3001\u0084\u1681".encode()),
    *(b"w" * n for n in (1, 2, 7, 8, 9, 15, 16, 17, 55, 62, 63, 64, 65, 127)),
    *("é世😀👩\u200d👩\u200d👧العربية".encode()[:n].decode(errors="ignore").encode() for n in range(2, 40, 3)),
]
"""What makes a hard text for the scan."""
ROOM = 1 << 16


def scan(data: bytes) -> None:
    """The scan finds what `str.split` finds; nothing outside of its arrays is touched, nor does the padding matter.

    Even bytes stand for a piece of PIECES each; where the first is odd, the data are the text.
    """
    if data[:1] and data[0] % 2:
        text = data[1:].decode("utf-8", "ignore").encode()
    else:
        text = b"".join(PIECES[byte // 2 % len(PIECES)] for byte in data)
    text = text[: ROOM // 2].decode("utf-8", "ignore").encode()
    expected = text.decode().split()
    results = []
    for padding in (b"\0", b"\xe2", b"x", b"\xe3\x80\x80"):
        behind = (padding * kernels.PADDING)[: kernels.PADDING]
        results.append(scanned(text, behind, len(expected)))
    assert all(result == results[0] for result in results)
    words, ids = results[0]
    assert [words[i].decode() for i in ids if i >= 0] == expected
    lines = [line.split() for line in text.decode().split("\n")]
    assert [len(line) for line in sentences(ids)] == [len(line) for line in lines if line]


def sentences(ids: list[int]) -> list[list[int]]:
    """Return ids without sentence ends, a list a sentence, without empty ones."""
    found: list[list[int]] = [[]]
    for i in ids:
        if i < 0:
            found.append([])
        else:
            found[-1].append(i)
    return [line for line in found if line]


def scanned(text: bytes, behind: bytes, n_tokens: int) -> tuple[list[bytes], list[int]]:
    """Scan a text in arrays that end where memory does; return the words and the ids."""
    capacity = 1 << (n_tokens + 2).bit_length()
    table = Table(
        slots=np.zeros(2 * capacity, np.uint64),
        starts=last(0, (capacity + 1) * 8).view(np.int64),
        counts=last(1, capacity * 8).view(np.int64),
        arena=last(2, len(text) + kernels.PADDING),
        size=np.zeros(1, np.int64),
    )
    table.starts[0] = 0
    array, ids = last(3, len(text) + len(behind)), last(4, 4 * (len(text) + 1)).view(np.int32)
    array[:] = np.frombuffer(text + behind, np.uint8)
    at, filled = kernels.scan(array, 0, len(text), table, ids, 0, False)
    assert at == len(text)
    bounds = table.starts[: int(table.size[0]) + 1].tolist()
    words = [table.arena[begin:end].tobytes() for begin, end in zip(bounds, bounds[1:], strict=False)]
    return words, ids[:filled].tolist()


@cache
def guarded(number: int) -> npt.NDArray[np.uint8]:
    """Return memory that ends at a page which cannot be touched; one for each number."""
    room = mmap.mmap(-1, 8 * ROOM + mmap.PAGESIZE)
    array = np.frombuffer(room, np.uint8)
    page = array.ctypes.data + 8 * ROOM
    if ctypes.CDLL(None, use_errno=True).mprotect(ctypes.c_void_p(page), mmap.PAGESIZE, 0) != 0:
        raise OSError(ctypes.get_errno(), "mprotect failed")
    return array[: 8 * ROOM]


def last(number: int, n_bytes: int) -> npt.NDArray[np.uint8]:
    """Return so many bytes, the last before such a page."""
    array = guarded(number)
    return array[len(array) - n_bytes :]


TARGETS: dict[str, Target] = {
    "vocab": vocab,
    "word2vec_text": partial(vectors, ".txt"),
    "word2vec": partial(vectors, ".bin"),
    "fasttext": partial(vectors, ".fasttext.bin"),
    "floret": partial(vectors, ".floret"),
    "checkpoint": checkpoint_,
    "config": config,
    "plain": plain,
    "gz": partial(packed, gzip.compress),
    "bz2": partial(packed, bz2.compress),
    "xz": partial(packed, lzma.compress),
    "zst": partial(packed, zstd_compress),
    "encoding": encoding,
    "scan": scan,
}


def subword_file(kind: str, suffix: str) -> bytes:
    """Return a sound file of a word, its rows and those of two buckets."""
    model = Subwords(NGrams(kind, 3, 4, 2), np.arange(2), np.ones((2 + (kind == "fasttext"), 3), np.float32))
    path = put(f"sound{suffix}", b"")
    vector_files.write(path, Model(["the"], np.ones((1, 3), np.float32), subwords=model))
    return path.read_bytes()


def seeds(name: str) -> list[bytes]:
    """Return inputs of a target for coverage to start from: sound files, and hostile ones."""
    text = b"the cat\nsat \xe3\x80\x80on the \xe2\x80\xa8mat\r\n"
    return {
        "vocab": [b"a 5\nb 2\n", b"</s> 0\nthe 7\n"],
        "word2vec_text": [b"2 2\na 1 2\nb 0.5 -1e3\n", b"1 1\nNew York nan\n"],
        "word2vec": [b"2 1\na \0\0\x80\x3f\nb \0\0\x80\xbf\n", b"1 2\nc 12345678"],
        "fasttext": [subword_file("fasttext", ".fasttext.bin")],
        "floret": [subword_file("floret", ".floret"), b"2 1 3 6 1 2166136261 < >\n0 1\n1 nan\n"],
        "checkpoint": [
            *(
                bytes([which + 4]) + sound()[name]
                for which, name in enumerate(("state.json", "input.npy", "vocab.txt"))
            ),
            b"\7" + sound()["stream.npy"],
            *(bytes([which]) + bytes(range(9)) for which in range(4)),
        ],
        "config": [b"dim = 5\nlr = 0.1\nlowercase = true\n", b"[a]\nb = [1, {c = 2}]\n", b"a.b = '''x'''\n"],
        "encoding": [b"\7" + text, b"\1a\nb\n\n" * 9, b"\7a\xff b\xc3 \xf0\x9f\x98"],
        "scan": [b"\1" + text, bytes(range(0, 256, 2))],
    }.get(name, [bytes([how]) + text for how in range(4)])
