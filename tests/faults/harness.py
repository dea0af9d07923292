"""Runs of the program in which something goes wrong, and what must be true afterwards whatever it was."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from helpers import CHECKOUT, files_in

HERE = Path(__file__).parent
FAIL, STAY, SHORT, SIGNAL = 1, 2, 3, 4
"""A call fails once; from there on every one that takes space does; half is written; a signal comes."""
NEEDS = {b"plot": "sklearn", b"tune": "optuna"}
"""The libraries that commands need, of extras."""
LONG = bool(os.environ.get("W2V_LONG"))
"""Whether all faults are injected, or of each kind of call and each point a share that CI has time for."""


class Fault(NamedTuple):
    """What is to go wrong, at which call."""

    at: int = 0
    """Counted from 1; 0 is never."""
    how: int = FAIL
    what: int = 0
    """The error, or the signal."""
    match: str = ""
    """Count only calls whose line in the trace contains this: "mkdir kept/"."""

    def __str__(self) -> str:
        """Return it as a message has it."""
        what = signal.Signals(self.what).name if self.how == SIGNAL else errno.errorcode.get(self.what, "")
        return f"call {self.at} {('', 'once', 'from there on', 'short', '')[self.how]} {what}"


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    status: int
    """Minus the signal that ended it; 99 where an exception left `main`."""
    out: str
    err: str
    calls: list[str]
    """Each system call on the folder and its file."""
    which: str
    """That which went wrong; empty where none did."""


@dataclass
class Nursery:
    """The process that forks the program; see nursery.py."""

    scratch: Path
    """For what is not the program's: its streams, a corpus to warm up with."""
    counts: dict[str, int] = field(default_factory=dict)
    """Faults survived, by what they were."""
    wrong: list[str] = field(default_factory=list)
    last: Outcome | None = None
    what: str = ""
    """The last run: how it ended, and how it was begun."""

    def __post_init__(self) -> None:
        """Compile the shim, where there is a compiler, and start."""
        shim = self.scratch / "shim.so"
        compiler = shutil.which("cc") or shutil.which("gcc")
        command = [
            compiler or "",
            "-O1",
            "-shared",
            "-fPIC",
            "-o",
            str(shim),
            str(HERE / "shim.c"),
            "-ldl",
            "-lpthread",
        ]
        self.has_shim = bool(compiler) and subprocess.run(command, check=False).returncode == 0
        folder = self.scratch / "warm"
        folder.mkdir()
        (folder / "corpus.txt").write_text("a b c d e f\n" * 2_000)
        with (self.scratch / "nursery.err").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / "nursery.py"), str(folder / "corpus.txt")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT), **({"LD_PRELOAD": str(shim)} if self.has_shim else {})},
                text=True,
                start_new_session=True,
            )

    def close(self) -> None:
        """End it."""
        self.process.communicate()
        if LONG:
            print("\nfaults survived:", self.counts, file=sys.__stderr__)

    def run(self, folder: Path, *arguments: str | bytes | Path, timeout: float = 60, **more: Any) -> Outcome:  # noqa: ANN401
        """Run the program in a folder, as `begin` does, and wait for its end."""
        return self.end(self.begin(folder, *arguments, **more), timeout)

    def begin(
        self,
        folder: Path,
        *arguments: str | bytes | Path,
        fault: Fault = Fault(),  # noqa: B008  (it is frozen)
        stdin: Path | str | None = "/dev/null",
        stdout: Path | str | None = "",
        stderr: Path | str | None = "",
        limits: Mapping[str, int] | None = None,
        memory: int | None = None,
        environment: Mapping[str, str | None] | None = None,
        can_exchange: bool = True,
        blocks: bool = False,
    ) -> int:
        """Start the program in a folder and return its number.

        Args:
            folder: where it runs, and whose files are watched.
            arguments: of the command line.
            fault: what goes wrong.
            stdin: a file; None is closed.
            stdout: the same; without one it is in the outcome.
            stderr: the same.
            limits: of the system, by their name in `resource`; of memory what may come on top of what there is.
            memory: the free memory that the program believes in, in bytes.
            environment: variables; None removes one.
            can_exchange: whether the system lets two folders change places.
            blocks: whether it waits for what standard input may still bring.
        """
        if (library := NEEDS.get(os.fsencode(arguments[0]))) is not None:
            pytest.importorskip(library)
        streams = [
            (stdin, os.O_RDONLY | (0 if blocks else os.O_NONBLOCK)),
            (self.scratch / "out" if stdout == "" else stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            (self.scratch / "err" if stderr == "" else stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND),
        ]
        self.last, self.what = None, f"{' '.join(os.fsdecode(argument) for argument in arguments)}: {fault}"
        for name in ("out", "err"):
            (self.scratch / name).unlink(missing_ok=True)
        request = {
            "folder": str(folder),
            "arguments": [list(os.fsencode(argument)) for argument in arguments],
            "fault": list(fault),
            "can_exchange": can_exchange,
            "streams": [(None if path is None else str(path), flags) for path, flags in streams],
            "limits": dict(limits or {}),
            "memory": memory,
            "environment": dict(environment or {}),
        }
        return int(self._ask(request))

    def end(self, child: int, timeout: float = 60) -> Outcome:
        """Wait for the end of a run."""
        done = self._ask({"child": child, "timeout": timeout})
        self.last = Outcome(out=self._stream("out"), err=self._stream("err"), **done)
        return self.last

    def begin_to(self, folder: Path, call: str, *arguments: str) -> int:
        """Start the program, and return its number when it has stopped itself before the first call that matches."""
        child = self.begin(folder, *arguments, fault=Fault(1, SIGNAL, signal.SIGSTOP, call))
        for _ in range(30_000):
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
            if state == "T":
                return child
            assert state != "Z", f"it ended before it came to {call}:\n{self.stderr()}"
            time.sleep(0.002)
        raise AssertionError(f"it did not come to {call} within a minute")

    def stderr(self) -> str:
        """Return what the program has written to standard error so far."""
        return self._stream("err")

    @contextmanager
    def surviving(self, what: str) -> Iterator[None]:
        """Count a fault that was survived, and keep in mind what was wrong with one that was not; see `check`."""
        try:
            yield
            self.counts[what] = self.counts.get(what, 0) + 1
        except AssertionError as error:
            last = self.last
            shown = (
                f"{str(error).splitlines()[0]}\n  {last.which}\n  status {last.status}\n  {last.err}"
                if last
                else f"{error}"
            )
            self.wrong.append(f"{what}: {self.what}: {shown}")

    def check(self) -> None:
        """Say all that was wrong since the last time."""
        wrong, self.wrong = self.wrong, []
        if wrong:
            pytest.fail(f"{len(wrong)} of these:\n" + "\n".join(wrong), pytrace=False)

    def _ask(self, request: dict[str, Any]) -> Any:  # noqa: ANN401  (what JSON has)
        assert self.process.stdin is not None and self.process.stdout is not None
        print(json.dumps(request), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        assert answer, (self.scratch / "nursery.err").read_text()
        return json.loads(answer)

    def _stream(self, name: str) -> str:
        path = self.scratch / name
        return path.read_text(errors="replace") if path.exists() else ""


def check_words(outcome: Outcome) -> None:
    """See that a run ended as one may: with a known status, and where it failed one line that says so."""
    assert outcome.status in (0, 1, 2, 130), "it ended otherwise than by an exit status that there is"
    for bad in ("Traceback", "Warning:", "Exception ignored", "[Errno", "Error("):
        assert bad not in outcome.err, f"{bad} is shown"
    assert all(line.startswith("w2v: ") for line in outcome.err.splitlines()), "a line is not w2v's"
    if outcome.status:
        assert outcome.err, "it failed without a word"
        last = outcome.err.splitlines()[-1]
        assert len(last) > len("w2v: x") and last.isprintable(), "the last line is no sentence"


def settled(folder: Path) -> dict[str, bytes]:
    """Return the files under a folder by name, empty folders too, as `name/`."""
    empty = {
        f"{path.relative_to(folder)}/": b"" for path in folder.rglob("*") if path.is_dir() and not any(path.iterdir())
    }
    return files_in(folder) | empty
