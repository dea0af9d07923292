"""Imports Numba safely: without settings or compiled code that another user has written.

If PyYAML is installed, Numba reads `.numba_config.yaml` from the current folder when it is imported and at every
compilation. Such a file can name a cache from which Numba loads code. Environment variables are still used, except a
NUMBA_CACHE_DIR that other users can write to. Other libraries that use Numba, such as umap-learn, must be imported
after this module.
"""

import os
import sys
import warnings
from pathlib import Path

from w2v.base.private import why_not_private

CACHE = "NUMBA_CACHE_DIR"


def _refuse_cache() -> str:
    """Remove NUMBA_CACHE_DIR from the environment if other users can write to it; return the reason, or ""."""
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
        sys.modules["yaml"] = None  # type: ignore[assignment]  # makes an import of yaml fail
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "A Numba config file is found")
            import numba.core.config as config
    finally:
        if is_hidden:
            del sys.modules["yaml"]
            if yaml is not None:
                sys.modules["yaml"] = yaml
    config._config_fname = os.devnull  # the name that Numba checks at every compilation; it is never a regular file
    if why_refused:
        config.CACHE_DIR = ""  # type: ignore[attr-defined]


why_refused = _refuse_cache()
"""Why the user's NUMBA_CACHE_DIR is not used; empty if it is used."""
_load()
