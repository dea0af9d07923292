"""Signals, sent to processes of their own: an orderly end, and no traceback whenever they come."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import CHECKOUT, files_in, start

SECONDS = 60.0
"""Patience with another process, which may have to compile first."""
ENDLESS = ("--epochs", "1000000", "--sample", "0", "--dim", "8", "--log-json", "log.json")

STUBBORN = """
import sys, time
from w2v import commands
from w2v.commands.app import app
from w2v.commands.interrupts import INTERRUPTS

def stubborn():
    "Ends when a line comes."
    with INTERRUPTS.during("the work is being saved", loses="all of it"):
        try:
            print("begun", flush=True)
            time.sleep(60)
        finally:
            sys.stdin.readline()
            print("saved", flush=True)

app.command()(stubborn)
sys.exit(commands.main())
"""


def begin_stubborn() -> subprocess.Popen[str]:
    """Start a command that ends in order when a line comes, and wait until it has begun."""
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN, "stubborn"],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None and process.stdout.readline() == "begun\n"
    return process


def send(process: subprocess.Popen[str], number: int) -> str:
    """Send a signal and return the line it was answered with."""
    process.send_signal(number)
    assert process.stderr is not None
    return process.stderr.readline()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_begins_the_end_and_the_second_says_what_is_lost(number: int) -> None:
    with begin_stubborn() as process:
        assert send(process, number) == "w2v: interrupted: the work is being saved\n"
        assert "loses all of it" in send(process, number)
        assert process.communicate("\n", timeout=SECONDS) == ("saved\n", "w2v: interrupted\n")
    assert process.returncode == 130


def test_the_third_gives_up() -> None:
    with begin_stubborn() as process:
        for _ in range(2):
            send(process, signal.SIGINT)
        assert send(process, signal.SIGINT) == "w2v: gave up: lost all of it\n"
        assert process.wait(SECONDS) == 130, "it must not wait for the line"
        assert process.communicate() == ("", "")


DROPS = """
import os, signal, sys, time
from w2v import commands
from w2v.commands.app import app

send, lost = signal.pthread_kill, iter(range(int(sys.argv[3])))

def send_or_lose(thread, number):
    "Lose the first few: what Python does with a signal just before a call that waits."
    if next(lost, None) is None:
        send(thread, number)

signal.pthread_kill = send_or_lose

class Dropping:
    def __del__(self):
        os.kill(os.getpid(), int(sys.argv[2]))
        time.sleep(60)

def drops():
    "Meets its signal where Python drops what is raised, as in a callback of LLVM."
    Dropping()
    time.sleep(60)
    print("it went on")

app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(drops)
sys.exit(commands.main())
"""


@pytest.mark.slow
@pytest.mark.parametrize(("number", "n_lost"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGINT, 3)])
def test_a_signal_that_python_drops_is_raised_again(number: int, n_lost: int) -> None:
    command = [sys.executable, "-c", DROPS, "drops", str(int(number)), str(n_lost)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "w2v: interrupted\n")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_training_with_a_checkpoint(corpus: Path, number: int) -> None:
    folder = corpus.parent
    with start("train", "corpus.txt", *ENDLESS, "--checkpoint", "kept", cwd=folder) as process:
        wait_for(folder / "log.json", process)
        process.send_signal(number)
        process.send_signal(number)  # within 50 ms: it changes nothing
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "w2v: interrupted"
    state = json.loads(next((folder / "kept").glob("checkpoint-*/*.json")).read_text())
    assert state
    assert not [name for name in files_in(folder) if name.endswith(".part")]


@pytest.mark.slow
def test_a_hangup_that_is_ignored_stays_ignored(corpus: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what nohup does
    try:
        process = start("train", "corpus.txt", *ENDLESS, cwd=corpus.parent)
    finally:
        signal.signal(signal.SIGHUP, before)
    with process:
        wait_for(corpus.parent / "log.json", process)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130


EARLY = """
import os, sys
from w2v.commands.interrupts import INTERRUPTS
INTERRUPTS.install()  # the first that main does
assert not {"numpy", "typer", "typing", "pathlib"} & set(sys.modules), "too slow to be imported before this"
os.write(1, b".")
from w2v.commands import main
sys.exit(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("command", ["similar", "train"])
def test_no_traceback_however_early(corpus: Path, vectors_file: Path, command: str) -> None:
    arguments = ["train", str(corpus), "-o", "v.txt"]
    if command == "similar":
        arguments = ["similar", "horse", "--vectors", str(vectors_file)]
    for number in range(8):
        with subprocess.Popen(
            [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{EARLY}", *arguments],
            cwd=corpus.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        ) as process:
            assert process.stdout is not None and process.stdout.read(1) == b".", process.communicate()
            time.sleep(0.03 * number)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=SECONDS)
        assert b"Traceback" not in err and b"Exception" not in err, err.decode()
        assert process.returncode in (0, 130)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a log has been begun."""
    until = time.monotonic() + SECONDS
    while not (path.exists() and path.read_text()):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.02)
