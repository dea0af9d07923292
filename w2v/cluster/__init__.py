"""Training on several machines: each trains on its part of the text, and at intervals their rows are combined.

`ranges` cuts the corpus and `reading` lets the nodes read it. A `node` is the process on a machine; its `worker`
trains. `periods` says when which rows are combined, `combine` how they are combined, and `packing` how they are sent.
`driver` leads the run. Only `rays` imports Ray, which starts the nodes and transfers the rows.
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
    """Yield machines of a Ray cluster, each with a node, as `w2v.cluster.rays.start`. Raises W2VError without Ray."""
    require("ray", "training on several machines")
    from w2v.cluster import rays
    from w2v.cluster.driver import Cluster

    with rays.start(address, n_nodes, threads, warn) as nodes:
        yield Cluster(nodes, warn)
