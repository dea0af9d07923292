"""What bad input gets: the right exit status, one clear line, and no file harmed or left behind."""

import gzip
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import Result, Run, files_in

import w2v
from w2v import commands as cli


@pytest.fixture
def folder(tmp_path: Path, corpus: Path, vectors_file: Path) -> Path:
    """A folder with outputs of an earlier day and every bad file that a command can be given."""
    for name in ("vectors.bin", "vocab.txt", "vectors.txt", "log.json"):
        (tmp_path / name).write_text("from an earlier day")
    (tmp_path / "good.bin").write_bytes(vectors_file.read_bytes())
    for name in ("empty-folder", "vectors", "folder.bin"):
        (tmp_path / name).mkdir()
    for name, text in {
        "empty.txt": "",
        "blank.txt": " \n\t\n",
        "few.txt": "a b c\n",
        "words.txt": "horse 5\ncat 3\n",
        "bad-words.txt": "horse 5\ncat\n",
        "unknown-key.toml": "dim = 9\ndimension = 8\n",
        "bad-value.toml": "window = 'wide'\n",
        "no.toml": "dim = \n",
        "promises.bin": "1000000000 1000\nhorse 1234",
        "promises.txt": "1000000000 1000\nhorse 0.1\n",
        "no-header.bin": "horse is here\n",
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"a b c " * 100_000)[:200])
    (tmp_path / "cut.bin").write_bytes(vectors_file.read_bytes()[:-100])
    return tmp_path


def assert_refused(result: Result, status: int, *fragments: str) -> None:
    """Assert that there is one line of error, that it says these things, and that the exit status is right.

    A line before it may say which file the command would have replaced.
    """
    *notes, error = result.err.splitlines(keepends=True)
    assert error.startswith("w2v: ") and error.endswith("\n"), result.err
    assert all("will be replaced" in note for note in notes), result.err
    for fragment in fragments:
        assert fragment in error
    assert (result.status, result.out) == (status, "")


