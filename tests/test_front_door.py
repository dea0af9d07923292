"""One front door: what the command line tells its user, Python's user is told too, in the same words."""

import ast
import logging
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import CHECKOUT, Run

import w2v
from w2v.commands.app import load
from w2v.commands.summaries import SUMMARIES

MAY_PRINT = {
    "app.py": "errors, and warnings of libraries",
    "questions.py": "the prompt",
    "query.py": "a question on standard input that has no answer",
    "screen.py": "defines print_status",
    "terminal.py": "the Reporter",
}
"""Files of the command line that may print a message, and what. All others leave it to the API's Reporter."""
PROGRESS = re.compile(r"(read|count|join|write|train|tune) +(\d+%)? |compiling kernels")
QUICK: dict[str, Any] = {"dim": 4, "epochs": 1, "threads": 1, "min_count": 1, "sample": 0}
FLAGS = ("--dim", "4", "--epochs", "1", "--threads", "1", "--min-count", "1", "--sample", "0")


def write_inputs(folder: Path) -> None:
    """Write small inputs, each with something to tell of."""
    (folder / "latin.txt").write_bytes(("plain " * 60 + "café crème café\n").encode("latin-1") * 20)
    (folder / "many.txt").write_text("".join(f"w{n} w{n * 7 % 101} a b\n" for n in range(100)))
    (folder / "rows.jsonl").write_text('{"text": "a b c"}\n{"text": ""}\n{"other": 1}\n' * 10)
    (folder / "pairs.tsv").write_text("a\tb\t3\na\tw1\t2\nb\tw2\t1\nnone\tb\t1\n")
    (folder / "questions.txt").write_text("none b c d\n")
    (folder / "next.txt").write_text("a\nb\n")
    (folder / "sessions.txt").write_text("b\na\n")
    vectors = w2v.Vectors(["a", "b", "c", "a"], np.eye(4, dtype=np.float32), np.array([4, 3, 2, 1]))
    vectors.save(folder / "twice.bin")
    w2v.train(str(folder / "many.txt"), str(folder / "model.w2v"), **QUICK, line_vectors="alone")


