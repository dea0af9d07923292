"""Parts of a corpus: each byte in one of them, and one vocabulary however many there are."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from w2v.base.errors import W2VError
from w2v.cluster.ranges import parts_of
from w2v.cluster.reading import merge
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import encode
from w2v.text.sources import Piece
from w2v.text.vocab import Vocab

ALL = TrainConfig(min_count=1, threads=1)


def vocab_by_parts(parts: list[list[Piece]], config: TrainConfig) -> Vocab:
    read = [encode(Corpus.of_pieces(part), ALL).vocab for part in parts]
    return merge([(vocab.words, vocab.counts) for vocab in read], config)[0]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["a", "bb\n", "ccc", "\n", "é"]), min_size=30, max_size=200), st.integers(1, 4))
def test_parts_are_the_text_cut_at_lines(tmp_path: Path, tokens: list[str], n: int) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes((" ".join(tokens) + "\nlast line of it\n" * 8).encode())
    parts = parts_of([str(path)], n, None)
    data = path.read_bytes()
    pieces = [data[piece.begin : piece.end] for part in parts for piece in part]
    assert b"".join(pieces) == data
    assert all(piece.endswith(b"\n") for piece in pieces)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("max_vocab", [None, 50])
def test_the_vocabulary_is_that_of_one_machine(corpus: Path, n: int, max_vocab: int | None) -> None:
    config = TrainConfig(min_count=3, max_vocab=max_vocab)
    by_parts, whole = vocab_by_parts(parts_of([str(corpus)], n, None), config), encode(Corpus(corpus), config).vocab
    assert list(by_parts.lines()) == list(whole.lines())


def test_a_long_line_is_cut_between_two_tokens(tmp_path: Path) -> None:
    path = tmp_path / "line.txt"
    path.write_text("word other " * 300_000)
    parts = parts_of([str(path)], 3, None)
    assert dict(zip(*[iter(["word", 300_000, "other", 300_000])] * 2, strict=True)) == {
        word: count
        for vocab in [vocab_by_parts(parts, ALL)]
        for word, count in zip(vocab.words, vocab.counts.tolist(), strict=True)
    }


def test_compressed_files_are_not_cut(tmp_path: Path) -> None:
    paths = []
    for number in range(4):
        paths.append(str(tmp_path / f"{number}.txt.gz"))
        Path(paths[-1]).write_bytes(gzip.compress(b"a b c\n" * 100))
    assert parts_of(paths, 2, None) == [[Piece(paths[0]), Piece(paths[1])], [Piece(paths[2]), Piece(paths[3])]]
    with pytest.raises(W2VError, match="compressed files are not cut"):
        parts_of(paths[:1], 2, None)


def test_parquet_is_cut_between_groups_of_rows(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"
    parquet.write_table(pyarrow.table({"text": [f"word{i % 7} and" for i in range(400)]}), path, row_group_size=100)
    parts = parts_of([str(path)], 2, "text")
    assert parts == [[Piece(str(path), 0, 1), Piece(str(path), 1, 2)], [Piece(str(path), 2, 3), Piece(str(path), 3, 4)]]
    config = TrainConfig(min_count=1, column="text")
    read = [encode(Corpus.of_pieces(part), config).vocab for part in parts]
    merged, n_types = merge([(vocab.words, vocab.counts) for vocab in read], config)
    assert list(merged.lines()) == list(encode(Corpus(path), config).vocab.lines()) and n_types == 8


def test_no_word_is_left() -> None:
    vocab = Vocab.of({"a": 2})
    with pytest.raises(W2VError, match="no word reaches min_count=5"):
        merge([(vocab.words, vocab.counts)], TrainConfig())
