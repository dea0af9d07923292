"""The docs say what the program does: help blocks, code that runs, links and flags.

A block of a page after the line `<!-- runs -->` is run here, page by page in a folder of its own that holds
`corpus.txt` and `vectors.bin` of the demo: a python block in the namespace of those above it, a console block's
`$ w2v ...` lines by the program, and its `python FILE`, `wc`, `head`, `sed`, `grep` and `cat` by the system.

After `<!-- runs, prints -->` what it prints is compared too: a python block with the text block that follows it.
`$ cat FILE` makes a file that is not there. Decimals may differ by 0.05, and progress is left out. The tutorial's text
is the library of the Python that runs it: where `wc` counts another text than the page, the rest is run alone.
`UPDATE_DOCS=1 pytest tests/test_docs.py` writes the help blocks and tables anew.
"""

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import pytest
from helpers import CHECKOUT, Run, docs_table

import w2v
from w2v.commands.app import load
from w2v.commands.summaries import SUMMARIES
from w2v.formats.registry import ALLOWED, FORMATS, PARTS, WORDS, listed
from w2v.settings.aliases import VECTORS
from w2v.settings.evaluation import EvaluationConfig
from w2v.settings.fields import fields_of
from w2v.settings.phrases import PhraseConfig
from w2v.settings.train import TrainConfig

DOCS = CHECKOUT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = {path: path.read_text(encoding="utf-8") for path in [*PAGES, *CHECKOUT.glob("*.md")]}
COMMANDS = {name: load(name) for name in SUMMARIES}
FLAGS = {
    flag for command in COMMANDS.values() for param in command.params for flag in param.opts + param.secondary_opts
}
HELP = re.compile(r"(?<=^```console\n)\$ w2v (?:(\S+) )?(--help(?:-all)?)\n(.*?)(?=^```$)", re.M | re.S)
RUNS = re.compile(
    r"^<!-- runs(, prints)? -->\n```(python|console)\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", re.M | re.S
)
PROGRESS = re.compile(r"w2v: (read|train|count|join|write) +\d+%|w2v: training .* kernels$|w2v: compiling kernels")
"""Lines that depend on the machine."""
SLOW = ("tutorial.md", "items.md", "documents.md", "certainty.md", "change.md")
"""Pages whose code trains for more than a second."""
NEEDS = {"docs/api.md": "sklearn", "docs/items.md": "duckdb", "docs/commands/tune.md": "optuna"}
"""The libraries, of extras, that the code of a page needs."""
CLOSE = 0.05
"""Difference of decimals that another processor may make."""