TRAIN = ("train", "corpus.txt")
WRONG_COMMANDS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("nosuch",), ("nosuch", "w2v --help")),
    (("trian", "corpus.txt"), ("trian", "train")),
    (("--nosuch",), ("--nosuch", "w2v --help")),
    (("build-vocab",), ("CORPUS", "w2v build-vocab --help")),
    (("train",), ("CORPUS", "w2v train --help")),
    (("demo", "corpus.txt"), ("corpus.txt",)),
    (("build-vocab", "corpus.txt", "--dim", "8"), ("--dim",)),
    ((*TRAIN, "--nosuch"), ("--nosuch", "w2v train --help")),
    ((*TRAIN, "--dim"), ("--dim",)),
    ((*TRAIN, "--dim", "0"), ("dim", "from 1", "not 0")),
    ((*TRAIN, "--dim", "-5"), ("dim", "-5")),
    ((*TRAIN, "--dim", "1.5"), ("--dim",)),
    ((*TRAIN, "--dim", "nan"), ("--dim",)),
    ((*TRAIN, "--window", "-1"), ("window", "-1")),
    ((*TRAIN, "--window", "0"), ("window", "not 0")),
    ((*TRAIN, "--negative", "0"), ("negative", "not 0")),
    ((*TRAIN, "--noise-pool", "-1"), ("--noise-pool", "-1")),
    ((*TRAIN, "--epochs", "0"), ("epochs", "not 0")),
    ((*TRAIN, "--lr", "nan"), ("lr", "nan")),
    ((*TRAIN, "--lr", "inf"), ("lr", "inf")),
    ((*TRAIN, "--lr", "0"), ("lr", "0")),
    ((*TRAIN, "--lr", "-0.1"), ("lr", "-0.1")),
    ((*TRAIN, "--lr", "fast"), ("--lr",)),
    ((*TRAIN, "--sample", "-1"), ("sample", "-1")),
    ((*TRAIN, "--sample", "nan"), ("sample", "nan")),
    ((*TRAIN, "--ns-exponent", "nan"), ("--ns-exponent", "nan")),
    ((*TRAIN, "--min-count", "0"), ("--min-count", "not 0")),
    ((*TRAIN, "--max-vocab", "0"), ("--max-vocab", "not 0")),
    ((*TRAIN, "--threads", "0"), ("threads", "not 0")),
    ((*TRAIN, "--seed", "-1"), ("seed", "-1")),
    ((*TRAIN, "--seed", str(2**64)), ("seed",)),
    ((*TRAIN, "--vocab", "words.txt", "--min-count", "2"), ("--min-count", "--vocab")),
    ((*TRAIN, "--vocab", "words.txt", "--max-vocab", "2"), ("--max-vocab", "--vocab")),
    ((*TRAIN, "--config", "nosuch"), ("nosuch", "baskets, default, demo, items, large, text8")),
    ((*TRAIN, "--config", "unknown-key.toml"), ("dimension", "unknown-key.toml", "ns_exponent")),
    ((*TRAIN, "--config", "bad-value.toml"), ("window", "wide", "bad-value.toml")),
    ((*TRAIN, "-o", "vectors.xyz"), (".xyz", ".bin, .txt, .vec")),
    ((*TRAIN, "-o", "vectors"), ("suffix", ".bin, .txt, .vec")),
    ((*TRAIN, "-o", "corpus.txt"), ("-o corpus.txt", "replace")),
    ((*TRAIN, "vectors.txt", "-o", "./vectors.txt"), ("-o vectors.txt", "replace")),
    ((*TRAIN, "--log-json", "corpus.txt"), ("--log-json corpus.txt", "replace")),
    ((*TRAIN, "--vocab", "words.txt", "-o", "words.txt"), ("-o", "--vocab", "words.txt")),
    ((*TRAIN, "--config", "unknown-key.toml", "--log-json", "unknown-key.toml"), ("unknown-key.toml",)),
    ((*TRAIN, "--log-json", "vectors.bin"), ("--log-json", "-o", "vectors.bin")),
    (("build-vocab", "corpus.txt", "-o", "corpus.txt"), ("-o corpus.txt", "replace")),
    (("build-vocab", ".", "-o", "vocab.txt"), ("-o vocab.txt", "replace")),
    (("similar", "horse", "-n", "0"), ("-n",)),
    (("similar", "horse", "-n", "many"), ("-n",)),
    (("similar", "horse", "--vectors", "log.json"), (".json", ".bin, .txt, .vec")),
)
BAD_DATA: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("train", "nosuch.txt"), ("nosuch.txt",)),
    (("train", "corpus.txt", "nosuch.txt"), ("nosuch.txt",)),
    (("train", "*.nosuch"), ("*.nosuch",)),
    (("train", "empty-folder"), ("empty-folder", "no files")),
    (("train", "empty.txt"), ("no words",)),
    (("train", "blank.txt"), ("no words",)),
    (("train", "-"), ("no words",)),
    (("train", "few.txt"), ("--min-count 5", "1")),
    (("train", "cut.gz"), ("cut.gz",)),
    (("train", "few.txt", "--vocab", "words.txt"), ("vocabulary",)),
    ((*TRAIN, "--vocab", "nosuch.txt"), ("nosuch.txt",)),
    ((*TRAIN, "--vocab", "bad-words.txt"), ("bad-words.txt", "line 2")),
    ((*TRAIN, "--vocab", "empty.txt"), ("empty.txt",)),
    ((*TRAIN, "--config", "no.toml"), ("no.toml", "TOML")),
    ((*TRAIN, "-o", "nosuch/vectors.bin"), ("nosuch", "create it")),
    ((*TRAIN, "-o", "corpus.txt/vectors.bin"), ("corpus.txt",)),
    ((*TRAIN, "-o", "folder.bin"), ("folder.bin", "not a file")),
    ((*TRAIN, "--log-json", "nosuch/log.json"), ("nosuch", "create it")),
    ((*TRAIN, "--log-json", "folder.bin"), ("folder.bin", "not a file")),
    (("build-vocab", "nosuch.txt"), ("nosuch.txt",)),
    (("build-vocab", "empty.txt"), ("no words",)),
    (("build-vocab", "few.txt"), ("--min-count 5",)),
    (("build-vocab", "cut.gz"), ("cut.gz",)),
    (("build-vocab", "corpus.txt", "-o", "nosuch/vocab.txt"), ("nosuch", "create it")),
    (("build-vocab", "corpus.txt", "-o", "empty-folder"), ("empty-folder", "not a file")),
    (("similar", "horse", "--vectors", "nosuch.bin"), ("nosuch.bin", "w2v train", "--vectors")),
    (("similar", "horse", "--vectors", "folder.bin"), ("folder.bin",)),
    (("similar", "horse", "--vectors", "promises.bin"), ("promises.bin", "1,000,000,000 x 1,000")),
    (("similar", "horse", "--vectors", "promises.txt"), ("promises.txt", "1,000,000,000 x 1,000")),
    (("similar", "horse", "--vectors", "no-header.bin"), ("no-header.bin",)),
    (("similar", "horse", "--vectors", "cut.bin"), ("cut.bin", "cut short")),
    (("similar", "horse", "--vectors", "vectors.bin"), ("vectors.bin",)),
    (("similar", "hosre", "--vectors", "good.bin"), ("'hosre'", "not in the vocabulary", "horse")),
    (("similar", "Paris", "--vectors", "good.bin"), ("'Paris'", "not in the vocabulary", "paris")),
    (("similar", "horse", "qqqqq", "--vectors", "good.bin"), ("'qqqqq'", "not in the vocabulary")),
)


