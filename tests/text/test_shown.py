"""Files of what people were shown."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import w2v
from w2v.text.shown import read_shown
from w2v.text.vocab import Vocab

VOCAB = Vocab(["a", "b", "c"], np.array([3, 2, 1]))


def test_lines_have_the_rows_of_their_known_items(tmp_path: Path) -> None:
    path = tmp_path / "shown.txt"
    path.write_text("c a\n\nunknown b b\r\nc")
    starts, rows = read_shown(path, VOCAB, 4)
    assert [rows[a:b].tolist() for a, b in zip(starts, starts[1:], strict=False)] == [[2, 0], [], [1, 1], [2]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n", "has 1 lines and the corpus 3; each needs its own"),
        ("a\n\nb\n\n", "has 4 lines and the corpus 3; each needs its own"),
        ("\nz\n\n", "has none of the 2 words of the vocabulary"),
        (None, "missing"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "missing.txt"
    if text is not None:
        path.write_text(text)
    with pytest.raises(w2v.W2VError, match=message):
        w2v.train([["a", "b"], [], ["b", "a"]], min_count=1, sample=0, dim=4, shown=str(path))


@pytest.mark.slow
def test_what_was_shown_and_not_taken_is_pushed_away(tmp_path: Path) -> None:
    # a, b and c occur alike, in lines of their own; b was shown with each a, and c with nothing.
    lines = [["x", "a"], ["x", "b"], ["x", "c"]] * 200
    path = tmp_path / "shown.txt"
    path.write_text("b\n\n\n" * 200)
    settings: dict[str, Any] = {"min_count": 1, "sample": 0, "dim": 8, "epochs": 5, "threads": 1}
    settings |= {"shown": str(path), "outside_share": 0, "checkpoint": tmp_path / "run"}
    corpus = tmp_path / "lines.txt"
    corpus.write_text("".join(" ".join(line) + "\n" for line in lines))
    vectors = w2v.train(corpus, tmp_path / "v.w2v", **settings)
    output = vectors.output
    assert output is not None
    x, b, c = vectors["x"], *(output[vectors.words.index(word)] for word in "bc")
    assert x @ b < x @ c - 0.1
    resumed = w2v.resume(tmp_path / "run", tmp_path / "again.w2v", epochs=6)
    assert resumed.trained is not None and resumed.trained.settings["epochs"] == 6
    path.write_text("b\n")  # a kernel would look for the items of the other lines beyond the end
    with pytest.raises(w2v.W2VError, match=r"shown\.txt has 1 lines and the corpus 600"):
        w2v.resume(tmp_path / "run", tmp_path / "again.w2v", epochs=7)
    with pytest.raises(w2v.W2VError, match="shown cannot be used with `w2v tune`"):
        w2v.tune(lines, "loss", shown=str(path))
