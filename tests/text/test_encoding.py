"""A text becomes the words `str.split` finds, counted and numbered, whatever the blocks and threads are."""

import mmap
import os
import sys
import tempfile
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from w2v.base.errors import W2VError
from w2v.settings.train import TrainConfig
from w2v.text import corpus, encoding
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, encode
from w2v.text.vocab import Vocab
from w2v.text.word_table import WordTable

WHITESPACE = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]

pieces = st.one_of(
    st.sampled_from([*WHITESPACE, "\n", "\n", " ", " ", "\r\n", "\n\n"]),
    st.text(st.sampled_from("abBΣé世😀\0\u200b"), max_size=3),
    st.integers(1, 60).map(lambda n: "é" * n),
)
texts = st.lists(pieces, max_size=60).map("".join).filter(str.split)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("encoding") / "corpus.txt"


def encode_text(path: Path, text: str | bytes, block: int = 1 << 21, **more: Any) -> Encoded:  # noqa: ANN401
    """Encode a text from a file, read in blocks of so many bytes; `more` is settings and arguments of encode."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    arguments = {name: more.pop(name) for name in ("vocab", "keep_stream", "report", "spool_above") if name in more}
    config = TrainConfig(**{"min_count": 1, "threads": 1, "force_text": True} | more)
    with patch.object(corpus, "BLOCK", block):
        return encode(Corpus(path), config, **arguments)


def spelled(encoded: Encoded) -> list[str | None]:
    """Return the stream with words for rows, None for a sentence's end."""
    return [None if row < 0 else encoded.vocab.words[row] for row in encoded.stream.tolist()]


def sentences(text: str, known: "set[str] | None" = None) -> list[str | None]:
    """Return the tokens of a text (those that are known), None for a run of newlines."""
    tokens: list[str | None] = []
    for line in text.split("\n"):
        tokens += [token for token in line.split() if known is None or token in known]
        tokens.append(None)
    return [token for token, run in groupby(tokens) for _ in ([None] if token is None else run)]


def sorted_counts(tokens: list[str]) -> list[tuple[str, int]]:
    return sorted(Counter(tokens).items(), key=lambda item: (-item[1], item[0].encode()))


def rows_of(vocab: Vocab) -> list[tuple[str, int]]:
    return list(zip(vocab.words, vocab.counts.tolist(), strict=True))


# Against str.split and Counter.


@settings(deadline=None, max_examples=100)
@given(text=texts, block=st.integers(7, 40), threads=st.sampled_from([1, 2, 5]))
@example(text="a\n" * 30, block=7, threads=2)
@example(text="\n\n\na\n\n\n\n\n\n\n\n\nb", block=7, threads=1)
def test_stream_and_counts_are_those_of_split(path: Path, text: str, block: int, threads: int) -> None:
    encoded = encode_text(path, text, block, threads=threads)
    assert spelled(encoded) == sentences(text)
    assert rows_of(encoded.vocab) == sorted_counts(text.split())
    assert encoded.tokens_read == encoded.tokens_kept == len(text.split())
    assert encoded.types_read == len(set(text.split()))
    assert encoded.tokens_mended == 0


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(text=texts, block=st.integers(7, 40), min_count=st.integers(1, 4), max_vocab=st.none() | st.integers(1, 5))
@example(text="b a c\nc", block=7, min_count=1, max_vocab=2)
@example(text="x x\ny\n\nz z", block=7, min_count=2, max_vocab=None)
def test_every_token_is_in_the_stream_or_dropped(
    path: Path, text: str, block: int, min_count: int, max_vocab: int | None
) -> None:
    expected = [row for row in sorted_counts(text.split()) if row[1] >= min_count][:max_vocab]
    if not expected:
        with pytest.raises(W2VError, match="min_count"):
            encode_text(path, text, block, min_count=min_count, max_vocab=max_vocab)
        return
    encoded = encode_text(path, text, block, threads=2, min_count=min_count, max_vocab=max_vocab)
    assert rows_of(encoded.vocab) == expected
    assert spelled(encoded) == sentences(text, set(encoded.vocab.words))
    assert encoded.tokens_read == len(text.split())
    assert encoded.tokens_kept == encoded.vocab.n_tokens == np.count_nonzero(encoded.stream >= 0)


def test_ties_at_the_cut_are_settled_by_bytes(path: Path) -> None:
    text = "z z 😀 \uffff é b a"
    assert encode_text(path, text, max_vocab=3).vocab.words == ["z", "a", "b"]
    assert encode_text(path, text, max_vocab=5).vocab.words == ["z", "a", "b", "é", "\uffff"]


