"""Files of groups."""

from pathlib import Path

import numpy as np
import pytest

import w2v
from w2v.text.groups import read_groups
from w2v.text.vocab import Vocab

VOCAB = Vocab(["a", "b", "c"], np.array([3, 2, 1]))


def test_groups_are_numbered_and_words_that_are_not_listed_have_none(tmp_path: Path) -> None:
    path = tmp_path / "groups.tsv"
    path.write_text("c\tbooks\nunknown\tgames\na\ttoys\r\nc\tbooks\n")
    assert read_groups(path, VOCAB).tolist() == [1, -1, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tx\nb\n", "line 2: expected a word, a tab and its group, found 'b'"),
        ("a\tx\ty\n", "line 1: expected a word, a tab and its group"),
        ("a\tx\nb\tx\na\ty\n", "line 3: 'a' has two groups"),
        ("z\tx\n", "has none of the 2 words of the vocabulary"),
    ],
)
def test_a_file_of_groups_that_cannot_be_used_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "groups.tsv"
    path.write_text(text)
    with pytest.raises(w2v.W2VError, match=message):
        w2v.train([["a", "b"]] * 9, sample=0, dim=4, negative_groups=str(path))
