"""The distributions, exactly and by chi-square on what the kernels draw."""

from pathlib import Path

import naive
import numpy as np
import pytest
from helpers import Library
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.kernels import jit
from w2v.kernels.cpu import samplers, windows
from w2v.kernels.cpu.structs import Groups, HotRows, Sampling, Scratch, Shape
from w2v.kernels.rng import draw
from w2v.kernels.scalars import I32, I64, U64
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab
from w2v.training.distributions import alias_table, group_tables, keep_prob, noise_distribution, thresholds
from w2v.training.plan import groups_of, new_scratch, sampling_of, shape_of

stats = Library("scipy.stats")

NONE = np.empty(0, np.float32)
NO_COPIES = HotRows(0, 0, 0, np.empty(0, np.float32), np.empty(0, np.float32))
COUNTS = np.array([90_000, 20_000, 5_000, 900, 300, 80, 30, 11, 6, 5])


def _table_probabilities(prob: np.ndarray, alias: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """Return the distribution an alias table stands for."""
    n = len(prob)
    out = prob / n
    np.add.at(out, alias, (1 - prob) / n)
    return out


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=60), st.floats(-2, 3))
def test_the_alias_table_is_exact(counts: list[int], exponent: float) -> None:
    wanted = noise_distribution(np.array(counts), exponent)
    prob, alias = alias_table(wanted)
    assert ((prob >= 0) & (prob <= 1)).all()
    np.testing.assert_allclose(_table_probabilities(prob, alias), wanted, rtol=1e-9, atol=1e-14)


def test_the_alias_table_of_equal_words() -> None:
    """For some n, n * (1/n) rounds below 1, for 49 and 14,968 among them: then no bucket is above average."""
    for n in (*range(1, 400), 14_968, 49_999, 99_999, 100_000):
        wanted = noise_distribution(np.arange(1, n + 1), 0.0)
        prob, alias = alias_table(wanted)
        np.testing.assert_allclose(_table_probabilities(prob, alias), wanted, rtol=1e-9, atol=0)


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(st.lists(st.floats(1 - 1e-15, 1 + 1e-15), min_size=1, max_size=200))
def test_the_alias_table_of_words_that_are_equal_but_for_rounding(weights: list[float]) -> None:
    wanted = np.array(weights) / sum(weights)
    prob, alias = alias_table(wanted)
    assert ((prob >= 0) & (prob <= 1)).all()
    np.testing.assert_allclose(_table_probabilities(prob, alias), wanted, rtol=1e-9, atol=0)


def test_the_alias_table_is_exact_for_a_million_words() -> None:
    wanted = noise_distribution((1e9 / np.arange(1, 1_000_001)).astype(np.int64), 0.75)
    prob, alias = alias_table(wanted)
    np.testing.assert_allclose(_table_probabilities(prob, alias), wanted, rtol=0, atol=1e-12)


def test_noise_follows_the_counts() -> None:
    weights = COUNTS**0.75
    np.testing.assert_allclose(noise_distribution(COUNTS, 0.75), weights / weights.sum())
    np.testing.assert_allclose(noise_distribution(COUNTS, 0), 0.1)
    np.testing.assert_allclose(noise_distribution(COUNTS, 1), COUNTS / COUNTS.sum())
    assert noise_distribution(COUNTS, -1).argmax() == 9
    np.testing.assert_allclose(noise_distribution(COUNTS, 1, 0.3), 0.7 * COUNTS / COUNTS.sum() + 0.03)
    assert np.isfinite(noise_distribution(COUNTS, 16)).all()


def test_keep_prob_is_word2vecs() -> None:
    shares = COUNTS / COUNTS.sum()
    wanted = np.minimum(1, np.sqrt(1e-2 / shares) + 1e-2 / shares)
    np.testing.assert_allclose(keep_prob(COUNTS, 1e-2), wanted)
    assert wanted[0] < 1 == wanted[-1]
    np.testing.assert_array_equal(keep_prob(COUNTS, 0), 1)


def _assert_drawn(drawn: np.ndarray, probabilities: np.ndarray) -> None:  # type: ignore[type-arg]
    assert stats.chisquare(drawn, probabilities / probabilities.sum() * drawn.sum()).pvalue > 1e-4


@jit
def _subsample(tokens: I32, sampling: Sampling, scratch: Scratch) -> tuple[int, int]:
    return windows.subsample(tokens, sampling, 1, scratch)


@jit
def _draw(sampling: Sampling, state: U64, out: I64) -> None:
    for i in range(len(out)):
        out[i] = samplers.noise_word(draw(state), sampling, NO_COPIES, 1)


@pytest.mark.parametrize("sample", [1e-4, 1e-2])
def test_tokens_are_kept_with_keep_prob(sample: float) -> None:
    keep = keep_prob(COUNTS, sample)
    sampling = Sampling(thresholds(keep), thresholds(np.ones(10)), np.arange(10, dtype=np.int32), NONE)
    tokens = np.tile(np.arange(10, dtype=np.int32), 100_000)
    config = TrainConfig()
    scratch = new_scratch(shape_of(config, 10), len(tokens), config, zero_row=10)
    scratch.state[0] = 5
    n, words = _subsample(tokens, sampling, scratch)
    assert words == len(tokens)
    drawn = np.bincount(scratch.kept[:n], minlength=10)
    for word in range(10):
        expected = np.array([keep[word], 1 - keep[word]]) * 100_000
        if keep[word] == 1:
            assert drawn[word] == 100_000
        else:
            assert stats.chisquare([drawn[word], 100_000 - drawn[word]], expected).pvalue > 1e-5


