"""Slips: the names of gensim, fastText and word2vec.c are answered with ours, as docs/coming-from.md has them."""

import re
from typing import Any

import pytest
from helpers import CHECKOUT, Run

import w2v
from w2v.base.errors import as_flags
from w2v.commands.app import load
from w2v.commands.summaries import SUMMARIES
from w2v.settings import aliases as slips

COMMANDS = {name: load(name) for name in SUMMARIES}
FLAGS = {flag for one in COMMANDS.values() for param in one.params for flag in param.opts + param.secondary_opts}
PAGE = (CHECKOUT / "docs/coming-from.md").read_text(encoding="utf-8")
SETTINGS_ROWS = [
    (name, row.split("|"))
    for row in re.findall(r"^\| (`.*) \|$", PAGE, re.M)
    if row.count("|") >= 4
    for name in re.findall(r"`(-?[A-Za-z_-]+)`", row.split("|")[0])
]
"""The settings of other programs in the tables, each with the cells of its row."""


@pytest.mark.parametrize(
    "arguments, line",
    (
        (["train", "c", "-size", "100"], "w2v has no -size: use --dim"),
        (["train", "c", "--vector_size=100"], "w2v has no --vector_size: use --dim"),
        (["train", "c", "-cbow", "1"], "w2v has no -cbow: use --model cbow, or --model skipgram, which is the default"),
        (["train", "c", "--workers", "4"], "w2v has no --workers: use --threads"),
        (["train", "-input", "c"], "w2v has no -input: the corpus is the first argument"),
        (["train", "c", "-output", "v.bin"], "w2v has no -output: use --output"),
        (["train", "-classes", "9"], "w2v has no -classes: use `w2v convert vectors.bin classes.txt --classes N`"),
        (["train", "c", "-minCount", "2"], "w2v has no -minCount: use --min-count"),
        (["train", "c", "-min-count", "2"], "w2v has no -min-count: use --min-count"),
        (["train", "c", "--no_shrink_window"], "w2v has no --no_shrink_window: use --no-shrink-window"),
        (["-train", "c"], "w2v has no -train: the corpus is the first argument"),
        (["skipgram", "-input", "c"], "w2v has no command skipgram: use `w2v train`"),
        (["similar", "king", "--restrict_vocab", "9"], "w2v has no --restrict_vocab: use --restrict"),
    ),
)
def test_flags_of_others_are_answered_in_a_line(run: Run, arguments: list[str], line: str) -> None:
    assert run(*arguments) == (2, "", f"w2v: {line}\n")


def test_words_and_short_flags_are_no_slips(run: Run) -> None:
    for arguments in (["similar", "--", "-size"], ["similar", "king", "-n5"], ["similar", "sg", "-", "t"]):
        assert "no file vectors.bin" in run(*arguments).err


@pytest.mark.parametrize(
    "keyword, hint",
    (
        ("vector_size", "use dim"),
        ("sg", "use model='skipgram', which is the default, or model='cbow'"),
        ("workers", "use threads"),
        ("iter", "use epochs"),
        ("corpus_file", "the corpus is the first argument"),
        ("dimm", "did you mean dim?"),
    ),
)
def test_keywords_of_others_are_answered(keyword: str, hint: str) -> None:
    settings: dict[str, Any] = {keyword: 1}
    with pytest.raises(w2v.SettingsError, match=re.escape(f"unknown setting '{keyword}'; {hint}")) as caught:
        w2v.train([["a"]], **settings)
    assert isinstance(caught.value, TypeError), "as Python says of an unknown keyword"


def test_other_functions_say_it_too() -> None:
    vectors = w2v.train([["a", "b"]] * 5, dim=2, epochs=1, sample=0)
    wrong: dict[str, Any] = {"min_cont": 1}
    with pytest.raises(TypeError, match="unknown setting 'min_cont'; did you mean min_count"):
        w2v.build_vocab([["a"]], **wrong)
    with pytest.raises(TypeError, match="unknown setting 'min_cont'; did you mean min_count"):
        w2v.find_phrases([["a"]], **wrong)
    wrong = {"restrict_vocab": 1}
    with pytest.raises(TypeError, match="unknown setting 'restrict_vocab'; use restrict"):
        w2v.evaluate(vectors, **wrong)


def test_no_name_of_ours_is_a_slip() -> None:
    ours = {flag.lstrip("-").replace("-", "_") for flag in FLAGS}
    assert ours & set(slips.SETTINGS) == {"classes"}, "of convert, where word2vec.c has it in training"
    assert not set(COMMANDS) & set(slips.COMMANDS)


@pytest.mark.parametrize("name", slips.SETTINGS)
def test_an_answer_names_flags_that_there_are(name: str) -> None:
    flags = set(re.findall(r"--[a-z-]+", as_flags(slips.answer(name) or "")))
    assert flags <= FLAGS
    commands = re.findall(r"`w2v ([a-z-]+)", slips.answer(name) or "")
    assert set(commands) <= set(COMMANDS)


@pytest.mark.parametrize("name, cells", SETTINGS_ROWS, ids=[name for name, _ in SETTINGS_ROWS])
def test_the_page_and_the_table_agree(name: str, cells: list[str]) -> None:
    flags = set(re.findall(r"`(--[a-z-]+)", cells[-1]))
    hint = as_flags(slips.answer(name) or "")
    if not hint:
        assert f"--{name.lstrip('-').replace('_', '-')}" in FLAGS, "a name that is ours too"
    elif flags:
        named = set(re.findall(r"--[a-z-]+", hint))
        assert named & flags or {flag.replace("--no-", "--") for flag in flags} & named, hint


def test_each_slip_is_on_the_page() -> None:
    named = {name.replace("-", "_").lower() for name in re.findall(r"\w[\w-]*", PAGE)}
    assert set(slips.SETTINGS) <= named
