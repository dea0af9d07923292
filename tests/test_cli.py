"""The commands, as a user runs them: what they print, write and return when all is well."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from helpers import CHECKOUT, Run

import w2v
from w2v.demo import ASKED, GROUPS
from w2v.terminal import columns, table

COMMANDS = ("build-vocab", "train", "phrases", "similar", "demo")
SMALL = ("--dim", "8", "--epochs", "1", "--sample", "1e-2")
GROUP_OF = {word: group for group, words in GROUPS.items() for word in words.split()}


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"w2v {w2v.__version__}\n", "")


def test_no_command_shows_the_help(run: Run) -> None:
    status, out, err = run()
    assert (status, err) == (0, "")
    assert all(f"\n  {command}" in out for command in COMMANDS)
    assert run("--help") == run("-h") == (0, out, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(run: Run, command: str) -> None:
    status, out, err = run(command, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"Usage: w2v {command} ")
    assert not re.search(r"<\w+|list\[|\bNone\b", out), "Python types are nothing to a user"
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("command", ("build-vocab", "train"))
def test_help_has_the_default_of_every_setting(run: Run, command: str) -> None:
    options = re.split(r"\n  (?=-)", run(command, "--help").out)
    for name, value in w2v.TrainConfig().as_dict().items():
        for option in options:
            if option.startswith(f"--{name.replace('_', '-')} ") and value is not None:
                assert f"[default: {value or 'no'}]" in " ".join(option.split())


def test_build_vocab(run: Run, corpus: Path, corpus_text: str) -> None:
    status, out, err = run("build-vocab", "corpus.txt")
    assert (status, out) == (0, "")
    assert err.endswith("w2v: wrote vocab.txt: 147 words\n")
    lines = Path("vocab.txt").read_text().splitlines()
    words = corpus_text.split()
    assert lines[0] == f"the {words.count('the')}"
    counts = [(-int(count), word.encode()) for word, count in map(str.split, lines)]
    assert counts == sorted(counts)


def test_build_vocab_takes_its_settings(run: Run, corpus: Path) -> None:
    assert run("build-vocab", "corpus.txt", "-o", "v", "--min-count", "100", "--max-vocab", "7", "--quiet").err == ""
    words = [line.split() for line in Path("v").read_text().splitlines()]
    assert len(words) == 7
    assert all(int(count) >= 100 for _, count in words)


def test_lowercase(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c").write_text("ÄPFEL äpfel Äpfel")
    run("build-vocab", "c", "--min-count", "1", "--lowercase")
    assert Path("vocab.txt").read_text() == "äpfel 3\n"
    run("build-vocab", "c", "--min-count", "1", "--no-lowercase")
    assert len(Path("vocab.txt").read_text().splitlines()) == 3


def test_train_then_similar(run: Run, corpus: Path) -> None:
    status, out, err = run("train", "corpus.txt", "--config", "demo", "--epochs", "20")
    assert (status, out) == (0, "")
    assert err.endswith("w2v: wrote vectors.bin: 147 words x 32\n")
    status, out, err = run("similar", "horse", "-n", "3")
    assert (status, err) == (0, "")
    word, *rows = out.splitlines()
    assert word == "horse"
    assert [GROUP_OF[row.split()[0]] for row in rows] == ["animal"] * 3


def test_train_reads_standard_input(run: Run, corpus_text: str) -> None:
    assert run("train", "-", *SMALL, "--quiet", stdin=corpus_text) == (0, "", "")
    assert len(w2v.Vectors.load("vectors.bin")) == 147


def test_train_reads_files_folders_and_globs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name, word in (("folder/a", "one"), ("b1.txt", "two"), ("b2.txt", "three"), ("c", "four")):
        (tmp_path / name).write_text(f"{word} {word} and\n" * 5)
    assert run("train", "folder", "b*.txt", "c", "-o", "v.txt", "--dim", "4", "--quiet").status == 0
    assert set(w2v.Vectors.load("v.txt")) == {"and", "one", "two", "three", "four"}


@pytest.mark.parametrize("name", ("v.bin", "v.txt", "v.vec", "V.BIN"))
def test_output_is_of_the_kind_its_suffix_says(run: Run, corpus: Path, name: str) -> None:
    assert run("train", "corpus.txt", "-o", name, *SMALL).status == 0
    vectors = w2v.Vectors.load(name)
    assert (len(vectors), vectors.dim) == (147, 8)
    assert np.isfinite(vectors.matrix).all()


def test_flags_win_over_the_config_and_that_over_the_defaults(run: Run, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("dim = 12\nepochs = 1\n")
    assert run("train", "corpus.txt").err.endswith("147 words x 100\n")
    assert run("train", "corpus.txt", "--config", "my.toml").err.endswith("147 words x 12\n")
    assert run("train", "corpus.txt", "--config", "my.toml", "--dim", "9").err.endswith("147 words x 9\n")


@pytest.mark.parametrize("preset", sorted(path.stem for path in (CHECKOUT / "configs").glob("*.toml")))
def test_each_preset_trains(run: Run, corpus: Path, preset: str) -> None:
    assert run("train", "corpus.txt", "--config", preset, "--epochs", "1", "--quiet") == (0, "", "")


def test_a_given_vocabulary(run: Run, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("horse 50\ncat 60\nunicorn 3\n")
    status, _, err = run("train", "corpus.txt", "--vocab", "words.txt", *SMALL)
    assert status == 0
    assert re.search(r"^w2v: 19,\d{3} tokens, of which the vocabulary covers \d\.\d%", err, re.M)
    assert list(w2v.Vectors.load("vectors.bin")) == ["cat", "horse", "unicorn"]


def test_bytes_that_are_no_utf8_are_counted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"caf\xe9 " * 5)
    assert "5 tokens had bytes that are not UTF-8" in run("build-vocab", "c").err
    assert Path("vocab.txt").read_text(encoding="utf-8") == "caf\ufffd 5\n"


def test_similar_answers_several_words(run: Run, vectors_file: Path) -> None:
    status, out, err = run("similar", "horse", "paris", "-n", "2", "--vectors", vectors_file)
    assert (status, err) == (0, "")
    assert re.fullmatch(r"horse\n(  [a-z]+ +[01]\.\d{3}\n){2}\nparis\n(  [a-z]+ +[01]\.\d{3}\n){2}", out)


def test_similar_as_json(run: Run, vectors_file: Path) -> None:
    status, out, err = run("similar", "horse", "paris", "-n", "4", "--json", "--vectors", vectors_file)
    assert (status, err) == (0, "")
    answers = json.loads(out)
    assert [list(answer) for answer in answers] == [["word", "neighbours"]] * 2
    assert [answer["word"] for answer in answers] == ["horse", "paris"]
    for answer in answers:
        assert [list(neighbour) for neighbour in answer["neighbours"]] == [["word", "cosine"]] * 4
        cosines = [neighbour["cosine"] for neighbour in answer["neighbours"]]
        assert cosines == sorted(cosines, reverse=True)
        assert all(-1.0 <= cosine <= 1.000001 for cosine in cosines)


def test_similar_shows_no_more_than_there_is(run: Run, vectors_file: Path) -> None:
    out = run("similar", "horse", "-n", "100000", "--vectors", vectors_file).out
    assert len(out.splitlines()) == len(w2v.Vectors.load(vectors_file))


def test_table_is_aligned_on_the_screen() -> None:
    words = ["horse", "馬", "cafe\u0301", "ｗ", "a\u200db", "สวัสดี"]
    rows = table("x", [(word, 0.5 - row) for row, word in enumerate(words)]).splitlines()[1:]
    assert len({columns(row[: row.rindex(".")]) for row in rows}) == 1
    assert [columns(word) for word in words] == [5, 2, 4, 2, 2, 4]


def test_demo(run: Run) -> None:
    status, out, err = run("demo")
    assert status == 0
    answers = [[line.split()[0] for line in answer.splitlines()] for answer in out.split("\n\n")]
    assert [answer[0] for answer in answers] == list(ASKED)
    assert all(len(answer) == 6 and len({GROUP_OF[word] for word in answer}) == 1 for answer in answers)
    assert err.splitlines()[-1].startswith("w2v: done in ")
