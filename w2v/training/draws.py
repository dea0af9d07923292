"""Random draws that NumPy makes for a run. Each kind has its own generator, so two kinds never share random numbers."""

from enum import IntEnum, unique

import numpy as np


@unique
class Draws(IntEnum):
    """What is drawn. The generator of word rows uses the seed alone and is not listed here."""

    LINE_ROWS = 1
    DIRECTIONS = 2
    """Directions of zero rows that are scaled to a length."""
    LINES = 3
    """Lines of a bootstrap."""

    def generator(self, seed: int) -> np.random.Generator:
        """Return the generator of these draws for the seed of a run."""
        return np.random.default_rng([seed, self])
