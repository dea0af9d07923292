"""The Huffman tree against one made with a queue, in tests/naive.py."""

import naive
import numpy as np
import pytest

from w2v.training.huffman import Huffman


@pytest.mark.parametrize("counts", [[5], [3, 2], [4, 2, 1], [1] * 17, [8, 4, 4, 2, 2, 1, 1], list(range(60, 0, -1))])
def test_paths_and_codes_are_word2vecs(counts: list[int]) -> None:
    tree = Huffman.of(np.array(counts))
    n = len(counts)
    for word, path in enumerate(naive.huffman(counts)):
        piece = slice(tree.starts[word], tree.starts[word + 1])
        assert tree.nodes[piece].tolist() == [n - 2 - node for node, _ in path]
        assert tree.codes[piece].tolist() == [code for _, code in path]


def test_the_code_is_a_prefix_code_of_least_length() -> None:
    counts = np.sort(np.random.default_rng(1).integers(1, 10_000, 3000))[::-1]
    tree = Huffman.of(counts)
    lengths = np.diff(tree.starts)
    assert sum(2.0**-lengths) == 1, "Kraft's sum of a full tree"
    shares = counts / counts.sum()
    entropy = -(shares * np.log2(shares)).sum()
    assert entropy <= (shares * lengths).sum() <= entropy + 1
    assert tree.longest == lengths.max()
    assert tree.nodes.max() == len(counts) - 2 and not tree.nodes[tree.starts[:-1]].any()
