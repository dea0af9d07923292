"""w2v learns embeddings by negative sampling, from text or from any sequences of tokens.

Examples:
    >>> import w2v
    >>> vectors = w2v.train("corpus.txt", dim=100)      # doctest: +SKIP
    >>> vectors.similar("king")                         # doctest: +SKIP
"""

from __future__ import annotations

from w2v.base.errors import DivergedError, SettingsError, UnknownWordError, W2VError, W2VWarning
from w2v.base.version import __version__

TYPE_CHECKING = False  # as in typing, whose import takes 10 ms, during which a command could not answer Ctrl-C
if TYPE_CHECKING:
    from w2v.api import (
        align,
        build_vocab,
        compare,
        convert,
        embed,
        evaluate,
        find_phrases,
        infer,
        info,
        plot,
        recommend,
        resume,
        sessions,
        shift,
        train,
        tune,
    )
    from w2v.estimator import MeanVectorizer
    from w2v.reports import Progress, Reporter
    from w2v.settings.config_files import load_config
    from w2v.settings.train import TrainConfig
    from w2v.text.vocab import Vocab
    from w2v.vectors.derived import line_vectors
    from w2v.vectors.runs import Runs
    from w2v.vectors.vectors import Vectors
else:
    _LAZY = {
        "MeanVectorizer": "w2v.estimator",
        "Progress": "w2v.reports",
        "Reporter": "w2v.reports",
        "Runs": "w2v.vectors.runs",
        "TrainConfig": "w2v.settings.train",
        "Vectors": "w2v.vectors.vectors",
        "Vocab": "w2v.text.vocab",
        "line_vectors": "w2v.vectors.derived",
        "load_config": "w2v.settings.config_files",
    }
    """Where the public names are, apart from those of w2v.api; they are imported when they are used."""

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module 'w2v' has no attribute {name!r}")
        from importlib import import_module

        globals()[name] = found = getattr(import_module(_LAZY.get(name, "w2v.api")), name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "DivergedError",
    "MeanVectorizer",
    "Progress",
    "Reporter",
    "Runs",
    "SettingsError",
    "TrainConfig",
    "UnknownWordError",
    "Vectors",
    "Vocab",
    "W2VError",
    "W2VWarning",
    "__version__",
    "align",
    "build_vocab",
    "compare",
    "convert",
    "embed",
    "evaluate",
    "find_phrases",
    "infer",
    "info",
    "line_vectors",
    "load_config",
    "plot",
    "recommend",
    "resume",
    "sessions",
    "shift",
    "train",
    "tune",
]
