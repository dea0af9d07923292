"""The commands, as a user runs them: what they print, write and return when all is well."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers import CHECKOUT, Run
from toy_corpus import GROUP_OF

import w2v
from w2v import commands as cli
from w2v.commands.app import load
from w2v.commands.screen import columns
from w2v.commands.summaries import SUMMARIES
from w2v.commands.tables import format_neighbours
from w2v.settings.fields import fields_of

COMMANDS = (
    "sessions",
    "build-vocab",
    "phrases",
    "train",
    "tune",
    "similar",
    "analogy",
    "vector",
    "recommend",
    "infer",
    "embed",
    "evaluate",
    "align",
    "shift",
    "convert",
    "info",
    "plot",
    "demo",
)
SMALL = ("--dim", "8", "--epochs", "1", "--sample", "1e-2")


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"w2v {w2v.__version__}\n", "")


def test_no_command_shows_the_help(run: Run) -> None:
    status, out, err = run()
    assert (status, err) == (0, "")
    assert all(f"\n  {command}" in out for command in COMMANDS)
    assert run("--help") == run("-h") == (0, out, "")
    assert "..." not in out.partition("Commands:")[2], "a summary is cut off: shorten its first sentence"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(run: Run, command: str) -> None:
    status, out, err = run(command, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"Usage: w2v {command} ")
    assert not re.search(r"<\w+|list\[|\bNone\b", out), "Python types are nothing to a user"
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(run: Run, command: str) -> None:
    usage, rest = run(command, "--help").out.split("\n", 1)
    assert f"w2v {command}" in rest


def groups_of(help: str) -> dict[str, list[str]]:
    """Return the flags in the help of a command, by their headings."""
    before, *groups = re.split(r"^(\w+):\n", help, flags=re.M)
    assert not re.search(r"^  -", before, re.M), "an option without a heading"
    found = [re.findall(r"^  (?:-\w, )?(--[a-z-]+)", group, re.M) for group in groups[1::2]]
    return dict(zip(groups[::2], found, strict=True))


def test_help_of_train_shows_what_most_need_and_help_all_everything(run: Run) -> None:
    common, whole = (groups_of(run("train", flag).out) for flag in ("--help", "--help-all"))
    assert common["Options"] == whole["Options"] == ["--help-all", "--help"], "an option of no group"
    shown = [flag for heading in common if heading != "Options" for flag in common[heading]]
    assert 20 <= len(shown) <= 25 and {"--dim", "--window", "--negative", "--epochs", "--output"} <= set(shown)
    assert all(set(flags) <= set(whole[heading]) for heading, flags in common.items())
    every = {max(param.opts, key=len) for param in load("train").params if param.opts[0] != "corpus"}
    assert {flag for flags in whole.values() for flag in flags} == {*every, "--help"}
    assert whole["Checkpoints"] == ["--checkpoint", "--checkpoint-every", "--resume"]


Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    """Return what the shell offers where a command line ends."""

    def offered(typed: str) -> list[str]:
        with monkeypatch.context() as patch, pytest.raises(SystemExit):
            patch.setenv("_W2V_COMPLETE", "complete_bash")
            patch.setenv("COMP_WORDS", typed)
            patch.setenv("COMP_CWORD", str(typed.count(" ")))
            cli.main([])
        return capsys.readouterr().out.split()

    return offered


def test_completion_of_commands_and_flags(complete: Complete) -> None:
    assert set(complete("w2v ")) == set(COMMANDS)
    assert complete("w2v bu") == ["build-vocab"]
    assert complete("w2v train --noi") == ["--noise-pool"]
    assert complete("w2v train --window-side b") == ["both", "before"]
    assert complete("w2v train --config dem") == ["demo"]


def test_what_the_shell_offers_is_accepted(complete: Complete) -> None:
    for field in fields_of(w2v.TrainConfig):
        if field.choices and field.kind is str:
            offered = complete(f"w2v train {field.flag} ")
            assert len(offered) > 1
            for value in offered:
                field.check(value)


def test_completion_script(run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--install-completion" in run("--help").out
    monkeypatch.setenv("_W2V_COMPLETE", "source_bash")
    with pytest.raises(SystemExit):
        cli.main([])
    assert "_W2V_COMPLETE=complete_bash" in capsys.readouterr().out


@pytest.mark.parametrize("command", ("build-vocab", "train"))
def test_help_has_the_default_of_every_setting(run: Run, command: str) -> None:
    options = re.split(r"\n  (?=-)", run(command, "--help-all" if command == "train" else "--help").out)
    for field in fields_of(w2v.TrainConfig):
        for option in options:
            if option.startswith(f"{field.flag} "):
                assert field.shown_default and f"[default: {field.shown_default}]" in " ".join(option.split())


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


def test_a_dash_is_standard_output(run: Run, corpus: Path, vectors_file: Path) -> None:
    vocab = run("build-vocab", "corpus.txt", "-o", "-").out
    run("build-vocab", "corpus.txt")
    assert vocab == Path("vocab.txt").read_text()
    phrased = run("phrases", "corpus.txt", "-o", "-", "--quiet").out
    assert len(phrased.splitlines()) == 3_000
    trained = run("train", "corpus.txt", "-o", "-", *SMALL)
    assert trained.out.startswith("147 8\nthe ") and trained.err.endswith("w2v: wrote -: 147 words x 8\n")
    words = run("convert", vectors_file, "-", "--to", "glove").out.splitlines()
    run("convert", vectors_file, "v.txt")
    assert words == Path("v.txt").read_text().splitlines()[1:]
    assert not Path("-").exists() and len(list(corpus.parent.iterdir())) == 3, "no file but corpus, vocab.txt, v.txt"


def test_lowercase(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c").write_text("ÄPFEL äpfel Äpfel")
    run("build-vocab", "c", "--min-count", "1", "--lowercase")
    assert Path("vocab.txt").read_text() == "äpfel 3\n"
    run("build-vocab", "c", "--min-count", "1", "--no-lowercase")
    assert len(Path("vocab.txt").read_text().splitlines()) == 3


def test_train_then_similar(run: Run, corpus: Path) -> None:
    status, out, err = run("train", "corpus.txt", "--dim", "32", "--sample", "1e-2", "--epochs", "20")
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
    assert run("train", "folder", "b*.txt", "c", "-o", "v.txt", "--dim", "4", "--sample", "0", "--quiet").status == 0
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


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_help_of_a_command_has_its_summary_once(name: str) -> None:
    assert (load(name).help or "").count(SUMMARIES[name]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("preset", sorted(path.stem for path in (CHECKOUT / "configs").glob("*.toml")))
def test_each_preset_trains(run: Run, corpus: Path, preset: str) -> None:
    status, out, err = run("train", "corpus.txt", "--config", preset, "--epochs", "1", "--quiet")
    assert (status, out) == (0, "")
    assert all("steps are too few" in line or "of the tokens; a vocabulary" in line for line in err.splitlines()), err


def test_a_given_vocabulary(run: Run, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("piano 50\norchestra 60\nunicorn 3\n")
    status, _, err = run("train", "corpus.txt", "--vocab", "words.txt", *SMALL[:-2], "--sample", "0")
    assert status == 0
    assert re.search(r"^w2v: 19,\d{3} tokens, of which the vocabulary covers \d\.\d%", err, re.M)
    assert list(w2v.Vectors.load("vectors.bin")) == ["orchestra", "piano", "unicorn"]


def test_bytes_that_are_no_utf8_are_counted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"caf\xe9 " * 5 + b"plain " * 95)
    assert "5 tokens had bytes that are not UTF-8" in run("build-vocab", "c").err
    assert Path("vocab.txt").read_text(encoding="utf-8") == "plain 95\ncaf\ufffd 5\n"


def test_a_text_in_another_encoding_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "gbk").write_bytes("\u4e2d\u6587 \u8bcd\u6c47 \u4f60\u597d \u518d\u89c1 \u5929\u5730\n".encode("gbk"))
    (tmp_path / "latin").write_bytes(b"caf\xe9 " * 6 + b"plain " * 94)
    for name in ("gbk", "latin"):
        for command in ("build-vocab", "train", "phrases"):
            result = run(command, name)
            assert result.status == 1 and f"{name} has another encoding than UTF-8" in result.err
            assert "iconv -f ENCODING -t UTF-8" in result.err
    assert run("build-vocab", "gbk", "--force-text", "--min-count", "1").status == 0


def test_a_vocabulary_of_words_without_counts(run: Run, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("piano\norchestra\nunicorn\n")
    status, _, err = run("train", "corpus.txt", "-o", "v.w2v", "--vocab", "words.txt", *SMALL[:-2], "--sample", "0")
    assert status == 0 and "left out 1 words of the vocabulary: the text does not have them" in err
    vectors = w2v.Vectors.load("v.w2v")
    text = corpus.read_text(encoding="utf-8").split()
    assert vectors.counts is not None
    assert dict(zip(vectors.words, vectors.counts.tolist(), strict=True)) == {
        word: text.count(word) for word in ("piano", "orchestra")
    }


def test_a_word_spelled_as_a_sentence_end_goes_through_a_vocabulary(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c").write_text("a b </s> c\n" * 9)
    assert run("build-vocab", "c").status == 0
    assert run("train", "c", "--vocab", "vocab.txt", *SMALL[:-2], "--sample", "0").status == 0
    assert set(w2v.Vectors.load("vectors.bin").words) == {"a", "b", "c", "</s>"}
    (tmp_path / "c").write_text("a b c\n" * 9)
    assert run("train", "c", "--vocab", "vocab.txt", *SMALL[:-2], "--sample", "0").status == 0
    assert set(w2v.Vectors.load("vectors.bin").words) == {"a", "b", "c"}


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


def test_similar_to_a_sum(run: Run, vectors_file: Path) -> None:
    asked = ("--positive", "horse", "--positive", "paris", "--negative", "violin", "-n", "3", "--vectors", vectors_file)
    status, out, err = run("similar", *asked)
    assert (status, err) == (0, "")
    heading, *rows = out.splitlines()
    assert heading == "horse + paris - violin"
    expected = w2v.Vectors.load(vectors_file).most_similar(["horse", "paris"], ["violin"], 3)
    assert [row.split()[0] for row in rows] == [word for word, _ in expected]
    (answer,) = json.loads(run("similar", *asked, "--json").out)
    assert (answer["positive"], answer["negative"]) == (["horse", "paris"], ["violin"])
    assert [neighbour["word"] for neighbour in answer["neighbours"]] == [word for word, _ in expected]
    assert run("similar", "--negative", "horse", "--vectors", vectors_file).out.startswith("- horse\n")


@pytest.mark.parametrize("arguments", [("horse", "--positive", "cow"), ()])
def test_similar_wants_words_or_a_sum(run: Run, vectors_file: Path, arguments: tuple[str, ...]) -> None:
    status, out, err = run("similar", *arguments, "--vectors", vectors_file)
    assert (status, out) == (2, "") and "WORD" in err and err.count("\n") == 1


def test_analogy(run: Run, vectors_file: Path) -> None:
    status, out, err = run("analogy", "horse", "cow", "paris", "-n", "3", "--vectors", vectors_file)
    assert (status, err) == (0, "")
    expected = w2v.Vectors.load(vectors_file).analogy("horse", "cow", "paris", 3)
    assert [line.split()[0] for line in out.splitlines()[1:]] == [word for word, _ in expected]
    assert out.startswith("horse - cow + paris\n")
    (answer,) = json.loads(run("analogy", "horse", "cow", "paris", "--json", "--vectors", vectors_file).out)
    assert list(answer) == ["positive", "negative", "neighbours"]
    assert (answer["positive"], answer["negative"]) == (["horse", "paris"], ["cow"])
    refused = run("analogy", "horse", "cow", "pariz", "--vectors", vectors_file)
    assert refused.status == 1 and "'pariz' is not in the vocabulary; did you mean paris" in refused.err
    assert run("analogy", "horse", "cow", "--vectors", vectors_file).status == 2


def test_similar_shows_no_more_than_there_is(run: Run, vectors_file: Path) -> None:
    out = run("similar", "horse", "-n", "100000", "--vectors", vectors_file).out
    assert len(out.splitlines()) == len(w2v.Vectors.load(vectors_file))


def test_table_is_aligned_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    words = ["horse", "馬", "cafe\u0301", "ｗ", "a\u200db", "สวัสดี"]
    rows = format_neighbours("x", [(word, 0.5 - row) for row, word in enumerate(words)]).splitlines()[1:]
    assert len({columns(row[: row.rindex(".")]) for row in rows}) == 1
    assert [columns(word) for word in words] == [5, 2, 4, 2, 2, 4]


def test_too_many_distinct_words_are_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.text.corpus.BLOCK", 1 << 10)
    monkeypatch.chdir(tmp_path)
    Path("many.txt").write_text("".join(f"often w{n}\n" for n in range(3_000)))
    result = run("build-vocab", "many.txt", "--max-types", "500")
    assert result.status == 0
    assert "too many distinct words: those seen up to 1 times were dropped" in result.err
    assert "--max-types" in result.err
    assert Path("vocab.txt").read_text().startswith("often 3000\n")
    with pytest.warns(UserWarning, match="max_types"):
        w2v.build_vocab("many.txt", max_types=500)
