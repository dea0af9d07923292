"""Each system call of a save fails in turn, as in SQLite's tests: what was there is there, or what is new, whole.

First a command runs with nothing wrong and its calls are counted: what opens, reads, writes, renames or removes a file
of its folder. Then it runs once for each of them, from the same start, and that call fails: a full disk, a broken one,
no permission, half of a write; or the process is killed there.
"""

import errno
import json
import re
import shutil
import signal
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faults.harness import FAIL, LONG, SHORT, SIGNAL, STAY, Fault, Nursery, Outcome, check_words, settled
from toy_corpus import sentences

import w2v
from w2v.checkpoints import checkpoint

TRAIN = ("--threads", "1", "--epochs", "1", "--dim", "24")
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f-]{27}")
"""What Bokeh numbers the parts of a page by, anew each time."""
FAULTS = {
    "open": ((FAIL, errno.EACCES), (FAIL, errno.EIO), (FAIL, errno.EMFILE)),
    "opendir": ((FAIL, errno.EACCES), (FAIL, errno.EIO)),
    "read": ((FAIL, errno.EIO),),
    "create": ((FAIL, errno.ENOSPC), (STAY, errno.ENOSPC), (FAIL, errno.EACCES), (FAIL, errno.EROFS)),
    "mkdir": ((FAIL, errno.ENOSPC), (STAY, errno.ENOSPC), (FAIL, errno.EACCES)),
    "write": ((STAY, errno.ENOSPC), (SHORT, 0), (FAIL, errno.ENOSPC), (FAIL, errno.EIO), (FAIL, errno.EDQUOT)),
    "fsync": ((FAIL, errno.EIO), (STAY, errno.ENOSPC)),
    "truncate": ((FAIL, errno.ENOSPC), (FAIL, errno.EIO)),
    "close": ((FAIL, errno.EIO), (FAIL, errno.ENOSPC)),
    "rename": ((FAIL, errno.EACCES), (FAIL, errno.EIO)),
    "exchange": ((FAIL, errno.EINVAL), (FAIL, errno.EIO)),
    "unlink": ((FAIL, errno.EACCES), (FAIL, errno.EIO)),
    "rmdir": ((FAIL, errno.EACCES),),
    "flock": ((FAIL, errno.ENOLCK), (FAIL, errno.EWOULDBLOCK)),
    "mmap": ((FAIL, errno.ENODEV), (FAIL, errno.ENOMEM)),
}
"""What may befall each kind of call."""


@dataclass(frozen=True)
class Save:
    """A command that writes."""

    name: str
    arguments: tuple[str, ...]
    outputs: tuple[str, ...]
    """Files, or folders, that it replaces whole."""
    more: dict[str, Any] = field(default_factory=dict)
    """For `Nursery.run`."""
    is_new: bool = False
    """Whether nothing is there yet to be replaced."""
    scratch: tuple[str, ...] = ()
    """Names that may be there afterwards, checked by themselves: checkpoints, logs."""
    reads: bool = False
    """Whether calls that read its inputs fail too; else they are another save's to test."""
    is_ended: bool = False
    """Whether it is killed and interrupted too, in the short form: one save of each way to write."""


def _converted(name: str) -> Save:
    return Save(name, ("convert", "source.w2v", name), (name,))


def _saves() -> Iterator[Save]:
    for suffix in (".bin.gz", ".txt", ".glove", ".parquet", ".fifu", ".safetensors", ".projector"):
        yield _converted(f"v{suffix}")
    yield replace(_converted("v.bin"), is_ended=True, reads=True)
    yield replace(_converted("v.w2v"), is_ended=True)
    yield replace(_converted("v.w2v"), name="no exchange", more={"can_exchange": False}, is_ended=True)
    yield replace(_converted("v.bin"), name="a new file", is_new=True)
    yield replace(_converted("v.w2v"), name="a new folder", is_new=True)
    yield Save("vocabulary", ("convert", "source.w2v", "v.words", "--to", "word2vec-vocab"), ("v.words",))
    yield Save("build-vocab", ("build-vocab", "corpus.txt", "-o", "words.txt"), ("words.txt",))
    phrases = ("phrases", "corpus.txt", "--threshold", "1", "-o")
    yield Save("phrases", (*phrases, "p.txt", "--save", "l.tsv"), ("p.txt", "l.tsv"), reads=True)
    yield Save("phrases, packed", (*phrases, "p.txt.gz"), ("p.txt.gz",))
    train = ("train", "corpus.txt", *TRAIN, "-o")
    yield Save("train", (*train, "v.bin", "--save-output"), ("v.bin", "v.output.bin"))
    yield Save("log", (*train, "v.w2v", "--log-json", "log.jsonl"), ("v.w2v",), scratch=("log.jsonl",))
    kept = ("v.bin", "--checkpoint", "kept")
    yield Save("checkpoints", (*train, *kept), ("v.bin",), scratch=("kept",), is_ended=True)
    stream = ("train", "-", *TRAIN, "-o", *kept)
    yield Save("stream", stream, ("v.bin",), {"stdin": "corpus.txt"}, scratch=("kept",))
    resumed = ("train", "--resume", "begun", "--epochs", "2", "-o", "v.bin")
    yield Save("resumed", resumed, ("v.bin",), scratch=("begun",), reads=True)
    yield Save("spool", (*train, "v.bin"), ("v.bin",), {"memory": 0, "environment": {"TMPDIR": "spool"}})
    tune = ("tune", "corpus.txt", "--metric", "loss", "--fraction", "1", "--trials", "1", "--threads", "1", "-o")
    yield Save("tune", (*tune, "t.toml"), ("t.toml",))
    yield Save("map", ("plot", "source.w2v", "--method", "pca", "-n", "9", "-o", "m.html"), ("m.html",))
    yield Save("picture", ("plot", "curve.jsonl", "-o", "m.png"), ("m.png",))


