"""The curves of a run: loss, speed, learning rate and scores, read from a log of `w2v train --log-json`."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from w2v.base.errors import W2VError
from w2v.plotting.text_files import read_lines

PROGRESS_KEYS = ("epoch", "progress", "words_per_s", "lr", "loss", "seconds")
TIME_KEYS = ("read_s", "compile_s", "train_s", "save_s")
"""Keys of every line of a log, and of its last line. All other keys are scores."""
Curves = dict[str, dict[str, list[tuple[float, float]]]]
"""Points (progress in percent, value), by panel and by name of the curve."""


def read_curves(log: str | Path) -> Curves:
    """Return the curves of a log, by panel: loss, scores, speed, learning rate. Curves without values are left out.

    Scores are all other keys with a number, and the `spearman` or `accuracy` of each file of a test set. Raises
    W2VError if the file cannot be read or is not such a log.
    """
    curves: Curves = {"loss": {}, "scores": {}, "million words/s": {}, "learning rate": {}}
    progress = 0.0
    for number, line in enumerate(read_lines(log), start=1):
        try:
            row = json.loads(line)
            progress = 100 * float(row.get("progress", progress / 100))
        except (ValueError, TypeError, AttributeError):
            raise W2VError(
                f"{log} is not a log of `w2v train --log-json`: line {number} is not one of its JSON objects"
            ) from None
        speed = row.get("words_per_s")
        values = [
            ("loss", "loss", row.get("loss")),
            ("million words/s", "words/s", speed / 1e6 if _is_number(speed) else None),
            ("learning rate", "lr", row.get("lr")),
            *(("scores", name, score) for name, score in _scores(row)),
        ]
        for panel, name, value in values:
            if _is_number(value):
                curves[panel].setdefault(name, []).append((progress, float(value)))
    curves = {panel: lines for panel, lines in curves.items() if lines}
    if not curves:
        raise W2VError(f"{log} has nothing to draw: it is not a log of `w2v train --log-json`, or its run ended early")
    return curves


def _scores(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        if key in PROGRESS_KEYS + TIME_KEYS:
            continue
        yield key, value
        for test in value if isinstance(value, list) else ():
            for measure in ("spearman", "accuracy"):
                if isinstance(test, dict) and measure in test:
                    yield f"{Path(str(test.get('file', key))).stem} ({measure})", test[measure]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
