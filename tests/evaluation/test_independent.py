"""The metrics of next items are those of ranx, on 2,000 people."""

import numpy as np
import pytest
from helpers import Library, needs

from w2v.evaluation.next_item import Sessions, rank_next
from w2v.settings.train import TrainConfig
from w2v.vectors.vectors import Vectors

needs("ranx", reason="needs ranx")
ranx = Library("ranx")

N_ITEMS, N_PEOPLE, K = 200, 2_000, 10


@pytest.mark.slow  # ranx compiles for half a minute
@pytest.mark.filterwarnings("ignore::numba.NumbaWarning")
@pytest.mark.parametrize("several", [False, True])
def test_metrics_are_those_of_ranx(several: bool) -> None:
    rng = np.random.default_rng(several)
    words = [f"i{n}" for n in range(N_ITEMS)]
    input, output = rng.normal(size=(2, N_ITEMS, 8)).astype(np.float32)
    vectors = Vectors(words, input, np.sort(rng.integers(1, 500, N_ITEMS))[::-1], output)
    before, next = list[list[str]](), list[list[str]]()
    for _ in range(N_PEOPLE):
        items = [words[n] for n in rng.permutation(N_ITEMS)[: rng.integers(4, 12)]]
        n_next = int(rng.integers(1, 4)) if several else 1
        before.append(items[:-n_next])
        next.append(items[-n_next:])
    config = TrainConfig(history=3, decay=1.0, prior=0.5, sharpness=0.0)
    found = rank_next(vectors, Sessions("made", before, next), config, K).vectors.full
    runs, wanted = {}, {}
    for person, (items, held_out) in enumerate(zip(before, next, strict=True)):
        mean = np.mean([input[words.index(item)] for item in items[-3:]], axis=0, dtype=np.float64)
        scores = output @ mean + 0.5 * np.log(np.asarray(vectors.counts))
        runs[f"p{person}"] = {word: float(s) for word, s in zip(words, scores, strict=True) if word not in items}
        wanted[f"p{person}"] = dict.fromkeys(held_out, 1)
    names = [f"hit_rate@{K}", f"recall@{K}", f"ndcg@{K}", "mrr"]
    theirs = ranx.evaluate(ranx.Qrels(wanted), ranx.Run(runs), names)
    ours = dict(zip(names, (found.hr, found.recall, found.ndcg, found.mrr), strict=True))
    assert ours == pytest.approx({name: float(theirs[name]) for name in names}, abs=1e-9)
