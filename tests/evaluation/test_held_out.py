"""Held-out loss against a loop over every pair, and against models that are right by construction."""

import math
from typing import Any, Literal

import numpy as np
import pytest
from toy_corpus import sentences

from w2v.evaluation import held_out
from w2v.evaluation.held_out import NOISE, NOISE_EXPONENT, Windows, draw_windows, held_out_loss
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, encode
from w2v.text.vocab import Vocab
from w2v.training.loop import train_embeddings
from w2v.training.weights import Embeddings

SMALL: dict[str, Any] = {"dim": 16, "sample": 1e-2, "threads": 1}


@pytest.fixture(scope="module")
def text() -> Encoded:
    return encode(Corpus(sentences(3_000)), TrainConfig())


def some_vectors(vocab: Vocab, dim: int = 16) -> Embeddings:
    """Return rows of normal numbers."""
    generator = np.random.default_rng(5)
    embeddings = Embeddings.create(len(vocab), dim, 1)
    embeddings.vectors[:] = generator.normal(size=(len(vocab), dim))
    embeddings.output_rows[:] = generator.normal(size=(len(vocab), dim))
    return embeddings


def obvious_loss(windows: Windows, embeddings: Embeddings, vocab: Vocab, config: TrainConfig) -> float:
    """Return what held_out_loss should, a question at a time; config has the noise sampler and no logq."""
    counts = vocab.counts / vocab.counts.sum()
    keep = np.minimum(1, np.sqrt(config.sample / counts) + config.sample / counts)
    noise = vocab.counts**config.ns_exponent
    q = vocab.counts**NOISE_EXPONENT / (vocab.counts**NOISE_EXPONENT).sum()
    base_keep = np.exp(windows.offsets) * q
    losses = []
    begin = 0
    for center, size, drawn in zip(windows.centers, windows.sizes, windows.noise, strict=True):
        contexts = windows.contexts[begin : begin + size]
        begin += size
        inputs = [embeddings.vectors[context].astype(float) for context in contexts]
        for row in [np.mean(inputs, axis=0)] if config.model == "cbow" else inputs:
            scores = [
                math.exp(row @ embeddings.output_rows[word]) * noise[word] / keep[word] * base_keep[word] / q[word]
                for word in [center, *(word for word in drawn if word != center)]
            ]
            losses.append(-math.log(scores[0] / sum(scores)))
    return float(np.mean(losses))


@pytest.mark.parametrize("model", ("skipgram", "cbow"))
def test_the_loss_is_that_of_a_loop(text: Encoded, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_out, "WINDOWS", 300)
    monkeypatch.setattr(held_out, "BLOCK", 7)
    windows = draw_windows(text.stream, text.vocab, TrainConfig(sample=1e-2))
    assert len(windows.centers) == 300 and windows.sizes.sum() > 600
    embeddings = some_vectors(text.vocab)
    for settings in ({"sample": 1e-3, "ns_exponent": 0.5}, {"sample": 1e-2, "ns_exponent": -1.0}):
        config = TrainConfig(model=model, **settings)  # type: ignore[arg-type]
        expected = obvious_loss(windows, embeddings, text.vocab, config)
        assert held_out_loss(windows, embeddings, text.vocab, config) == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_what_a_model_was_trained_against_does_not_matter(text: Encoded) -> None:
    """Models that say the same of P(o | c) by other scores, as other noise and thinning ask for, have one loss."""
    counts, vocab = text.vocab.counts.astype(float), text.vocab
    windows = draw_windows(text.stream, vocab, TrainConfig(sample=1e-2))
    seen = np.ones((len(vocab), len(vocab)))  # o beside c, at [o, c], in the thinned text
    np.add.at(seen, (np.repeat(windows.centers, windows.sizes), windows.contexts), 1)

    def kept(sample: float) -> Any:  # noqa: ANN401
        share = counts / counts.sum()
        return np.minimum(1, np.sqrt(sample / share) + sample / share) if sample else np.ones(len(vocab))

    log_p = np.log(seen) - np.log(kept(1e-2))[:, None]

    def loss(log_q: Any, sample: float, **settings: Any) -> float:  # noqa: ANN401
        config = TrainConfig(sample=sample, **settings)
        embeddings = Embeddings.create(len(vocab), len(vocab), 1)
        embeddings.vectors[:] = np.eye(len(vocab))
        embeddings.output_rows[:] = log_p + np.log(kept(sample))[:, None] - np.reshape(log_q, (-1, 1))
        return held_out_loss(windows, embeddings, vocab, config)

    expected = loss(0.75 * np.log(counts), 1e-2)
    for found in (
        loss(-0.5 * np.log(counts), 1e-3, ns_exponent=-0.5),
        loss(np.log(counts), 0.0, ns_exponent=1.0, loss="bpr"),
        loss(np.zeros(len(vocab)), 1e-3, logq=True),
        loss(np.zeros(len(vocab)), 1e-2, loss="softmax"),
        loss(np.zeros(len(vocab)), 1e-2, loss="full"),
        loss(np.log(counts * kept(1e-3)), 1e-3, sampler="batch", logq=False),
        loss(np.zeros(len(vocab)), 1e-3, sampler="batch"),
    ):
        assert found == pytest.approx(expected, abs=1e-4)
    assert loss(np.zeros(len(vocab)), 1e-2) > expected + 0.01, "scores that are off are not as good"