def formats_table() -> str:
    """Return a table of the formats."""
    lines = [
        "| format | suffix | is | keeps besides words and vectors | which words | who reads it | needs |",
        "|---|---|---|---|---|---|---|",
    ]
    for format in FORMATS.values():
        packed = [f"{suffix}.gz" for suffix in format.suffixes if format.can_gzip]
        missing = [part for part in WORDS if part not in format.stores]
        cells = (
            f"`{format.name}`",
            ", ".join(f"`{suffix}`" for suffix in (*format.suffixes, *packed)) or f"none: `--to {format.name}`",
            "a folder" if format.files else "a file",
            ", ".join(text for part, text in PARTS.items() if part in format.stores)
            + (f", and no {listed(missing, 'or')}" if missing else ""),
            ALLOWED[format.forbidden] + (", none twice" if format.distinct else ""),
            format.read_by,
            f"`pip install {format.library}`" if format.library else "",
        )
        lines.append(f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def attributes_table() -> str:
    """Return a table of the attributes of other programs' vectors, and of what to use on Vectors."""
    rows = "".join(f"| `{name}` | `{use}` |\n" for name, use in VECTORS.items())
    return f"| gensim, fastText | `Vectors` |\n|---|---|\n{rows}"


CONFIGS: tuple[type, ...] = (TrainConfig, PhraseConfig, EvaluationConfig)
TABLES = {f"settings: {config.__name__}": docs_table(fields_of(config)) for config in CONFIGS}
TABLES |= {"formats": formats_table(), "vectors": attributes_table()}
TABLE = re.compile(rf"^(<!-- ({'|'.join(TABLES)}) -->\n).*?^(<!-- end -->)$", re.M | re.S)
"""Tables that are made from the code: `UPDATE_DOCS=1` writes them anew."""


def name_of(path: Path) -> str:
    """Return the path of a page in the checkout."""
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_page_with_its_help(command: str) -> None:
    assert command in [name for name, *_ in HELP.findall(TEXTS[DOCS / f"commands/{command}.md"])]
    assert f"]({command}.md)" in TEXTS[DOCS / "commands/index.md"]


@pytest.mark.parametrize("path", [path for path in PAGES if HELP.search(TEXTS[path])], ids=name_of)
def test_help_blocks_are_what_the_program_prints(path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    def printed(block: re.Match[str]) -> str:
        return block[0].split("\n", 1)[0] + "\n" + run(*filter(None, [block[1]]), block[2]).out

    renewed = HELP.sub(printed, TEXTS[path])
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(renewed, encoding="utf-8")
    else:
        assert TEXTS[path] == renewed


def assert_same(printed: str, shown: str, where: str) -> None:
    """Compare lines: words with words, decimals with near ones; of neighbours, after two spaces, the first word."""
    left, right = ([line for line in text.splitlines() if not PROGRESS.match(line)] for text in (printed, shown))
    assert len(left) == len(right), f"{where}:\n{printed}"
    for number, (ours, theirs) in enumerate(zip(left, right, strict=True)):
        for one, other in zip_longest(ours.split(), theirs.split(), fillvalue=""):
            is_first = number > 0 and not right[number - 1].startswith("  ")
            if theirs.startswith("  ") and not is_first and "." not in other:
                continue
            one, other = one.strip(":;"), other.strip(":;")
            if not re.fullmatch(r"-?\d+\.\d+", one):
                assert one == other, f"{where}: {ours!r} where the page has {theirs!r}"
            assert one == other or abs(float(one) - float(other)) <= CLOSE, f"{where}: {ours!r}, {theirs!r}"


def commands_of(block: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with what it prints there."""
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in re.split(r"^\$ ", block, flags=re.M)[1:]]


def printed_by(line: str, shown: str, script: str, run: Run) -> str:
    """Run a command of a page and return what it prints, standard error first; `python FILE` runs the block above."""
    program, *arguments = shlex.split(line)
    if program == "w2v":
        result = run(*arguments)
        assert result.status == 0, line
        return result.err + result.out
    assert program in ("python", "wc", "head", "sed", "grep", "cat"), "only these can be run"
    if program == "cat" and not Path(arguments[0]).exists():
        Path(arguments[0]).write_text(shown, encoding="utf-8")
    if program == "python":
        Path(arguments[0]).write_text(script, encoding="utf-8")
        program = sys.executable
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("path", [path for path in PAGES if TABLE.search(TEXTS[path])], ids=name_of)
def test_tables_are_those_of_the_program(path: Path) -> None:
    renewed = TABLE.sub(lambda block: f"{block[1]}\n{TABLES[block[2]]}\n{block[3]}", TEXTS[path])
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(renewed, encoding="utf-8")
    else:
        assert TEXTS[path] == renewed


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.slow] if path.name in SLOW else [])
        for path in PAGES
        if RUNS.search(TEXTS[path])
    ],
    ids=name_of,
)
def test_blocks_that_run(
    path: Path, run: Run, corpus: Path, vectors_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if library := NEEDS.get(name_of(path)):
        pytest.importorskip(library)
    run("--version")  # which goes to the folder of the test
    shutil.copy(vectors_file, "vectors.bin")
    namespace: dict[str, object] = {}
    is_same_text, script = True, ""
    for prints, kind, block, text in RUNS.findall(TEXTS[path]):
        if kind == "python":
            capsys.readouterr()
            script = block
            exec(compile(block, name_of(path), "exec"), namespace)
            printed = capsys.readouterr().out
            if prints and text and is_same_text:
                assert_same(printed, text, name_of(path))
        for line, shown in commands_of(block) if kind == "console" else ():
            printed = printed_by(line, shown, script, run)
            is_same_text = is_same_text and (not line.startswith("wc ") or printed == shown)
            if prints and is_same_text:
                assert_same(printed, shown, f"{name_of(path)}: {line}")


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[path]):
        if not re.match(r"[a-z]+:", link):
            assert (path.parent / link.partition("#")[0]).exists(), link


FILE_NAME = re.compile(r"`([\w./-]+(?:\.(?:py|c|html|md|toml|yml)|/))`")
MADE_BY_READERS = {"tuned.toml", "make_corpus.py", "make_events.py", "walks.py"}
FILES = {
    f"/{path.relative_to(CHECKOUT).as_posix()}{'/' * path.is_dir()}"
    for part in ("*", "*/*", "w2v/*/**/*", "docs/*/*", "tests/**/*")
    for path in CHECKOUT.glob(part)
    if "__pycache__" not in path.parts
}
"""The files and folders of a checkout, without what tools leave there."""


def test_files_that_the_docs_name_exist() -> None:
    pages = {**TEXTS, CHECKOUT / "bench/README.md": (CHECKOUT / "bench/README.md").read_text(encoding="utf-8")}
    gone = [
        f"{name_of(path)}: {name}"
        for path, text in pages.items()
        if path.name != "CHANGELOG.md"
        for name in sorted(set(FILE_NAME.findall(text)) - MADE_BY_READERS)
        if not any(file.endswith(f"/{name}") for file in FILES)
    ]
    assert not gone, "\n".join(gone)


def test_the_page_of_the_benchmarks_lists_each_script() -> None:
    listed = re.findall(r"^\| `(\w+\.py)` \|", (CHECKOUT / "bench/README.md").read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == sorted(path.name for path in (CHECKOUT / "bench").glob("*.py"))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_page_is_in_the_table_of_contents(path: Path) -> None:
    contents = (CHECKOUT / "mkdocs.yml").read_text(encoding="utf-8")
    assert re.search(rf"^ +- (?:[\w ]+: )?{path.relative_to(DOCS).as_posix()}$", contents, re.M)


def test_the_page_of_the_api_has_every_public_name() -> None:
    shown = re.findall(r"^::: w2v\.(\w+)$", TEXTS[DOCS / "api.md"], re.M)
    assert sorted(shown) == sorted(set(w2v.__all__) - {"__version__"})


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
    if name == "MeanVectorizer":
        pytest.importorskip("sklearn")
    public = getattr(w2v, name)
    members = (
        [member for member in vars(public).values() if inspect.isroutine(member)] if inspect.isclass(public) else []
    )
    for docstring in filter(None, map(inspect.getdoc, [public, *members])):
        assert "Examples:\n    >>>" in docstring or ">>>" not in docstring, "mkdocstrings takes it for a quotation"


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_nothing_is_left_to_fill_in(path: Path) -> None:
    assert not re.search(r"@[A-Z]+@|TODO|TBD", TEXTS[path])
