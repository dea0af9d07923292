"""What the user names becomes blocks of bytes, each cut between two tokens, whatever the file is."""

import bz2
import gzip
import importlib
import io
import lzma
import os
import socket
import sys
import tarfile
import threading
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import pytest
from helpers import needs_fifos, python
from hypothesis import example, given, settings
from hypothesis import strategies as st

from w2v.base.errors import W2VError, W2VWarning
from w2v.text import corpus, records
from w2v.text.corpus import Corpus

Result = TypeVar("Result")

TEXT = "the cat sat\non thé mat\u3000世界 😀\r\nend".encode() * 50
WORDS = TEXT.decode().split()
WHITESPACE = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]


def zstd_compress(data: bytes) -> bytes:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        packed: bytes = module.compress(data)
        return packed
    pytest.skip("no reader of .zst here")


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd_compress,
}
each_packer = pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)


def read(source: Any) -> bytes:  # noqa: ANN401  (anything a user may pass)
    return b"".join(Corpus(source).blocks())


def words(source: Any) -> list[str]:  # noqa: ANN401
    return read(source).decode("utf-8", "replace").split()


def complaint(source: Any) -> str:  # noqa: ANN401
    """Return the one line with which a corpus is refused."""
    with pytest.raises(W2VError) as caught:
        read(source)
    message = str(caught.value)
    assert message.splitlines() == [message]
    return message


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


# What is read.


def test_one_file_by_str_and_by_path(tmp_path: Path) -> None:
    path = put(tmp_path / "a.txt", TEXT)
    assert words(str(path)) == words(path) == words([path]) == WORDS


def test_a_file_ends_with_a_newline_of_its_own(tmp_path: Path) -> None:
    paths = [put(tmp_path / "a", b"one two"), put(tmp_path / "b", b"three\n")]
    assert read(paths).split() == [b"one", b"two", b"three"]
    assert read(paths).index(b"\n") == len(b"one two")


def test_many_files_keep_the_order_given(tmp_path: Path) -> None:
    paths = [put(tmp_path / "b", b"first"), put(tmp_path / "a", b"second")]
    assert words([str(paths[0]), paths[1]]) == ["first", "second"]


def test_folders_are_read_through_and_through_but_not_what_is_hidden(tmp_path: Path) -> None:
    put(tmp_path / "b.txt", b"b")
    put(tmp_path / "a/deep/er/x.txt", b"a")
    put(tmp_path / "c/y.txt", b"c")
    put(tmp_path / ".hidden", b"hidden")
    put(tmp_path / ".git/config", b"hidden")
    put(tmp_path / "c/.cache/z.txt", b"hidden")
    assert words(tmp_path) == ["a", "b", "c"]


def test_a_link_to_a_parent_does_not_loop(tmp_path: Path) -> None:
    put(tmp_path / "sub/a.txt", b"once")
    (tmp_path / "sub/up").symlink_to(tmp_path, target_is_directory=True)
    assert words(tmp_path) == ["once"]


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere/a.txt", b"linked")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/link.txt").symlink_to(tmp_path / "elsewhere/a.txt")
    assert words(tmp_path / "folder") == ["linked"]


def test_globs_in_order_and_through_folders(tmp_path: Path) -> None:
    put(tmp_path / "b.txt", b"b")
    put(tmp_path / "a.txt", b"a")
    put(tmp_path / "deep/c.txt", b"c")
    put(tmp_path / "a.csv", b"other")
    (tmp_path / "folder.txt").mkdir()
    assert words(str(tmp_path / "*.txt")) == ["a", "b"]
    assert words(str(tmp_path / "**/*.txt")) == ["a", "b", "c"]


