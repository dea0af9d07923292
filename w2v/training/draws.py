"""The draws of a run that NumPy makes: each kind has its own generator, so that no two of them use the same numbers."""

from enum import IntEnum, unique

import numpy as np


@unique
class Draws(IntEnum):
    """What is drawn. The rows of words are drawn from the seed alone."""

    LINE_ROWS = 1
    DIRECTIONS = 2
    """Of rows of zeros that are scaled to a length."""
    LINES = 3
    """The lines of a bootstrap."""

    def generator(self, seed: int) -> np.random.Generator:
        """Return the generator of these draws in the run with a seed."""
        return np.random.default_rng([seed, self])
