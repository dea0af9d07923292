"""Freezing: which rows of earlier vectors do not change when training continues from them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from w2v.base.errors import SettingsError, W2VError, option
from w2v.checkpoints.snapshots import FixedRows
from w2v.formats.model import Model
from w2v.settings.operations import FREEZES
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab


def fixed_rows(
    freeze: str | Path, held: Model, vocab: Vocab, config: TrainConfig, earlier: Path, warn: Callable[[str], None]
) -> FixedRows:
    """Return the frozen rows of a run.

    Args:
        freeze: `output` for the output rows of all earlier words, `input` for their vectors, or a file of words whose
            input and output rows are both frozen.
        held: the earlier vectors.
        vocab: the words of the run.
        config: the settings of the run.
        earlier: the file of the earlier vectors, for messages.
        warn: called with a message about words of the file that the earlier vectors do not have.

    Raises:
        SettingsError: the rows do not exist, or cannot be frozen.
        W2VError: the earlier vectors have none of the file's words.
    """
    if config.radius:
        setting = option("loss", "ccl") if config.loss == "ccl" else option("temperature")
        raise SettingsError(f"{option('freeze')} cannot be used with {setting}, which scales all rows", "freeze")
    kind = str(freeze) if str(freeze) in FREEZES else "words"
    if kind != "output":
        _check_vectors_are_rows(freeze, config, earlier)
    has_output = held.output is not None and config.output_layer.outputs_are_words
    if kind == "output" and not has_output:
        raise SettingsError(
            f"{option('freeze', freeze)} needs output rows, which {earlier} does not have: start from a .w2v folder or "
            f"a checkpoint, trained without {option('loss', 'hs')}",
            "freeze",
        )
    words = held.words if kind != "words" else _words_of(freeze, held, earlier, warn)
    rows, none = np.zeros(len(vocab), bool), np.zeros(len(vocab), bool)
    rows[[vocab.index[word] for word in words]] = True
    return FixedRows(input=none if kind == "output" else rows, output=rows if kind != "input" and has_output else none)


def _check_vectors_are_rows(freeze: str | Path, config: TrainConfig, earlier: Path) -> None:
    """Raise SettingsError if words do not have their own trained input rows."""
    if config.subwords != "none":
        raise SettingsError(
            f"{option('freeze', freeze)} cannot be used with the n-grams of {earlier}, which words share; "
            f"{option('freeze', 'output')} can",
            "freeze",
        )
    if config.line_vectors == "alone":
        raise SettingsError(
            f"{option('freeze', freeze)} has no effect with {option('line_vectors', 'alone')}, where the vectors of "
            f"words are their output rows; use {option('freeze', 'output')}",
            "freeze",
        )


def _words_of(path: str | Path, held: Model, earlier: Path, warn: Callable[[str], None]) -> list[str]:
    """Return the words of a file that occur in the earlier vectors."""
    listed, known = Vocab.load(path, may_lack_counts=True).words, {*held.words}
    found = [word for word in listed if word in known]
    if not found:
        raise W2VError(f"{earlier} has none of the {len(listed):,} words of {path}")
    if len(found) < len(listed):
        warn(f"{path}: left out {len(listed) - len(found):,} words that {earlier} does not have")
    return found
