"""Pages: self-contained HTML files, drawn with Bokeh. The project's own JavaScript is in `map.html`."""

import math
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from w2v.plotting.curves import Curves
from w2v.plotting.maps import WordMap, caption, neighbours
from w2v.plotting.style import COLOURS, COLOURS_AT_NIGHT, colours_of, limits_of

NEIGHBOURS_LISTED = 10
"""Number of neighbours that the page lists for a clicked word. They are words of the map, so that each is visible."""
LEAST_DEPTH = 4.0
"""Any page can be magnified this many times. A page of n words can be magnified sqrt(n) / 2 times, until about four
words are visible."""
MANY = 3_000
"""From this many dots, the graphics processor draws them, with a smaller size."""


def map_page(drawn: WordMap) -> bytes:
    """Return a self-contained page with the words, Bokeh, and the panel of `map.html`."""
    from bokeh.core.properties import value
    from bokeh.document import Document
    from bokeh.embed import file_html
    from bokeh.models import ColumnDataSource, HoverTool
    from bokeh.resources import INLINE

    words = ColumnDataSource(_word_columns(drawn))
    labels = ColumnDataSource({name: [] for name in ("x", "y", "dx", "dy", "word", "colour", "alpha", "style")})
    links = ColumnDataSource({name: [] for name in ("x0", "y0", "x1", "y1")})
    names = ColumnDataSource(_name_columns(drawn))
    plot = _map_figure(drawn)
    plot.segment("x0", "y0", "x1", "y1", source=links, color="#999999", line_alpha=0.6)
    dots = plot.scatter("x", "y", source=words, size="size", color="colour", alpha=0.8, nonselection_alpha=0.12)
    style: dict[str, Any] = {"y_offset": "dy", "text_baseline": "middle", "background_fill_color": value("white")}
    style |= {"text_color": "colour", "text_alpha": "alpha", "text_font": value("sans-serif")}
    of_words = {"x_offset": "dx", "text_font_style": "style", "text_font_size": value("12px")}
    letters = plot.text("x", "y", "word", source=labels, background_fill_alpha=0.7, **style, **of_words)
    of_groups = {"text_align": "center", "text_font_style": "bold", "text_font_size": value("16px")}
    titles = plot.text("x", "y", "name", source=names, background_fill_alpha="alpha", **style, **of_groups)
    plot.add_tools(HoverTool(renderers=[dots], tooltips="<b>@word</b>, word @rank", point_policy="follow_mouse"))

    document = Document()
    document.add_root(plot)
    palettes = {"light": COLOURS, "dark": COLOURS_AT_NIGHT}
    sources = {"words": words, "labels": labels, "links": links, "names": names}
    _connect(document, {"plot": plot, **sources, "letters": [letters.glyph, titles.glyph], "palettes": palettes})
    template = Path(__file__).with_name("map.html").read_text(encoding="utf-8")
    return file_html(document, INLINE, title=caption(drawn), template=template).encode("utf-8", "replace")


def _map_figure(drawn: WordMap) -> Any:  # noqa: ANN401
    """Return the empty plot of a map, which can be magnified until only a few words are visible."""
    from bokeh.models import Range1d
    from bokeh.plotting import figure

    depth = max(LEAST_DEPTH, math.sqrt(len(drawn.words)) / 2)
    x_range, y_range = (
        Range1d(start=low, end=high, min_interval=(high - low) / depth, max_interval=(high - low) * 2)
        for low, high in map(limits_of, drawn.places.T)
    )
    plot = figure(
        name="map",
        sizing_mode="stretch_both",
        x_range=x_range,
        y_range=y_range,
        tools="pan,wheel_zoom,box_zoom,reset,save",
        active_scroll="wheel_zoom",
        toolbar_location="above",
        outline_line_color=None,
        output_backend="webgl" if len(drawn.words) >= MANY else "canvas",
    )
    plot.axis.visible = plot.grid.visible = False  # coordinates of such a plane have no meaning
    plot.toolbar.logo = None
    return plot


def _word_columns(drawn: WordMap) -> dict[str, Any]:
    """Return the data of each word on the page, one list per column."""
    near = neighbours(drawn.directions, NEIGHBOURS_LISTED)
    return {
        "x": drawn.places[:, 0].round(4),
        "y": drawn.places[:, 1].round(4),
        "word": drawn.words,
        "rank": drawn.rows + 1,
        "group": drawn.groups,
        "colour": [COLOURS[group] for group in drawn.groups],
        "size": [11 if word in drawn.asked else 6 if len(drawn.words) < MANY else 3 for word in drawn.words],
        "asked": [word in drawn.asked for word in drawn.words],
        "near": [[other for other, _ in nearest] for nearest in near],
        "cosines": [[round(cosine, 3) for _, cosine in nearest] for nearest in near],
    }


def _name_columns(drawn: WordMap) -> dict[str, Any]:
    """Return the names of the groups and their positions: the median position of each group's words."""
    middles = np.array([np.median(drawn.places[drawn.groups == group], axis=0) for group in range(len(drawn.names))])
    return {
        "name": drawn.names,
        "x": middles[:, 0].round(4),
        "y": middles[:, 1].round(4),
        "colour": list(COLOURS[: len(drawn.names)]),
        "dy": [0] * len(drawn.names),
        "alpha": [0.0] * len(drawn.names),
    }


def _connect(document: Any, models: dict[str, Any]) -> None:  # noqa: ANN401
    """Connect the events of a page to the functions of `map.html`."""
    from bokeh.events import DocumentReady, DoubleTap, Tap
    from bokeh.models import CustomJS

    plot = models["plot"]
    document.js_on_event(DocumentReady, CustomJS(args=models, code=f"startMap({', '.join(models)})"))
    moved = CustomJS(code="wordMap?.moved()")
    ranges = product((plot.x_range, plot.y_range), ("start", "end"))
    for model, name in (*ranges, (plot, "inner_width"), (plot, "inner_height")):
        model.js_on_change(name, moved)
    tap = CustomJS(code="wordMap?.tap(cb_obj.x, cb_obj.y)")
    plot.js_on_event(Tap, tap)
    plot.js_on_event(DoubleTap, tap)  # Bokeh sends this for any second click soon after the first, at any position


def curves_page(curves: Curves, title: str) -> bytes:
    """Return a page with one plot per measure; the plots zoom together."""
    from bokeh.embed import file_html
    from bokeh.layouts import gridplot
    from bokeh.models import HoverTool
    from bokeh.plotting import figure
    from bokeh.resources import INLINE

    plots: list[Any] = []
    for panel, lines in curves.items():
        shared = {"x_range": plots[0].x_range} if plots else {}
        plot = figure(title=panel, x_axis_label="% of the run", height=280, width=560, **shared)
        dots: list[Any] = []
        for (name, points), colour in zip(lines.items(), colours_of(lines), strict=True):
            x, y = zip(*points, strict=True)
            legend: dict[str, Any] = {"legend_label": name} if panel == "scores" else {}
            plot.line(x, y, color=colour, line_width=2, **legend)
            dots.append(plot.scatter(x, y, color=colour, size=4, name=name))
        plot.add_tools(HoverTool(renderers=dots, tooltips="$name @y at @x{0.0}%"))
        plots.append(plot)
    grid = gridplot(plots, ncols=2, sizing_mode="stretch_width", merge_tools=True, toolbar_options={"logo": None})
    return file_html(grid, INLINE, title=title).encode("utf-8", "replace")
