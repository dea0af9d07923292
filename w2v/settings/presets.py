"""The settings that come with w2v, by name."""

import os
from pathlib import Path

from w2v.base.errors import SettingsError

CONFIG_FOLDERS = (Path(__file__).parent.parent / "configs", Path(__file__).parent.parent.parent / "configs")
"""Where the presets live: inside an installed package, or beside it in a checkout."""


def presets() -> dict[str, Path]:
    """Return the presets that come with w2v, by name."""
    for folder in CONFIG_FOLDERS:
        found = sorted(folder.glob("*.toml"))
        if found:
            return {path.stem: path for path in found}
    return {}


def find_config(source: str | Path) -> Path:
    """Return the file a `--config` value means: that of a preset, else a path; `./large` is always a path.

    A file with the name of a preset does not replace it: which settings a name means does not depend on the folder.
    """
    known = presets()
    if str(source) in known:
        return known[str(source)]
    if os.path.isfile(source):
        return Path(source)
    raise SettingsError(f"no config '{source}': not a file or a .w2v folder, and the presets are {', '.join(known)}")
