"""What several test files share and no fixture can hand out: types, places, libraries, and the program as a process."""

import importlib
import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import pytest

from w2v.settings.fields import Field

Function = TypeVar("Function", bound=Callable[..., Any])

CHECKOUT = Path(__file__).parent.parent

needs_fifos = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")


class Library:
    """A library that is imported when a test uses it: each process collects all tests, and runs some of them."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:  # noqa: ANN401
        """Return what the library has of that name."""
        return getattr(importlib.import_module(self._name), attribute)


def needs(*libraries: str, reason: str) -> None:
    """Skip the tests of the module that calls this if a library is not installed. Imports none."""
    if not all(importlib.util.find_spec(library) for library in libraries):
        pytest.skip(reason, allow_module_level=True)


class Result(NamedTuple):
    """What a run of the program left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Result]
"""run("train", "corpus.txt", stdin="text"): the program, in the test's own folder."""


def start(*arguments: str, **more: Any) -> subprocess.Popen[str]:  # noqa: ANN401
    """Start the program as a process of its own, with pipes for what `more` says nothing about."""
    # Where the tests run in the background SIGINT may be ignored, which a child inherits.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, str(CHECKOUT / "cli.py"), *arguments],
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **more},
        )
    finally:
        signal.signal(signal.SIGINT, before)


def python(code: str, *options: str) -> str:
    """Return what a Python of its own prints, running `code` with the checkout on its path."""
    done = subprocess.run(
        [sys.executable, *options, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files_in(folder: Path) -> dict[str, bytes]:
    """Return what each file under a folder holds, hidden ones included; not run.json of a model, which has the date."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != "run.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def callable_kernel(inlined: Function) -> Function:
    """Return a part of a kernel compiled so that Python can call it."""
    from w2v.kernels import jit

    return cast(Function, jit(vars(inlined)["py_func"]))


def docs_table(known: Iterable[Field]) -> str:
    """Return a table in Markdown, one line per setting."""
    lines = ["| setting | default | values | |", "|---|---|---|---|"]
    for field in known:
        values = ["yes, no"] if field.kind is bool else [str(choice) for choice in field.choices]
        if field.kind in (int, float):
            values = [field.range.removeprefix("from "), *values]
        cells = (f"`{field.name}`", field.shown_default or "none", ", ".join(values) or "text", field.help)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