SAVES = tuple(_saves())
ENDED = SAVES if LONG else tuple(save for save in SAVES if save.is_ended)


@dataclass(frozen=True)
class Start:
    """A folder before a save, and what a save with nothing wrong makes of it."""

    save: Save
    inputs: dict[str, bytes]
    old: dict[str, bytes]
    """What is to be replaced."""
    new: dict[str, bytes]
    calls: list[str]

    def make(self, folder: Path) -> None:
        """Make the folder."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in (self.inputs | self.old).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if name.endswith("/"):
                (folder / name).mkdir()
            else:
                (folder / name).write_bytes(content)

    def points(self) -> Iterator[tuple[int, str]]:
        """Yield the calls to let fail, counted from 1, and of which kind they are.

        In the short form of calls that are alike the last, and the first write; of inputs where the save says so;
        and only what writes, where another save is written in the same way.
        """
        alike: dict[str, list[int]] = {}
        for at, call in enumerate(self.calls, 1):
            kind, _, path = call.partition(" ")
            is_read = path.strip("/") in self.inputs
            if LONG or (self.save.reads if is_read else self.save.is_ended or kind == "write"):
                alike.setdefault(re.sub(r"[0-9a-f]{8}", "", call), []).append(at)
        for call, found in alike.items():
            for at in found if LONG else sorted({found[0] if call.startswith("write") else found[-1], found[-1]}):
                yield at, call.split()[0]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> dict[str, bytes]:
    """All that the commands read."""
    if not nursery.has_shim:
        pytest.skip("needs a C compiler")
    folder = tmp_path_factory.mktemp("source")
    lines = [" ".join(tokens) for tokens in sentences(600)]
    (folder / "corpus.txt").write_text("\n".join(lines) + "\n")
    (folder / "curve.jsonl").write_text('{"progress": 0.5, "loss": 2.0}\n{"progress": 1.0, "loss": 1.0}\n')
    words = [f"word{number}" for number in range(300)]
    rows = np.random.default_rng(1).normal(size=(300, 24)).astype(np.float32)
    w2v.Vectors(words, rows, np.arange(300, 0, -1)).save(folder / "source.w2v")
    (folder / "spool").mkdir()
    assert nursery.run(folder, "train", "corpus.txt", *TRAIN, "--checkpoint", "begun", "-o", "v.bin").status == 0
    (folder / "v.bin").unlink()
    return settled(folder)


@pytest.fixture(scope="module")
def starts(
    source: dict[str, bytes], nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Save], Start]:
    """Count the calls of a save, once for all tests of this file."""
    folder, known = tmp_path_factory.mktemp("count") / "work", dict[str, Start]()

    def start(save: Save) -> Start:
        if save.name not in known:
            inputs = {name: data for name, data in source.items() if "begun" in save.arguments or "begun" not in name}
            made = Start(save, inputs, {}, {}, [])
            made.make(folder)
            assert _run(nursery, folder, save).status == 0
            new = _of(settled(folder), save.outputs)
            made = replace(made, old={} if save.is_new else {name: b"old" for name in new}, new=new)
            made.make(folder)
            done = _run(nursery, folder, save)
            assert done.status == 0 and _of(settled(folder), save.outputs) == new
            known[save.name] = replace(made, calls=done.calls)
        return known[save.name]

    return start


def _run(nursery: Nursery, folder: Path, save: Save, fault: Fault = Fault(), *more: str) -> Outcome:  # noqa: B008
    options = dict(save.more)
    if "stdin" in options:
        options["stdin"] = folder / str(options["stdin"])
    return nursery.run(folder, *save.arguments, *more, fault=fault, **options)


def _of(files: Mapping[str, bytes], names: Collection[str]) -> dict[str, bytes]:
    """Return those of the files that are one of these, or in one of these folders."""
    found = {name: data for name, data in files.items() if name in names or name.split("/")[0] in names}
    return {name: UUID.sub(b"", data) if name.endswith(".html") else data for name, data in found.items()}


def _check(start: Start, folder: Path, outcome: Outcome, may_leave: bool = False) -> None:
    """See that nothing is lost, half or left over: each output is old or new, and all else as it was."""
    save, now = start.save, settled(folder)
    for output in save.outputs:
        found = _of(now, [output])
        allowed = [_of(start.new, [output])] + ([_of(start.old, [output])] if outcome.status else [])
        assert found in allowed, f"{output} is neither what it was nor what it should be"
    now.setdefault("spool/", b"")
    rest = {name: data for name, data in now.items() if name not in _of(now, (*save.outputs, *save.scratch))}
    inputs = {name: data for name, data in start.inputs.items() if name not in _of(start.inputs, save.scratch)}
    left = rest.keys() - inputs.keys()
    named = {name for name in left if name.split("/")[0] in outcome.err}  # kept there, as the message says
    assert {name: data for name, data in rest.items() if name not in left} == inputs, "inputs changed"
    assert may_leave or left == named, f"left over: {sorted(left)}"
    for name in save.scratch:
        _check_scratch(folder / name, may_leave)


def _check_scratch(path: Path, may_leave: bool) -> None:
    if path.suffix == ".jsonl" and path.exists():
        assert all("progress" in json.loads(line) for line in path.read_text().splitlines())
    elif path.is_dir():
        names = {child.name for child in path.iterdir()}
        kept = {name for name in names if re.fullmatch(r"checkpoint-\d{6}", name)}
        assert may_leave or names - kept <= {"stream.npy"}, f"left over: {sorted(names)}"
        if kept:
            checkpoint.load(path)  # with every checksum


@pytest.mark.parametrize("save", SAVES, ids=lambda save: save.name)
def test_each_call_fails(save: Save, starts: Callable[[Save], Start], nursery: Nursery, tmp_path: Path) -> None:
    start, folder = starts(save), tmp_path / "work"
    for number, (at, call) in enumerate(start.points()):
        for how, what in FAULTS[call] if LONG else [FAULTS[call][number % len(FAULTS[call])]]:
            with nursery.surviving("a system call that fails"):
                start.make(folder)
                outcome = _run(nursery, folder, save, Fault(at, how, what))
                assert outcome.which
                check_words(outcome)
                # What cannot be removed stays.
                cannot = outcome.which.split()[0] in ("unlink", "rmdir", "opendir", "open")
                _check(start, folder, outcome, may_leave=cannot and outcome.which[-5:] != ".txt")
    nursery.check()


@pytest.mark.parametrize("save", ENDED, ids=lambda save: save.name)
def test_killed_at_each_call(save: Save, starts: Callable[[Save], Start], nursery: Nursery, tmp_path: Path) -> None:
    start, folder = starts(save), tmp_path / "work"
    for at, _ in start.points():
        with nursery.surviving("SIGKILL at a system call"):
            start.make(folder)
            outcome = _run(nursery, folder, save, Fault(at, SIGNAL, signal.SIGKILL))
            assert outcome.status == -signal.SIGKILL
            if save.more.get("can_exchange", True) or _of(settled(folder), save.outputs):
                _check(start, folder, outcome, may_leave=True)
            again = save
            if checkpoint.exists(folder / "kept"):
                again = replace(save, arguments=("train", "--resume", "kept", "-o", save.outputs[0]), more={})
            outcome = _run(nursery, folder, again)
            assert outcome.status == 0
            _check(start, folder, outcome)
    nursery.check()


@pytest.mark.parametrize("save", ENDED, ids=lambda save: save.name)
def test_interrupted_at_each_call(
    save: Save, starts: Callable[[Save], Start], nursery: Nursery, tmp_path: Path
) -> None:
    start, folder = starts(save), tmp_path / "work"
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number, (at, _) in enumerate(start.points()):
        for what in signals if LONG else [signals[number % 3]]:
            with nursery.surviving(f"{what.name} at a system call"):
                start.make(folder)
                outcome = _run(nursery, folder, save, Fault(at, SIGNAL, what))
                check_words(outcome)
                assert outcome.status in (0, 130)
                _check(start, folder, outcome)
    nursery.check()
