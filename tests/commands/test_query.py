"""`similar`, `vector` and `recommend`: from the command line, in a pipe and at a prompt."""

import json
import os
import select
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import CHECKOUT, Run

import w2v
from w2v.commands.questions import parse_questions


def bold_free(text: str) -> list[str]:
    """Return the words at the heads of answers."""
    return [line for line in text.splitlines() if line and not line.startswith(" ")]


@pytest.mark.parametrize(
    ("line", "titles"),
    [
        ("king", ["king"]),
        ("king paris", ["king", "paris"]),
        ("king - man + woman", ["king + woman - man"]),
        ("paris king - man rome", ["paris", "king - man", "rome"]),
        ("- king", ["- king"]),
        ("-", ["-"]),
        ("+ -", ["-"]),
        ("a - -", ["a - -"]),
        ("well-known c++", ["well-known", "c++"]),
        ("", []),
    ],
)
def test_signs_between_words_make_a_sum(line: str, titles: list[str]) -> None:
    assert [question.title for question in parse_questions(line.split())] == titles


def test_a_sum_on_the_command_line(run: Run, vectors_file: Path) -> None:
    signs = run("similar", "horse", "-", "violin", "+", "paris", "--vectors", vectors_file)
    flags = run("similar", *("--positive", "horse", "--positive", "paris", "--negative", "violin"),
                "--vectors", vectors_file)  # fmt: skip
    assert signs == flags and signs.status == 0


def test_words_of_a_pipe_are_answered_line_by_line(run: Run, vectors_file: Path) -> None:
    asked = ("similar", "-n", "2", "--vectors", vectors_file)
    answers = run(*asked, stdin="horse\n\nhorse - cow + paris\n")
    assert answers.status == 0 and bold_free(answers.out) == ["horse", "horse + paris - cow"]
    first, second = run(*asked, "--json", stdin="horse\nparis cow\n").out.splitlines()
    assert [answer["word"] for answer in json.loads(second)] == ["paris", "cow"]
    assert json.loads(first) == json.loads(run(*asked, "horse", "--json").out)


def test_an_unknown_word_in_a_pipe_does_not_end_it(run: Run, vectors_file: Path) -> None:
    status, out, err = run("similar", "--vectors", vectors_file, stdin="hors\nhorse\n")
    assert status == 1 and bold_free(out) == ["horse"]
    assert err.splitlines()[0].startswith("w2v: 'hors' is not in the vocabulary; did you mean horse")
    assert err.splitlines()[1] == "w2v: 1 of 2 lines have no answer"


@pytest.mark.parametrize("command", ["similar", "vector", "recommend"])
def test_an_empty_pipe_is_a_missing_word(run: Run, vectors_file: Path, command: str) -> None:
    status, out, err = run(command, "--vectors", vectors_file)
    assert (status, out) == (2, "") and "missing argument" in err


def test_rare_words_are_left_out_of_answers_and_said(run: Run, vectors_file: Path) -> None:
    vectors = w2v.Vectors.load(vectors_file)
    asked = ("similar", vectors.words[-1], "-n", "50", "--vectors", vectors_file)
    status, out, err = run(*asked, "--restrict", "20")
    assert status == 0 and {line.split()[0] for line in out.splitlines()[1:]} == set(vectors.words[:20])
    assert err == f"w2v: answers are among the 20 most frequent of {len(vectors)} words; --restrict 0: all\n"
    for flags in ((), ("--restrict", "0")):
        assert run(*asked, *flags).err == ""
    rare = run("analogy", *vectors.words[:3], "--restrict", "9", "--vectors", vectors_file)
    assert {line.split()[0] for line in rare.out.splitlines()[1:]} == set(vectors.words[3:9])
    assert run(*asked, "--restrict", "-1").status == 2


def test_vector_prints_what_a_text_file_has(run: Run, vectors_file: Path) -> None:
    vectors = w2v.Vectors.load(vectors_file)
    status, out, err = run("vector", "horse", "paris", "--vectors", vectors_file)
    assert (status, err) == (0, "")
    for line, word in zip(out.splitlines(), ("horse", "paris"), strict=True):
        name, *numbers = line.split()
        assert name == word
        np.testing.assert_array_equal(np.array(numbers, np.float64).astype(np.float32), vectors[word])
    assert run("vector", "--vectors", vectors_file, stdin="horse paris\n").out == out
    (found,) = json.loads(run("vector", "horse", "--json", "--vectors", vectors_file).out)
    assert found["word"] == "horse" and np.array_equal(np.array(found["vector"], np.float32), vectors["horse"])
    assert run("vector", "none", "--vectors", vectors_file).status == 1


def test_recommend(run: Run, tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    words, matrix, output = [f"w{n}" for n in range(30)], *generator.standard_normal((2, 30, 4)).astype(np.float32)
    vectors = w2v.Vectors(words, matrix, np.arange(30, 0, -1), output)
    vectors.save(tmp_path / "vectors.w2v")
    expected = w2v.recommend(vectors, ["w3", "w9"], 4, decay=0.5)
    status, out, err = run("recommend", "w3", "w9", "-n", "4", "--decay", "0.5")
    assert (status, err) == (0, "") and bold_free(out) == ["w3 w9"]
    assert [line.split()[0] for line in out.splitlines()[1:]] == [item for item, _ in expected]
    (answer,) = json.loads(run("recommend", "w3", "w9", "-n", "4", "--decay", "0.5", "--json").out)
    assert answer["items"] == ["w3", "w9"] and [found["item"] for found in answer["next"]] == [i for i, _ in expected]
    people = run("recommend", "-n", "1", stdin="w3 w9\nnone w4\n")
    assert bold_free(people.out) == ["w3 w9", "none w4"]
    assert people.err == "w2v: left out 1 of 2 items, which have no vector: none\n"
    vectors.save(tmp_path / "v.bin")
    assert "no output rows" in run("recommend", "w3", "--vectors", "v.bin").err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="pseudo-terminals are Unix's")
def test_a_prompt_on_a_terminal(vectors_file: Path, tmp_path: Path) -> None:
    """Typed on a real terminal: a word is completed, an unknown one is no end, and the lines are remembered."""
    import pty

    state = tmp_path / "state"
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(PYTHONPATH=str(CHECKOUT), XDG_STATE_HOME=str(state), TERM="dumb", NO_COLOR="1")
        command = [sys.executable, str(CHECKOUT / "cli.py"), "similar", "-n", "2", "--vectors", str(vectors_file)]
        os.execv(sys.executable, command)
    shown = read_until(terminal, "word> ")
    os.write(terminal, b"hors\t\n")
    shown += read_until(terminal, "word> ")
    os.write(terminal, b"nosuch\n")
    shown += read_until(terminal, "word> ")
    os.write(terminal, b"\x04")
    shown += read_until(terminal, None)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0, shown
    expected = w2v.Vectors.load(vectors_file).similar("horse", 2)
    assert all(f"  {word} " in shown for word, _ in expected), shown
    assert "'nosuch' is not in the vocabulary" in shown
    assert (state / "w2v" / "history").read_text().split() == ["horse", "nosuch"]


def read_until(terminal: int, end: str | None) -> str:
    """Return what a terminal shows up to the end of a line that is asked for; None reads all."""
    shown = ""
    while end is None or not shown.rstrip("\a").endswith(end):
        if not select.select([terminal], [], [], 60)[0]:
            break
        try:
            more = os.read(terminal, 4_096).decode("utf-8", "replace")
        except OSError:  # Linux: nobody writes to it any more
            break
        if not more:
            break
        shown += more
    return shown
