"""Periods: when the rows of the nodes are combined, and which rows are combined.

Periods count words, never seconds, so a run with one thread per node gives the same bytes every time.

How often all rows are combined decides the quality and the amount of data that is sent. 16 times per run is enough
(bench/cluster.py). If a 16th of the run is more than LONGEST words, frequent rows are combined after each period, and
rarer rows take turns, so that each period sends about the same amount.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from w2v.base.arrays import Indices

CYCLES = 16
"""Least number of times that all rows are combined in a run. With 8, the loss was .012 higher and half as much was
sent."""
SHORTEST, LONGEST = 4_096, 6_000_000
"""Limits of the number of words of a period: at least two of the shortest shards, at most some tenths of a second."""
RAMP = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
"""Lengths of the first periods. Output rows begin at 0 and change fast; without a ramp, 16 nodes lost .05 of
quality."""
HOT_SHARE = 64
"""Among rows that take turns, the first 64th is combined after every period, 4 times as many rows after every second
period, and so on."""
MAX_TIERS = 3
"""Number of such steps: the rarest rows are combined after every 8th period."""
OVERLAP = 1 / 4
"""Share of a period that nodes train on while the last period's rows are combined. With 1, quality fell by .03."""


@dataclass(frozen=True)
class Periods:
    """The periods of a run, numbered from 0."""

    words: float
    """Number of words that a node trains on in the run, on average over the nodes."""
    n_workers: int
    """Number of nodes. A single node combines nothing, and its periods have the maximum length."""

    @property
    def length(self) -> float:
        """Number of words of a period."""
        if self.n_workers == 1:
            return min(self.words, LONGEST)
        return min(max(self.words / CYCLES, SHORTEST), LONGEST)

    @property
    def tiers(self) -> int:
        """Number of tiers after the first, each combined half as often as the one before; 0 combines all rows."""
        return min(max(int(np.log2(self.words / CYCLES / self.length)), 0), MAX_TIERS)

    @cached_property
    def ends(self) -> list[float]:
        """Share of the run that is done at the end of each period; the last is 1."""
        ramp = RAMP if self.n_workers > 1 else ()
        ends = [end for end in (np.cumsum(ramp) * self.length / self.words).tolist() if end < 0.5]
        begin = ends[-1] if ends else 0.0
        n_more = max(1, round((1 - begin) * self.words / self.length))
        return [*ends, *(begin + (1 - begin) * (i + 1) / n_more for i in range(n_more - 1)), 1.0]

    def __len__(self) -> int:
        return len(self.ends)

    def begin(self, period: int) -> float:
        """Return the share of the run that is done when a period begins."""
        return self.ends[period - 1] if period else 0.0

    def overlap_end(self, period: int) -> float:
        """Return the share of the run up to which nodes train without the combined rows of the period before."""
        return self.begin(period) + OVERLAP * (self.ends[period] - self.begin(period))

    def rows(self, period: int, n_rows: int) -> Indices:
        """Return which of n_rows rows are combined after a period; all rows after the last period."""
        if self.tiers == 0 or period == len(self) - 1:
            return np.arange(n_rows)
        end = -(-n_rows // HOT_SHARE)
        parts = [np.arange(end)]
        for tier in range(1, self.tiers + 1):
            begin, end = end, min(4 * end, n_rows) if tier < self.tiers else n_rows
            parts.append(np.arange(begin + period % 2**tier, end, 2**tier))
        return np.concatenate(parts)
