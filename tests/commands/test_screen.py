"""What reaches the screen is text: nothing that a terminal obeys comes through, and JSON is exact."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from helpers import Run

import w2v
from w2v.base.errors import printable
from w2v.formats.model import Model, Trained

HOSTILE = [
    "\x1b]0;title\x07",
    "\x1b[2Jclear",
    "\x9b31mred",
    "\u202egnp.exe",
    "a\u2066b\u2069",
    "line\u2028end",
    "bell\x07",
    "nel\x85",
]
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Vectors whose words hold all that a terminal obeys."""
    path = tmp_path / "hostile.w2v"
    matrix = np.random.default_rng(1).standard_normal((len(HOSTILE), 4)).astype(np.float32)
    trained = Trained({"w2v": "\x1b[31m\u202e", "settings": {"column": "\x9bX"}})
    w2v.Vectors.of(Model(HOSTILE, matrix, trained=trained)).save(path)
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ("similar", HOSTILE[0], HOSTILE[3], "--vectors", "hostile.w2v"),
        ("similar", "\x1b[2Jno", "--vectors", "hostile.w2v"),
        ("similar", "a", "--vectors", "\x1b[2J.bin"),
        ("analogy", *HOSTILE[:3], "--vectors", "hostile.w2v"),
        ("info", "hostile.w2v"),
        ("convert", "hostile.w2v", "c.txt"),
        ("convert", "hostile.w2v", "\x9b2J.bin"),
        ("evaluate", "hostile.w2v", "--similarity", "pairs\x1b[2J.txt"),
        ("build-vocab", "text\u202e.txt", "--min-count", "1", "-o", "\x1b[2Jvocab"),
        ("phrases", "text\u202e.txt", "--min-count", "1", "--threshold", "0"),
        ("train", "\x1b[2J"),
        ("\x1b[2J",),
        ("info", "--\x9b2J"),
    ],
    ids=lambda arguments: ascii(" ".join(arguments)),
)
def test_what_a_terminal_obeys_is_escaped(run: Run, hostile: Path, arguments: tuple[str, ...]) -> None:
    (hostile.parent / "text\u202e.txt").write_text("\x1b[2J \u202ex " * 20)
    (hostile.parent / "pairs\x1b[2J.txt").write_text("".join(f"{a}\t{b}\t{i}\n" for i, (a, b) in enumerate(PAIRS)))
    result = run(*arguments)
    shown = result.out + result.err
    assert shown and not OBEYED.search(shown), ascii(shown)


PAIRS = [(HOSTILE[0], HOSTILE[1]), (HOSTILE[1], HOSTILE[2]), (HOSTILE[2], HOSTILE[3])]


def test_json_is_exact(run: Run, hostile: Path) -> None:
    (answer,) = json.loads(run("similar", HOSTILE[0], "--vectors", hostile, "--json").out)
    assert {answer["word"], *(found["word"] for found in answer["neighbours"])} == set(HOSTILE)
    assert json.loads(run("info", hostile, "--json").out)["first"] == HOSTILE


def test_what_people_write_is_shown_as_it_is() -> None:
    for text in ("naïve café", "馬", "a\u200db", "สวัสดี", "שלום", "\ufeffx", "🏴‍☠️"):
        assert printable(text) == text


def test_a_python_warning_is_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.jsonl").write_text('{"text": "a b 1"}\n')
    w2v.Vectors(["a", "b"], np.eye(2, dtype=np.float32)).save(tmp_path / "v.bin")
    result = run("evaluate", "v.bin", "--similarity", "x.jsonl")
    said = 'w2v: x.jsonl, line 1: expected two words and a number, found \'{"text": "a b 1"}\'\n'
    assert (result.status, result.err) == (1, said)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("info", "nofile"), 1, "there is no file nofile; check the name"),
        (("convert", "nofile", "x.bin"), 1, "there is no file nofile"),
        (("plot", "nofile"), 1, "there is no file nofile"),
        (("evaluate", "nofile", "--similarity", "x"), 1, "no file x"),
        (("similar", "a", "--vectors", "nowhere://x.org/v.bin"), 1, "cannot use nowhere://x.org/v.bin with this"),
        (("convert", "good.bin", "-", "--to", "native"), 2, "a w2v folder cannot go to standard output; word2vec-text"),
        (("train", "corpus.txt", "--log-json", "-"), 2, "--log-json -: cannot write to standard output; name a file"),
        (("train", "corpus.txt", "-o", "-", "--save-output"), 2, "--save-output needs a file to write to"),
    ],
)
def test_files_that_are_none(
    run: Run, corpus: Path, vectors_file: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    (corpus.parent / "good.bin").write_bytes(vectors_file.read_bytes())
    result = run(*arguments)
    assert (result.status, result.out, result.err.count("\n")) == (status, "", 1)
    assert said in result.err
    assert not (corpus.parent / "-").exists()
