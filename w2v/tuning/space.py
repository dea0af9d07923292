"""The search space: which settings can be searched, and in which ranges."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from w2v.base.errors import SettingsError, option
from w2v.base.libraries import require
from w2v.settings.operations import settings_for
from w2v.settings.train import TrainConfig

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@dataclass(frozen=True)
class Range:
    """The range of the values of a searched setting."""

    low: float
    high: float
    is_whole: bool
    """Whether values are whole numbers."""
    is_log: bool
    """Whether the scale is logarithmic: 1 to 2 is as wide as 10 to 20."""

    def holds(self, value: object) -> bool:
        """Return whether the range can contain a value, if necessary after widening."""
        return isinstance(value, int | float) and (value > 0 or not self.is_log)

    def around(self, value: Any) -> "Range":  # noqa: ANN401
        """Return the range, widened if necessary to include a value; unchanged if it cannot contain the value."""
        if not self.holds(value):
            return self
        return replace(self, low=min(self.low, value), high=max(self.high, value))

    def distribution(self) -> "BaseDistribution":
        """Return the range as a distribution of Optuna."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.is_whole:
            return IntDistribution(int(self.low), int(self.high), log=self.is_log)
        return FloatDistribution(self.low, self.high, log=self.is_log)


SPACE = {
    field.name: Range(found.low, found.high, field.kind is int, found.is_log)
    for field in settings_for("tune")
    if (found := field.setting.search) is not None
}
"""The settings that can be searched, and their ranges."""


def check_search(base: TrainConfig, names: Sequence[str], fraction: float) -> list[str]:
    """Return the settings to search, in the order of SPACE: the named ones, or all that have an effect.

    Raises SettingsError if the fraction is out of range, or if a setting cannot be searched with these base settings;
    W2VError if Optuna is missing.
    """
    require("optuna", "a search for settings")
    if not 0 < fraction <= 1:
        raise SettingsError(f"{option('fraction')} must be above 0 and at most 1, not {fraction}", "fraction")
    if base.shown is not None:
        raise SettingsError(f"{option('shown')} cannot be used with `w2v tune`, which trains on other lines", "shown")
    values = base.as_dict()
    fields = [field for field in settings_for("tune") if field.name in values]
    idle = {field.name: error for field in fields if (error := field.conflict(values[field.name], values))}
    for name in names:
        if name not in SPACE:
            raise SettingsError(f"'{name}' cannot be searched; these can: {', '.join(SPACE)}", "search")
        if name in idle:
            raise SettingsError(f"'{name}' cannot be searched: {idle[name].message}", "search")
    return [name for name in SPACE if name in (names or SPACE) and name not in idle]
