"""The spool: the same stream in memory and on disk, whatever the limit and the blocks."""

import numpy as np
import pytest
from helpers import python
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.base.arrays import Ids
from w2v.base.errors import W2VError
from w2v.base.machine import available_memory
from w2v.text.stream import Spool


def _drop_sevens(table: int, ids: Ids) -> int:
    """Leave out 7s, and add 100 for each table number, as a renumbering may."""
    kept = ids[ids != 7]
    ids[: len(kept)] = np.where(kept < 0, kept, kept + 100 * table)
    return len(kept)


def _spooled(blocks: list[list[int]], limit: int) -> list[int]:
    with Spool(limit) as spool:
        for number, block in enumerate(blocks):
            spool.append(number % 3, np.array(block, np.int32))
        stream = spool.finish(_drop_sevens, map)
    return [int(token) for token in stream]  # the file is closed, and the stream stays


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.integers(-1, 9), max_size=6), min_size=1, max_size=6).filter(lambda blocks: any(blocks)),
    st.sampled_from([0, 4, 20, 1000]),
)
def test_the_stream_is_that_of_the_blocks(blocks: list[list[int]], limit: int) -> None:
    expected: list[int] = []
    for number, block in enumerate(blocks):
        kept = [token if token < 0 else token + 100 * (number % 3) for token in block if token != 7]
        # Only where blocks meet: within one, the scan and the renumbering see to it.
        if kept and expected and kept[0] == expected[-1] == -1:
            kept = kept[1:]
        expected += kept
    assert _spooled(blocks, limit) == expected


def test_an_untouched_limit_takes_no_memory() -> None:
    free = available_memory()
    with Spool(free // 4) as spool:
        spool.append(0, np.array([1, 2, 3], np.int32))
        assert available_memory() > free * 7 // 8
        assert spool.finish(lambda table, ids: len(ids), map).tolist() == [1, 2, 3]


def test_a_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("w2v.text.stream.tempfile.TemporaryFile", full)
    with Spool(0) as spool, pytest.raises(W2VError, match=r"no space.*No space left.*TMPDIR"):
        spool.append(0, np.array([1], np.int32))


def test_memory_grows_as_it_is_filled_and_a_limit_on_address_space_is_kept() -> None:
    code = """
import resource
import numpy as np
from w2v.text.stream import Spool

def limit(more):
    pages = int(open("/proc/self/statm").read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more,) * 2)

block = np.arange(1 << 18, dtype=np.int32)
limit(64 << 20)
with Spool(1 << 40) as spool:  # as much as a large machine has free
    for _ in range(40):
        spool.append(0, block)
    on_disk = spool._file is not None
    for _ in range(40):
        spool.append(0, block)
    assert (on_disk, spool._file is not None) == (False, True)
    resource.setrlimit(resource.RLIMIT_AS, (resource.getrlimit(resource.RLIMIT_AS)[1],) * 2)
    rows = spool._file
    spool._file.flush()
    import os
    assert os.fstat(rows.fileno()).st_size == 80 * block.nbytes
    rows.seek(79 * block.nbytes)
    assert np.array_equal(np.frombuffer(rows.read(block.nbytes), np.int32), block)
print("done")
"""
    assert python(code) == "done\n"