HARD_TEXTS = {
    "one line": "the cat sat on the mat " * 400_000,
    "a word of 1 MB": "a " + "w" * (1 << 20) + " b\n" + "w" * (1 << 20) + "v\n",
    "a word longer than blocks": "a\n" + "é" * (3 << 20) + "\nb",
    "all words distinct": " ".join(f"w{n}" for n in range(200_000)),
    "one word": "word\n" * 300_000,
    "NUL bytes": "\0 a\0b \0\0\n" * 1000,
    "marks of byte order": "\ufeffa \ufeffb\n\ufeff\n" * 1000,
    "Chinese and Arabic": "世界　和平 مرحبا بالعالم‏ كَيْفَ\n" * 1000,
    "emoji with joiners": "👩‍👩‍👧‍👦 ❤️ 🏳️‍🌈👍🏽\n" * 1000,
    "separators": "a\u2028b\u2029c\u0085d\x1ce\r\nf\rg\vh\f" * 1000,
}


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", HARD_TEXTS)
def test_hard_texts(path: Path, name: str, threads: int) -> None:
    text = HARD_TEXTS[name]
    encoded = encode_text(path, text, threads=threads)
    text = text.removeprefix("\ufeff")
    assert rows_of(encoded.vocab) == sorted_counts(text.split())
    assert spelled(encoded) == sentences(text)
    assert (encoded.tokens_read, encoded.tokens_mended) == (len(text.split()), 0)


@settings(deadline=None, max_examples=50)
@given(data=st.binary(max_size=100))
def test_bytes_that_are_no_utf8_are_mended(path: Path, data: bytes) -> None:
    data = b"- " + data  # so that it begins like no other kind of file
    encoded = encode_text(path, data, 8, threads=2)
    assert spelled(encoded) == sentences(data.decode("utf-8", "replace"))


def test_mended_tokens_are_counted_once_each(path: Path) -> None:
    data = "fine \ufffd é ".encode() + b"b\xffd\xfe\n\xc3 caf\xe9 \xed\xa0\x80 \xf0\x9f\x98"
    assert encode_text(path, data).tokens_mended == 5
    assert encode_text(path, data, 7).tokens_mended == 5
    assert "b\ufffdd\ufffd" in encode_text(path, data).vocab.index


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(text=st.text(max_size=60).map("- {}".format), block=st.integers(7, 40))
@example(text="İstanbul STRASSE ẞ ΟΔΟΣ ΟΔΟΣ\nΣΑΣ ΑΣ.", block=7)
def test_lowercase_is_that_of_str(path: Path, text: str, block: int) -> None:
    encoded = encode_text(path, text, block, lowercase=True)
    assert spelled(encoded) == sentences(text.lower())


def test_lowercase_of_ascii_and_of_mended_text(path: Path) -> None:
    assert encode_text(path, "The CAT the", lowercase=True).vocab.words == ["the", "cat"]
    assert encode_text(path, b"CAF\xc9", lowercase=True).vocab.words == ["caf\ufffd"]


def test_threads_change_nothing(path: Path) -> None:
    generator = np.random.default_rng(1)
    numbers = (generator.zipf(1.3, 20_000) % 3000).tolist()
    text = " ".join(f"w{n}\n" if n % 7 == 0 else f"w{n}" for n in numbers)
    one, *others = [encode_text(path, text, 997, threads=threads, min_count=2) for threads in (1, 2, 5)]
    assert spelled(one) == sentences(text, set(one.vocab.words))
    for other in others:
        assert rows_of(other.vocab) == rows_of(one.vocab)
        assert np.array_equal(other.stream, one.stream)


def test_block_size_changes_nothing(path: Path) -> None:
    text = ("a b\n\n c\n d\n" * 7 + "\n\n") * 20
    whole = encode_text(path, text)
    for block in (7, 8, 9, 100):
        assert np.array_equal(encode_text(path, text, block, threads=2).stream, whole.stream)


@pytest.mark.slow
def test_tables_grow(path: Path) -> None:
    text = " ".join(f"{n:x}" for n in range(130_000)) + " " + " ".join(f"{n:x}" for n in range(0, 130_000, 2))
    for threads in (1, 2):
        encoded = encode_text(path, text, 1 << 18, threads=threads)
        assert len(encoded.vocab) == encoded.types_read == 130_000
        assert rows_of(encoded.vocab) == sorted_counts(text.split())
        assert spelled(encoded) == [*text.split(), None]


