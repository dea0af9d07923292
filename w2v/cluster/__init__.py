"""Several machines: each trains on its part of the text, and now and then their rows are combined.

`ranges` cuts the corpus and `reading` has it read; `node` is what stands on each machine, with a `worker` that trains;
`periods` says when which rows are combined, `combine` how, `packing` how they are sent; `driver` leads the run. Ray,
which starts the nodes and carries the rows, is imported by `rays` alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from w2v.base.libraries import require

if TYPE_CHECKING:
    from w2v.cluster.driver import Cluster


@contextmanager
def connect(
    address: str, n_nodes: int | None = None, threads: int | None = None, warn: Callable[[str], None] = lambda _: None
) -> "Iterator[Cluster]":
    """Yield machines of a Ray cluster, each with a node, as `w2v.cluster.rays.start`; W2VError if Ray is missing."""
    require("ray", "training on several machines")
    from w2v.cluster import rays
    from w2v.cluster.driver import Cluster

    with rays.start(address, n_nodes, threads, warn) as nodes:
        yield Cluster(nodes, warn)
