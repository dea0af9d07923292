"""Fixtures: the program as its user runs it, a small corpus, and vectors trained on it."""

import io
import os
import signal
import sys
from pathlib import Path

import pytest
from helpers import Result, Run
from toy_corpus import SETTINGS, sentences

import w2v
from w2v import commands as cli

os.environ.pop("PYTHONUNBUFFERED", None)  # a user's streams have buffers, and what is in them at the end
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as under nohup; the programs that tests interrupt inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
collect_ignore = ["fuzz/fuzz.py", "like_windows.py", "windows_workflow.py"]
"""The first needs atheris. To import the second takes from this process what Windows lacks; the third trains."""
if os.name == "nt":  # signals, pipes, terminals and limits as Unix has them
    collect_ignore += ["faults", "fuzz", "test_hostile.py", "commands/test_interrupts.py", "commands/test_progress.py"]
    collect_ignore += ["commands/test_resume.py", "test_windows.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow the tests that need the nursery of the program or a Ray cluster: starting these takes seconds."""
    for item in items:
        if {"nursery", "machines"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def corpus_text() -> str:
    """3,000 sentences of the toy corpus: 19,000 tokens, 147 words, every group of words at hand."""
    return "".join(" ".join(tokens) + "\n" for tokens in sentences(3_000))


@pytest.fixture
def corpus(tmp_path: Path, corpus_text: str) -> Path:
    """The same as `corpus.txt` in the test's own folder."""
    path = tmp_path / "corpus.txt"
    path.write_text(corpus_text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def vectors_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vectors that know the groups of the toy corpus; read only."""
    path = tmp_path_factory.mktemp("vectors") / "vectors.bin"
    w2v.train(sentences(10_000), **{**SETTINGS, "dim": 16}).save(path)
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the program in the test's own folder, as its console script does."""
    monkeypatch.chdir(tmp_path)

    def run_here(*arguments: str | Path, stdin: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        status = cli.main([str(argument) for argument in arguments])
        return Result(status, *capsys.readouterr())

    return run_here
