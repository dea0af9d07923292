"""Maps have the words asked for, near ones near; pages hold all they need and no word can break them."""

import html
import html.parser
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from helpers import Run, files_in, needs, python
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from toy_corpus import GROUP_OF, GROUPS

from w2v.base.errors import SettingsError, UnknownWordError, W2VError
from w2v.plotting import maps, plot_log, plot_words, style
from w2v.plotting.curves import read_curves
from w2v.plotting.maps import word_map
from w2v.vectors.vectors import Vectors

needs("bokeh", "matplotlib", "sklearn", "textalloc", reason="needs the extra `plot`")

HARD_WORDS = (
    *("</script>", "<script>alert(1)</script>", "<!--", "<img/src=x/onerror=alert(1)>", "&lt;b&gt;", "{{x}}", "@rank"),
    *(
        '"',
        "'",
        "\\",
        "$x$",
        r"$\frac$",
        "%s",
        "😀",
        "👩‍🚀",
        "שלום",
        "مرحبا",
        "中文",
        "a\u0301",
        "__proto__",
        "constructor",
    ),
)


@pytest.fixture(scope="module")
def demo_vectors(vectors_file: Path) -> Vectors:
    """Vectors that know the demo's groups."""
    return Vectors.load(vectors_file)


@pytest.fixture(scope="module")
def hard_vectors() -> Vectors:
    """Words that are hard to show, among forty that are not."""
    words = [*HARD_WORDS, *(f"w{n}" for n in range(40))]
    return Vectors(words, np.random.default_rng(1).standard_normal((len(words), 8), np.float32))


def picture_of(path: Path) -> npt.NDArray[np.uint8]:
    from PIL import Image

    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


class Page(html.parser.HTMLParser):
    """What a page has: its tags with their attributes, and the text of its title and data."""

    def __init__(self, path: Path) -> None:
        """Read a page."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a text by the tag it follows."""
        tag, attributes = self.tags[-1] if self.tags else ("", {})
        key = "data" if attributes.get("type") == "application/json" else tag
        self.texts[key] = self.texts.get(key, "") + data

    @property
    def data(self) -> Any:  # noqa: ANN401
        """What Bokeh's script reads, which undoes the escapes as here."""
        return json.loads(html.unescape(self.texts["data"]))


def test_the_longest_vectors_of_the_most_frequent_words_are_shown() -> None:
    matrix = np.ones((10, 4), np.float32) * np.array([[1], [9], [2], [3], [1], [5], [9], [9], [9], [9]], np.float32)
    vectors = Vectors([f"w{n}" for n in range(10)], matrix)
    assert maps.choose_rows(vectors, (), (), 3).tolist() == [1, 3, 5]
    unit = Vectors(vectors.words, matrix / np.linalg.norm(matrix, axis=1, keepdims=True))
    assert maps.choose_rows(unit, (), (), 3).tolist() == [0, 1, 2]


def test_a_map_has_as_many_words_as_there_are(demo_vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(maps.choose_rows(demo_vectors, (), ())) == len(demo_vectors) < maps.WORDS
    assert len(maps.choose_rows(demo_vectors, (), (), 10**6)) == len(demo_vectors)
    monkeypatch.setattr(maps, "MANY_WORDS", 5)
    assert maps.choose_rows(demo_vectors, (), (), 5).tolist() == [0, 1, 2, 3, 4]


def test_named_words_come_first_and_once(demo_vectors: Vectors) -> None:
    rows = maps.choose_rows(demo_vectors, ["oslo", "cat", "oslo"], ())
    assert [demo_vectors.words[row] for row in rows] == ["oslo", "cat"]


def test_near_words_are_those_that_similar_finds(demo_vectors: Vectors) -> None:
    rows = maps.choose_rows(demo_vectors, ["red"], ["horse", "cat"], 4)
    words = [demo_vectors.words[row] for row in rows]
    near = {other for word in ("horse", "cat") for other, _ in demo_vectors.similar(word, 4)}
    assert words[:3] == ["horse", "cat", "red"]
    assert set(words) == {"horse", "cat", "red"} | near
    assert len(words) == len(set(words))


def test_near_words_are_among_the_most_frequent(demo_vectors: Vectors) -> None:
    rows = maps.choose_rows(demo_vectors, (), ["horse"], 30, restrict=20)
    assert demo_vectors.words[rows[0]] == "horse" and (rows[1:] < 20).all()
    assert maps.choose_rows(demo_vectors, (), ["horse"], 30, restrict=0).max() >= 20


def test_what_cannot_be_chosen(demo_vectors: Vectors) -> None:
    with pytest.raises(UnknownWordError, match="did you mean horse"):
        maps.choose_rows(demo_vectors, ["hores"], ())
    with pytest.raises(UnknownWordError, match="did you mean horse"):
        maps.choose_rows(demo_vectors, (), ["hores"])
    with pytest.raises(SettingsError, match="n has an effect on words only with near"):
        maps.choose_rows(demo_vectors, ["cat"], (), 5)


def test_groups_are_named_by_words_of_their_own(demo_vectors: Vectors) -> None:
    words = [word for word in demo_vectors.words if word in GROUP_OF]
    drawn = word_map(demo_vectors, words, method="pca")
    assert len(drawn.names) == drawn.groups.max() + 1
    for group, name in enumerate(drawn.names):
        own = {word for word, other in zip(drawn.words, drawn.groups, strict=True) if other == group}
        assert set(name.split(", ")) <= own and 1 <= len(name.split(", ")) <= 3


def test_a_name_says_nothing_twice() -> None:
    directions = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1]], np.float32)
    names = maps.name_groups(["song", "songs", "album", "red", "blue"], directions, np.array([0, 0, 0, 1, 1]))
    assert names == ["song, album", "red, blue"]