def test_globs_enter_no_linked_folder_and_name_no_file_twice(tmp_path: Path) -> None:
    put(tmp_path / "a/deep/x.txt", b"x")
    put(tmp_path / "a/y.txt", b"y")
    put(tmp_path / "a/.hidden/z.txt", b"hidden")
    for name in ("up", "again"):  # two of them: each level that is entered would double the paths
        (tmp_path / "a" / name).symlink_to(tmp_path, target_is_directory=True)
    for pattern in ("**/*.txt", "a/**/*.txt", "**", "**/", "a/**", "**/**/*.txt", "*/**/**"):
        assert words(str(tmp_path / pattern)) == ["x", "y"], pattern
    assert words(str(tmp_path / "**/deep/**/*.txt")) == ["x"]
    assert words(str(tmp_path / "a**/*.txt")) == ["y"]


def test_globs_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a/[1]/x.txt", b"x")
    put(tmp_path / "y.txt", b"y")
    monkeypatch.chdir(tmp_path)
    assert words("**/*.txt") == words("./**/*.txt") == ["x", "y"]
    assert words("**/x.txt") == ["x"]


def test_globs_with_the_separators_of_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a/deep/x.txt", b"x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "sep", "\\")
    monkeypatch.setattr(os, "altsep", "/")
    assert words(r"a\**\*.txt") == words(r"**\x.txt") == ["x"]


