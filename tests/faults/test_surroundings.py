"""What is around the program: no home, no temporary folder, clocks, permissions, links and names of others."""

import os
import random
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from faults.harness import LONG, SIGNAL, Fault, Nursery, check_words, settled
from helpers import CHECKOUT, Run
from mutants import mutant
from toy_corpus import sentences

import w2v
from w2v.base.errors import W2VError
from w2v.text import encoding

TRAIN = ("train", "corpus.txt", "--threads", "1", "--epochs", "1", "--dim", "8")
EVENTS = "user,item,time\n" + "".join(f"p{n % 7},i{n % 11},{n}\n" for n in range(60))


@pytest.fixture(scope="module")
def goods(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the commands read, by name."""
    folder = tmp_path_factory.mktemp("goods")
    lines = [" ".join(tokens) for tokens in sentences(300)]
    words = sorted({word for line in lines for word in line.split()})
    rows = np.random.default_rng(1).normal(size=(len(words), 8)).astype(np.float32)
    vectors = w2v.Vectors(words, rows, np.arange(len(words), 0, -1), rows)
    for name in ("v.w2v", "v.bin", "v.vec"):
        vectors.save(folder / name, save_output=False if name != "v.w2v" else None)
    named = "".join(f"p{number}\t{line}\n" for number, line in enumerate(lines))
    texts = {
        "corpus.txt": "\n".join(lines) + "\n",
        "vocab.txt": "".join(f"{word} {number + 1}\n" for number, word in enumerate(words)),
        "pairs.tsv": f"{words[0]}\t{words[1]}\t5\n{words[0]}\t{words[2]}\t7\n",
        "sessions.txt": "\n".join(lines) + "\n",
        "next.txt": "".join(f"{line.split()[0]}\n" for line in lines),
        "named.txt": named,
        "events.csv": EVENTS,
        "rows.jsonl": "".join(f'{{"t": "{line}"}}\n' for line in lines[:50]),
        "settings.toml": "dim = 8\nepochs = 1\nthreads = 1\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return settled(folder)


@pytest.fixture
def folder(goods: dict[str, bytes], tmp_path: Path) -> Path:
    """A folder with a copy of them."""
    for name, content in goods.items():
        (tmp_path / "work" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "work" / name).write_bytes(content)
    return tmp_path / "work"


READS = (
    ("v.bin", ("info", "v.bin")),
    ("v.vec", ("similar", "horse", "--vectors", "v.vec")),
    ("v.bin", ("convert", "v.bin", "out.vec")),
    ("v.w2v/config.json", ("info", "v.w2v")),
    ("v.w2v/vocab.tsv", ("similar", "horse", "--vectors", "v.w2v")),
    ("v.w2v/vectors.npy", ("convert", "v.w2v", "out.bin")),
    ("corpus.txt", (*TRAIN, "-o", "out.bin")),
    ("corpus.txt", ("phrases", "corpus.txt", "-o", "out.txt")),
    ("named.txt", ("phrases", "named.txt", "--line-names", "-o", "out.txt")),
    ("rows.jsonl", ("build-vocab", "rows.jsonl", "--column", "t", "-o", "out.txt")),
    ("vocab.txt", (*TRAIN, "--vocab", "vocab.txt", "-o", "out.bin")),
    ("settings.toml", ("build-vocab", "corpus.txt", "-o", "out.txt")),
    ("settings.toml", ("train", "corpus.txt", "--config", "settings.toml", "-o", "out.bin")),
    ("pairs.tsv", ("evaluate", "v.bin", "--similarity", "pairs.tsv")),
    ("sessions.txt", ("evaluate", "v.w2v", "--sessions", "sessions.txt", "--next", "next.txt")),
    ("next.txt", ("evaluate", "v.w2v", "--sessions", "sessions.txt", "--next", "next.txt")),
    ("sessions.txt", ("recommend", "--vectors", "v.w2v", "--sessions", "sessions.txt", "-o", "out.tsv")),
    ("events.csv", ("sessions", "events.csv", "-o", "out.txt")),
)
"""Files, and commands that read them."""


@pytest.mark.parametrize(("name", "command"), READS, ids=lambda value: value if isinstance(value, str) else value[0])
def test_mutants_on_the_command_line(name: str, command: tuple[str, ...], folder: Path, nursery: Nursery) -> None:
    chance, valid = random.Random(f"{name} {command}"), (folder / name).read_bytes()
    before = settled(folder).keys()
    for _ in range(300 if LONG else 4):
        (folder / name).write_bytes(mutant(valid, chance))
        with nursery.surviving("a mutant on the command line"):
            outcome = nursery.run(folder, *command)
            check_words(outcome)
            new = settled(folder).keys() - before
            assert all(path.startswith("out.") for path in new), f"left over: {sorted(new)}"
        for path in new:
            (folder / path).unlink()
    nursery.check()


@pytest.mark.parametrize("name", ["input.npy", "output.npy", "vocab.txt", "state.json"])
def test_mutants_of_a_checkpoint_are_refused_by_name(name: str, folder: Path, nursery: Nursery) -> None:
    assert nursery.run(folder, *TRAIN, "-o", "v.bin", "--checkpoint", "kept").status == 0
    (path,) = (folder / "kept").glob(f"checkpoint-*/{name}")
    chance, valid = random.Random(name), path.read_bytes()
    for _ in range(300 if LONG else 10):
        path.write_bytes(data := mutant(valid, chance))
        with nursery.surviving("a mutant of a checkpoint"):
            outcome = nursery.run(folder, "train", "--resume", "kept", "--epochs", "2", "-o", "v.bin")
            check_words(outcome)
            assert outcome.status == (0 if data == valid else 1)
            assert data == valid or name in outcome.err
    nursery.check()


@pytest.mark.slow
@pytest.mark.parametrize("home", [None, "", "/proc/nowhere", "relative"])
def test_without_a_home(home: str | None, folder: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_CACHE_HOME")}
    environment |= {} if home is None else {"HOME": home}
    command = [sys.executable, str(CHECKOUT / "cli.py"), "similar", "horse", "--vectors", "v.w2v"]
    before = settled(folder)
    # Without the user's key for compiled code the kernels are compiled anew: those of build-vocab are few.
    for arguments in (command, [*command[:2], "build-vocab", "corpus.txt", "-o", "out.txt"]):
        done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    new = {name.split("/")[0] for name in settled(folder).keys() - before.keys()}
    assert new <= {"out.txt", "relative"}, f"left over: {sorted(new)}"


def test_without_a_folder_for_temporary_files(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc/nowhere"])
    monkeypatch.setattr("w2v.base.files.temporary_folder", lambda: tempfile.gettempdir())
    monkeypatch.setattr("w2v.text.stream.temporary_folder", lambda: tempfile.gettempdir(), raising=False)
    assert run(*TRAIN, "-o", "out.bin").status == 0
    monkeypatch.setattr(encoding, "available_memory", lambda: 0)  # the token stream must go to a file
    result = run(*TRAIN, "-o", "out.bin")
    assert result.status == 1 and result.err.splitlines()[-1].startswith("w2v: ") and "Traceback" not in result.err
    result = run("info", "-", stdin="2 2\na 1 2\nb 3 4\n")
    assert result.status == 1 and "Traceback" not in result.err


@pytest.mark.slow
def test_a_clock_that_goes_backwards(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    hours = count(2_000_000_000, -3_600)
    monkeypatch.setattr(time, "time", lambda: float(next(hours)))
    more = ("--checkpoint", "kept", "--checkpoint-every", "0.01s", "--log-json", "log.jsonl", "-o", "out.w2v")
    for when in (-5e9, 0, 4e9):  # files from another time
        for name in ("corpus.txt", "v.w2v/vectors.npy"):
            os.utime(folder / name, (when, when))
        (folder / "out.w2v").mkdir(exist_ok=True)
        os.utime(folder / "out.w2v", (when, when))
        assert run(*TRAIN, *more).status == 0
        assert run("train", "--resume", "kept", "--epochs", "2").status == 0
        for path in (folder / "kept").glob("*/*"):
            path.unlink()
        for path in (folder / "kept").iterdir():
            path.rmdir()


def test_a_corpus_that_grows_while_it_is_read(folder: Path, nursery: Nursery) -> None:
    stop, path = threading.Event(), folder / "corpus.txt"

    def grow() -> None:
        with path.open("a") as file:
            while not stop.wait(0.002):
                file.write("more of it\n" * 100)
                file.flush()

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        for _ in range(5):
            with nursery.surviving("a corpus that grows"):
                outcome = nursery.run(folder, *TRAIN, "-o", "out.bin", timeout=30)
                check_words(outcome)
                assert outcome.status == 0
    finally:
        stop.set()
        thread.join()
    nursery.check()


@pytest.mark.parametrize("mask", [0o077, 0o027, 0])
def test_outputs_have_the_permissions_that_the_user_asks_for(folder: Path, run: Run, mask: int) -> None:
    os.chdir(folder)
    before = os.umask(mask)
    try:
        assert run(*TRAIN, "-o", "out.bin", "--checkpoint", "kept", "--log-json", "log.jsonl").status == 0
        assert run("convert", "v.bin", "out.w2v").status == 0
    finally:
        os.umask(before)
    written = [folder / "out.bin", folder / "log.jsonl", *(folder / "out.w2v").iterdir(), *folder.glob("kept/*/*")]
    for path in written:
        assert stat.S_IMODE(path.stat().st_mode) & ~(0o666 & ~mask) == 0, path
    assert stat.S_IMODE((folder / "out.w2v").stat().st_mode) == 0o777 & ~mask


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make files of another user")
@pytest.mark.parametrize("output", ["v.bin", "v.w2v", "v.txt"])
def test_a_link_of_another_user_in_an_open_folder_is_not_followed(tmp_path: Path, output: str) -> None:
    shared, mine = tmp_path / "shared", tmp_path / f"mine-{output}"
    shared.mkdir()
    shared.chmod(0o1777)
    vectors = w2v.Vectors(["a", "b"], np.eye(2, dtype=np.float32))
    vectors.save(mine)
    (shared / output).symlink_to(mine)
    vectors.save(shared / output)  # it is my own link
    was = settled(tmp_path)
    os.lchown(shared / output, 12_345, 12_345)
    with pytest.raises(W2VError, match="is a link of another user"):
        vectors.save(shared / output)
    (tmp_path / output).symlink_to(shared / output)
    with pytest.raises(W2VError, match="is a link of another user"):
        vectors.save(tmp_path / output)
    assert {name: data for name, data in settled(tmp_path).items() if name != output} == was


def test_links_that_change_while_an_output_is_written(folder: Path, nursery: Nursery) -> None:
    """A temporary file has a name that nobody can guess, and is made anew: no link is ever written through."""
    secret = folder.parent / "secret"
    secret.write_text("mine")
    stop = threading.Event()

    def swap() -> None:
        link = folder / "swapped"
        while not stop.is_set():
            link.symlink_to(secret)
            os.replace(link, folder / "out.bin")
            (folder / "out.bin").unlink(missing_ok=True)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(20):
            with nursery.surviving("a link that changes"):
                check_words(nursery.run(folder, "convert", "v.bin", "out.bin"))
    finally:
        stop.set()
        thread.join()
    nursery.check()
    assert not [name for name in settled(folder) if ".part" in name]


def test_words_are_written_to_tables_as_they_are(folder: Path, run: Run) -> None:
    """A program reads them, and an escape would be another word; SECURITY.md says what that means for spreadsheets."""
    os.chdir(folder)
    words = ["=1+1", "+cmd|'/c'!A1", "@SUM(A1)", "-2"]
    rows = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    w2v.Vectors(words, rows, np.array([4, 3, 2, 1]), rows).save("odd.w2v")
    Path("taken.txt").write_text("=1+1\n")
    assert run("recommend", "--vectors", "odd.w2v", "--sessions", "taken.txt", "-o", "out.tsv").status == 0
    found = [line.split("\t")[2] for line in Path("out.tsv").read_text().splitlines()[1:]]
    assert sorted(found) == sorted(words[1:])
    assert run("convert", "odd.w2v", "out.projector").status == 0
    assert w2v.Vectors.load("out.projector").words == words


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_in_a_folder_with_hostile_names(tmp_path: Path, shell: str) -> None:
    names = ["$(touch pwned)", "`touch pwned`", "a\nb", "\x1b[2J", "; touch pwned", "--config", "'\"", "\udcff.toml"]
    for name in names:
        (tmp_path / name).write_text("dim = 3\n")
    typed = "w2v train --config "
    environment = {
        **os.environ,
        "_W2V_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": typed,
        "COMP_CWORD": "3",
        "_TYPER_COMPLETE_ARGS": typed,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(
        [sys.executable, str(CHECKOUT / "cli.py")], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr
    assert not any(name.encode("utf-8", "surrogateescape") in done.stdout for name in names)
    assert not (tmp_path / "pwned").exists()


def settings(chance: random.Random) -> Iterator[str]:
    """Yield flags: any values of settings that need no kernel that other tests do not compile."""
    yield from ("--dim", str(chance.choice([3, 8, 17])), "--window", str(chance.randint(1, 7)))
    yield from ("--negative", str(chance.randint(1, 9)), "--sample", chance.choice(["0", "1e-2", "1e-3"]))
    yield from ("--lr", chance.choice(["0.01", "0.05", "0.1"]), "--seed", str(chance.randrange(100)))
    yield from ("--min-count", str(chance.randint(1, 6)), "--ns-exponent", chance.choice(["0", "0.5", "1"]))
    yield from chance.choice([(), ("--lowercase",), ("--max-vocab", "60"), ("--words",)])
    if LONG:
        yield from chance.choice([(), ("--loss", "hs"), ("--subwords", "fasttext"), ("--line-vectors", "with-words")])
        yield from chance.choice([(), ("--model", "cbow")])


@pytest.mark.parametrize("seed", range(20 if LONG else 6))
def test_a_run_with_any_settings_is_killed_and_resumed_to_the_same_bytes(
    seed: int, folder: Path, nursery: Nursery
) -> None:
    chance = random.Random(seed)
    command = ("train", "corpus.txt", "--threads", "1", "--epochs", "8", *settings(chance))
    refused = nursery.run(folder, *command, "-o", "whole.w2v")
    if refused.status == 2:
        pytest.skip(refused.err)
    assert refused.status == 0, refused.err
    more = ("-o", "out.w2v", "--checkpoint", "kept", "--checkpoint-every", "0.001s")
    if nursery.has_shim:
        stage = Fault(chance.randint(1, 3), SIGNAL, 9, "fsync kept/.checkpoint")
        nursery.run(folder, *command, *more, fault=stage)
    else:
        child = nursery.begin(folder, *command, *more)
        time.sleep(0.05)
        os.kill(child, 9)
        nursery.end(child)
    if list((folder / "kept").glob("checkpoint-*")):
        outcome = nursery.run(folder, "train", "--resume", "kept", "-o", "out.w2v")
    else:
        outcome = nursery.run(folder, *command, "-o", "out.w2v")
    assert outcome.status == 0, outcome.err
    whole, again = ((folder / f"{name}.w2v" / "vectors.npy").read_bytes() for name in ("whole", "out"))
    assert whole == again


@pytest.mark.slow
def test_a_cache_on_a_disk_that_cannot_be_written(folder: Path) -> None:
    """The kernels are there, and nothing else can be kept."""
    program = (
        "import os, sys\nopen_ = os.open\n"
        "def refuse(path, flags, *more, **named):\n"
        "    if flags & os.O_CREAT and str(path).endswith('.tmp'): raise OSError(30, 'Read-only file system', path)\n"
        "    return open_(path, flags, *more, **named)\n"
        "os.open = refuse\n"
        "from w2v import commands\nsys.exit(commands.main())\n"
    )
    arguments = [sys.executable, "-c", program, *TRAIN, "--quiet", "-o", "out.bin"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    assert (folder / "out.bin").exists()
