"""Maps of words, and the course of a run, as a page (.html) or a picture (.png).

What is shown is settled apart from how it is drawn: `word_map` and `read_curves` compute, `plot_words` and
`plot_log` write. The page of a map is completed by `plotting.html`, which holds the JavaScript of ours that there is.
All libraries of the extra `plot` are imported where they are used.
"""

import json
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from w2v.errors import SettingsError, W2VError
from w2v.files import replacing
from w2v.vectors import Vectors

Method = Literal["umap", "tsne", "pca"]
Places = npt.NDArray[np.float64]

LIBRARIES = {".html": ("sklearn", "bokeh"), ".png": ("sklearn", "matplotlib", "textalloc")}
"""What each kind of output needs."""
LOG_SUFFIXES = (".json", ".jsonl", ".log")
"""Files with these are logs of `w2v train --log-json`; all others are vectors."""

MOST_FREQUENT, NEIGHBOURS_OF_EACH = 1000, 50
"""Words of a map, where nobody says how many."""
FEWEST = 10
"""With fewer words than this there is nothing for UMAP or t-SNE to find."""
WIDEST_GAP = 1 / 15
"""The widest empty band that is left between words, as a share of what an axis spans."""
NEIGHBOURS_LISTED = 10
"""On the page, when a word is clicked: of the words of the map, so that each can be seen there."""

