"""The presets of w2v, by name."""

import os
from pathlib import Path

from w2v.base.errors import SettingsError

CONFIG_FOLDERS = (Path(__file__).parent.parent / "configs", Path(__file__).parent.parent.parent / "configs")
"""Folders of the presets: inside an installed package, or next to the package in a checkout."""


def presets() -> dict[str, Path]:
    """Return the files of the presets, by name."""
    for folder in CONFIG_FOLDERS:
        found = sorted(folder.glob("*.toml"))
        if found:
            return {path.stem: path for path in found}
    return {}


def find_config(source: str | Path) -> Path:
    """Return the file of a `--config` value: a preset if the name is one, else a path. `./large` is always a path.

    A file cannot replace the preset with the same name, so that a name means the same settings in every folder.
    """
    known = presets()
    if str(source) in known:
        return known[str(source)]
    if os.path.isfile(source):
        return Path(source)
    raise SettingsError(f"no config '{source}': not a file or a .w2v folder, and the presets are {', '.join(known)}")
