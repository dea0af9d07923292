"""Fixtures: the nursery that runs the program with faults."""

import sys
from collections.abc import Iterator

import pytest
from faults.harness import Nursery


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """The process that forks the program."""
    if sys.platform != "linux":
        pytest.skip("the harness is Linux's: it forks a process that has threads, and preloads a shim")
    nursery = Nursery(tmp_path_factory.mktemp("nursery"))
    yield nursery
    nursery.close()
