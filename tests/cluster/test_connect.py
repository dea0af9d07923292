"""What a user without Ray is told."""

import sys
from pathlib import Path

import pytest
from helpers import Run


def test_without_ray_it_says_how_to_install_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    for name in ("w2v.cluster.rays", "w2v.cluster.driver"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    text = tmp_path / "text.txt"
    text.write_text("a b c\n" * 100)
    result = run("train", text, "--ray", "local")
    assert (result.status, result.err.count("\n")) == (1, 1)
    assert "needs ray, which is not installed: pip install ray" in result.err