COLOURS = (
    *("#1f5fa8", "#c85a00", "#2a8a3a", "#b8232f", "#7b4bb0"),
    *("#7a4a32", "#c2408f", "#5c5c5c", "#8a8000", "#0b8494"),
)
"""One for each group of words or line: dark enough for letters on white."""
FONTS = (
    *("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Microsoft YaHei", "PingFang SC", "WenQuanYi Zen Hei"),
    *("Arial Unicode MS", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai"),
    *("Segoe UI Emoji", "Noto Emoji"),
)
"""Where a picture finds its letters, in this order, of those that are installed; a page asks the browser."""

PROGRESS_KEYS = ("epoch", "progress", "words_per_s", "lr", "loss", "seconds")
"""What every line of a log has; its other keys are scores."""
Curves = dict[str, dict[str, list[tuple[float, float]]]]
"""(progress in percent, value) points, by panel and by name of the line."""


@dataclass(frozen=True)
class WordMap:
    """Words, each with a place in the plane."""

    words: list[str]
    rows: npt.NDArray[np.int64]
    """(n,) the row of each word among the vectors, 0 for the most frequent."""
    directions: npt.NDArray[np.float32]
    """(n, dim) their vectors, of length 1 or 0."""
    places: Places
    """(n, 2)"""
    groups: npt.NDArray[np.int64]
    """(n,) the group of each word, by k-means of the vectors."""
    asked: frozenset[str]
    """Words that were named, which the drawing marks."""
    method: Method
    title: str


def plot_words(
    path: str | Path,
    vectors: Vectors,
    *,
    words: Sequence[str] = (),
    near: Sequence[str] = (),
    n: int | None = None,
    method: Method | None = None,
    seed: int = 1,
    title: str = "vectors",
    warn: Callable[[str], None] = warnings.warn,
) -> WordMap:
    """Draw a map of words, and return it.

    Args:
        path: the file to write, .html or .png.
        vectors: where the words are looked up.
        words: these words, and no others but those of `near`.
        near: these words and the n nearest of each.
        n: with `near` neighbours of each, 50 by default; without words at all, the n most frequent, 1000 by default.
        method: how to lay them out; by default umap where it is installed, else tsne.
        seed: the same seed, words and method give the same map.
        title: what the vectors are called.
        warn: called with a line where a picture lacks letters.

    Raises:
        UnknownWordError: a word has no vector.
        SettingsError: the suffix is unknown, or n has nothing to count.
        W2VError: a library is not installed, vectors are not finite, or the file cannot be written.
    """
    suffix = check_output(path)
    drawn = word_map(vectors, words, near, n, method, seed, title)
    if suffix == ".html":
        _write(path, _map_page(drawn).encode("utf-8", "replace"))
    else:
        _write(path, _map_picture(drawn, warn))
    return drawn


def plot_log(path: str | Path, log: str | Path) -> Curves:
    """Draw loss, speed, learning rate and scores over a run, and return what was drawn.

    Args:
        path: the file to write, .html or .png.
        log: what `w2v train --log-json` wrote.

    Raises:
        SettingsError: the suffix is unknown.
        W2VError: the log cannot be read, a library is not installed, or the file cannot be written.
    """
    suffix = check_output(path)
    curves = read_curves(log)
    draw = _curves_page if suffix == ".html" else _curves_picture
    _write(path, draw(curves, Path(log).name))
    return curves


def check_output(path: str | Path) -> str:
    """Return the suffix of a drawing, having seen that the libraries for it are installed.

    Raises:
        SettingsError: nothing is drawn with this suffix.
        W2VError: a library is missing.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in LIBRARIES:
        raise SettingsError(f"{path} must end in .html (a page) or .png (a picture)")
    for library in LIBRARIES[suffix]:
        if find_spec(library) is None:
            raise W2VError(f"to draw {suffix} needs {library}, which is not installed: pip install 'w2v[plot]'")
    return suffix


def word_map(
    vectors: Vectors,
    words: Sequence[str] = (),
    near: Sequence[str] = (),
    n: int | None = None,
    method: Method | None = None,
    seed: int = 1,
    title: str = "vectors",
) -> WordMap:
    """Return a map, by the arguments of `plot_words`."""
    rows = chosen(vectors, words, near, n)
    directions = vectors.matrix[rows] / vectors.norms[rows, None]
    if not np.isfinite(directions).all():
        raise W2VError(f"{title} has numbers that are not finite, which no map can show; train again with a smaller lr")
    if method is None:
        method = "umap" if find_spec("umap") else "tsne"
    if len(rows) < FEWEST or vectors.dim < 3:
        method = "pca"
    return WordMap(
        words=[vectors.words[row] for row in rows],
        rows=rows,
        directions=directions,
        places=layout(directions, method, seed),
        groups=grouped(directions, seed),
        asked=frozenset(near or words),
        method=method,
        title=title,
    )


def chosen(vectors: Vectors, words: Sequence[str], near: Sequence[str], n: int | None = None) -> npt.NDArray[np.int64]:
    """Return the rows of the words to draw, each once: those named first, then by frequency.

    Raises:
        UnknownWordError: a word has no vector.
        SettingsError: n is given with words that need none.
    """
    if words and not near and n is not None:
        raise SettingsError("-n goes with --near, or without words: it says how many to find")
    named = [vectors.row(word) for word in (*near, *words)]
    if not named:
        return np.arange(min(MOST_FREQUENT if n is None else n, len(vectors)))
    count = NEIGHBOURS_OF_EACH if n is None else n
    found = {vectors.row(other) for word in near for other, _ in vectors.similar(word, count)}
    return np.array([*dict.fromkeys(named), *sorted(found - set(named))])


def layout(directions: npt.NDArray[np.float32], method: Method, seed: int = 1) -> Places:
    """Return a place in the plane for each vector, (n, 2), such that near ones are near.

    UMAP: McInnes, Healy, Melville 2018. t-SNE: van der Maaten, Hinton 2008. PCA: Pearson 1901.

    Args:
        directions: (n, dim) vectors of length 1, so that the distance of two follows from their cosine.
        method: "umap", "tsne" or "pca".
        seed: of the random draws of umap and tsne.

    Raises:
        W2VError: umap is asked for and not installed.
    """
    if method == "pca" or not np.ptp(directions, axis=0).any():
        centred = directions.astype(np.float64) - directions.mean(axis=0, dtype=np.float64)
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        flat = centred @ axes[:2].T
        return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))
    # Warnings of theirs are about settings, which are ours.
    with warnings.catch_warnings(action="ignore"):
        found = _tsne(len(directions), seed) if method == "tsne" else _umap(len(directions), seed)
        with one_thread():
            return closed_up(np.asarray(found.fit_transform(directions), np.float64))


def _tsne(n: int, seed: int) -> Any:  # noqa: ANN401
    from sklearn.manifold import TSNE

    return TSNE(perplexity=min(30, (n - 1) / 3), init="pca", random_state=seed)


def _umap(n: int, seed: int) -> Any:  # noqa: ANN401
    if find_spec("umap") is None:
        raise W2VError("--method umap needs umap-learn, which is not installed: pip install umap-learn")
    from umap import UMAP

    return UMAP(n_neighbors=min(15, n - 1), min_dist=0.3, init="pca", random_state=seed, n_jobs=1)


def one_thread() -> AbstractContextManager[Any]:
    """Hold the libraries loaded so far to one thread.

    A thousand points are too few to share, and then the sums are the same on any number of cores.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1)
    return limits


def closed_up(places: Places) -> Places:
    """Return places, (n, 2), with wide empty bands along either axis made narrower; the order along an axis stays.

    UMAP and t-SNE leave groups that have nothing in common far apart, which says no more than a gap does and takes
    the room of the words.
    """
    order = np.argsort(places, axis=0)
    gaps = np.diff(np.take_along_axis(places, order, axis=0), axis=0)
    gaps = np.minimum(gaps, max(WIDEST_GAP, 3 / len(places)) * np.ptp(places, axis=0))
    closed = np.zeros_like(places)
    np.put_along_axis(closed, order[1:], np.cumsum(gaps, axis=0), axis=0)
    return closed