CASES: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {
    "bytes that are not UTF-8": (
        lambda: w2v.train("latin.txt", "v.bin", **QUICK),
        ("train", "latin.txt", "-o", "v.bin", *FLAGS),
    ),
    "bytes that are not UTF-8, vocabulary": (
        lambda: w2v.build_vocab("latin.txt", "vocab.txt", min_count=1),
        ("build-vocab", "latin.txt", "--min-count", "1"),
    ),
    "bytes that are not UTF-8, phrases": (
        lambda: w2v.find_phrases("latin.txt", "phrased.txt"),
        ("phrases", "latin.txt"),
    ),
    "too many words": (
        lambda: w2v.build_vocab("many.txt", "vocab.txt", min_count=1, max_types=50, threads=1),
        ("build-vocab", "many.txt", "--min-count", "1", "--max-types", "50", "--threads", "1"),
    ),
    "rows without the column": (
        lambda: w2v.train("rows.jsonl", "v.bin", **QUICK, column="text"),
        ("train", "rows.jsonl", "-o", "v.bin", *FLAGS, "--column", "text"),
    ),
    "JSON Lines as text": (
        lambda: w2v.train("rows.jsonl", "v.bin", **QUICK),
        ("train", "rows.jsonl", "-o", "v.bin", *FLAGS),
    ),
    "line vectors that a format cannot hold": (
        lambda: w2v.train("many.txt", "v.bin", **QUICK, line_vectors="alone"),
        ("train", "many.txt", "-o", "v.bin", *FLAGS, "--line-vectors", "alone"),
    ),
    "n-grams that a format cannot hold": (
        lambda: w2v.train("many.txt", "v.bin", **QUICK, subwords="fasttext", buckets=100),
        ("train", "many.txt", "-o", "v.bin", *FLAGS, "--subwords", "fasttext", "--buckets", "100"),
    ),
    "earlier vectors": (
        lambda: w2v.train("many.txt", "v.bin", init_from="twice.bin", epochs=1, threads=1, sample=0),
        (
            *("train", "many.txt", "-o", "v.bin", "--init-from", "twice.bin"),
            *("--epochs", "1", "--threads", "1", "--sample", "0"),
        ),
    ),
    "scores while training": (
        lambda: w2v.train(
            "many.txt", "v.w2v", **QUICK, similarity="pairs.tsv", next="next.txt", sessions="sessions.txt"
        ),
        (
            *("train", "many.txt", "-o", "v.w2v", *FLAGS, "--similarity", "pairs.tsv"),
            *("--next", "next.txt", "--sessions", "sessions.txt"),
        ),
    ),
    "test sets that are not covered": (
        lambda: w2v.evaluate("model.w2v", "pairs.tsv", "questions.txt"),
        ("evaluate", "model.w2v", "--similarity", "pairs.tsv", "--analogies", "questions.txt"),
    ),
    "unknown items": (
        lambda: w2v.recommend("model.w2v", ["nope"], 2),
        ("recommend", "nope", "--vectors", "model.w2v", "-n", "2"),
    ),
    "some unknown items": (
        lambda: w2v.recommend("model.w2v", ["nope", "a"], 2),
        ("recommend", "nope", "a", "--vectors", "model.w2v", "-n", "2"),
    ),
    "unknown words in lines": (
        lambda: w2v.infer("model.w2v", "many.txt", "lines.w2v"),
        ("infer", "model.w2v", "many.txt", "-o", "lines.w2v"),
    ),
    "what a format has no place for": (
        lambda: w2v.convert("model.w2v", "v.bin"),
        ("convert", "model.w2v", "v.bin"),
    ),
    "output rows that no longer fit": (
        lambda: w2v.convert("model.w2v", "v.w2v", all_but_the_top=1),
        ("convert", "model.w2v", "v.w2v", "--all-but-the-top", "1"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_python_is_told_what_the_command_prints(
    case: str, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_inputs(tmp_path)
    call, arguments = CASES[case]
    result = run(*arguments)
    assert result.status == 0, result.err
    printed = [line.removeprefix("w2v: ") for line in result.err.splitlines()]
    printed = [as_in_python(line) for line in printed if not PROGRESS.match(line)]
    with warnings.catch_warnings(record=True) as caught, caplog.at_level(logging.INFO, logger="w2v"):
        warnings.simplefilter("always")
        call()
    told = [*(str(warning.message) for warning in caught), *caplog.messages]
    assert printed, "the case tells of something"
    assert not [line for line in printed if line not in told], told
    for warning in caught:
        assert issubclass(warning.category, w2v.W2VWarning) and warning.filename == __file__


def as_in_python(line: str) -> str:
    """Return a line of the command line with flags as keywords."""
    return re.sub(r"--([a-z][a-z-]*)", lambda flag: flag[1].replace("-", "_"), line)


def test_commands_leave_messages_to_the_reporter() -> None:
    found = set()
    for path in (CHECKOUT / "w2v/commands").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name) and node.id == "print_status":
                found.add(path.name)
    assert found <= set(MAY_PRINT)


def test_a_reporter_of_ones_own_is_told_instead(tmp_path: Path) -> None:
    write_inputs(tmp_path)
    told = list[str]()

    class Listener(w2v.Reporter):
        def warning(self, message: str) -> None:
            told.append(message)

    with warnings.catch_warnings(action="error"):
        w2v.train(str(tmp_path / "latin.txt"), reporter=Listener(), **QUICK)
    assert any("not UTF-8" in message for message in told)


READ_VECTORS = {"vectors", "other", "a", "b", "source", "init_from"}
"""Parameters that name a file of vectors."""


@pytest.mark.parametrize("command", SUMMARIES)
def test_a_command_that_reads_vectors_takes_their_format(command: str) -> None:
    names = {param.name for param in load(command).params}
    assert not names & READ_VECTORS or "from_" in names
