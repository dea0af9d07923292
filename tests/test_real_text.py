"""What vectors of real text are worth: the library of this Python, and a million words of Wikipedia where they are."""

import os
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from helpers import Library

import w2v
from w2v.commands.demo import library_sentences

gensim = Library("gensim.models")

pytestmark = pytest.mark.slow
SHARED = Path(os.environ.get("W2V_SHARED", "nowhere"))
RELATED = "Monday day, January February, lower upper, min max, start stop, read write, encode decode, stdin stdout, "
RELATED += "width height, TypeError ValueError, list tuple, row column, true false, host port, minute second"
"""Names of any program that are related, and not spelled alike."""


@pytest.fixture(scope="module")
def library() -> list[list[str]]:
    """The names and words of the standard library: 1.4 million in 44,000 paragraphs of Python 3.11."""
    return list(library_sentences(sysconfig.get_path("stdlib")))


@pytest.mark.parametrize("noise_pool", [0, 1024])
def test_names_of_the_library_are_near_those_they_are_used_with(library: list[list[str]], noise_pool: int) -> None:
    vectors = w2v.train(library, dim=50, noise_pool=noise_pool)
    ranks = {}
    for pair in RELATED.split(", "):
        word, other = pair.split()
        ranks[pair] = [name for name, _ in vectors.similar(word, len(vectors), restrict=0)].index(other)
    # Of 18,000 words: a model that has learned nothing has a median of 9,000. With several threads it was 5 to 15.
    found = np.array([*ranks.values()])
    assert np.median(found) < 100 and np.mean(found < 3_000) > 0.8, ranks


@pytest.mark.skipif(not SHARED.is_dir(), reason="W2V_SHARED names no folder")
@pytest.mark.parametrize("noise_pool", [0, 1024])
def test_a_million_words_of_wikipedia_teach_relatedness(noise_pool: int, tmp_path: Path) -> None:
    vectors = w2v.train(SHARED / "corpora/wiki1m.txt.gz", epochs=20, noise_pool=noise_pool)
    assert len(vectors) == 14_968
    vectors.save(tmp_path / "vectors.bin")
    loaded = gensim.KeyedVectors.load_word2vec_format(str(tmp_path / "vectors.bin"), binary=True)
    spearman = loaded.evaluate_word_pairs(str(SHARED / "evaluation/EN-WS-353-ALL.txt"))[1][0]
    # 0.54 in the mean of seeds; gensim 4.4 has 0.50 with these settings.
    assert spearman > 0.45