def layout_of(vectors: Vectors, method: maps.Method, seed: int = 1) -> npt.NDArray[np.float64]:
    return word_map(vectors, method=method, seed=seed).places


@pytest.mark.parametrize("method", ["umap", "tsne", "pca"])
def test_words_of_a_group_are_near(demo_vectors: Vectors, method: maps.Method) -> None:
    if method == "umap":
        pytest.importorskip("umap", reason="umap-learn is not installed")
    drawn = word_map(demo_vectors, [word for word in demo_vectors if word in GROUP_OF], method=method)
    away = np.linalg.norm(drawn.places[:, None] - drawn.places[None], axis=2)
    np.fill_diagonal(away, np.inf)
    same = [
        GROUP_OF[word] == GROUP_OF[drawn.words[k]] for word, k in zip(drawn.words, away.argmin(axis=1), strict=True)
    ]
    assert len(same) == 60
    assert np.mean(same) > (0.5 if method == "pca" else 0.85)


@pytest.mark.slow
@pytest.mark.slow
def test_many_words_are_placed_by_opentsne(monkeypatch: pytest.MonkeyPatch, demo_vectors: Vectors) -> None:
    pytest.importorskip("openTSNE", reason="openTSNE is not installed")
    monkeypatch.setattr(maps, "MANY_WORDS", 50)
    words, shares = [word for word in demo_vectors if word in GROUP_OF], list[float]()
    drawn = word_map(demo_vectors, words, report=shares.append)
    assert shares == sorted(shares) and (shares[0], shares[-1]) == (0, 1) and len(shares) > 10
    distances = ((drawn.places[:, None] - drawn.places) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    same = [GROUP_OF[words[row]] == GROUP_OF[words[near]] for row, near in enumerate(distances.argmin(axis=1))]
    assert drawn.method == "tsne" and np.mean(same) > 0.85


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_the_same_seed_gives_the_same_map(demo_vectors: Vectors, method: maps.Method) -> None:
    if method == "umap":
        pytest.importorskip("umap", reason="umap-learn is not installed")
    one, again, other = (word_map(demo_vectors, method=method, seed=seed) for seed in (1, 1, 2))
    assert one.places.tobytes() == again.places.tobytes()
    assert one.groups.tobytes() == again.groups.tobytes()
    assert method == "tsne" or one.places.tobytes() != other.places.tobytes()


def test_pca_is_that_of_sklearn(demo_vectors: Vectors) -> None:
    from sklearn.decomposition import PCA

    directions = demo_vectors.matrix / demo_vectors.norms[:, None]
    expected = PCA(2, svd_solver="full").fit_transform(directions.astype(np.float64))
    found = layout_of(demo_vectors, "pca")
    assert np.abs(found) == pytest.approx(np.abs(expected), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["tsne", "pca", None])
@pytest.mark.parametrize(
    "matrix",
    [
        np.ones((1, 1)),
        np.ones((3, 5)),
        np.eye(9),
        np.zeros((30, 4)),
        np.ones((30, 4)),
        np.arange(12.0)[:, None],
        np.eye(40)[:, :3],
    ],
    ids=lambda matrix: "x".join(map(str, matrix.shape)),
)
@pytest.mark.parametrize("suffix", [".html", ".png"])
def test_maps_of_little(tmp_path: Path, matrix: npt.NDArray[Any], method: maps.Method | None, suffix: str) -> None:
    vectors = Vectors([f"w{n}" for n in range(len(matrix))], matrix.astype(np.float32))
    drawn = plot_words(tmp_path / f"map{suffix}", vectors, method=method)
    assert drawn.places.shape == (len(matrix), 2)
    assert np.isfinite(drawn.places).all()
    assert (tmp_path / f"map{suffix}").stat().st_size > 5_000


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    vectors = Vectors(["a", "b"], np.array([[1, np.nan], [1, 1]], np.float32))
    with pytest.raises(W2VError, match="row 1, 'a': nan is not a finite number"):
        plot_words(tmp_path / "map.html", vectors)
    assert not files_in(tmp_path)


places_of_any_kind = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 60), st.just(2)), elements=st.floats(-1e3, 1e3).map(lambda x: round(x, 3))
)


