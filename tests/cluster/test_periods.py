"""Periods: they cover the run, and each row has its turn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2v.cluster.periods import CYCLES, LONGEST, Periods


@given(st.floats(10, 1e13))
def test_periods_rise_to_the_end_of_the_run(words: float) -> None:
    if words > 1e10:
        words = 1e10  # more of them than a test should list
    periods = Periods(words, 2)
    lengths = np.diff([0.0, *periods.ends])
    assert (lengths > 0).all() and periods.ends[-1] == 1.0 and len(periods) == len(periods.ends)
    assert lengths.max() * words <= 1.6 * periods.length + 1
    for period in (0, len(periods) - 1):
        assert periods.begin(period) < periods.overlap_end(period) < periods.ends[period]


@pytest.mark.parametrize("words", [1e5, 5e6, 1e8, 4e8, 1e10])
def test_every_row_has_its_turn_often_enough(words: float) -> None:
    periods, n_rows = Periods(words, 2), 1_000
    cycle = 2**periods.tiers
    turns = (
        np.concatenate([periods.rows(20 + period, n_rows) for period in range(cycle)])
        if len(periods) > 30
        else (periods.rows(5, n_rows))
    )
    assert set(turns.tolist()) == set(range(n_rows))
    assert cycle * periods.length <= max(words / CYCLES, periods.length) * 1.001


def test_rare_rows_take_turns_in_long_runs_alone() -> None:
    assert Periods(16e6, 2).tiers == 0 and Periods(16 * LONGEST, 2).tiers == 0
    long = Periods(1e10, 2)
    counts = [len(long.rows(period, 64_000)) for period in range(8, 24)]
    assert max(counts) - min(counts) <= 3 and max(counts) < 64_000 / 5
    assert len(long.rows(len(long) - 1, 64_000)) == 64_000


def test_one_node_alone_has_long_periods() -> None:
    assert Periods(1e6, 1).ends == [1.0] and len(Periods(10 * LONGEST, 1)) == 10
