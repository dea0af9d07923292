"""On something like Windows: `like_windows` takes away from a process of its own what Windows lacks or refuses."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import CHECKOUT

TESTS = CHECKOUT / "tests"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="like_windows needs /proc")
MODULES = (
    "base/test_files.py",
    "base/test_locks.py",
    "base/test_machine.py",
    "checkpoints",
    "text/test_stream.py",
    "training/test_log.py",
)
REFUSED = """
import like_windows
import ctypes, mmap, os, signal
from contextlib import suppress
from pathlib import Path
from like_windows import refused

for module in like_windows.MODULES:
    with refused(ImportError, module):
        __import__(module)
assert not any(hasattr(os, name) for name in like_windows.OF_OS)
assert not any(hasattr(signal, name) for name in like_windows.OF_SIGNAL)
with refused(TypeError, "NoneType"):
    exec("ctypes.CDLL(None)", {"ctypes": ctypes, "__name__": "w2v.base"})
os.mkdir("folder")
with refused(PermissionError, "Permission denied"):
    os.open("folder", os.O_RDONLY)
for name in ("folder/open", "new", "other"):
    Path(name).write_bytes(b"x")
with open("folder/open", "rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with refused(OSError, "Bad file descriptor"):
        os.fsync(file)
for held in (True, False):  # mapped alone, and free
    for action in (
        lambda: Path("new").replace("folder/open"),
        lambda: Path("folder/open").rename("name"),
        lambda: Path("folder").rename("name"),
        lambda: Path("folder/open").unlink(),
    ):
        if held:
            with refused(PermissionError, "being used by another process"):
                action()
    if held:
        mapped.close()
with refused(FileExistsError, "already exists"):
    Path("new").rename("other")
Path("new").replace("folder/open")
Path("folder").rename("name")
Path("name/open").unlink()
print("done")
"""


def _python(*arguments: str, cwd: Path) -> str:
    """Return what a Python of its own prints; without coverage and without the addopts of this run."""
    path = os.pathsep.join([str(TESTS), str(CHECKOUT)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTEST_ADDOPTS": ""}
    done = subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_what_stands_for_windows_refuses_what_it_should(tmp_path: Path) -> None:
    assert _python("-c", REFUSED, cwd=tmp_path) == "done\n"


@pytest.mark.slow
def test_the_commands(tmp_path: Path) -> None:
    """Text files are opened with an encoding: an EncodingWarning in w2v is an error here."""
    out = _python("-X", "warn_default_encoding", str(TESTS / "windows_workflow.py"), cwd=tmp_path)
    assert out.endswith("done\n")


@pytest.mark.slow
def test_modules_of_the_suite() -> None:
    out = _python("-m", "pytest", "-n", "0", "-p", "like_windows", *(f"tests/{name}" for name in MODULES), cwd=CHECKOUT)
    assert " passed" in out and "failed" not in out


def test_no_text_is_written_with_the_line_ends_of_the_system() -> None:
    for path in (CHECKOUT / "w2v").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr != "write_text", f"{path}, line {node.lineno}: on Windows this writes \\r\\n"