@pytest.mark.slow
@pytest.mark.parametrize(("model", "lr"), [("skipgram", 0.05), ("cbow", 0.3)])
def test_training_lowers_it(text: Encoded, model: str, lr: float) -> None:
    unseen = encode(Corpus(sentences(3_000, seed=2)), TrainConfig(), vocab=text.vocab)
    windows = draw_windows(unseen.stream, text.vocab, TrainConfig(sample=1e-2))
    losses = []
    for epochs in (2, 10):
        config = TrainConfig(model=model, lr=lr, epochs=epochs, **SMALL)  # type: ignore[arg-type]
        embeddings = train_embeddings(text.stream, text.vocab, config)
        losses.append(held_out_loss(windows, embeddings, text.vocab, config))
    untrained = held_out_loss(windows, Embeddings.create(len(text.vocab), 16, 1), text.vocab, config)
    assert losses[1] < losses[0] < untrained - 0.05


# The windows.


def numbered(lengths: list[int]) -> tuple[np.ndarray[Any, np.dtype[np.int32]], Vocab]:
    """Return sentences of these lengths, in which no word stands twice."""
    pieces = np.split(np.arange(sum(lengths), dtype=np.int32), np.cumsum(lengths)[:-1])
    stream = np.concatenate([np.append(piece, np.int32(-1)) for piece in pieces])
    return stream, Vocab.of({f"w{number:05}": 1 for number in range(sum(lengths))})


def pairs(windows: Windows) -> set[tuple[int, int]]:
    """Return the centers with each of their contexts."""
    return set(zip(np.repeat(windows.centers, windows.sizes).tolist(), windows.contexts.tolist(), strict=True))


def test_windows_hold_all_neighbours_within_the_sentence() -> None:
    stream, vocab = numbered([1, 2, 4, 1, 9])
    sentence = np.repeat(np.arange(5), [1, 2, 4, 1, 9])
    config = TrainConfig(window=3, shrink_window=False, sample=0)
    for text in (stream, stream[:-1]):
        assert pairs(draw_windows(text, vocab, config)) == {
            (i, j) for i in range(17) for j in range(17) if i != j and abs(i - j) <= 3 and sentence[i] == sentence[j]
        }


@pytest.mark.parametrize("window", (3, "full"))
def test_windows_of_what_came_before(window: int | Literal["full"]) -> None:
    stream, vocab = numbered([1, 2, 4, 1, 9])
    sides: tuple[Literal["both", "before"], ...] = ("both", "before")
    both, before = (
        pairs(draw_windows(stream, vocab, TrainConfig(window=window, shrink_window=False, window_side=side, sample=0)))
        for side in sides
    )
    assert before == {(center, context) for center, context in both if context < center}


def test_a_window_shrinks_as_in_training() -> None:
    stream, vocab = numbered([15_000])
    windows = draw_windows(stream, vocab, TrainConfig(window=4, sample=0))
    assert len(set(windows.centers.tolist())) == len(windows.centers) == 15_000
    distances = np.abs(np.repeat(windows.centers, windows.sizes) - windows.contexts)
    shares = np.bincount(distances)[1:] / (2 * len(windows.centers))
    np.testing.assert_allclose(shares, [1, 0.75, 0.5, 0.25], atol=0.02)


def test_the_whole_line_as_a_window() -> None:
    stream, vocab = numbered([1, 5, 200])
    windows = draw_windows(stream, vocab, TrainConfig(window="full", sample=0))
    found = pairs(windows)
    assert {pair for pair in found if pair[0] < 6} == {(i, j) for i in range(1, 6) for j in range(1, 6) if i != j}
    assert all(i != j >= 6 for i, j in found if i >= 6)
    assert set(windows.sizes.tolist()) == {4, 10} and len({j for _, j in found}) == 205


def test_windows_are_thinned_and_noise_is_drawn_as_said(text: Encoded) -> None:
    windows = draw_windows(text.stream, text.vocab, TrainConfig(sample=1e-3))
    counts = text.vocab.counts.astype(float)
    expected = counts * np.minimum(1, np.sqrt(1e-3 * counts.sum() / counts) + 1e-3 * counts.sum() / counts)
    drawn = np.bincount(windows.centers, minlength=len(counts))
    assert abs(drawn[:5].sum() / drawn.sum() - expected[:5].sum() / expected.sum()) < 0.03
    assert windows.noise.shape == (len(windows.centers), NOISE)
    q = counts**NOISE_EXPONENT / (counts**NOISE_EXPONENT).sum()
    np.testing.assert_allclose(np.bincount(windows.noise.ravel()) / windows.noise.size, q, atol=0.003)
    again = draw_windows(text.stream, text.vocab, TrainConfig(sample=1e-3))
    np.testing.assert_array_equal(windows.noise, again.noise)
    np.testing.assert_array_equal(windows.contexts, again.contexts)


def test_no_windows_where_no_words_meet() -> None:
    stream, vocab = numbered([1, 1, 1])
    assert len(draw_windows(stream, vocab, TrainConfig(sample=0)).centers) == 0
