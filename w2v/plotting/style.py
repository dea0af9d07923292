"""Colours and axis limits that pages and pictures share."""

from typing import Any

from w2v.base.arrays import Floats

COLOURS = (
    *("#1f5fa8", "#c85a00", "#2a8a3a", "#b8232f", "#7b4bb0"),
    *("#7a4a32", "#c2408f", "#5c5c5c", "#8a8000", "#0b8494"),
)
"""One colour per group of words or per curve, dark enough for text on white."""
COLOURS_AT_NIGHT = (
    *("#6ea8ee", "#f0954d", "#6cc67c", "#f0757f", "#b791e6"),
    *("#c49a80", "#ee85c5", "#b5b5b5", "#d0c545", "#55c4cf"),
)
"""The same colours for text on black."""


def limits_of(values: Floats) -> tuple[float, float]:
    """Return the limits of an axis: the range of the values with a margin, also for a single value."""
    low, high = float(values.min()), float(values.max())
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def colours_of(lines: dict[str, Any]) -> list[str]:
    """Return a colour for each curve."""
    return [COLOURS[number % len(COLOURS)] for number in range(len(lines))]
