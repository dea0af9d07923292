"""Warnings that a run probably learns too little, with the setting that helps."""

import numpy as np

from w2v.base.arrays import Floats, Matrix
from w2v.base.errors import option
from w2v.reports import Reporter
from w2v.text.vocab import Vocab
from w2v.training.distributions import keep_prob
from w2v.training.run import Run
from w2v.vectors.vectors import Vectors

LITTLE = 0.1
"""A share of the tokens this small is hardly intended. 1e-5 on a billion words of English leaves about 0.2."""
ALIKE = 0.9
"""Above this mean cosine of two words, vectors carry little information. With the default settings it is .999 for the
first 50,000 tokens of Wikipedia, .989 for 100,000, .93 for 200,000 and .74 for 400,000."""
COMPARED = 1_000
"""Number of words whose cosines are computed."""
FEWEST = 10
"""With fewer words than this, all cosines can be high for good reason."""


def warn_of_subsampling(vocab: Vocab, sample: float, told: Reporter) -> None:
    """Report the share of the tokens that subsampling keeps, if it is small."""
    kept = float(keep_prob(vocab.counts, sample) @ vocab.counts) / vocab.n_tokens
    if kept < LITTLE:
        told.warn(
            f"{option('sample', f'{sample:g}')} leaves {100 * kept:.1f}% of the tokens; a vocabulary of few words "
            f"needs {option('sample', 0)} or {option('sample', 0.01)}"
        )


def warn_of_likeness(vectors: Vectors, run: Run, told: Reporter) -> None:
    """Warn if all vectors point in the same direction, as they do after too few steps."""
    likeness = mean_cosine(vectors.matrix[:: max(1, len(vectors) // COMPARED)])
    if len(vectors) >= FEWEST and likeness > ALIKE:
        steps = run.config.epochs * float(keep_prob(run.vocab.counts, run.config.sample) @ run.vocab.counts)
        told.warn(
            f"the vectors are almost the same (mean cosine {likeness:.3f}): about {steps:,.0f} steps are too few for "
            f"{len(run.vocab):,} words; more {option('epochs')} or more text helps"
        )


def mean_cosine(rows: Matrix) -> float:
    """Return the mean cosine of two different rows, each (n, dim), without zero rows; 0 if fewer than two are left.

    >>> mean_cosine(np.array([[1, 0], [1, 0], [0, 1]], np.float32)).__round__(3)
    0.333
    """
    lengths: Floats = np.linalg.norm(rows.astype(np.float64), axis=1)
    unit = rows[lengths > 0] / lengths[lengths > 0, None]
    n = len(unit)
    if n < 2:
        return 0.0
    return float((np.square(unit.sum(axis=0)).sum() - n) / (n * (n - 1)))
