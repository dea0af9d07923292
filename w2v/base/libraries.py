"""Libraries that are not installed together with w2v."""

from importlib.util import find_spec

from w2v.base.errors import W2VError

PACKAGES = {"sklearn": "scikit-learn", "umap": "umap-learn"}
"""Names of packages that differ from the names of their libraries."""


def require(library: str, use: str) -> None:
    """Raise W2VError if a library is not installed; `use` names what needs it.

    >>> require("nosuch", "reading minds")
    Traceback (most recent call last):
    w2v.base.errors.W2VError: reading minds needs nosuch, which is not installed: pip install nosuch
    """
    if find_spec(library) is None:
        package = PACKAGES.get(library, library)
        raise W2VError(f"{use} needs {package}, which is not installed: pip install {package}")
