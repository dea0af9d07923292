"""The search space: which settings can be searched, and in which range."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from w2v.base.errors import SettingsError, W2VError
from w2v.settings.train import TrainConfig

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@dataclass(frozen=True)
class Range:
    """The range in which values of a setting are searched."""

    low: float
    high: float
    is_whole: bool = False
    """Whether the values are whole numbers."""
    is_log: bool = True
    """Whether it is searched on a logarithmic scale: 1 to 2 is as wide as 10 to 20."""

    def holds(self, value: object) -> bool:
        """Return whether the range can be widened to include a value."""
        return isinstance(value, int | float) and (value > 0 or not self.is_log)

    def around(self, value: Any) -> "Range":  # noqa: ANN401
        """Return the range, widened where needed to include a value that it can hold."""
        if not self.holds(value):
            return self
        return replace(self, low=min(self.low, value), high=max(self.high, value))

    def distribution(self) -> "BaseDistribution":
        """Return the range as Optuna's type."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.is_whole:
            return IntDistribution(int(self.low), int(self.high), log=self.is_log)
        return FloatDistribution(self.low, self.high, log=self.is_log)


SPACE = {
    "ns_exponent": Range(-1.0, 1.25, is_log=False),
    "window": Range(1, 20, is_whole=True),
    "sample": Range(1e-5, 1e-1),
    "negative": Range(1, 30, is_whole=True),
    "lr": Range(0.005, 0.5),
    "epochs": Range(1, 20, is_whole=True),
}
"""The settings that can be searched, with their ranges."""


def check_search(base: TrainConfig, names: Sequence[str], fraction: float) -> list[str]:
    """Return the settings to search, in the order of SPACE: those named, or all that have an effect.

    Raises:
        SettingsError: the fraction is out of range, or a setting cannot be searched with these base settings.
        W2VError: Optuna is missing.
    """
    if find_spec("optuna") is None:
        raise W2VError("searching settings needs optuna, which is not installed: pip install 'w2v[tune]'")
    if not 0 < fraction <= 1:
        raise SettingsError(f"fraction must be above 0 and at most 1, not {fraction}")
    idle = {"ns_exponent": "sampler batch"} if base.sampler == "batch" else {}
    if not base.output_layer.has_negatives:
        idle = dict.fromkeys(("ns_exponent", "negative"), f"loss {base.loss}")
    for name in names:
        if name not in SPACE:
            raise SettingsError(f"'{name}' cannot be searched; these can: {', '.join(SPACE)}")
        if name in idle:
            raise SettingsError(f"{name} cannot be searched with {idle[name]}, where it has no effect")
    return [name for name in SPACE if name in (names or SPACE) and name not in idle]