def test_sentences_of_many_files_do_not_run_together(tmp_path: Path) -> None:
    for name, text in (("a", "one two"), ("b", "three\n"), ("c", ""), ("d", "four")):
        (tmp_path / name).write_text(text)
    encoded = encode(Corpus(tmp_path), TrainConfig(min_count=1))
    assert spelled(encoded) == ["one", "two", None, "three", None, "four", None]


def test_lone_surrogates_of_python_are_mended() -> None:
    encoded = encode(Corpus([["fine", "bad\ud800"]]), TrainConfig(min_count=1))
    assert encoded.tokens_mended == 1
    assert encoded.tokens_read == 2
    assert [word.rstrip("\ufffd") for word in encoded.vocab.words] == ["bad", "fine"]


def test_token_lists_are_sentences() -> None:
    encoded = encode(Corpus([["b", "a"], [], ["a"]]), TrainConfig(min_count=1))
    assert spelled(encoded) == ["b", "a", None, "a", None]


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff", "\u3000\u2028"])
def test_no_words_is_an_error(path: Path, text: str) -> None:
    with pytest.raises(W2VError, match="no words"):
        encode_text(path, text)
    with pytest.raises(W2VError, match="no words"):
        encode(Corpus([]), TrainConfig())


def test_min_count_too_high_says_what_there_is(path: Path) -> None:
    with pytest.raises(W2VError, match="min_count=5.* 3"):
        encode_text(path, "a a a b b", min_count=5)


# With a vocabulary from elsewhere.


def test_a_given_vocabulary_keeps_its_counts_and_says_what_it_covers(path: Path) -> None:
    vocab = Vocab.of({"b": 100, "a": 50, "unseen": 7})
    encoded = encode_text(path, "a b c\nc d\na", 7, threads=2, vocab=vocab, min_count=3, max_vocab=1)
    assert rows_of(encoded.vocab) == [("b", 100), ("a", 50), ("unseen", 7)]
    assert spelled(encoded) == ["a", "b", None, "a", None]
    assert (encoded.tokens_read, encoded.tokens_kept, encoded.types_read) == (6, 3, 4)


@settings(deadline=None, max_examples=50)
@given(text=texts, known=st.sets(st.sampled_from(["a", "b", "aa", "é", "世", "unseen"]), min_size=1))
def test_any_text_with_any_vocabulary(path: Path, text: str, known: set[str]) -> None:
    vocab = Vocab.of(dict.fromkeys(known, 3))
    covered = [token for token in text.split() if token in known]
    if not covered:
        with pytest.raises(W2VError, match="vocabulary"):
            encode_text(path, text, 7, vocab=vocab)
        return
    encoded = encode_text(path, text, 7, threads=2, vocab=vocab)
    assert spelled(encoded) == sentences(text, known)
    assert (encoded.tokens_read, encoded.tokens_kept) == (len(text.split()), len(covered))


def test_a_large_vocabulary_is_found_again(path: Path) -> None:
    vocab = Vocab.of({f"w{n}": n + 1 for n in range(120_000)})
    encoded = encode_text(path, "w3 x w119999", vocab=vocab)
    assert spelled(encoded) == ["w3", "w119999", None]


# Beyond max_types.


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(
    rare=st.lists(st.integers(0, 300), min_size=50, max_size=400),
    max_types=st.integers(1, 60),
    threads=st.sampled_from([1, 3]),
    spool_above=st.sampled_from([0, 1 << 20]),
    known=st.booleans(),
)
def test_the_rarest_are_dropped_and_the_rest_is_whole(
    path: Path, rare: list[int], max_types: int, threads: int, spool_above: int, known: bool
) -> None:
    text = "".join(f"often w{n}\n\nvery often often\n" for n in rare)
    vocab = Vocab.of({"w7": 3, "very": 2, "unseen": 2}) if known else None
    bounds = {"threads": threads, "max_types": max_types, "spool_above": spool_above}
    try:
        encoded = encode_text(path, text, 64, vocab=vocab, **bounds)
    except W2VError as error:
        assert ("max_types" in str(error)) if vocab is None else (7 not in rare)
        return
    tokens = text.split()
    words = spelled(encoded)
    kept = Counter(word for word in words if word is not None)
    assert encoded.tokens_read == len(tokens)
    assert encoded.tokens_kept == kept.total()
    assert len(set(tokens)) <= encoded.types_read <= len(set(tokens)) + encoded.tokens_read - encoded.tokens_kept
    position = iter(sentences(text))  # what is left stands in the order of the text
    assert all(word in position for word in words)
    if vocab is not None:
        assert words == sentences(text, set(vocab.words)), "a word of the vocabulary is never dropped"
        return
    assert kept == Counter(dict(rows_of(encoded.vocab))), "counts are those of the stream"
    if len(set(tokens)) <= max_types:
        assert encoded.dropped_count == 0
    if encoded.dropped_count == 0:
        assert kept == Counter(tokens)