@pytest.mark.slow
@settings(deadline=None)
@given(places=places_of_any_kind)
def test_gaps_are_closed_and_the_order_stays(places: npt.NDArray[np.float64]) -> None:
    closed = maps.close_gaps(places)
    widest = max(maps.WIDEST_GAP, 3 / len(places))
    for before, after in zip(places.T, closed.T, strict=True):
        order = np.argsort(before, kind="stable")
        gaps = np.diff(after[order])
        assert (gaps >= -1e-6).all()
        assert (gaps <= widest * np.ptp(before) + 1e-6).all()
        small = np.diff(before[order]) <= widest * np.ptp(before)
        assert gaps[small] == pytest.approx(np.diff(before[order])[small], abs=1e-6)


def test_neighbours_of_a_map_of_all_words_are_those_of_similar(demo_vectors: Vectors) -> None:
    drawn = word_map(demo_vectors, method="pca")
    for word, near in zip(drawn.words, maps.neighbours(drawn.directions, 10), strict=True):
        expected = demo_vectors.similar(word, 10)
        assert [cosine for _, cosine in near] == pytest.approx([cosine for _, cosine in expected], abs=1e-5)
        assert [drawn.words[k] for k, _ in near][:3] == [other for other, _ in expected][:3]


def test_alike_words_have_one_colour(demo_vectors: Vectors) -> None:
    drawn = word_map(demo_vectors, list(GROUP_OF), method="pca")
    groups = {
        group: [drawn.groups[drawn.words.index(word)] for word in words.split()] for group, words in GROUPS.items()
    }
    assert all(len(set(colours)) <= 2 for colours in groups.values())
    assert len({colours[0] for colours in groups.values()}) > 1


def test_a_page_holds_all_it_needs(tmp_path: Path, demo_vectors: Vectors) -> None:
    plot_words(tmp_path / "map.html", demo_vectors, method="pca", title='<b>"v".bin')
    page = Page(tmp_path / "map.html")
    assert [attributes for _, attributes in page.tags if "src" in attributes] == []
    assert "link" not in dict(page.tags)
    assert page.texts["title"].strip() == f'{len(demo_vectors)} words of <b>"v".bin, by PCA'
    assert set(files_in(tmp_path)) == {"map.html"}


@pytest.mark.slow
def test_no_word_breaks_the_page(tmp_path: Path, hard_vectors: Vectors) -> None:
    plot_words(tmp_path / "map.html", hard_vectors, method="pca")
    plain = Vectors([f"p{n}" for n in range(len(hard_vectors))], hard_vectors.matrix)
    plot_words(tmp_path / "plain.html", plain, method="pca")
    page, expected = Page(tmp_path / "map.html"), Page(tmp_path / "plain.html")
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in expected.tags]
    assert words_in(page.data) == hard_vectors.words


def words_in(data: Any) -> list[str]:  # noqa: ANN401
    """Return the first list that stands beside the name `word` anywhere in a page's data."""
    if isinstance(data, dict):
        data = list(data.values())
    if not isinstance(data, list):
        return []
    if len(data) == 2 and data[0] == "word" and isinstance(data[1], list):
        return [str(word) for word in data[1]]
    return next((found for part in data if (found := words_in(part))), [])


