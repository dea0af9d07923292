"""The docs say what the program does: help blocks, code that runs, links and flags.

A block of a page after the line `<!-- runs -->` is run here, page by page in a folder of its own that holds
`corpus.txt` and `vectors.bin` of the demo: a python block in the namespace of those above it, a console block's
`$ w2v ...` lines by the program. `UPDATE_DOCS=1 pytest tests/test_docs.py` writes the help blocks anew.
"""

import inspect
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from helpers import CHECKOUT, Run
from typer.main import get_command

import w2v
from w2v import config
from w2v.commands.app import app
from w2v.settings import docs_table, fields_of

DOCS = CHECKOUT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = {path: path.read_text(encoding="utf-8") for path in [*PAGES, *CHECKOUT.glob("*.md")]}
COMMANDS = {name: command for name, command in vars(get_command(app))["commands"].items()}
FLAGS = {
    flag for command in COMMANDS.values() for param in command.params for flag in param.opts + param.secondary_opts
}
HELP = re.compile(r"(?<=^```console\n)\$ w2v (?:(\S+) )?--help\n(.*?)(?=^```$)", re.M | re.S)
SETTINGS = re.compile(r"^(<!-- settings: (\w+) -->\n).*?^(<!-- end -->)$", re.M | re.S)
RUNS = re.compile(r"^<!-- runs -->\n```(python|console)\n(.*?)^```$", re.M | re.S)


def name_of(path: Path) -> str:
    """Return the path of a page in the checkout."""
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_page_with_its_help(command: str) -> None:
    assert command in [name for name, _ in HELP.findall(TEXTS[DOCS / f"commands/{command}.md"])]
    assert f"]({command}.md)" in TEXTS[DOCS / "commands/index.md"]


@pytest.mark.parametrize("path", [path for path in PAGES if HELP.search(TEXTS[path])], ids=name_of)
def test_help_blocks_are_what_the_program_prints(path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    def printed(block: re.Match[str]) -> str:
        return block[0].split("\n", 1)[0] + "\n" + run(*filter(None, [block[1]]), "--help").out

    renewed = HELP.sub(printed, TEXTS[path])
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(renewed, encoding="utf-8")
    else:
        assert TEXTS[path] == renewed


@pytest.mark.parametrize("path", [path for path in PAGES if SETTINGS.search(TEXTS[path])], ids=name_of)
def test_tables_of_settings_are_those_of_the_config(path: Path) -> None:
    def table(block: re.Match[str]) -> str:
        return f"{block[1]}\n{docs_table(fields_of(getattr(config, block[2])))}\n{block[3]}"

    renewed = SETTINGS.sub(table, TEXTS[path])
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(renewed, encoding="utf-8")
    else:
        assert TEXTS[path] == renewed


@pytest.mark.parametrize("path", [path for path in PAGES if RUNS.search(TEXTS[path])], ids=name_of)
def test_blocks_that_run(path: Path, run: Run, corpus: Path, vectors_file: Path) -> None:
    shutil.copy(vectors_file, "vectors.bin")
    namespace: dict[str, object] = {}
    for kind, block in RUNS.findall(TEXTS[path]):
        if kind == "python":
            exec(compile(block, name_of(path), "exec"), namespace)
        for line in re.findall(r"^\$ (.*)", block, re.M) if kind == "console" else ():
            program, *arguments = shlex.split(line)
            assert program == "w2v", "only the program itself can be run"
            assert run(*arguments).status == 0, line


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[path]):
        if not re.match(r"[a-z]+:", link):
            assert (path.parent / link.partition("#")[0]).exists(), link


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_page_is_in_the_table_of_contents(path: Path) -> None:
    assert re.search(rf"^ +- {path.relative_to(DOCS).as_posix()}$", (CHECKOUT / "mkdocs.yml").read_text(), re.M)


def test_flags_of_other_tools_lead_to_flags_of_ours() -> None:
    rows = re.findall(r"^\|.*\| ([^|]*) \|$", TEXTS[DOCS / "coming-from.md"], re.M)
    named = {flag for row in rows for flag in re.findall(r"`(--?[a-z][a-z-]*)", row)}
    assert len(named) > 10
    assert named <= FLAGS


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_flags_exist(path: Path) -> None:
    assert set(re.findall(r"`(--[a-z-]+)", TEXTS[path])) <= FLAGS


@pytest.mark.parametrize("name", w2v.__all__)
def test_examples_in_docstrings_have_their_heading(name: str) -> None:
    public = getattr(w2v, name)
    members = (
        [member for member in vars(public).values() if inspect.isroutine(member)] if inspect.isclass(public) else []
    )
    for docstring in filter(None, map(inspect.getdoc, [public, *members])):
        assert "Examples:\n    >>>" in docstring or ">>>" not in docstring, "mkdocstrings takes it for a quotation"


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_nothing_is_left_to_fill_in(path: Path) -> None:
    assert not re.search(r"@[A-Z]+@|TODO|TBD", TEXTS[path])
