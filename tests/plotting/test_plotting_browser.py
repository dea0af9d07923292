"""The page of a map in a browser: it opens offline, every word is shown as it is, search and clicks answer.

Needs Playwright (`pip install playwright`) and Chromium: Playwright's own (`playwright install chromium`), one on the
PATH, or the one that the environment variable W2V_CHROMIUM names.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v.plotting import plot_log, plot_words
from w2v.plotting.style import COLOURS, COLOURS_AT_NIGHT
from w2v.vectors.vectors import Vectors

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
Tab = Any

HARD_WORDS = (
    *("</script>", "<script>window.broken=1</script>", "<!--", "<img/src=x/onerror=window.broken=1>", "&lt;b&gt;"),
    *("{{x}}", "@rank", '"', "'", "\\", "$$x$$", "%s", "😀", "👩‍🚀", "שלום", "مرحبا", "中文", "a\u0301", "__proto__"),
)

WHERE = """word => {
    const [plot] = Bokeh.documents[0].roots(), view = Bokeh.index[plot.id] ?? Bokeh.index.get_one(plot);
    const words = [...Bokeh.documents[0]._all_models.values()].find(model => model.data && "rank" in model.data);
    const i = words.data.word.indexOf(word), frame = view.frame.bbox, box = view.el.getBoundingClientRect();
    const share = (range, value) => (value - range.start) / (range.end - range.start);
    return [box.left + frame.left + share(plot.x_range, words.data.x[i]) * frame.width,
            box.top + frame.top + (1 - share(plot.y_range, words.data.y[i])) * frame.height];
}"""
"""Where on the page the dot of a word is."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with playwright.sync_playwright() as driver:
        names = ("chromium", "chromium-browser", "google-chrome", "chrome")
        own = driver.chromium.executable_path
        found = os.environ.get("W2V_CHROMIUM") or (own if os.path.exists(own) else None)
        found = found or next(filter(None, map(shutil.which, names)), None)
        if found is None:
            pytest.skip("no Chromium is installed: playwright install chromium, or set W2V_CHROMIUM")
        launched = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def tab(browser: Any) -> Iterator[Tab]:  # noqa: ANN401
    """A tab without a network, in which nothing may go wrong."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, offline=True)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("request", lambda request: None if request.url.startswith("file:") else faults.append(request.url))
    yield opened
    assert faults == []
    context.close()


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    """Forty groups of three words; then words that are hard to show."""
    random = np.random.default_rng(1)
    words = [f"{kind}{n}" for n in range(40) for kind in ("kin", "oth", "sky")]
    middles = random.standard_normal((40, 12)).repeat(3, axis=0)
    hard = random.standard_normal((len(HARD_WORDS), 12))
    matrix = np.concatenate([middles + 0.1 * random.standard_normal(middles.shape), hard])
    return Vectors([*words, *HARD_WORDS], matrix.astype(np.float32))


@pytest.fixture
def opened(tab: Tab, tmp_path: Path, vectors: Vectors) -> Tab:
    """The tab, with a map of all words."""
    plot_words(tmp_path / "map.html", vectors, method="pca", title="<i>some</i>.bin")
    tab.goto((tmp_path / "map.html").as_uri())
    tab.wait_for_function("wordMap !== null")
    return tab


def column(tab: Tab, source: str, name: str) -> list[Any]:
    """Return a column of a data source of the page."""
    code = f"""() => {{
        const models = Bokeh.documents[0]._all_models.values();
        const found = [...models].find(model => model.data && "{source}" in model.data && "{name}" in model.data);
        return Array.from(found.data["{name}"]);
    }}"""
    values: list[Any] = tab.evaluate(code)
    return values


def listed(tab: Tab) -> list[str]:
    """Return the words that the panel lists."""
    words: list[str] = tab.locator("#panel li button").all_text_contents()
    return words


def test_it_opens_with_labels(opened: Tab, vectors: Vectors) -> None:
    assert opened.locator("h1").text_content() == f"{len(vectors)} words of <i>some</i>.bin, by PCA"
    assert column(opened, "rank", "word") == vectors.words
    labels = column(opened, "dx", "word")
    assert 30 < len(labels) <= len(vectors) and len(set(labels)) == len(labels)
    box = opened.locator("canvas").first.bounding_box()
    assert box["width"] > 700 and box["height"] > 600


def test_search_finds_words_by_their_beginning_first(opened: Tab) -> None:
    opened.fill("#search", "KIN1")
    assert listed(opened) == ["kin1", *(f"kin{n}" for n in range(10, 20))]
    opened.fill("#search", "in1")
    assert set(listed(opened)) == {"kin1", *(f"kin{n}" for n in range(10, 20))}
    opened.fill("#search", "nosuch")
    assert listed(opened) == [] and "0 words" in opened.locator("#panel").text_content()


def test_enter_shows_the_nearest_and_a_click_goes_on(opened: Tab, vectors: Vectors) -> None:
    opened.fill("#search", "kin7")
    opened.press("#search", "Enter")
    assert opened.locator("#panel h2").text_content() == "kin7"
    expected = vectors.similar("kin7", 10)
    assert listed(opened) == [word for word, _ in expected]
    numbers = [float(text) for text in opened.locator("#panel li span").all_text_contents()]
    assert numbers == pytest.approx([cosine for _, cosine in expected], abs=2e-3)
    assert len(column(opened, "x0", "x1")) == 10
    opened.locator("#panel li button").first.click()
    assert opened.locator("#panel h2").text_content() == expected[0][0]
    opened.keyboard.press("Escape")
    assert opened.locator("#panel h2").count() == 0 and "Click a word" in opened.locator("#panel").text_content()


def test_a_click_on_the_map_chooses_the_word_there(opened: Tab, vectors: Vectors) -> None:
    for word in ("kin3", "sky30", "</script>"):
        opened.mouse.click(*opened.evaluate(WHERE, word))
        opened.locator("#panel h2").wait_for(timeout=5_000)
        shown = opened.locator("#panel h2").text_content()
        places = [opened.evaluate(WHERE, other) for other in (word, shown)]
        assert shown == word or np.hypot(*np.subtract(*places)) < 3
        opened.keyboard.press("Escape")


def test_the_wheel_zooms_and_more_words_get_labels(opened: Tab) -> None:
    before = set(column(opened, "dx", "word"))
    box = opened.locator("main").bounding_box()
    opened.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    opened.evaluate("() => { window.span = Bokeh.documents[0].roots()[0].x_range.span; }")
    opened.mouse.wheel(0, -300)
    opened.wait_for_function("() => Bokeh.documents[0].roots()[0].x_range.span < window.span")
    opened.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    after = set(column(opened, "dx", "word"))
    assert before - after, "what is out of view has no label"
    assert after - before, "there is room for labels that had none"


def test_groups_are_named_on_the_map_and_in_the_panel(opened: Tab) -> None:
    names = column(opened, "name", "name")
    assert listed(opened) == names and len(names) == 10
    assert any(column(opened, "name", "alpha")), "on the whole map"
    opened.locator("#panel li button").first.click()
    picked = opened.evaluate(
        "() => [...Bokeh.documents[0]._all_models.values()].find(m => m.data && 'rank' in m.data).selected.indices"
    )
    groups = column(opened, "rank", "group")
    assert {groups[i] for i in picked} == {0} and len(picked) == groups.count(0)
    assert not any(column(opened, "name", "alpha"))
    opened.keyboard.press("Escape")
    assert listed(opened) == names


def test_colours_are_those_of_the_systems_mode(opened: Tab) -> None:
    def colours() -> tuple[str, str, str]:
        paper = opened.evaluate("() => getComputedStyle(document.body).backgroundColor")
        plot = opened.evaluate("() => Bokeh.documents[0].roots()[0].background_fill_color")
        return paper, plot, column(opened, "rank", "colour")[0]

    assert colours()[:2] == ("rgb(255, 255, 255)", "#fff") and colours()[2] in COLOURS
    opened.emulate_media(color_scheme="dark")
    opened.wait_for_function("() => Bokeh.documents[0].roots()[0].background_fill_color !== '#fff'")
    assert colours()[:2] == ("rgb(22, 24, 28)", "#16181c") and colours()[2] in COLOURS_AT_NIGHT


def test_hard_words_are_shown_as_they_are(opened: Tab) -> None:
    for word in HARD_WORDS:
        opened.fill("#search", word)
        assert word in listed(opened)
        opened.press("#search", "Enter")
        assert opened.locator("#panel h2").text_content() == word
    opened.keyboard.press("Escape")
    for word in HARD_WORDS:
        opened.mouse.move(*opened.evaluate(WHERE, word))
        opened.locator(".bk-tooltip-content b, .bk-Tooltip b").filter(has_text=word).first.wait_for(timeout=5_000)
    assert opened.evaluate("window.broken") is None
    assert opened.locator("img").count() == 0


def test_a_log_opens(tab: Tab, tmp_path: Path) -> None:
    rows = ['{"progress": 0.5, "loss": 2.5, "lr": 0.1}', '{"progress": 1.0, "loss": 2.0, "lr": 0.0, "ws": 0.5}']
    (tmp_path / "log.json").write_text("\n".join(rows))
    plot_log(tmp_path / "log.html", tmp_path / "log.json")
    tab.goto((tmp_path / "log.html").as_uri())
    tab.locator("canvas").first.wait_for(timeout=10_000)