@needs_fifos
def test_in_a_folder_only_files_are_read(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", b"text")
    os.mkfifo(tmp_path / "fifo.txt")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(os.path.relpath(tmp_path / "socket.txt"))
    (tmp_path / "device.txt").symlink_to("/dev/zero")
    assert words(tmp_path) == words(str(tmp_path / "*.txt")) == ["text"]


@pytest.mark.parametrize("target", ["none", "broken.txt"])
def test_a_link_to_nothing_or_itself_is_left_out_and_named(tmp_path: Path, target: str) -> None:
    put(tmp_path / "a.txt", b"text")
    (tmp_path / "broken.txt").symlink_to(target)
    for source in (tmp_path, str(tmp_path / "*.txt")):
        with pytest.warns(W2VWarning, match=r"skipped 1 of 2 files: cannot read .*broken.txt"):
            assert words(source) == ["text"]


def test_all_files_that_cannot_be_read_are_listed_at_once(tmp_path: Path) -> None:
    good = put(tmp_path / "a.txt", b"text")
    bad = [put(tmp_path / f"{n}.pdf", b"%PDF-1.7") for n in range(2)]
    bad.append(put(tmp_path / "c.png", b"\x89PNG\r\n\x1a\n"))
    said = complaint([good, *bad])
    assert said.startswith("3 files cannot be read") and all(path.name in said for path in bad)
    with pytest.warns(W2VWarning, match=r"skipped 3 of 4 files: .*0.pdf is a PDF.*1.pdf.*c.png is a PNG"):
        assert words(tmp_path) == ["text"]
    good.unlink()
    assert complaint(tmp_path).startswith("3 files cannot be read")
    assert "c.png" in complaint(tmp_path / "c.png")


def test_missing_files_are_listed_with_those_that_cannot_be_read(tmp_path: Path) -> None:
    good = put(tmp_path / "a.txt", b"text")
    damaged = put(tmp_path / "b.gz", gzip.compress(b"text")[:12] + b"x" * 99)
    (tmp_path / "c.txt").symlink_to("none")
    binary = put(tmp_path / "e.pdf", b"%PDF-1.7")
    source = [good, damaged, tmp_path / "c.txt", tmp_path / "d.txt", binary]
    said = complaint(source)
    assert said.startswith("4 files cannot be read") and "\n" not in said
    assert all(f"/{name}" in said for name in ("b.gz", "c.txt", "d.txt", "e.pdf"))
    with pytest.raises(W2VError, match="3 files cannot be read") as caught:
        Corpus(source, force_text=True)
    assert "e.pdf" not in str(caught.value)


def test_files_that_are_cut_short_are_listed_at_once(tmp_path: Path) -> None:
    for name in ("a.gz", "b.gz"):
        put(tmp_path / name, gzip.compress(os.urandom(100_000).hex().encode())[:-9])
    put(tmp_path / "c.txt", b"text")
    said = complaint(tmp_path)
    assert said.startswith("2 files cannot be read") and "a.gz" in said and "b.gz" in said


def test_what_is_left_out_is_no_file_of_the_corpus(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", b"text")
    put(tmp_path / "b.pdf", b"%PDF-1.7")
    source = Corpus(tmp_path, warn=lambda message: None)
    source.examine()
    assert source.files == [str(tmp_path / "a.txt")] and source.bytes_total == 4


def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a.txt", b"text")
    put(tmp_path / "locked/b.txt", b"text")
    before = os.scandir

    def scandir(path: str) -> Any:  # noqa: ANN401  (root, who may run this, can read any folder)
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return before(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert "locked: Permission denied" in complaint(tmp_path)


def test_files_of_one_name_and_a_file_named_twice(tmp_path: Path) -> None:
    put(tmp_path / "a/x.txt", b"first")
    path = put(tmp_path / "b/x.txt", b"second")
    assert words(tmp_path) == ["first", "second"]
    assert words([path, tmp_path, path]) == ["second", "first", "second", "second"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_a_file_that_grows_ends_where_it_did_when_it_was_opened(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = put(tmp_path / "a", pack(b"word " * 1000))
    source = Corpus(path)
    found = b""
    with patch.object(corpus, "BLOCK", 100), path.open("ab", buffering=0) as file:
        for block in source.blocks():
            found += block
            file.write(pack(b"more " * 1000))
    assert found.split() == [b"word"] * 1000
    assert source.bytes_read == source.bytes_total


def test_a_file_that_shrinks_is_read_to_its_end(tmp_path: Path) -> None:
    path = put(tmp_path / "a", b"word " * 1_000_000)
    blocks = Corpus(path).blocks()
    found = [next(blocks)]
    os.truncate(path, 0)
    found += blocks
    assert set(b"".join(found).split()) <= {b"word", b"wor", b"wo", b"w"}
    assert sum(map(len, found)) < 5_000_000


def test_files_without_a_size_are_read() -> None:
    if not os.path.exists("/proc/version"):
        pytest.skip("no /proc")
    assert words("/proc/version") == Path("/proc/version").read_text().split()


def test_closed_standard_input_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input: it is closed" in complaint("-")


@pytest.mark.parametrize(
    "name", [b"with space.txt", b"new\nline.txt", b"caf\xe9.txt", b"[1].txt", b"*", "世界".encode(), b"-"]
)
def test_any_name(tmp_path: Path, name: bytes) -> None:
    path = put(tmp_path / os.fsdecode(name), b"found it")
    assert words(str(path)) == words(tmp_path) == ["found", "it"]
    put(path, gzip.compress(TEXT)[:40])
    assert "cannot read" in complaint(str(path))


@needs_fifos
def test_a_fifo(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(gzip.compress(TEXT),))
    writer.start()
    assert words(fifo) == WORDS
    writer.join()


@pytest.mark.parametrize("pack", [bytes, *PACKERS.values()], ids=["plain", *PACKERS])
def test_standard_input(stdin: Callable[[bytes], None], pack: Callable[[bytes], bytes]) -> None:
    stdin(pack(TEXT))
    assert words("-") == WORDS
    assert not sys.stdin.buffer.closed


def test_standard_input_among_files(tmp_path: Path, stdin: Callable[[bytes], None]) -> None:
    stdin(b"middle")
    assert words([put(tmp_path / "a", b"first"), "-", put(tmp_path / "b", b"last")]) == ["first", "middle", "last"]


def test_truncated_standard_input_is_named_in_words(stdin: Callable[[bytes], None]) -> None:
    stdin(gzip.compress(TEXT)[:-9])
    assert "standard input" in complaint("-")


@pytest.mark.parametrize("data", [b"", b"\n", b" \n\n ", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_nothing_in_it(tmp_path: Path, data: bytes) -> None:
    assert words(put(tmp_path / "a", data)) == []
    assert words("/dev/null") == []


@pytest.mark.parametrize("make_folder", [False, True])
def test_nothing_there(tmp_path: Path, make_folder: bool) -> None:
    if make_folder:
        put(tmp_path / "none/.hidden", b"hidden")
        assert "folder" in complaint(tmp_path / "none")
    else:
        assert "none" in complaint(tmp_path / "none")
        assert "pattern" in complaint(str(tmp_path / "*.none"))


def test_missing_file_is_told_before_any_is_read(tmp_path: Path) -> None:
    with pytest.raises(W2VError, match="missing"):
        Corpus([put(tmp_path / "a", b"here"), tmp_path / "missing"])


# What a file is, its first bytes say.


@each_packer
def test_packed_files_are_known_by_their_bytes(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    for name in ("a.txt", "a.gz", "a.zst", "a"):
        assert words(put(tmp_path / name, pack(TEXT))) == WORDS
        put(tmp_path / name, TEXT)
        assert words(tmp_path / name) == WORDS


@each_packer
def test_concatenated_members(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    assert words(put(tmp_path / "a", pack(b"one tw") + pack(b"") + pack(b"o three"))) == ["one", "two", "three"]


@each_packer
def test_truncated_packed_files_are_refused_wherever_they_are_cut(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(TEXT)
    for length in range(6, len(packed)):
        assert "cannot read" in complaint(put(tmp_path / "cut.txt", packed[:length]))
        assert "cut.txt" in complaint(tmp_path / "cut.txt")


@each_packer
def test_damaged_packed_files_are_refused(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    packed = bytearray(pack(os.urandom(5_000).hex().encode()))
    packed[10:-10] = b"\xa5" * (len(packed) - 20)
    assert "cannot read" in complaint(put(tmp_path / "bad", bytes(packed)))


def test_text_that_begins_almost_like_another_kind_is_text(tmp_path: Path) -> None:
    assert words(put(tmp_path / "a.txt", b"BZhang wrote this")) == ["BZhang", "wrote", "this"]
    assert words(put(tmp_path / "a.txt", b"PAR1 is a protein")) == ["PAR1", "is", "a", "protein"]


def test_zstd_without_a_reader_says_how_to_get_one(tmp_path: Path) -> None:
    path = put(tmp_path / "a.zst", zstd_compress(TEXT))
    with patch.object(importlib, "import_module", side_effect=ImportError):
        assert "pip install" in complaint(path)


def make_tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("a.txt")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT))
    return file.getvalue()


def make_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", TEXT)
    return file.getvalue()


@pytest.mark.parametrize("pack", [bytes, *PACKERS.values()], ids=["plain", *PACKERS])
@pytest.mark.parametrize(
    ("data", "word"),
    [
        (make_zip(), "ZIP"),
        (make_tar(), "tar"),
        ("the cat".encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + "the cat".encode("utf-16-be"), "UTF-16"),
        (b"%PDF-1.7 ...", "PDF"),
    ],
    ids=["zip", "tar", "utf-16", "utf-16-be", "pdf"],
)
def test_what_is_no_text_is_refused_packed_or_not(
    tmp_path: Path, pack: Callable[[bytes], bytes], data: bytes, word: str
) -> None:
    message = complaint(put(tmp_path / "corpus.txt", pack(data)))
    assert word in message
    assert "corpus.txt" in message


def test_files_are_closed_when_refused_or_read(tmp_path: Path) -> None:
    put(tmp_path / "bad.zip", make_zip())
    put(tmp_path / "good.gz", gzip.compress(TEXT))
    put(tmp_path / "cut.gz", gzip.compress(TEXT)[:-9])
    before = len(os.listdir("/proc/self/fd"))
    for name in ("bad.zip", "cut.gz"):
        with pytest.raises(W2VError) as caught:
            read(tmp_path / name)
        assert len(os.listdir("/proc/self/fd")) == before
        del caught
    read(tmp_path / "good.gz")
    assert len(os.listdir("/proc/self/fd")) == before


# Text of any kind, cut into blocks.


def test_a_leading_bom_goes_and_others_stay(tmp_path: Path) -> None:
    path = put(tmp_path / "a", b"\xef\xbb\xbfone \xef\xbb\xbftwo")
    assert words([path, path]) == ["one", "\ufefftwo"] * 2


def test_a_bom_inside_a_packed_file_goes_too(tmp_path: Path) -> None:
    assert words(put(tmp_path / "a", gzip.compress(b"\xef\xbb\xbfone"))) == ["one"]


def test_nul_bytes_are_as_any_other(tmp_path: Path) -> None:
    assert words(put(tmp_path / "a", b"\0 a\0b \0\0")) == ["\0", "a\0b", "\0\0"]


@pytest.mark.parametrize("character", WHITESPACE, ids=lambda c: f"U+{ord(c):04X}")
def test_blocks_may_end_at_whitespace_of_every_kind(tmp_path: Path, character: str) -> None:
    text = character.join(["abcde"] * 20)
    with patch.object(corpus, "BLOCK", 16):
        blocks = list(Corpus(put(tmp_path / "a", text.encode())).blocks())
    assert len(blocks) > 3
    assert [word for block in blocks for word in block.decode().split()] == ["abcde"] * 20


def test_no_block_ends_at_what_is_no_whitespace(tmp_path: Path) -> None:
    others = "\u180e\u200b\u200d\u2060\ufeff\u00ad\u2007x\u2012\u202d\u2030\u3001\u0084"
    text = "".join(c for c in others if not c.isspace()) * 20
    with patch.object(corpus, "BLOCK", 8):
        assert list(Corpus(put(tmp_path / "a", text.encode())).blocks()) == [text.encode() + b"\n"]


pieces = st.one_of(
    st.sampled_from([*WHITESPACE, "\n", " ", "\r\n"]),
    st.text(st.sampled_from("abcé世😀\0\u200b"), max_size=4),
    st.integers(1, 60).map(lambda n: "é" * n),
)
texts = st.lists(pieces, max_size=40).map("".join)


@settings(deadline=None, max_examples=100)
@given(texts, st.integers(3, 12))
@example("x" * 1000, 7)
@example("x" * 7 + " " + "y" * 7 + "\n", 7)
def test_blocks_hold_the_text_and_end_between_tokens(
    tmp_path_factory: pytest.TempPathFactory, text: str, block: int
) -> None:
    path = put(tmp_path_factory.getbasetemp() / "blocks.txt", text.encode())
    with patch.object(corpus, "BLOCK", block):
        blocks = list(Corpus(path).blocks())
    assert b"".join(blocks).decode() == text + "\n"
    assert [word for block_ in blocks for word in block_.decode().split()] == text.split()


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=80), st.integers(3, 12))
def test_bad_utf8_is_passed_on_and_cut_between_tokens(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, block: int
) -> None:
    data = b"- " + data
    path = put(tmp_path_factory.getbasetemp() / "binary.txt", data)
    with patch.object(corpus, "BLOCK", block):
        blocks = list(Corpus(path).blocks())
    assert b"".join(blocks) == data + b"\n"
    split = [word for block_ in blocks for word in block_.decode("utf-8", "replace").split()]
    assert split == data.decode("utf-8", "replace").split()


@pytest.mark.parametrize("length", [4, 300, 600])
def test_long_lines_come_in_many_blocks(tmp_path: Path, length: int) -> None:
    with patch.object(corpus, "BLOCK", 1000):
        blocks = list(Corpus(put(tmp_path / "a", (b"w" * length + b" ") * 200)).blocks())
    assert max(map(len, blocks)) <= 2000


# Bombs: much text in a small file.


@pytest.mark.slow
@each_packer
@pytest.mark.parametrize("unit", [b" ", b"\n"], ids=["spaces", "newlines"])
def test_a_bomb_takes_the_memory_of_a_few_blocks(tmp_path: Path, pack: Callable[[bytes], bytes], unit: bytes) -> None:
    length = 64 << 20
    path = put(tmp_path / "bomb", pack(unit * length))
    # An unpacker has a window of its own: that of xz is 8 MB here.
    taken, seen = peak_memory(lambda: sum(len(block) for block in Corpus(path).blocks()))
    assert seen == length + 1
    assert taken < 12 * corpus.BLOCK


@pytest.mark.slow
@each_packer
def test_a_word_that_is_a_bomb_takes_a_small_multiple_of_itself(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    length = 24 << 20
    path = put(tmp_path / "bomb", pack(b"x" * length))
    taken, seen = peak_memory(lambda: sum(len(block) for block in Corpus(path).blocks()))
    assert seen == length + 1
    assert taken < 2.5 * length + 12 * corpus.BLOCK


@each_packer
def test_packed_twice_is_no_text(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = put(tmp_path / "a", pack(pack(TEXT)))
    with pytest.raises(W2VError, match="packed twice; unpack it first"):
        read(path)
    assert b"".join(Corpus(path).blocks(force_text=True)) == pack(TEXT) + b"\n"


@each_packer
def test_many_empty_members(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    assert words(put(tmp_path / "a", pack(b"") * 20_000 + pack(b"word"))) == ["word"]


def test_an_xz_header_that_wants_4_gb_gets_them_or_a_line(tmp_path: Path) -> None:
    packed = bytearray(lzma.compress(TEXT))
    packed[16] = 40  # the size of the dictionary, in a block header of 12 bytes from 12 on
    packed[20:24] = zlib.crc32(packed[12:20]).to_bytes(4, "little")
    path = put(tmp_path / "a", bytes(packed))
    code = f"""
import resource
from w2v.text.corpus import Corpus
from w2v.base.errors import W2VError, W2VWarning
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
try:
    print(sum(len(block) for block in Corpus({str(path)!r}).blocks()))
except W2VError as error:
    print(error)
"""
    assert "not enough memory" in python(code)
    assert words(path) == WORDS


def peak_memory(action: Callable[[], Result]) -> tuple[int, Result]:
    """Return the most memory an action had at once, in bytes, and its result."""
    tracemalloc.start()
    try:
        result = action()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


# How far the reading is.


@pytest.mark.parametrize("pack", [bytes, *PACKERS.values()], ids=["plain", *PACKERS])
def test_bytes_read_come_to_bytes_total(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = put(tmp_path / "a", pack(os.urandom(50_000).hex().encode()))
    source = Corpus([path, path])
    assert source.bytes_total == 2 * path.stat().st_size
    assert source.bytes_read == 0
    for _ in source.blocks():
        assert 0 < source.bytes_read <= source.bytes_total
    assert source.bytes_read == source.bytes_total


def test_the_total_of_a_stream_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Corpus("-").bytes_total is None
    put(tmp_path / "-", b"a file of this name")
    assert Corpus("-").bytes_total is None
    assert Corpus(iter([["a"]])).bytes_total is None


def test_holds_knows_a_file_under_any_name(tmp_path: Path) -> None:
    path = put(tmp_path / "a", TEXT)
    (tmp_path / "link").symlink_to(path)
    other = put(tmp_path / "other/b", TEXT)
    names: list[str | Path] = [path, "-"]
    source = Corpus(names)
    assert source.holds(path) and source.holds(tmp_path / "link") and source.holds(tmp_path / "other/../a")
    assert not source.holds(other) and not source.holds(tmp_path / "none") and not Corpus([["a"]]).holds(path)


# A Python corpus.


def token_lists() -> Iterator[list[str]]:
    yield ["the", "cat"]
    yield []
    yield ["世界"]


def test_token_lists_of_every_kind() -> None:
    expected = b"the cat\n\n\xe4\xb8\x96\xe7\x95\x8c\n"
    assert read(token_lists()) == read(list(token_lists())) == read(tuple(token_lists())) == expected
    assert read(iter(tokens) for tokens in token_lists()) == expected
    assert read([]) == b"" == read(iter([]))


def test_many_token_lists_come_in_blocks() -> None:
    with patch.object(records, "BLOCK", 100):
        blocks = list(Corpus(["word"] * 5 for _ in range(1000)).blocks())
    assert b"".join(blocks) == b"word word word word word\n" * 1000
    assert max(map(len, blocks)) <= 150


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ([["fine"], ["New York"]], "item 1.*New York.*whitespace"),
        ([["a\nb"]], "item 0.*whitespace"),
        ([["a\u3000b"]], "whitespace"),
        ([["a", " "]], "whitespace"),
        ([["a", ""]], "empty token"),
        ([["a", 7.5]], "7.5.*neither a string nor an integer"),
        ([["a", True]], "True.*neither"),
        ([["a", None]], "None.*neither a string"),
        ([[b"bytes"]], "neither a string"),
        ([["a"], "b c"], r"item 1.*text\.split\(\)"),
        (("first sentence\nhere", "second sentence"), r"item 0.*text\.split\(\)"),
        (iter(["the cat sat", "on the mat"]), r"item 0.*text\.split\(\)"),
        (iter([Path("a.txt")]), "item 0.*paths as a list"),
        ([["a"], 5], "item 1.*not a list of tokens"),
        (["the cat sat", "on the mat"], r"the cat sat.*text\.split\(\)"),
        (["what is this?", "on the mat"], r"what is this.*text\.split\(\)"),
        ("the cat sat on the mat\nand\n" * 200, "the cat sat"),
        (5, "corpus.*token lists"),
        (None, "corpus.*token lists"),
    ],
)
def test_what_is_no_corpus_is_refused(source: Any, said: str) -> None:  # noqa: ANN401
    with pytest.raises(W2VError, match=said) as caught:
        read(source)
    assert len(str(caught.value).splitlines()) == 1


def test_integers_are_their_decimal_text() -> None:
    import numpy as np

    assert read([[1, 2], ["a", -3], np.array([4, 5])]) == b"1 2\na -3\n4 5\n"
    assert read(np.arange(4).reshape(2, 2)) == b"0 1\n2 3\n"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ('{"a": "b"}\n', "JSON Lines"),
        ('[["a", "b"], ["c"]]', "a JSON array"),
        ('["a", "b"]\n["c"]\n', "a JSON array"),
        ('[{"text": "a b"}]', "a JSON array"),
        ("[1, 2]\n[3]\n", "a JSON array"),
        ('id,text\n1,"the cat, sat"\n2,on\n', "CSV"),
        ("id;text\n1;the cat\n2;on\n", "CSV"),
        ("id\ttext\n1\tthe cat\n2\ton\n", "TSV"),
        ("user\titem\tday\na\ttent\t3\nb\tstove\t4\n", "TSV"),
    ],
)
def test_structure_that_is_read_as_text_is_told(tmp_path: Path, data: str, kind: str) -> None:
    path = put(tmp_path / "a", data.encode())
    with pytest.warns(W2VWarning, match=f"looks like {kind} and is read as plain text.*column"):
        read(path)


@pytest.mark.parametrize(
    "data",
    [
        "[Enter a ghost]\n",
        "Well, no.\nYes, sir.\n",
        "a b c\nd e f\n",
        "p1\ta b\np2\tc\td\n",
        "1,000\n",
        '["\n',
        "",
        "\n\n",
    ],
)
def test_text_has_no_structure(tmp_path: Path, data: str) -> None:
    read(put(tmp_path / "a", data.encode()))


@pytest.mark.parametrize(
    "data",
    [
        b"2 3\nthe 1 2 3\ncat 4 5 6\n",
        b"2 2\nthe 0.5 -1e-3\ncat 4 5\n",
        b"".join(b"w%d %s\n" % (n, b" ".join([b"-0.125"] * 50)) for n in range(3)),
    ],
)
def test_vectors_are_no_corpus(tmp_path: Path, data: bytes) -> None:
    assert "is a file of vectors; name a text" in complaint(put(tmp_path / "a.vec", data))
