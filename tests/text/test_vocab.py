"""A vocabulary is in one order, is the same when it is read back, and says where a file of it is wrong."""

from pathlib import Path

import numpy as np
import pytest
from helpers import Library
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.base.errors import W2VError
from w2v.formats import word2vec
from w2v.formats.model import Model
from w2v.text.vocab import Vocab

gensim = Library("gensim.models")

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(lambda w: w.split() == [w])
counts = st.dictionaries(words.filter(lambda word: word != "</s>"), st.integers(1, 2**50), min_size=1, max_size=20)


def same(left: Vocab, right: Vocab) -> bool:
    return left.words == right.words and left.counts.tolist() == right.counts.tolist()


def load(tmp_path: Path, data: bytes) -> Vocab:
    path = tmp_path / "vocab.txt"
    path.write_bytes(data)
    return Vocab.load(path)


@settings(deadline=None, max_examples=100)
@given(counts)
def test_order_is_by_count_then_bytes(counts: dict[str, int]) -> None:
    vocab = Vocab.of(counts)
    expected = sorted(counts.items(), key=lambda item: (-item[1], item[0].encode()))
    assert list(zip(vocab.words, vocab.counts.tolist(), strict=True)) == expected
    assert vocab.counts.dtype == np.int64
    assert len(vocab) == len(counts)
    assert vocab.n_tokens == sum(counts.values())
    assert {word: vocab.words[row] for word, row in vocab.index.items()} == {word: word for word in counts}


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(counts)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, counts: dict[str, int]) -> None:
    path = tmp_path_factory.getbasetemp() / "vocab.txt"
    vocab = Vocab.of(counts)
    vocab.save(path)
    data = path.read_bytes()
    assert same(Vocab.load(path), vocab)
    Vocab.load(path).save(path)
    assert path.read_bytes() == data


def test_lines_are_word_and_count(tmp_path: Path) -> None:
    Vocab.of({"b": 2, "世": 2, "c": 7}).save(tmp_path / "vocab.txt")
    assert (tmp_path / "vocab.txt").read_bytes() == "c 7\nb 2\n世 2\n".encode()


def test_gensim_takes_the_counts(tmp_path: Path) -> None:
    vocab = Vocab.of({"the": 90, "cat": 7, "世界": 7, "é": 1})
    vocab.save(tmp_path / "vocab.txt")
    word2vec.write(tmp_path / "v.bin", Model(vocab.words, np.ones((4, 3), np.float32)))
    loaded = gensim.KeyedVectors.load_word2vec_format(
        str(tmp_path / "v.bin"), fvocab=str(tmp_path / "vocab.txt"), binary=True
    )
    assert {word: loaded.get_vecattr(word, "count") for word in loaded.key_to_index} == {
        "the": 90,
        "cat": 7,
        "世界": 7,
        "é": 1,
    }


def test_any_order_line_ends_and_blanks(tmp_path: Path) -> None:
    assert same(load(tmp_path, b"a 1\r\n\nb\t2\n  c   3  \n   \nd 007"), Vocab.of({"a": 1, "b": 2, "c": 3, "d": 7}))


def test_the_mark_for_byte_order_is_no_part_of_a_word(tmp_path: Path) -> None:
    assert same(load(tmp_path, "\ufeffa 2\nb 1\n".encode()), Vocab.of({"a": 2, "b": 1}))
    for word in ("\ufeffa", "\ufeff\ufeff"):
        Vocab.of({word: 2, "b": 1}).save(tmp_path / "vocab.txt")
        assert Vocab.load(tmp_path / "vocab.txt").words == [word, "b"]


def test_the_sentence_end_of_word2vec_c_is_passed_over(tmp_path: Path) -> None:
    assert same(load(tmp_path, b"</s> 0\nthe 5\ncat 2\n"), Vocab.of({"the": 5, "cat": 2}))
    assert same(load(tmp_path, b"</s> 17\nthe 5\n"), Vocab.of({"the": 5}))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"word", "word count"),
        (b"7", "word count"),
        (b"New York 7", "word count"),
        (b"word -3", "word count"),
        (b"word 3.5", "word count"),
        (b"word many", "word count"),
        (b"7 word", "word count"),
        ("word ٣".encode(), "word count"),
        ("word ²".encode(), "word count"),
        ("word\u30007 8".encode(), "word count"),
        (b"\xff\xfe 7", "UTF-8"),
        (b"word 0", "word.* from 1 "),
        (b"word 9223372036854775808", "word.* from 1 "),
        (b"word " + b"9" * 5000, "word.* from 1 "),
        (b"first 2", "first.*second time"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, said: str) -> None:
    with pytest.raises(W2VError, match=rf"vocab\.txt, line 3: .*{said}") as caught:
        load(tmp_path, b"first 5\n\n" + line + b"\nlast 1\n")
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 500


def test_the_largest_count_and_no_more_in_all(tmp_path: Path) -> None:
    assert load(tmp_path, b"word 9223372036854775807").n_tokens == 2**63 - 1
    with pytest.raises(W2VError, match=r"vocab\.txt.*2\^63"):
        load(tmp_path, b"word 9223372036854775807\nother 1\n")


@pytest.mark.parametrize("data", [b"", b"\n \n", b"</s> 0\n"])
def test_no_words_is_an_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(W2VError, match="no words.*build-vocab"):
        load(tmp_path, data)


def test_what_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(W2VError, match="cannot read.*none"):
        Vocab.load(tmp_path / "none")
    with pytest.raises(W2VError, match="cannot read"):
        Vocab.load(tmp_path)
    with pytest.raises(W2VError, match="cannot write"):
        Vocab.of({"a": 1}).save(tmp_path / "none/vocab.txt")


@pytest.mark.parametrize("word", ["New York", "", "a\u3000b", "a\n", " "])
def test_what_no_text_can_hold_is_no_word(word: str) -> None:
    with pytest.raises(W2VError, match="cannot be a word") as caught:
        Vocab.of({"fine": 3, word: 2})
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("count", [0, -1])
def test_a_word_was_seen_at_least_once(count: int) -> None:
    with pytest.raises(W2VError, match="'rare' must be at least 1"):
        Vocab.of({"fine": 3, "rare": count})
