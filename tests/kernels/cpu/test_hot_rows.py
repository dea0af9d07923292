"""A thread's copies of hot rows."""

import numpy as np
import pytest

from w2v.kernels import jit
from w2v.kernels.cpu.hot_rows import merge_hot_rows, take_hot_rows
from w2v.kernels.cpu.structs import HotRows, Weights
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab
from w2v.training.plan import merge_shares, new_hot_rows
from w2v.training.weights import Embeddings

N_TYPES, N_COPIES, DIM = 6, 3, 20


@jit
def _take(weights: Weights, copies: HotRows, stride: int) -> None:
    take_hot_rows(weights, copies, stride)


@jit
def _merge(weights: Weights, copies: HotRows, stride: int) -> None:
    merge_hot_rows(weights, copies, stride)


def _two_threads(shares: list[list[float]]) -> tuple[Embeddings, Weights, list[HotRows]]:
    """Return a model with room for two threads' copies of the first rows, taken."""
    model = Embeddings.create(N_TYPES, DIM, seed=1, spare_rows=2 * N_COPIES)
    generator = np.random.default_rng(0)
    for rows in (model.input, model.output):
        rows[:N_TYPES, :DIM] = generator.normal(size=(N_TYPES, DIM))
    weights = Weights(model.input.reshape(-1), model.output.reshape(-1))
    both = [new_hot_rows(np.array(shares, np.float32), N_TYPES + n * N_COPIES, model.stride) for n in range(2)]
    for copies in both:
        _take(weights, copies, model.stride)
    return model, weights, both


def test_copies_begin_as_the_shared_rows() -> None:
    model, _, both = _two_threads([[1, 1, 1], [1, 1, 1]])
    for rows in (model.input, model.output):
        for copies in both:
            np.testing.assert_array_equal(rows[copies.shift : copies.shift + N_COPIES], rows[:N_COPIES])


@pytest.mark.parametrize("share", [1.0, 0.5, 0.25])
def test_a_merge_adds_a_share_of_what_each_copy_has_moved(share: float) -> None:
    model, weights, both = _two_threads([[share] * 3, [share / 2] * 3])
    before = [rows[:N_TYPES].copy() for rows in (model.input, model.output)]
    for number, copies in enumerate(both):
        for rows in (model.input, model.output):
            rows[copies.shift : copies.shift + N_COPIES, :DIM] += 10.0 ** (number + 1)
    for copies in both:
        _merge(weights, copies, model.stride)
    moved = np.zeros((N_TYPES, model.stride))
    moved[:N_COPIES, :DIM] = 10 + 100
    np.testing.assert_allclose(model.input[:N_TYPES], before[0] + share * moved, rtol=1e-5)
    np.testing.assert_allclose(model.output[:N_TYPES], before[1] + share / 2 * moved, rtol=1e-5)
    last = both[1].shift
    np.testing.assert_array_equal(model.input[last : last + N_COPIES], model.input[:N_COPIES])
    again = model.input.copy()
    _merge(weights, both[1], model.stride)
    np.testing.assert_array_equal(model.input, again)


def test_shares_go_from_all_to_one_part_in_a_thread() -> None:
    counts = np.array([10**7, 10**4, 10, 1])
    vocab = Vocab(list("abcd"), counts)
    shares = merge_shares(vocab, TrainConfig(sample=0), n_threads=4, n_tokens=vocab.n_tokens)
    assert shares.shape == (2, 4)
    np.testing.assert_allclose(shares[:, 0], 1 / 4)
    assert (np.diff(shares) >= 0).all()
    assert shares[0, 3] > 0.99


@pytest.mark.parametrize(
    ("n_threads", "n_tokens", "copies"), [(1, 10**9, 0), (2, 10**5, 0), (2, 10**6, 2), (16, 10**6, 0)]
)
def test_one_thread_and_a_short_run_have_no_copies(n_threads: int, n_tokens: int, copies: int) -> None:
    vocab = Vocab(["a", "b"], np.array([7, 3]))
    assert merge_shares(vocab, TrainConfig(sample=0), n_threads, n_tokens).shape == (2, copies)
