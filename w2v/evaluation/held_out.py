"""Held-out loss: how well a model predicts the center of windows in unseen text. NumPy only.

All models answer the same questions: which of a center and 20 noise words is the center? The windows and the noise
words are drawn once. A model answers with its estimate of P(o | c), the probability that word o occurs next to c in the
text. Its loss is the mean of

    -log(e^s_0 / sum_o e^s_o),   s_o = log P(o | c) + log keep(o) - log q(o),

the sampled softmax over the center o = 0 and the noise words (Bengio and Senecal 2008). keep is the share of a word's
occurrences that the windows were drawn from, and q the probability that it is drawn as noise.

The scores f_o of a model are not yet such an estimate. With training against noise of a distribution q', they approach
log P'(o | c) - log q'(o) plus a term that is the same for all o (Levy and Goldberg 2014 for bce). P' is the
distribution in the text after the model's own subsampling: P'(o | c) ~ P(o | c) keep'(o). So log q' - log keep' is
added to the scores; log q' is left out if training itself has corrected the scores (`logq`) or has seen all words
(`loss` full). The q' of the hard sampler is not known; the distribution of its candidates is used instead.
"""

from dataclasses import dataclass

import numpy as np

from w2v.base.arrays import SENTENCE_END, Floats, Ids, Indices
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab
from w2v.training.distributions import keep_prob, noise_distribution
from w2v.training.plan import FULL_WINDOW, sampling_of
from w2v.training.weights import Embeddings

WINDOWS = 20_000
"""Number of windows, with about six pairs each. With different windows the loss on 17 million words is 2.646 +-
0.003, and the difference of two models on the same windows by +- 0.0005 to 0.005. It takes 0.4 s."""
NOISE, NOISE_EXPONENT = 20, 0.75
BLOCK = 1 << 10
"""Number of questions answered at a time; with dim 100 their rows take 17 MB."""


@dataclass(frozen=True)
class Windows:
    """Centers with their contexts, and noise words that represent all other words."""

    centers: Indices
    """(n,) centers."""
    contexts: Indices
    """(n_pairs,) the contexts of all centers, one center after another."""
    sizes: Indices
    """(n,) number of contexts of each center, at least 1."""
    noise: Indices
    """(n, NOISE) noise words of each center."""
    offsets: Floats
    """(n_types,) log keep - log q of each word."""


def draw_windows(stream: Ids, vocab: Vocab, config: TrainConfig) -> Windows:
    """Draw WINDOWS windows from a text as training would, or all if there are fewer, with noise words for each.

    Args:
        stream: (n,) rows of vocab and SENTENCE_END.
        vocab: the words, and the counts that subsampling and the noise distribution follow.
        config: window, shrink_window, window_side, sample, seed.
    """
    generator = np.random.default_rng(config.seed)
    keep = keep_prob(vocab.counts, config.sample)
    kept = stream[(stream == SENTENCE_END) | (generator.random(len(stream)) < keep[stream])]
    ends = np.append(np.flatnonzero(kept == SENTENCE_END), len(kept))
    centers: list[int] = []
    contexts: list[Ids] = []
    for t in map(int, generator.permutation(np.flatnonzero(kept != SENTENCE_END))):
        line = int(np.searchsorted(ends, t))
        around = _places_around(t, int(ends[line - 1]) + 1 if line else 0, int(ends[line]), config, generator)
        if len(around):
            centers.append(kept[t])
            contexts.append(kept[around])
        if len(centers) == WINDOWS:
            break
    q = noise_distribution(vocab.counts, NOISE_EXPONENT)
    return Windows(
        np.array(centers, np.int64),
        np.concatenate([*contexts, np.empty(0, np.int32)]).astype(np.int64),
        np.array([len(around) for around in contexts], np.int64),
        generator.choice(len(vocab), (len(centers), NOISE), p=q),
        np.log(keep) - np.log(q),
    )


def _places_around(t: int, begin: int, end: int, config: TrainConfig, generator: np.random.Generator) -> Indices:
    """Return the positions of the contexts of the token at t in the sentence begin..end."""
    end = t + 1 if config.window_side == "before" else end
    if isinstance(config.window, str):
        others = end - begin - 1
        places = begin + generator.choice(others, min(others, 2 * FULL_WINDOW), replace=False)
        return np.asarray(places + (places >= t))
    radius = int(generator.integers(1, config.window + 1)) if config.shrink_window else config.window
    places = np.arange(max(begin, t - radius), min(end, t + radius + 1))
    found: Indices = places[places != t]
    return found


def held_out_loss(windows: Windows, embeddings: Embeddings, vocab: Vocab, config: TrainConfig) -> float:
    """Return the mean loss of a model, over pairs for skip-gram and over windows for CBOW; lower is better.

    Noise words that equal the center are left out. The computation is in float64. The model must have been trained with
    the counts of `vocab`, and with model, sample, sampler, ns_exponent, loss and logq of `config`.
    """
    asked = np.repeat(np.arange(len(windows.centers)), windows.sizes)
    corrections: Floats = -np.log(keep_prob(vocab.counts, config.sample))  # makes scores log P(o | c) plus a constant
    if not config.scores_are_likelihoods:
        corrections += sampling_of(config, vocab).logq
    offsets = windows.offsets + corrections
    total, n = 0.0, len(asked)
    vectors = embeddings.vectors
    if config.model == "cbow":
        sums = np.zeros((len(windows.centers), embeddings.dim))
        np.add.at(sums, asked, vectors[windows.contexts])
        means, asked, n = sums / windows.sizes[:, None], np.arange(len(sums)), len(sums)
        if config.radius:
            means *= config.radius / np.linalg.norm(means, axis=1, keepdims=True)
    for start in range(0, n, BLOCK):
        part = slice(start, start + BLOCK)
        rows = means[part] if config.model == "cbow" else vectors[windows.contexts[part]].astype(np.float64)
        centers, noise = windows.centers[asked[part], None], windows.noise[asked[part]]
        words = np.hstack([centers, noise])
        scores = np.vecdot(embeddings.output_rows[words].astype(np.float64), rows[:, None]) + offsets[words]
        scores[:, 1:][noise == centers] = -np.inf
        total += float((np.logaddexp.reduce(scores, axis=1) - scores[:, 0]).sum())
    return total / n
