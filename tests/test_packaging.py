"""What `pip install` puts on a machine: the package, the command, the presets, and nothing else."""

import configparser
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from helpers import CHECKOUT

import w2v


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    assert path.name == f"w2v-{w2v.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_the_program_and_nothing_else(wheel: Path) -> None:
    assert {path.name for path in wheel.iterdir()} == {"w2v", f"w2v-{w2v.__version__}.dist-info"}
    source = {path.relative_to(CHECKOUT) for path in (CHECKOUT / "w2v").rglob("*.py")}
    source |= {Path("w2v/py.typed"), Path("w2v/plotting/map.html")}
    presets = {Path("w2v/configs") / path.name for path in (CHECKOUT / "configs").glob("*.toml")}
    assert len(presets) >= 3
    assert {path.relative_to(wheel) for path in (wheel / "w2v").rglob("*") if path.is_file()} == source | presets


def test_the_command_is_main_of_commands(wheel: Path) -> None:
    scripts = configparser.ConfigParser()
    scripts.read(next(wheel.glob("*.dist-info/entry_points.txt")))
    assert dict(scripts["console_scripts"]) == {"w2v": "w2v.commands:main"}


def test_another_cli_py_on_the_path_does_not_take_over(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "cli.py").write_text("def main():\n    print('mine')\n")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(wheel)!r}]; sys.argv = ['w2v', '--version']\n"
    code += "from w2v.commands import main\nsys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"w2v {w2v.__version__}\n", "")


def test_the_licence_and_few_dependencies_go_along(wheel: Path) -> None:
    (info,) = wheel.glob("*.dist-info")
    assert (info / "licenses/LICENSE").read_bytes() == (CHECKOUT / "LICENSE").read_bytes()
    lines = (info / "METADATA").read_text(encoding="utf-8").splitlines()
    needed = {line.split()[1].split(">")[0] for line in lines if line.startswith("Requires-Dist:") and ";" not in line}
    assert needed == {"numba", "numpy", "tqdm", "typer"}


def test_presets_are_found_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path[:] = [{str(wheel)!r}] + [p for p in sys.path if p and p != {str(CHECKOUT)!r}]\n"
        "sys.meta_path[:] = [finder for finder in sys.meta_path if 'editable' not in repr(finder).lower()]\n"
        "import w2v.commands, w2v.settings.presets\n"
        f"assert w2v.__file__.startswith({str(wheel)!r}), w2v.__file__\n"
        "print(*w2v.settings.presets.presets(), w2v.load_config('large', {}).dim)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    presets = sorted(path.stem for path in (CHECKOUT / "configs").glob("*.toml"))
    assert done.stdout.split() == [*presets, "300"], done.stderr


def test_the_citation_has_the_version_of_the_package() -> None:
    assert f"\nversion: {w2v.__version__}\n" in (CHECKOUT / "CITATION.cff").read_text(encoding="utf-8")


def test_the_description_has_no_link_that_is_dead_on_pypi(wheel: Path) -> None:
    (info,) = wheel.glob("*.dist-info")
    text = (info / "METADATA").read_text(encoding="utf-8").split("\n\n", 1)[1]
    assert [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith(("https:", "#"))] == []
    assert "w2v demo" in text and "docs/" in (CHECKOUT / "README.md").read_text(encoding="utf-8")
