"""A Ray cluster of two machines of two cores each, on this machine, for all tests that need one."""

import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster


@pytest.fixture(scope="session")
def machines() -> "Iterator[Cluster]":
    """A `ray.cluster_utils.Cluster`; `machines.address` is what --ray takes. The head has no cores to train with."""
    pytest.importorskip("ray", reason="needs ray: pip install -e '.[test-cluster]'")
    from ray.cluster_utils import Cluster

    was = signal.getsignal(signal.SIGTERM)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        cluster.add_node(num_cpus=2)
    yield cluster
    cluster.shutdown()
    signal.signal(signal.SIGTERM, was)
