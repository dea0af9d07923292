"""A file of phrases says the same after it is read, and what it joins in a stream is what it joins in a list."""

from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import w2v
from w2v.base.errors import W2VError
from w2v.kernels.text import pairs
from w2v.text import joining, phrase_table
from w2v.text.phrase_table import COLUMNS, MAGIC, Phrase, PhraseTable

WORDS = ["a", "b", "c", "of", "the", "a_b", "é"]
TABLE = PhraseTable(
    [
        Phrase("a_b", 9.5, 7, 6, ("a", "b")),
        Phrase("b_of_c", 8.0, 5, 4, ("b", "of", "c")),
        Phrase("c_of_the_a", 1.0, 5, 4, ("c", "of", "the", "a")),
        Phrase("a_b_c", 3.0, 4, 2, ("a_b", "c"), 2),
        Phrase("é_of_b_of_c", 3.0, 4, 2, ("é", "of", "b_of_c"), 3),
    ],
    connector_words=frozenset({"of", "the"}),
)


def test_a_file_says_the_same(tmp_path: Path) -> None:
    TABLE.save(tmp_path / "p.tsv")
    found = PhraseTable.load(tmp_path / "p.tsv")
    assert [(one.phrase, one.score, one.count, one.words, one.number) for one in found.phrases] == [
        (one.phrase, one.score, one.count, one.words, one.number) for one in TABLE.phrases
    ]
    assert (found.delimiter, found.connector_words) == (TABLE.delimiter, TABLE.connector_words)
    windows = (tmp_path / "p.tsv").read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / "w.tsv").write_bytes(windows)
    assert PhraseTable.load(tmp_path / "w.tsv").phrases == found.phrases


def test_kernels_and_lists_know_the_same_longest_run() -> None:
    assert phrase_table.MOST_CONNECTORS == pairs.MOST_CONNECTORS
    table = PhraseTable([Phrase("a_b", 1.0, 1, 1, ("a", *["of"] * 7, "b"))], connector_words=frozenset({"of"}))
    assert len(table.join(["a", *["of"] * 7, "b"])) == 9


def test_joining_goes_from_left_to_right_and_over_connector_words() -> None:
    assert TABLE.join("a b of c".split()) == ["a_b", "of", "c"]
    assert TABLE.join("b of c of the a b".split()) == ["b_of_c", "of", "the", "a_b"]
    assert TABLE.join("c of the a of".split()) == ["c_of_the_a", "of"]
    assert TABLE.join("é of b of c".split()) == ["é_of_b_of_c"]
    assert TABLE.join("of".split()) == ["of"] and TABLE.join([]) == []


@settings(deadline=None, max_examples=60)
@given(
    lines=st.lists(st.lists(st.sampled_from(WORDS), max_size=9), min_size=1, max_size=9).filter(any),
    piece=st.integers(1, 9),
)
def test_a_stream_is_joined_as_a_list(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]], piece: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "p.tsv"
    TABLE.save(path)
    joined = [TABLE.join(line) for line in lines]
    with patch.object(joining, "PIECE", piece), patch.object(joining, "LINKED", piece):
        found = w2v.build_vocab(lines, min_count=1, phrases=str(path), threads=2, reporter=w2v.Reporter())
    flat = [word for line in joined for word in line]
    assert dict(zip(found.words, found.counts.tolist(), strict=True)) == {word: flat.count(word) for word in {*flat}}


def test_many_runs_of_connector_words_grow_their_table() -> None:
    lines = [[f"w{n}", "of", f"v{n}"] for n in range(20_000)]
    found = w2v.find_phrases(lines, min_count=1, threshold=0.0, connector_words="of", threads=1)
    assert found.found == []  # each pair occurs once, which is subtracted
    lines = lines * 2
    found = w2v.find_phrases(lines, min_count=1, threshold=0.0, connector_words="of", threads=1)
    assert len(found.found) == 20_000 and found.tokens_written == 40_000


HEADER = MAGIC + b'{"version": 1, "delimiter": "_", "connector_words": [], "words": false, "lowercase": false}\n'
ROWS = "\t".join(COLUMNS).encode() + b"\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"new york\n", "is no file of phrases"),
        (b"", "is no file of phrases"),
        (MAGIC + b"[]\n", "line 1: it is not an object"),
        (MAGIC + b"{}\n", "line 1: `version` is missing"),
        (HEADER.replace(b"1,", b"2,"), "line 1: version 2, and this w2v reads version 1"),
        (HEADER.replace(b'"_"', b'" "'), "line 1: the delimiter"),
        (HEADER + ROWS + b"1\ta b\t1\t1\t1\n1\ta\t1\t1\t1\n", "line 4: expected pass, words"),
        (HEADER + ROWS + b"999999\ta b\t1\t1\t1\n", "line 3: the pass must be from 1 to 100"),
        (HEADER + ROWS + b"1\ta b\thigh\t1\t1\n", "line 3: could not convert"),
        (HEADER + ROWS + b"1\ta \xff\t1\t1\t1\n", "line 3: 'utf-8'"),
    ],
)
def test_what_is_no_file_of_phrases_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "p.tsv").write_bytes(data)
    with pytest.raises(W2VError, match=said):
        PhraseTable.load(tmp_path / "p.tsv")