def grouped(directions: npt.NDArray[np.float32], seed: int = 1) -> npt.NDArray[np.int64]:
    """Return the group of each vector by k-means, (n,): at most ten, and at least ten words to each on average."""
    from sklearn.cluster import KMeans

    count = min(len(COLOURS), 1 + len(directions) // 10)
    with warnings.catch_warnings(action="ignore"), one_thread():
        return np.asarray(KMeans(count, n_init=4, random_state=seed).fit_predict(directions), np.int64)


def neighbours(directions: npt.NDArray[np.float32], n: int) -> list[list[tuple[int, float]]]:
    """Return for each vector of length 1 which others are nearest by cosine, at most n, nearest first."""
    from sklearn.neighbors import NearestNeighbors

    n = min(n, len(directions) - 1)
    if n < 1:
        return [[] for _ in directions]
    distances, near = NearestNeighbors(n_neighbors=n, algorithm="brute", metric="cosine").fit(directions).kneighbors()
    return [
        list(zip(of_one, cosines, strict=True))
        for of_one, cosines in zip(near.tolist(), (1 - distances).tolist(), strict=True)
    ]


def read_words(path: str | Path) -> list[str]:
    """Return the first word of each line of a file, such as one that `w2v build-vocab` wrote.

    Raises:
        W2VError: the file cannot be read, or has no words.
    """
    words = [fields[0] for line in _lines(path) if (fields := line.split())]
    if not words:
        raise W2VError(f"{path} holds no words; it should have one a line")
    return words


def read_curves(log: str | Path) -> Curves:
    """Return the lines that a log has values for, by panel: loss, words/s, learning rate, scores.

    A score is any further key with a number, and what `spearman` or `accuracy` say of each file of a test set.

    Raises:
        W2VError: the log cannot be read, or is none.
    """
    curves: Curves = {"loss": {}, "scores": {}, "million words/s": {}, "learning rate": {}}
    progress = 0.0
    for number, line in enumerate(_lines(log), start=1):
        try:
            row = json.loads(line)
            progress = 100 * float(row.get("progress", progress / 100))
        except (ValueError, TypeError, AttributeError):
            raise W2VError(f"{log} is no log of `w2v train --log-json`: line {number} is not its JSON") from None
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
        raise W2VError(f"{log} has nothing to draw: it is no log of `w2v train --log-json`, or one of a run cut short")
    return curves


def _scores(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        if key in PROGRESS_KEYS:
            continue
        yield key, value
        for test in value if isinstance(value, list) else ():
            for measure in ("spearman", "accuracy"):
                if isinstance(test, dict) and measure in test:
                    yield f"{Path(str(test.get('file', key))).stem} ({measure})", test[measure]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _lines(path: str | Path) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise W2VError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise W2VError(f"{path} is no text: byte {error.start} is not UTF-8") from None


def _write(path: str | Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)


def _caption(drawn: WordMap) -> str:
    names = {"umap": "UMAP", "tsne": "t-SNE", "pca": "PCA"}
    return f"{len(drawn.words):,} words of {drawn.title}, by {names[drawn.method]}"


def _limits(values: Places) -> tuple[float, float]:
    """Return what an axis must span to have some room beside the values, one value included."""
    low, high = float(values.min()), float(values.max())
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def _map_page(drawn: WordMap) -> str:
    """Return a page that holds all it needs: the words, Bokeh, and the panel of `plotting.html`."""
    from bokeh.core.properties import value
    from bokeh.document import Document
    from bokeh.embed import file_html
    from bokeh.events import DocumentReady, DoubleTap, Tap
    from bokeh.models import ColumnDataSource, CustomJS, HoverTool, Range1d
    from bokeh.plotting import figure
    from bokeh.resources import INLINE

    near = neighbours(drawn.directions, NEIGHBOURS_LISTED)
    words = ColumnDataSource(
        {
            "x": drawn.places[:, 0].round(4),
            "y": drawn.places[:, 1].round(4),
            "word": drawn.words,
            "rank": drawn.rows + 1,
            "colour": [COLOURS[group] for group in drawn.groups],
            "size": [11 if word in drawn.asked else 6 for word in drawn.words],
            "asked": [word in drawn.asked for word in drawn.words],
            "near": [[other for other, _ in nearest] for nearest in near],
            "cosines": [[round(cosine, 3) for _, cosine in nearest] for nearest in near],
        }
    )
    labels = ColumnDataSource({name: [] for name in ("x", "y", "dx", "dy", "word", "colour", "alpha", "style")})
    links = ColumnDataSource({name: [] for name in ("x0", "y0", "x1", "y1")})

    x_range, y_range = (Range1d(start=low, end=high) for low, high in map(_limits, drawn.places.T))
    plot = figure(
        name="map",
        sizing_mode="stretch_both",
        x_range=x_range,
        y_range=y_range,
        tools="pan,wheel_zoom,box_zoom,reset,save",
        active_scroll="wheel_zoom",
        toolbar_location="above",
        outline_line_color=None,
    )
    plot.axis.visible = plot.grid.visible = False  # the numbers of such a plane mean nothing
    plot.toolbar.logo = None
    plot.segment("x0", "y0", "x1", "y1", source=links, color="#999999", line_alpha=0.6)
    dots = plot.scatter("x", "y", source=words, size="size", color="colour", alpha=0.8, nonselection_alpha=0.12)
    behind: dict[str, Any] = {"background_fill_color": value("white"), "background_fill_alpha": 0.7}
    plot.text(
        *("x", "y", "word"),
        source=labels,
        x_offset="dx",
        y_offset="dy",
        text_color="colour",
        text_alpha="alpha",
        text_font_style="style",
        text_font=value("sans-serif"),
        text_font_size=value("12px"),
        text_baseline="middle",
        **behind,
    )
    plot.add_tools(HoverTool(renderers=[dots], tooltips="<b>@word</b>, word @rank", point_policy="follow_mouse"))

    document = Document()
    document.add_root(plot)
    models = {"plot": plot, "words": words, "labels": labels, "links": links}
    document.js_on_event(DocumentReady, CustomJS(args=models, code="startMap(plot, words, labels, links)"))
    moved = CustomJS(code="wordMap?.moved()")
    for model, name in (*product((x_range, y_range), ("start", "end")), (plot, "inner_width"), (plot, "inner_height")):
        model.js_on_change(name, moved)
    tap = CustomJS(code="wordMap?.tap(cb_obj.x, cb_obj.y)")
    plot.js_on_event(Tap, tap)
    plot.js_on_event(DoubleTap, tap)  # so Bokeh calls a second click that comes soon, wherever it is
    template = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
    return file_html(document, INLINE, title=_caption(drawn), template=template)


def _map_picture(drawn: WordMap, warn: Callable[[str], None]) -> bytes:
    """Return a PNG with a label at each dot that has room for one, the most frequent words first."""
    import textalloc
    from matplotlib import font_manager, rc_context
    from matplotlib.figure import Figure

    installed = set(font_manager.fontManager.get_font_names())
    with (
        rc_context({"font.family": [font for font in FONTS if font in installed], "text.parse_math": False}),
        warnings.catch_warnings(record=True, action="always") as warned,
    ):
        figure = Figure(figsize=(16, 10), dpi=110)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        x, y = drawn.places.T
        axes.set_xlim(_limits(x))
        axes.set_ylim(_limits(y))
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
        figure.text(0.01, 0.01, _caption(drawn), size=9, color="#666666")
        picture = _png(figure)
    missing = {str(warning.message).split(" ")[1] for warning in warned if "missing from font" in str(warning.message)}
    if missing:
        warn(f"{len(missing)} characters are in no font found here and show as boxes; a page (.html) shows them")
    return picture


def _curves_page(curves: Curves, title: str) -> bytes:
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
        for (name, points), colour in zip(lines.items(), _colours(lines), strict=True):
            x, y = zip(*points, strict=True)
            legend: dict[str, Any] = {"legend_label": name} if panel == "scores" else {}
            plot.line(x, y, color=colour, line_width=2, **legend)
            dots.append(plot.scatter(x, y, color=colour, size=4, name=name))
        plot.add_tools(HoverTool(renderers=dots, tooltips="$name @y at @x{0.0}%"))
        plots.append(plot)
    grid = gridplot(plots, ncols=2, sizing_mode="stretch_width", merge_tools=True, toolbar_options={"logo": None})
    return file_html(grid, INLINE, title=title).encode("utf-8", "replace")


def _curves_picture(curves: Curves, title: str) -> bytes:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"text.parse_math": False}):
        n_rows = math.ceil(len(curves) / 2)
        figure = Figure(figsize=(11, 3.4 * n_rows), dpi=110, layout="constrained")
        figure.suptitle(title, size=10, color="#666666")
        for number, (panel, lines) in enumerate(curves.items(), start=1):
            axes = figure.add_subplot(n_rows, 2, number)
            for (name, points), colour in zip(lines.items(), _colours(lines), strict=True):
                axes.plot(*zip(*points, strict=True), color=colour, marker=".", markersize=4, label=name)
            axes.set_title(panel, size=10)
            axes.set_xlabel("% of the run")
            axes.grid(alpha=0.3)
            if panel == "scores":
                axes.legend(fontsize=8)
        return _png(figure)


def _colours(lines: dict[str, Any]) -> list[str]:
    return [COLOURS[number % len(COLOURS)] for number in range(len(lines))]


def _png(figure: Any) -> bytes:  # noqa: ANN401
    import io

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
