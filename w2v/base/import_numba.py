"""Importing this loads Numba without settings, or compiled code, that somebody else has written.

Numba reads `.numba_config.yaml` from the current folder where PyYAML is installed: when it is imported, and at every
compilation. Such a file can name a cache, from which code is loaded. Environment variables still hold, but for a
NUMBA_CACHE_DIR that other users may write to. Other libraries that use Numba, such as umap-learn, are imported after
this.
"""

import os
import sys
import warnings
from pathlib import Path

from w2v.base.private import why_not_private

CACHE = "NUMBA_CACHE_DIR"


def _refuse_cache() -> str:
    """Take NUMBA_CACHE_DIR out of the environment if others may write to it, and return why."""
    if not (named := os.environ.get(CACHE)):
        return ""
    folder = Path(os.path.realpath(named))
    reason = why_not_private(next(one for one in (folder, *folder.parents) if one.exists()))
    if reason:
        del os.environ[CACHE]
    return reason


def _load() -> None:
    """Import Numba as if PyYAML were not installed."""
    is_hidden, yaml = "numba" not in sys.modules, sys.modules.get("yaml")
    if is_hidden:
        sys.modules["yaml"] = None  # type: ignore[assignment]  # an import of it fails
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "A Numba config file is found")
            import numba.core.config as config
    finally:
        if is_hidden:
            del sys.modules["yaml"]
            if yaml is not None:
                sys.modules["yaml"] = yaml
    config._config_fname = os.devnull  # what is looked for at every compilation, and is never a file
    if why_refused:
        config.CACHE_DIR = ""  # type: ignore[attr-defined]


why_refused = _refuse_cache()
"""Why the user's NUMBA_CACHE_DIR is not used; empty if it is."""
_load()
