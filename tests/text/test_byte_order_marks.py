"""A byte order mark at the beginning of a file is no part of what is in it, whatever reads the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import w2v
from w2v.base.errors import W2VWarning
from w2v.evaluation.analogies import read_questions
from w2v.evaluation.next_item import read_sessions
from w2v.evaluation.word_pairs import read_pairs
from w2v.plotting.maps import read_words
from w2v.settings.config_files import load_config
from w2v.text.people import read_people
from w2v.text.vocab import Vocab
from w2v.vectors.recommendations import items_of


def line_names(path: Path) -> list[str] | None:
    vectors = w2v.train(path, line_vectors="alone", line_names=True, min_count=1, dim=4, sample=0.0)
    return vectors.lines.names if vectors.lines else None


READS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "corpus": ("a b c\na b\n", lambda path: w2v.build_vocab(path, min_count=1).words),
    "phrases": ("a b c\na b\n" * 9, lambda path: w2v.find_phrases(path, min_count=1, threshold=0).found),
    "line names": ("p1\ta b\np2\ta b\n", line_names),
    "JSON Lines": ('{"t": "a b"}\n', lambda path: w2v.build_vocab(path, column="t", min_count=1).words),
    "CSV": ("t,u\na b,c\n", lambda path: w2v.build_vocab(path, column="t", min_count=1).words),
    "vocabulary": ("a 5\nb 2\n", lambda path: Vocab.load(path).words),
    "list of words": ("a\nb\n", lambda path: Vocab.load(path, may_lack_counts=True).words),
    "pairs": ("a b 5\na c 2\n", lambda path: vars(read_pairs(path))),
    "analogies": ("a b c d\n", lambda path: read_questions(path).sections),
    "next items": ("a b\nc\n", lambda path: read_sessions(path, path).next),
    "people": ("p\ta b\n", lambda path: [*read_people(path, line_names=True)]),
    "items": ("a b\n", items_of),
    "words of a map": ("a\nb\n", read_words),
    "config": ("dim = 7\n", lambda path: load_config(path).dim),
    "text vectors": ("2 2\na 1 2\nb 3 4\n", lambda path: w2v.Vectors.load(path, "word2vec-text").words),
    "GloVe": ("a 1 2\nb 3 4\n", lambda path: w2v.Vectors.load(path, "glove").words),
    "events": ("user,item,time\np,a,1\np,b,2\n", lambda path: w2v.sessions(path)),
}


@pytest.mark.parametrize("what", READS)
@pytest.mark.filterwarnings("ignore::w2v.base.errors.W2VWarning")
def test_a_mark_changes_nothing(tmp_path: Path, what: str) -> None:
    if what == "events":
        pytest.importorskip("duckdb")
    text, read = READS[what]
    path = tmp_path / ("file.csv" if what == "events" else "file")
    found = []
    for mark in ("", "\ufeff"):
        path.write_text(mark + text, encoding="utf-8")
        found.append(read(path))
    assert repr(found[0]) == repr(found[1])


def test_a_mark_in_a_table_of_words_is_no_part_of_the_first(tmp_path: Path) -> None:
    w2v.Vectors(["a", "b"], np.eye(2, dtype=np.float32)).save(tmp_path / "v.projector")
    path = tmp_path / "v.projector/metadata.tsv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert w2v.Vectors.load(tmp_path / "v.projector").words == ["a", "b"]


def test_a_mark_does_not_hide_that_a_file_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\ufeffa,b\n" + "1,2\n" * 30, encoding="utf-8")
    with pytest.warns(W2VWarning, match="looks like CSV"):
        w2v.build_vocab(tmp_path / "a.csv", min_count=1)