@pytest.mark.parametrize(("exponent", "uniform"), [(0.75, 0.0), (0.0, 0.0), (1.0, 0.0), (-0.5, 0.0), (1.0, 0.3)])
def test_noise_words_are_drawn_with_their_probability(exponent: float, uniform: float) -> None:
    wanted = noise_distribution(COUNTS, exponent, uniform)
    prob, alias = alias_table(wanted)
    drawn = np.empty(1_000_000, np.int64)
    _draw(Sampling(thresholds(np.ones(10)), thresholds(prob), alias, NONE), np.array([3], np.uint64), drawn)
    _assert_drawn(np.bincount(drawn, minlength=10), wanted)


def test_recycled_noise_has_the_same_distribution() -> None:
    """Picks from a pool are not independent, so the counts vary by more; their mean is the distribution."""
    wanted = noise_distribution(COUNTS, 0.75)
    shares_kept, alias = alias_table(wanted)
    prob = thresholds(shares_kept)
    shares = []
    for seed in range(40):
        shard = naive.Shard([], [], prob.tolist(), alias.tolist(), 5, 5, 64, 0.1, seed, 0, 0)
        pool = [shard.noise() for _ in range(64)]
        counts = np.zeros(10)
        for turn in range(1_000):
            pool[turn % 64] = shard.noise()
            for _ in range(5):
                counts[pool[shard.below(64)]] += 1
        shares.append(counts / counts.sum())
    mean, error = np.mean(shares, axis=0), np.std(shares, axis=0) / np.sqrt(len(shares))
    assert (np.abs(mean - wanted) < 4.5 * error + 1e-5).all()


def test_thresholds_reach_both_ends() -> None:
    np.testing.assert_array_equal(thresholds(np.array([0.0, 0.5, 1.0])), [0, 2**31 - 1, 2**32 - 1])


def test_without_a_correction_of_the_center_q_is_the_share_of_steps_with_the_word() -> None:
    """A word that is drawn twice is there once, so the share is 1 - (1 - q) ** k; e ** logq must be this."""
    vocab = Vocab([f"word{i}" for i in range(10)], COUNTS)
    config = TrainConfig(loss="softmax", logq_center=False, negative=20)
    shares = np.exp(sampling_of(config, vocab).logq.astype(np.float64))
    q = noise_distribution(COUNTS, config.ns_exponent)
    drawn = np.random.default_rng(1).choice(10, (20_000, 20), p=q)
    seen = np.array([(drawn == word).any(axis=1).mean() for word in range(10)])
    np.testing.assert_allclose(shares, seen, atol=5 * 0.5 / np.sqrt(20_000))
    np.testing.assert_allclose(shares[-1], 20 * q[-1], rtol=0.02)


@jit
def _draw_from_group(is_line: bool, center: int, shape: Shape, scratch: Scratch, times: int, seen: I64) -> None:
    for _ in range(times):
        for i in range(shape.n_draws):
            scratch.negatives[i] = len(seen) - 1
        if is_line:
            group = samplers.group_of_line(center, shape, scratch)
        else:
            group = samplers.group_of_center(center, shape, scratch)
        samplers.draw_from_group(group, shape, scratch)
        for i in range(shape.n_draws):
            seen[scratch.negatives[i]] += 1


@pytest.mark.parametrize("center", [0, 3, 9])
def test_negatives_follow_the_noise_within_the_group_of_the_center(center: int) -> None:
    of_word = np.array([0, 1, 0, 1, 1, 2, 0, 0, 1, -1], np.int32)
    noise, share = noise_distribution(COUNTS, 0.75), 0.25
    starts, members, prob, alias = group_tables(noise, of_word)
    groups = Groups(
        of_word, np.zeros(1, np.int64), starts, members, thresholds(prob), alias, thresholds(np.array([share]))
    )
    config = TrainConfig(negative=5, noise_pool=0)
    shape = shape_of(config, 10)._replace(stride=1)
    scratch = new_scratch(shape, 10, config, zero_row=10, groups=groups)
    scratch.state[0] = 7
    seen = np.zeros(11, np.int64)  # the last counts negatives that stayed as they were
    _draw_from_group(False, center, shape, scratch, 100_000, seen)
    inside = np.where(of_word == of_word[center], noise, 0)
    wanted = np.append((1 - share) * inside / inside.sum(), share) if center != 9 else np.eye(11)[10]
    assert not seen[wanted == 0].any()
    if center != 9:
        _assert_drawn(seen[wanted > 0], wanted[wanted > 0])


def test_negatives_follow_what_was_shown_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "shown.txt"
    path.write_text("c\n\nb e b unknown\nd\n")
    vocab = Vocab(list("abcdefghij"), COUNTS)
    config = TrainConfig(negative=5, noise_pool=0, shown=str(path), outside_share=0.25)
    shape = shape_of(config, 10)._replace(stride=1)
    four_lines = np.array([0, -1, -1, 1, -1, 2, -1], np.int32)
    scratch = new_scratch(shape, 10, config, zero_row=10, groups=groups_of(config, vocab, four_lines))
    scratch.state[0] = 7
    for line, wanted in ((2, {1: 0.5, 4: 0.25, 10: 0.25}), (1, {10: 1.0}), (0, {2: 0.75, 10: 0.25})):
        scratch.groups.of_line[0] = line
        seen = np.zeros(11, np.int64)
        _draw_from_group(True, 0, shape, scratch, 100_000, seen)
        assert set(np.flatnonzero(seen)) == {*wanted}
        if len(wanted) > 1:
            _assert_drawn(seen[sorted(wanted)], np.array([wanted[word] for word in sorted(wanted)]))
