"""The toy corpus has its structure, and training finds it: a word's nearest are of its own group."""

import re
from collections import Counter

import pytest
from toy_corpus import GROUP_OF, SETTINGS, TEMPLATES, sentences

import w2v


@pytest.mark.slow
def test_the_corpus_is_what_it_promises() -> None:
    assert len(GROUP_OF) == 60
    corpus = list(sentences(30_000))
    assert corpus == list(sentences(30_000)) != list(sentences(30_000, seed=2))
    counts = Counter(token for tokens in corpus for token in tokens)
    assert min(counts[word] for word in GROUP_OF) > 300
    for tokens in corpus[:1_000]:
        assert len({GROUP_OF[token] for token in tokens if token in GROUP_OF}) == 1
    frame_words = {word for frames in TEMPLATES.values() for frame in frames for word in re.findall(r"\w+", frame)}
    assert not frame_words & set(GROUP_OF)


@pytest.mark.slow
@pytest.mark.parametrize("seed", (1, 2, 3))
def test_neighbours_are_of_the_same_group(seed: int) -> None:
    vectors = w2v.train(sentences(30_000, seed), seed=seed, **SETTINGS)
    right = {
        word: sum(GROUP_OF.get(other) == GROUP_OF[word] for other, _ in vectors.similar(word, 5)) for word in GROUP_OF
    }
    assert sum(right.values()) >= 0.95 * 5 * len(GROUP_OF), right
