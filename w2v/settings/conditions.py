"""Conditions: with which values of other settings a setting has an effect, or none."""

NO_NEGATIVES = {"loss": ("full", "hs")}
BCE = {"loss": ("bce",)}
NO_NOISE = {"sampler": ("batch",), **NO_NEGATIVES}
SUBWORDS = {"subwords": ("fasttext", "floret")}
FLORET = {"subwords": ("floret",)}
HARD = {"sampler": ("hard",)}
LINES = {"line_vectors": ("alone", "with-words")}
ALONE = {"line_vectors": ("alone",)}
"""Then a word has no contexts but its line."""