@pytest.mark.parametrize(("arguments", "fragments"), WRONG_COMMANDS, ids=lambda value: " ".join(value)[:60])
def test_a_wrong_command(run: Run, folder: Path, arguments: tuple[str, ...], fragments: tuple[str, ...]) -> None:
    before = files_in(folder)
    assert_refused(run(*arguments), 2, *fragments)
    assert files_in(folder) == before


@pytest.mark.parametrize(("arguments", "fragments"), BAD_DATA, ids=lambda value: " ".join(value)[:60])
def test_bad_data(run: Run, folder: Path, arguments: tuple[str, ...], fragments: tuple[str, ...]) -> None:
    before = files_in(folder)
    assert_refused(run(*arguments), 1, *fragments)
    assert files_in(folder) == before


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs /proc, where even root cannot do everything")
@pytest.mark.parametrize(
    ("arguments", "fragment"),
    (
        (("train", "/proc/self/mem"), "cannot read /proc/self/mem"),
        (("train", "corpus.txt", "-o", "/proc/vectors.bin"), "cannot write /proc/vectors.bin"),
        (("train", "corpus.txt", "--log-json", "/proc/log.json"), "cannot write /proc/log.json"),
        (("build-vocab", "corpus.txt", "-o", "/proc/vocab.txt"), "cannot write /proc/vocab.txt"),
    ),
)
def test_what_the_system_refuses(run: Run, folder: Path, arguments: tuple[str, ...], fragment: str) -> None:
    before = files_in(folder)
    assert_refused(run(*arguments), 1, fragment)
    assert files_in(folder) == before


def test_an_output_that_is_known_to_fail_costs_no_work(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.text.encoding.encode", lambda *_, **__: pytest.fail("the corpus was read"))
    assert run(*TRAIN, "-o", "nosuch/vectors.bin").status == 1
    assert run(*TRAIN, "-o", "vectors.xyz").status == 2
    assert run("build-vocab", "corpus.txt", "-o", "nosuch/v").status == 1
    monkeypatch.setenv("W2V_KERNEL", "nosuch")
    assert_refused(run(*TRAIN), 2, "W2V_KERNEL", "nosuch", "scalar")


def test_a_link_to_the_corpus_is_the_corpus(run: Run, folder: Path) -> None:
    (folder / "link.txt").symlink_to("corpus.txt")
    assert_refused(run(*TRAIN, "-o", "link.txt"), 2, "link.txt", "replace")
    assert_refused(run(*TRAIN, "--log-json", "link.txt"), 2, "link.txt", "replace")


def test_a_run_that_diverges_writes_nothing(run: Run, folder: Path) -> None:
    tokens = [f"w{number}" for number in np.random.default_rng(1).integers(0, 10, 4_000)]
    (folder / "ten.txt").write_text(" ".join(tokens))
    before = files_in(folder)
    status, out, err = run("train", "ten.txt", "--lr", "100", "--dim", "8", "--sample", "0", "--epochs", "20")
    assert (status, out) == (1, "")
    assert "--lr 100" in err.splitlines()[-1] and "diverged" in err.splitlines()[-1]
    assert files_in(folder) == before


@pytest.mark.parametrize(
    ("error", "status", "line"),
    (
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 1, "out of memory"),
        (OSError(28, "No space left on device"), 1, "w2v: No space left on device\n"),
        (OSError(5, "Input/output error", "some.file"), 1, "w2v: some.file: Input/output error\n"),
        (EOFError(), 1, "w2v: a file ended before it should"),
        (w2v.W2VError("one\nline"), 1, "w2v: one line"),
        (w2v.SettingsError("wrong"), 2, "wrong"),
    ),
)
def test_whatever_a_command_raises_is_one_line(
    run: Run, vectors_file: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, line: str
) -> None:
    def fails(path: Path, *format: object, **how: object) -> w2v.Vectors:
        raise error

    monkeypatch.setattr(w2v.Vectors, "load", fails)
    assert_refused(run("similar", "horse", "--vectors", vectors_file), status, line)


def test_a_terminal_without_unicode_is_no_reason_to_fail(vectors_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stderr", screen)
    assert cli.main(["similar", "\udcff馬", "--vectors", str(vectors_file)]) == 1
    assert "馬" in screen.buffer.getvalue().decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "said"),
    (
        (("plot", "good.bin", "-o", "a.html", "--words", "a.html"), "-o and --words are the same file"),
        (("convert", "good.bin", "./good.bin"), "DST and SRC are the same file"),
        (("phrases", "corpus.txt", "--save", "corpus.txt"), "--save corpus.txt is a file of the corpus"),
    ),
)
def test_parameters_are_named_as_in_the_help(run: Run, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    (folder / "a.html").write_text("cat\n")
    assert_refused(run(*arguments), 2, f"w2v: {said}")
