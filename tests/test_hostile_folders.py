"""What other people have left in a folder does not run: settings of libraries, and compiled code."""

import hashlib
import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import CHECKOUT

from w2v.base.private import make_private_folder, read_private, secret_key, why_not_private, write_private

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows keeps users apart in other ways")

SPELL = """
import json, warnings
import numpy as np
from w2v.kernels import cache_is_writable, why_folder_is_refused
from w2v.kernels.cache import KernelCache
from w2v.kernels.text.pairs import PADDING, spell
text = np.frombuffer(b"two long-words " + bytes(PADDING), np.uint8)
out = np.zeros(len(text), np.uint8)
n = spell(np.array([1, 0], np.int32), 0, 2, np.array([0, 4, 15]), text, out)
print(json.dumps({"answer": out[:n].tobytes().decode(), "why": why_folder_is_refused(),
                  "hits": sum(spell.stats.cache_hits.values()), "folder": spell._cache.cache_path}))
"""
CONFIGS = {
    "named": b"cache_dir: evil\n",
    "located": b"cache_locator_classes: evil.Locator\n",
    "broken": b"[: {\n",
    "bytes": b"\xff\xfe\x00",
    "a list": b"- 1\n",
}


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch ran",)


def plant(folder: Path) -> None:
    """Replace all compiled code below a folder by a pickle that runs a command, with the hash that anybody can make."""
    content = pickle.dumps(Evil())
    for path in folder.rglob("*.nbc"):
        path.write_bytes(content + hashlib.sha256(content).digest())


def run(here: Path, program: str = SPELL, **environment: str) -> dict[str, object]:
    """Run a program in a folder, and return what it prints."""
    others = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    variables = {**others, "PYTHONPATH": str(CHECKOUT), **environment}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=here, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.slow
@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("first", ["", "import numba\n"], ids=["w2v", "Numba before w2v"])
def test_numba_reads_no_settings_from_the_current_folder(tmp_path: Path, config: str, first: str) -> None:
    (tmp_path / ".numba_config.yaml").write_bytes(CONFIGS[config])
    (tmp_path / "evil.py").write_text("open('ran', 'w')\n")
    if first:  # that import is the user's own, elsewhere
        first = f"import os\nos.chdir({str(tmp_path.parent)!r})\nimport numba\nos.chdir({str(tmp_path)!r})\n"
    assert run(tmp_path, first + SPELL)["answer"] == "long-words two\n"
    assert {path.name for path in tmp_path.iterdir()} == {".numba_config.yaml", "evil.py"}


@pytest.mark.slow
def test_code_in_a_folder_of_others_is_not_loaded(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o700)
    first = run(tmp_path, NUMBA_CACHE_DIR=str(shared))
    assert first["why"] == "" and str(first["folder"]).startswith(str(shared))
    assert all(path.stat().st_mode & 0o077 == 0 for path in shared.rglob("*"))
    plant(shared)
    assert run(tmp_path, NUMBA_CACHE_DIR=str(shared))["hits"] == 0, "its hash is no secret"
    plant(shared)
    shared.chmod(0o777)
    after = run(tmp_path, NUMBA_CACHE_DIR=str(shared / "inside"))
    assert after["why"] == f"other users may write to {shared}"
    assert not str(after["folder"]).startswith(str(shared))
    if os.getuid() == 0:
        shared.chmod(0o755)
        os.chown(shared, 1234, 1234)
        assert run(tmp_path, NUMBA_CACHE_DIR=str(shared))["why"] == f"{shared} belongs to another user"
    assert not (tmp_path / "ran").exists()


def test_a_folder_is_private_only_if_all_above_it_are(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    make_private_folder(inner)
    assert inner.stat().st_mode & 0o777 == (tmp_path / "a").stat().st_mode & 0o777 == 0o700
    assert not why_not_private(inner)
    for mode in (0o722, 0o702, 0o777):
        (tmp_path / "a").chmod(mode)
        assert why_not_private(inner) == f"other users may write to {tmp_path / 'a'}"
        with pytest.raises(PermissionError):
            make_private_folder(inner / "c")
    (tmp_path / "a").chmod(0o1777)  # as /tmp: nobody can replace the folder of another
    assert not why_not_private(inner)
    assert why_not_private(tmp_path / "a")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert why_not_private(tmp_path / "link")


def test_a_secret_is_kept_for_this_user_alone(tmp_path: Path) -> None:
    key = secret_key(tmp_path / "mine")
    assert secret_key(tmp_path / "mine") == key and len(key) == 32
    path = tmp_path / "mine" / "key"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o666)
    with pytest.raises(PermissionError):
        secret_key(tmp_path / "mine")
    path.chmod(0o600)
    write_private(path, b"short")
    assert len(secret_key(tmp_path / "mine")) == 32
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        read_private(path)
    shutil.rmtree(tmp_path / "mine")


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"backend: module://evil\n", b"\xff\xfe\x00\n", b"figure.dpi: 7\n"])
def test_matplotlib_reads_no_settings_from_the_current_folder(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "matplotlibrc").write_bytes(content)
    (tmp_path / "evil.py").write_text("open('ran', 'w')\n")
    program = (
        "import json\nfrom w2v.plotting.pictures import load_matplotlib\nload_matplotlib()\nimport matplotlib\n"
        "from matplotlib.figure import Figure\nprint(json.dumps({'dpi': matplotlib.rcParams['figure.dpi']}))"
    )
    assert run(tmp_path, program)["dpi"] == 100
    assert not (tmp_path / "ran").exists()
