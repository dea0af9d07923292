"""Vectors of the nodes of a graph: the share of a node's nearest neighbours in its own block, for several settings.

    python bench/graphs.py

The graph is a stochastic block model, which anyone can generate: 1,000 nodes in 20 blocks; edges have probability .10
within a block and .006 between blocks; 10 walks of 40 nodes start at each node. By chance the share is .05.
"""

import itertools
import statistics

import numpy as np
import numpy.typing as npt

import w2v

NODES, BLOCKS, INSIDE, OUTSIDE, WALKS, LENGTH, NEAREST, SEEDS = 1000, 20, 0.10, 0.006, 10, 40, 10, (1, 2, 3)


def walks_of(seed: int) -> list[list[str]]:
    """Return random walks on a graph; node i is in block i % BLOCKS."""
    rng = np.random.default_rng(seed)
    block = np.arange(NODES) % BLOCKS
    share = np.where(block[:, None] == block, INSIDE, OUTSIDE)
    upper = np.triu(rng.random((NODES, NODES)) < share, 1)
    others: list[npt.NDArray[np.int64]] = [np.flatnonzero(row) for row in upper | upper.T]
    walks = []
    for node in itertools.chain.from_iterable(rng.permutation(NODES).tolist() for _ in range(WALKS)):
        walk = [node]
        while len(walk) < LENGTH and len(others[walk[-1]]):
            walk.append(int(rng.choice(others[walk[-1]])))
        walks.append([*map(str, walk)])
    return walks


def share_in_block(vectors: w2v.Vectors) -> float:
    """Return the share of the nodes' nearest neighbours that are in the same block."""
    units = vectors.matrix / vectors.norms[:, None]
    cosines = units @ units.T
    np.fill_diagonal(cosines, -2)
    blocks = np.array([*map(int, vectors.words)]) % BLOCKS
    nearest = np.argsort(-cosines, axis=1)[:, :NEAREST]
    return float((blocks[nearest] == blocks[:, None]).mean())


def main() -> None:
    """Print the mean and the standard deviation over graphs and seeds for each choice of settings."""
    corpora = {seed: walks_of(seed) for seed in SEEDS}
    choices: list[dict[str, object]] = [
        {"window": window, "epochs": epochs, **more}
        for window, epochs in ((5, 5), (10, 5), (20, 5), (10, 20))
        for more in ({}, {"sample": 0}, {"ns_exponent": 0.0})
    ]
    for choice in choices:
        how = {"dim": 64, "min_count": 1, "threads": 1, **choice}
        found = [share_in_block(w2v.train(walks, seed=seed, **how)) for seed, walks in corpora.items()]  # type: ignore[call-overload]
        print(f"{statistics.mean(found):.3f} +- {statistics.stdev(found):.3f}  {choice}", flush=True)


if __name__ == "__main__":
    main()
