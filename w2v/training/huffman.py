"""The Huffman tree of hierarchical softmax, as word2vec.c builds it (Morin and Bengio 2005, Mikolov et al. 2013).

Each word is a leaf. Its probability is the product of the probabilities of the branches from the root to the leaf: at
each inner node, sigmoid(node row . hidden vector) is the probability of code 0. A word therefore needs as many output
rows as its path has nodes, on average 14 in 17 M words of English, instead of all rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Counts, Ids, Indices


@dataclass(frozen=True)
class Huffman:
    """The path from the root to each word.

    Inner nodes are numbered from the root (0), in the reverse order of their creation. Nodes above more words have
    lower numbers, so that the nodes used most are neighbours in memory.

    Examples:
        >>> tree = Huffman.of(np.array([4, 2, 1]))
        >>> tree.starts.tolist(), tree.nodes.tolist(), tree.codes.tolist()
        ([0, 1, 3, 5], [0, 0, 1, 0, 1], [1, 0, 1, 0, 0])
    """

    starts: Indices
    """(n_types + 1,) the path of word i is nodes[starts[i] : starts[i + 1]]."""
    nodes: Ids
    """Inner nodes, 0 .. n_types - 2, root first."""
    codes: npt.NDArray[np.uint8]
    """Code of the branch at each node: 0 or 1."""

    @property
    def longest(self) -> int:
        """Number of nodes of the longest path."""
        return int(np.diff(self.starts).max())

    @classmethod
    def of(cls, counts: Counts) -> "Huffman":
        """Build the tree.

        Args:
            counts: (n_types,) occurrences, in descending order; at least one word. A single word has an empty path.
        """
        n = len(counts)
        parents, branches = _merged(counts.tolist())
        parent, code, lengths = np.array(parents), np.array(branches, np.uint8), np.array(_depths(parents)[:n])
        starts = np.concatenate([[0], np.cumsum(lengths)])
        nodes, codes = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.uint8)
        word, at, place = np.arange(n), np.arange(n), starts[1:] - 1
        while len(word := word[place[word] >= starts[word]]):  # all words climb to the root together
            nodes[place[word]] = 2 * n - 2 - parent[at[word]]
            codes[place[word]] = code[at[word]]
            at[word] = parent[at[word]]
            place[word] -= 1
        return cls(starts, nodes, codes)


def longest_path(counts: Counts) -> int:
    """Return the number of nodes of the longest path without building the paths, in a third of the time."""
    return max(_depths(_merged(counts.tolist())[0]))


def _depths(parent: list[int]) -> list[int]:
    """Return the distance of each node from the root."""
    depths = [0] * len(parent)
    for node in range(len(parent) - 2, -1, -1):  # from the root down, because parents are made after their children
        depths[node] = depths[parent[node]] + 1
    return depths


def _merged(counts: list[int]) -> tuple[list[int], list[int]]:
    """Return the parent and the code of each node, leaves first, (2 n - 1,); the last is the root.

    The two nodes with the lowest counts are merged until one node is left. Leaves are already sorted, and inner nodes
    are made in the order of their counts, so the lowest node is at the end of the leaves or at the beginning of the
    inner nodes. If a leaf and an inner node have the same count, the inner node is taken. The second of the two merged
    nodes gets code 1.
    """
    n = len(counts)
    parent, code = [0] * (2 * n - 1), [0] * (2 * n - 1)
    totals = list(counts)
    leaf, inner = n - 1, n
    for new in range(n, 2 * n - 1):
        total = 0
        for branch in (0, 1):
            if leaf >= 0 and (inner >= new or totals[leaf] < totals[inner]):
                lowest, leaf = leaf, leaf - 1
            else:
                lowest, inner = inner, inner + 1
            parent[lowest], code[lowest] = new, branch
            total += totals[lowest]
        totals.append(total)
    return parent, code