def test_a_picture_shows_words(tmp_path: Path, hard_vectors: Vectors) -> None:
    said: list[str] = []
    plot_words(tmp_path / "map.png", hard_vectors, method="pca", warn=said.append)
    dots = Vectors([""] * len(hard_vectors), hard_vectors.matrix)
    plot_words(tmp_path / "dots.png", dots, method="pca")
    shown, without = picture_of(tmp_path / "map.png"), picture_of(tmp_path / "dots.png")
    assert shown.shape == without.shape
    assert (shown < 255).mean() > 1.5 * (without < 255).mean()
    assert len(said) <= 1


def test_an_svg_keeps_its_words_as_text_and_its_bytes(tmp_path: Path, demo_vectors: Vectors) -> None:
    for name in ("one.svg", "two.svg"):
        plot_words(tmp_path / name, demo_vectors, words=["horse", "oslo"], method="pca")
    text = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert ">horse</text>" in text and ">oslo</text>" in text
    assert text == (tmp_path / "two.svg").read_text(encoding="utf-8")


def test_letters_that_no_font_has_are_counted(tmp_path: Path) -> None:
    said: list[str] = []
    vectors = Vectors(["a", "b\U0010fff0", "\U0010fff1"], np.eye(3, dtype=np.float32))
    plot_words(tmp_path / "map.png", vectors, warn=said.append)
    assert len(said) == 1 and said[0].startswith("2 characters are in no font")


