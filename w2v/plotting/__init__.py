"""Draws maps of words and the curves of a run as a page (.html) or a picture (.png, .svg).

Computing and drawing are separate: `maps` and `curves` compute what is shown, `pages` and `pictures` draw it. The
libraries of the extra `plot` are imported only where they are used.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from w2v import reports
from w2v.base.errors import SettingsError
from w2v.base.files import replacing
from w2v.base.libraries import require
from w2v.plotting import pages, pictures
from w2v.plotting.curves import Curves, read_curves
from w2v.plotting.maps import Method, WordMap, word_map
from w2v.settings.evaluation import RESTRICT
from w2v.vectors.vectors import Vectors

LIBRARIES = {
    ".html": ("sklearn", "bokeh"),
    ".png": ("sklearn", "matplotlib", "textalloc"),
    ".svg": ("sklearn", "matplotlib", "textalloc"),
}
"""Libraries that each kind of output needs."""
LOG_SUFFIXES = (".json", ".jsonl", ".log")
"""Suffixes of logs of `w2v train --log-json`. All other files are vectors."""


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
    restrict: int = RESTRICT,
    warn: Callable[[str], None] = reports.warn,
    report: Callable[[float], None] = lambda share: None,
) -> WordMap:
    """Draw a map of words to a .html, .png or .svg file and return it. Other arguments are those of `w2v.plot`.

    The title is the name of the vectors. `warn` is called with a message if no installed font has some characters;
    `report` is called with the share that is done while many words are placed.
    Raises UnknownWordError if a word has no vector; SettingsError if the suffix is unknown, or if n is given with words
    that do not use it; W2VError if a library is missing, vectors are not finite, or the file cannot be written.
    """
    suffix = suffix_of(path)
    drawn = word_map(vectors, words, near, n, method, seed, title, restrict, report)
    page = pages.map_page(drawn) if suffix == ".html" else pictures.map_picture(drawn, warn, suffix[1:])
    with replacing(path) as file:
        file.write(page)
    return drawn


def plot_log(path: str | Path, log: str | Path) -> Curves:
    """Draw loss, speed, learning rate and scores from a log of `w2v train --log-json`; return the curves.

    Raises SettingsError for a suffix other than .html, .png and .svg; W2VError if the log cannot be read, a library is
    not installed, or the file cannot be written.
    """
    suffix, title = suffix_of(path), Path(log).name
    curves = read_curves(log)
    is_page = suffix == ".html"
    page = pages.curves_page(curves, title) if is_page else pictures.curves_picture(curves, title, suffix[1:])
    with replacing(path) as file:
        file.write(page)
    return curves


def suffix_of(path: str | Path) -> str:
    """Return the suffix of an output. Raises SettingsError if it is unknown, W2VError if a library is missing."""
    suffix = Path(path).suffix.lower()
    if suffix not in LIBRARIES:
        raise SettingsError(f"{path} must end in .html (a page), .png or .svg (a picture)")
    for library in LIBRARIES[suffix]:
        require(library, f"drawing {suffix}")
    return suffix