@pytest.mark.parametrize(("text", "words"), [("a b c\na b\na d\nb c\n", ["a", "b"]), ("x\ny\nz\n", ["x", "y"])])
def test_at_the_end_as_many_words_are_kept_as_are_allowed(path: Path, text: str, words: list[str]) -> None:
    encoded = encode_text(path, text, 512, threads=2, max_types=2)
    assert encoded.vocab.words == words and encoded.dropped_count
    assert encoded.tokens_kept == sum(text.split().count(word) for word in words) == encoded.vocab.n_tokens
    assert encoded.tokens_read == len(text.split())


def test_a_word_that_is_frequent_throughout_loses_nothing(path: Path) -> None:
    text = "".join(f"often w{n} very\n" for n in range(3_000))
    encoded = encode_text(path, text, 512, threads=2, max_types=200)
    assert encoded.dropped_count == 1
    assert encoded.types_read == 3_002
    assert rows_of(encoded.vocab)[:2] == [("often", 3_000), ("very", 3_000)]
    assert len(encoded.vocab) <= 400
    assert all(count == 1 for _, count in rows_of(encoded.vocab)[2:])


# Memory, disk and progress.


def is_on_disk(stream: npt.NDArray[np.int32]) -> bool:
    base: Any = stream
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap.mmap)


def test_without_a_stream(path: Path) -> None:
    encoded = encode_text(path, "a b a", keep_stream=False)
    assert len(encoded.stream) == 0
    assert rows_of(encoded.vocab) == [("a", 2), ("b", 1)]


@pytest.mark.parametrize("spool_above", [0, 100, 5_000])
def test_a_spooled_stream_is_the_same_and_leaves_nothing(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spool_above: int
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    text = "a b\n\nc rare\n\n" * 300 + "once\n\n" + "c\n" * 100
    before = os.listdir("/proc/self/fd")
    spooled = encode_text(path, text, 64, threads=2, min_count=2, spool_above=spool_above)
    in_memory = encode_text(path, text, 64, threads=2, min_count=2, spool_above=1 << 30)
    assert is_on_disk(spooled.stream)
    assert not is_on_disk(in_memory.stream)
    assert np.array_equal(spooled.stream, in_memory.stream)
    assert spelled(spooled) == sentences(text, set(spooled.vocab.words))
    assert list(tmp_path.iterdir()) == []
    del spooled
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_the_spool_is_closed_when_reading_fails(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(W2VError, match="min_count"):
        encode_text(path, "a b c", 7, min_count=9, spool_above=0)
    assert len(os.listdir("/proc/self/fd")) == before
    assert list(tmp_path.iterdir()) == []


def test_no_space_for_the_spool_names_its_folder(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with pytest.raises(W2VError, match=f"{tmp_path}.*No space left.*TMPDIR"):
        encode_text(path, "a b c", spool_above=0)
    monkeypatch.delenv("TMPDIR")
    monkeypatch.setattr(tempfile, "tempdir", None)
    with pytest.raises(W2VError, match="/var/tmp.*No space left"):
        encode_text(path, "a b c", spool_above=0)


def test_free_memory_decides_where_nothing_is_said(path: Path) -> None:
    with patch.object(encoding, "available_memory", return_value=0):
        assert is_on_disk(encode_text(path, "a b c").stream)
    with patch.object(encoding, "available_memory", return_value=1 << 30):
        assert not is_on_disk(encode_text(path, "a b c").stream)


def test_progress_is_told_block_by_block(path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    text = "word " * 1000
    encode_text(path, text, 100, threads=2, report=lambda done, total: told.append((done, total)))
    assert len(told) >= 10
    assert told == sorted(told)
    assert told[-1] == (5000, 5000)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_failure_in_a_thread_ends_the_reading(path: Path, threads: int) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    with patch.object(WordTable, "scan", fail), pytest.raises(MemoryError):
        encode_text(path, "word " * 1000, 7, threads=threads)


def test_a_failure_of_the_corpus_ends_the_reading() -> None:
    with pytest.raises(W2VError, match="whitespace"):
        encode(Corpus([["a"], ["b c"]]), TrainConfig(min_count=1, threads=2))
