"""Pictures, as PNG or SVG, drawn with Matplotlib."""

import importlib
import io
import math
import os
import sys
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from w2v.plotting.curves import Curves
from w2v.plotting.maps import WordMap, caption
from w2v.plotting.style import COLOURS, colours_of, limits_of

FONTS = (
    *("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Microsoft YaHei", "PingFang SC", "WenQuanYi Zen Hei"),
    *("Arial Unicode MS", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai"),
    *("Segoe UI Emoji", "Noto Emoji"),
)
"""Fonts of a picture in order of preference; fonts that are not installed are ignored. A page uses the browser's."""
SETTINGS: dict[Any, Any] = {"text.parse_math": False, "svg.fonttype": "none", "svg.hashsalt": "w2v"}
"""Settings of Matplotlib: `$` is an ordinary character, SVG keeps text as text, and the same map gives the same
file."""


def load_matplotlib() -> None:
    """Import Matplotlib without reading a `matplotlibrc` of the current folder, which it would read first."""
    found = find_spec("matplotlib")
    if "matplotlib" in sys.modules or not os.path.lexists("matplotlibrc") or found is None or found.origin is None:
        return
    here = os.getcwd()
    os.chdir(Path(found.origin).parent)  # Matplotlib has no other way to ignore that file
    try:
        importlib.import_module("matplotlib")
    finally:
        os.chdir(here)


def map_picture(drawn: WordMap, warn: Callable[[str], None], kind: str = "png") -> bytes:
    """Return a picture, png or svg. Words are written next to their dots if there is space, frequent words first."""
    load_matplotlib()
    import textalloc
    from matplotlib import font_manager, rc_context
    from matplotlib.figure import Figure

    installed = set(font_manager.fontManager.get_font_names())
    fonts = [font for font in FONTS if font in installed]
    with (
        rc_context({**SETTINGS, "font.family": fonts}),
        warnings.catch_warnings(record=True, action="always") as warned,
    ):
        figure = Figure(figsize=(16, 10), dpi=110)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        x, y = drawn.places.T
        axes.set_xlim(limits_of(x))
        axes.set_ylim(limits_of(y))
        colours = [COLOURS[group] for group in drawn.groups]
        asked = [word in drawn.asked for word in drawn.words]
        axes.scatter(x, y, s=[36 if one else 8 for one in asked], c=colours, linewidths=0)
        textalloc.allocate(
            axes,
            *(x, y, drawn.words),
            x_scatter=x,
            y_scatter=y,
            textsize=[11 if one else 8 for one in asked],
            fontweight=["bold" if one else "normal" for one in asked],
            textcolor=colours,
            min_distance=0.002,
            max_distance=0.015,
            margin=0.0005,
            draw_lines=False,
            draw_all=False,
        )
        figure.text(0.01, 0.01, caption(drawn), size=9, color="#666666")
        picture = _saved(figure, kind)
    missing = {str(warning.message).split(" ")[1] for warning in warned if "missing from font" in str(warning.message)}
    if missing:
        warn(f"{len(missing)} characters are in no font found here and show as boxes; a page (.html) shows them")
    return picture


def curves_picture(curves: Curves, title: str, kind: str = "png") -> bytes:
    """Return a picture, png or svg, with one panel per measure."""
    load_matplotlib()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(SETTINGS):
        n_rows = math.ceil(len(curves) / 2)
        figure = Figure(figsize=(11, 3.4 * n_rows), dpi=110, layout="constrained")
        figure.suptitle(title, size=10, color="#666666")
        for number, (panel, lines) in enumerate(curves.items(), start=1):
            axes = figure.add_subplot(n_rows, 2, number)
            for (name, points), colour in zip(lines.items(), colours_of(lines), strict=True):
                axes.plot(*zip(*points, strict=True), color=colour, marker=".", markersize=4, label=name)
            axes.set_title(panel, size=10)
            axes.set_xlabel("% of the run")
            axes.grid(alpha=0.3)
            if panel == "scores":
                axes.legend(fontsize=8)
        return _saved(figure, kind)


def _saved(figure: Any, kind: str) -> bytes:  # noqa: ANN401
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return buffer.getvalue()