LOG = (
    {"epoch": 1, "progress": 0.0, "words_per_s": 0.0, "lr": 0.05, "loss": None, "seconds": 0.0},
    {"epoch": 1, "progress": 0.5, "words_per_s": 1e6, "lr": 0.02, "loss": 2.5, "seconds": 1.0, "ws353": 0.5},
    {
        **{"epoch": 2, "progress": 1.0, "words_per_s": 3e6, "lr": 0.0, "loss": 2.0, "seconds": 2.0, "ws353": 0.6},
        "similarity": [{"file": "sets/$men$.tsv", "spearman": 0.7, "pairs": 3, "covered": 3}],
        "analogies": [{"file": "a.txt", "accuracy": None, "correct": 0, "covered": 0, "total": 9, "sections": []}],
        "note": "x",
        "flag": True,
    },
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with scores."""
    path = tmp_path / "log.json"
    path.write_text("".join(json.dumps(row) + "\n" for row in LOG))
    return path


def test_the_curves_of_a_log(log: Path) -> None:
    assert read_curves(log) == {
        "loss": {"loss": [(50, 2.5), (100, 2)]},
        "scores": {"ws353": [(50, 0.5), (100, 0.6)], "$men$ (spearman)": [(100, 0.7)]},
        "million words/s": {"words/s": [(0, 0), (50, 1), (100, 3)]},
        "learning rate": {"lr": [(0, 0.05), (50, 0.02), (100, 0)]},
    }


@pytest.mark.slow
def test_a_log_is_drawn(log: Path, tmp_path: Path) -> None:
    curves = plot_log(tmp_path / "log.html", log)
    assert curves == plot_log(tmp_path / "log.png", log) == read_curves(log)
    page = Page(tmp_path / "log.html")
    assert [attributes for _, attributes in page.tags if "src" in attributes] == []
    for name in (*curves, "ws353", "$men$ (spearman)"):
        assert json.dumps(name) in json.dumps(page.data)
    colours = {tuple(colour) for colour in picture_of(tmp_path / "log.png").reshape(-1, 3)}
    for colour in style.COLOURS[:2]:
        assert tuple(bytes.fromhex(colour[1:])) in colours


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing to draw"),
        ("{}\n", "nothing to draw"),
        ('{"loss": null}\n', "nothing to draw"),
        ("2 3\na 1 2 3\n", "line 1"),
        ('{"progress": 0.1, "loss": 1}\n{"progr', "line 2"),
        ("[1]\n", "line 1"),
        ('{"progress": "half"}\n', "line 1"),
        ("\n", "line 1"),
    ],
)
def test_what_is_no_log(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "log.json").write_text(text)
    with pytest.raises(W2VError, match=message):
        plot_log(tmp_path / "log.png", tmp_path / "log.json")
    assert set(files_in(tmp_path)) == {"log.json"}


@pytest.mark.slow
def test_a_map_from_the_command_line(run: Run, vectors_file: Path, tmp_path: Path) -> None:
    result = run("plot", vectors_file, "--near", "horse", "-n", "20", "--method", "pca", "-o", "map.html")
    assert (result.status, result.out) == (0, "")
    assert result.err == "w2v: wrote map.html: 21 words, pca\n"
    result = run("plot", vectors_file, "--near", "horse", "--restrict", "20", "--method", "pca")
    assert result.err.startswith("w2v: answers are among the 20 most frequent of ")
    assert "--restrict has an effect only with --near" in run("plot", vectors_file, "--restrict", "20").err
    (tmp_path / "vocab.txt").write_text("cat 9\nred 7\n\n")
    drawn = run("plot", vectors_file, "oslo", "--words", "vocab.txt").err.splitlines()
    assert drawn[0].startswith("w2v: plot.html will be replaced")
    assert drawn[1:] == ["w2v: wrote plot.html: 3 words, pca"]
    assert words_in(Page(tmp_path / "plot.html").data) == ["oslo", "cat", "red"]


@pytest.mark.slow
def test_a_log_of_a_real_run(run: Run, corpus: Path, tmp_path: Path) -> None:
    assert run("train", corpus, "--dim", "8", "--log-json", "run.log", "--quiet").status == 0
    result = run("plot", "run.log", "-o", "run.png")
    assert (result.status, result.err) == (0, "w2v: wrote run.png: loss, words/s, lr\n")
    assert picture_of(tmp_path / "run.png").size


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((), 2, "SOURCE"),
        (("good.bin", "-o", "map.pdf"), 2, "map.pdf must end in .html (a page), .png or .svg (a picture)"),
        (("good.bin", "-o", "map"), 2, "must end in .html"),
        (("good.bin", "-o", "nosuch/map.html"), 1, "there is no folder"),
        (("good.bin", "-n", "0"), 2, "-n"),
        (("good.bin", "cat", "-n", "5"), 2, "-n has an effect on words only with --near"),
        (("good.bin", "--method", "mds"), 2, "mds"),
        (("good.bin", "--seed", "-1"), 2, "--seed"),
        (("good.bin", "hores"), 1, "'hores' is not in the vocabulary; did you mean horse"),
        (("good.bin", "--near", "hores"), 1, "did you mean horse"),
        (("good.bin", "--words", "words.txt"), 1, "'zzz' is not in the vocabulary"),
        (("good.bin", "--words", "empty.txt"), 1, "empty.txt holds no words"),
        (("good.bin", "--words", "good.bin"), 1, "good.bin is no text"),
        (("good.bin", "--words", "nosuch.txt"), 1, "cannot read nosuch.txt"),
        (("nosuch.bin",), 1, "there is no file nosuch.bin"),
        (("nosuch.json",), 1, "cannot read nosuch.json: No such file"),
        (("words.txt",), 1, "words.txt holds no vectors"),
        (("bad.json",), 1, "bad.json is not a log of `w2v train --log-json`: line 1"),
        (("bad.json", "cat"), 2, "w2v: WORD cannot go with bad.json"),
        (("bad.json", "-n", "5"), 2, "-n cannot go with bad.json"),
        (("page.html", "-o", "page.html"), 2, "-o and SOURCE are the same file"),
    ],
)
def test_what_is_refused(
    run: Run, tmp_path: Path, vectors_file: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    (tmp_path / "good.bin").write_bytes(vectors_file.read_bytes())
    for name, text in {"words.txt": "cat\nzzz\n", "empty.txt": "\n", "bad.json": "bad", "page.html": "x"}.items():
        (tmp_path / name).write_text(text)
    before = files_in(tmp_path)
    result = run("plot", *arguments)
    assert (result.status, result.out) == (status, "")
    assert result.err.count("\n") == 1 and message in result.err
    assert files_in(tmp_path) == before


@pytest.mark.parametrize(
    ("library", "arguments", "message"),
    [
        ("sklearn", ("-o", "m.html"), "pip install scikit-learn"),
        ("bokeh", ("-o", "m.html"), "pip install bokeh"),
        ("textalloc", ("-o", "m.png"), "pip install textalloc"),
        ("umap", ("--method", "umap"), "pip install umap-learn"),
    ],
)
def test_a_library_that_is_not_installed(
    run: Run,
    vectors_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    library: str,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    result = run("plot", vectors_file, *arguments)
    assert result.status == 1
    assert result.err.count("\n") == 1 and result.err.strip().endswith(message)


def test_without_umap_tsne_is_the_default(demo_vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    assert word_map(demo_vectors).method == "tsne"


def test_libraries_are_loaded_only_to_draw() -> None:
    loaded = python("import w2v.plotting, sys; print(*sys.modules)").split()
    assert not {"sklearn", "bokeh", "matplotlib", "textalloc", "umap", "scipy"} & set(loaded)
