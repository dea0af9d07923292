"""Estimates: a quantity from several runs, with its 95% interval. Python only."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

LEVEL = 0.95
"""The share of intervals that contain the true value."""
LARGE_DF = 10_000
"""With more degrees of freedom, Student's t equals the normal distribution to five digits."""


@dataclass(frozen=True)
class Estimate:
    """A quantity over several runs.

    The interval is a t interval with n - 1 degrees of freedom. Runs that differ only in the seed are repetitions: the
    interval is that of their mean, mean +- t * std / sqrt(n). Runs on resampled lines are a bootstrap: their spread is
    the standard error of the quantity itself, and the interval is mean +- t * std.

    Examples:
        >>> Estimate.of([0.5, 0.6, 0.7]).shown()
        '0.6000 (0.3516 to 0.8484)'
    """

    mean: float
    std: float
    """Standard deviation of one run."""
    low: float
    high: float
    values: list[float]
    """The value of each run."""

    @classmethod
    def of(cls, values: Sequence[float], is_bootstrap: bool = False) -> "Estimate":
        """Return the estimate of at least two runs."""
        values = [float(value) for value in values]
        mean, std = statistics.fmean(values), statistics.stdev(values)
        reach = t_quantile(len(values) - 1) * (std if is_bootstrap else std / math.sqrt(len(values)))
        return cls(mean, std, mean - reach, mean + reach, values)

    def shown(self) -> str:
        """Return the mean and the interval."""
        return f"{self.mean:.4f} ({self.low:.4f} to {self.high:.4f})"


def t_within(t: float, df: int) -> float:
    """Return the probability that Student's t with df degrees of freedom, a whole number, is within +-t.

    Abramowitz and Stegun (1964), 26.7.3 and 26.7.4.

    >>> round(t_within(12.7062, 1), 4), round(t_within(2.2281, 10), 4)
    (0.95, 0.95)
    """
    angle = math.atan2(t, math.sqrt(df))
    cosine = math.cos(angle)
    is_odd = df % 2
    term, total = (cosine if is_odd else 1.0), 0.0
    for k in range(1 + is_odd, df, 2):
        total += term
        term *= cosine * cosine * k / (k + 1)
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if is_odd else total


@lru_cache
def t_quantile(df: int, level: float = LEVEL) -> float:
    """Return the t for which Student's t with df degrees of freedom is within +-t with this probability.

    >>> round(t_quantile(9), 3)
    2.262
    """
    if df > LARGE_DF:
        return statistics.NormalDist().inv_cdf((1 + level) / 2)
    low, high = 0.0, 1e4
    for _ in range(64):
        middle = (low + high) / 2
        low, high = (middle, high) if t_within(middle, df) < level else (low, middle)
    return high


def t_test(mean: float, error: float, df: int) -> float:
    """Return the two-sided p-value of a mean with this standard error."""
    if error == 0:
        return 1.0 if mean == 0 else 0.0
    t = abs(mean) / error
    return 2 * (1 - statistics.NormalDist().cdf(t)) if df > LARGE_DF else 1 - t_within(t, df)
