"""Inference: vectors for new lines, from a model whose rows do not change."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import SENTENCE_END, Ids
from w2v.base.errors import W2VError, option
from w2v.base.machine import available_threads
from w2v.formats.common import check_finite
from w2v.formats.model import Lines
from w2v.kernels.cpu.frozen import infer_lines
from w2v.kernels.cpu.structs import ShardPass, Variant, Weights
from w2v.reports import Reporter
from w2v.settings.config_files import load_config
from w2v.settings.operations import check_request, settings_for
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import encode
from w2v.text.line_names import check_distinct
from w2v.text.vocab import Vocab
from w2v.training.line_rows import count_lines
from w2v.training.plan import kernel_name, new_scratch, new_tally, sampling_of, shape_of, variant_of
from w2v.training.schedule import shard_bounds
from w2v.training.weights import aligned_zeros, padded
from w2v.vectors.sentences import warn_of_phrases
from w2v.vectors.vectors import Vectors

NOISE_POOL = 1024
"""Number of noise words, shared by all lines."""


def infer(vectors: Vectors, corpus: Corpus, told: Reporter | None = None, **changes: Any) -> Lines:  # noqa: ANN401
    """Return vectors for the lines of a corpus.

    Args:
        vectors: a model trained with line vectors, with its output rows.
        corpus: the lines.
        told: receives messages about what was read.
        changes: settings that replace those of the training.

    Raises:
        W2VError: the vectors lack output rows, counts, or the settings of a training with line vectors; or the corpus
            cannot be read, or contains no word of the vectors.
        SettingsError: a setting is unknown or out of range.
    """
    config = inference_settings(vectors, changes)
    if vectors.output is None or vectors.counts is None:
        raise W2VError(f"{vectors.name} has no output rows or no counts, which infer needs: save them as .w2v")
    for rows in (vectors.matrix, vectors.output):
        check_finite(vectors.name, vectors.words, rows)
    vocab = Vocab(vectors.words, np.asarray(vectors.counts))
    told = told or Reporter()
    warn_of_phrases(vectors, config.phrases, told)
    encoded = encode(corpus, config, vocab=vocab, report=told.reading)
    check_distinct(encoded.line_names)
    encoded.tell(told, is_reused=True)
    bounds = shard_bounds(encoded.stream, whole_lines=True)
    first = count_lines(encoded.stream, bounds)
    if unknown := first[-1] - count_known(encoded.stream):
        told.warn(f"{unknown:,} of {first[-1]:,} lines have no known word: their vectors are 0")
    rows = aligned_zeros(first[-1], padded(config.dim))
    _Inference(vectors, vocab, config, encoded.stream, bounds, first, rows).run()
    return Lines(rows[:, : config.dim], encoded.line_names)


def count_known(stream: Ids) -> int:
    """Return the number of lines that contain at least one word of the vocabulary."""
    is_word = stream != SENTENCE_END
    return int(np.count_nonzero(is_word[1:] < is_word[:-1])) + bool(is_word[-1:].any())


def inference_settings(vectors: Vectors, changes: dict[str, Any]) -> TrainConfig:
    """Return the settings of the training, updated with changes.

    Raises:
        W2VError: the vectors were not trained with line vectors, or with settings that inference does not support.
        SettingsError: a setting is unknown or out of range.
    """
    check_request("infer", changes)
    trained = vectors.trained.settings if vectors.trained else {}
    if trained.get("line_vectors", "none") == "none":
        way = f"train with {option('line_vectors')}, and save them as .w2v"
        raise W2VError(f"{vectors.name} was trained without line vectors: {way}")
    of_this_call = {field.name: field.default for field in settings_for("infer") if not field.setting.is_of_model}
    config = load_config(None, trained | of_this_call | changes)
    if not config.output_layer.outputs_are_words:
        raise W2VError(f"{vectors.name} was trained with {option('loss', config.loss)}, whose output rows are not kept")
    if config.sampler == "batch":  # a single line has no other places to draw negatives from
        config = replace(config, sampler="noise", ns_exponent=1.0)
    return replace(config, dim=vectors.dim, noise_pool=NOISE_POOL, min_count=1, max_vocab=None, weighted_lines=False)


def frozen_variant(config: TrainConfig) -> Variant:
    """Return the kernel's variant. With CBOW, the words of the window are part of the mean."""
    variant = variant_of(config)._replace(frozen=True)
    return variant if variant.hidden == "mean" else variant._replace(lines="alone")


class _Inference:
    """State shared by the threads of an inference."""

    def __init__(
        self,
        vectors: Vectors,
        vocab: Vocab,
        config: TrainConfig,
        stream: Ids,
        bounds: list[int],
        first: list[int],
        rows: npt.NDArray[np.float32],
    ) -> None:
        self.config, self.stream, self.first, self.rows = config, stream, first, rows
        self.shards = [*enumerate(pairwise(bounds))]
        self.n_threads = min(config.threads or available_threads(), len(self.shards))
        self.longest = max(end - begin for _, (begin, end) in self.shards)
        self.n_types = len(vocab)
        self.shape = shape_of(config, len(vocab))
        self.sampling = sampling_of(config, vocab)
        # After the words' rows, each thread has two rows: a row of zeros, and the row of the current line.
        self.matrices = [aligned_zeros(len(vocab) + 2 * self.n_threads, self.shape.stride) for _ in range(2)]
        for matrix, held in zip(self.matrices, (vectors.matrix, vectors.output), strict=True):
            assert held is not None
            matrix[: len(vocab), : config.dim] = held
        self.kernel = infer_lines(kernel_name(), frozen_variant(config))

    def run(self) -> None:
        """Infer all rows."""
        with ThreadPoolExecutor(self.n_threads) as pool:
            for _ in pool.map(self._work_off, range(self.n_threads)):
                pass

    def _work_off(self, thread: int) -> None:
        """Infer the rows of every shard that is assigned to a thread."""
        zero_row = (self.n_types + 2 * thread) * self.shape.stride
        scratch = new_scratch(self.shape, self.longest, self.config, zero_row, n_types=self.n_types)
        tally = new_tally()
        weights = Weights(*(matrix.reshape(-1) for matrix in self.matrices))
        for shard, (begin, end) in self.shards[thread :: self.n_threads]:
            lines = self.rows[self.first[shard] : self.first[shard + 1]].reshape(-1)
            zero = np.uint64(0)
            how = ShardPass(np.float32(self.config.lr), np.uint64(self.config.seed), zero, zero, lines)
            tokens = self.stream[begin:end]
            self.kernel(tokens, weights, self.sampling, self.shape, scratch, tally, how, self.config.epochs)
