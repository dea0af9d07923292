"""What the vectors are worth, on real text, where there is some: W2V_SHARED names a folder that has it."""

import os
from pathlib import Path

import pytest
from gensim.models import KeyedVectors

import w2v

SHARED = Path(os.environ.get("W2V_SHARED", "nowhere"))
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="W2V_SHARED names no folder")


@pytest.mark.parametrize("noise_pool", [0, 1024])
def test_a_million_words_of_wikipedia_teach_relatedness(noise_pool: int, tmp_path: Path) -> None:
    vectors = w2v.train(SHARED / "corpora/wiki1m.txt.gz", epochs=20, noise_pool=noise_pool)
    assert len(vectors) == 14_968
    vectors.save(tmp_path / "vectors.bin")
    loaded = KeyedVectors.load_word2vec_format(str(tmp_path / "vectors.bin"), binary=True)
    spearman = loaded.evaluate_word_pairs(str(SHARED / "evaluation/EN-WS-353-ALL.txt"))[1][0]
    # 0.54 in the mean of seeds; gensim 4.4 has 0.50 with these settings.
    assert spearman > 0.45
