"""Measure quality and time of negative sampling: combinations of sampler, loss, number and exponent.

    pip install -e '.[bench]'
    python bench/negatives.py words corpus.txt --similarity pairs.txt --analogies questions.txt -o words.json
    python bench/negatives.py items sessions.txt --next next.tsv -o items.json
    python bench/negatives.py bias corpus.txt -o bias.json

Each variant is trained with several seeds: once for the same number of epochs, and once for about the same time as the
plain variant (`epochs` is then the number that fits). `bias` compares with the exact softmax on a small vocabulary, by
the mean of -log P(center|context) on held-out text. Results are written to a JSON file, a table, and plots next to the
file. Results that are already in the JSON file are not computed again.
"""

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from w2v import api
from w2v.base.errors import DivergedError
from w2v.evaluation.scores import Evaluation
from w2v.settings.config_files import load_config
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, encode
from w2v.training.distributions import keep_prob, noise_distribution
from w2v.training.loop import train_embeddings
from w2v.training.weights import Embeddings
from w2v.vectors.vectors import Vectors

Settings = dict[str, Any]
Score = Callable[[Embeddings, TrainConfig], dict[str, float]]

BPR_LR = 0.02
"""At 0.05 the pairwise loss with 15 negatives diverges on words, because each negative moves the center."""
LOSSES: list[tuple[str, Settings]] = [("bce", {}), ("bpr", {"lr": BPR_LR}), ("softmax", {})]
BIAS = {"max_vocab": 1_000, "dim": 48, "epochs": 4, "sample": 1e-2, "lr": 0.05}
SGNS_OF_ITEMS: Settings = {"loss": "bce", "negative": 5, "lr": 0.05, "epochs": 15, "dim": 64, "temperature": None}
"""Settings of the plain variant that replace those of the preset."""
HELD_OUT = 20_000
"""Number of tokens at the end of the text on which the bias is measured."""


def grid() -> Iterator[Settings]:
    """Yield the variants, starting with the plain one."""
    yield {}
    for k in (2, 15):
        yield {"negative": k}
    for exponent in (0.0, 0.5, 1.0):
        yield {"ns_exponent": exponent}
    yield {"logq": True}
    for k in (1, 5, 15):
        yield {"loss": "bpr", "negative": k, "lr": BPR_LR}
    for k in (5, 15):
        yield {"loss": "softmax", "negative": k}
    yield {"loss": "softmax", "logq": False}
    for (loss, lr), k in product(LOSSES, (5, 15)):
        yield {"sampler": "batch", "loss": loss, "negative": k, **lr}
    for loss, lr in LOSSES:
        yield {"sampler": "batch", "loss": loss, "logq": False, **lr}
    for loss, lr in LOSSES:
        yield {"sampler": "hard", "loss": loss, **lr}
    yield {"sampler": "hard", "hard_share": 1.0}
    yield {"reject_positives": True}


def name_of(settings: Settings) -> str:
    """Return a variant as one would type it."""
    return " ".join(f"--{key.replace('_', '-')} {value}" for key, value in settings.items()) or "(plain)"


def prior_of(config: TrainConfig) -> float:
    """Return the weight of log(count) that turns a score of this model into one of log P(item|history)."""
    if config.uses_logq:
        return 0.0
    return 1.0 if config.sampler == "batch" else config.ns_exponent


def run(encoded: Encoded, base: TrainConfig, settings: Settings, seed: int, epochs: int, score: Score) -> Settings:
    """Train a variant and return its figures."""
    config = load_config(None, {**base.as_dict(), **settings, "seed": seed, "epochs": epochs})
    seen: list[Any] = []
    started = time.process_time()
    figures = {"name": name_of(settings), "seed": seed, "epochs": epochs}
    try:
        model = train_embeddings(encoded.stream, encoded.vocab, config, seen.append)
    except DivergedError:
        return {**figures, "seconds": 0.0, "cpu_s": math.inf, "diverged": 1.0}
    cpu = time.process_time() - started
    return {**figures, "seconds": seen[-1].seconds, "cpu_s": cpu, **score(model, config)}


def study(encoded: Encoded, base: TrainConfig, score: Score, seeds: int, output: Path) -> list[Settings]:
    """Run every variant for equal epochs and for about equal time; save after each variant."""
    runs: list[Settings] = json.loads(output.read_text())["runs"] if output.exists() else []
    known = {row["name"] for row in runs}
    plain = statistics.median(row["cpu_s"] for row in runs[:seeds]) if runs else 0.0
    for settings in grid():
        if name_of(settings) in known:
            continue
        warm_up = Encoded(**{**vars(encoded), "stream": encoded.stream[:100_000]})
        run(warm_up, base, settings, 1, 1, lambda model, config: {})  # compiles
        for seed in range(1, seeds + 1):
            runs.append({"at": "equal epochs", **run(encoded, base, settings, seed, base.epochs, score)})
        cpu = statistics.median(row["cpu_s"] for row in runs[-seeds:])
        plain = plain or cpu
        if not math.isfinite(cpu):
            print(f"| {name_of(settings)} | diverges at --lr {base.lr} |", flush=True)
            continue
        fits = max(1, round(base.epochs * plain / cpu))
        same = [{**row, "at": "equal time"} for row in runs[-seeds:]] if fits == base.epochs else [
            {"at": "equal time", **run(encoded, base, settings, seed, fits, score)} for seed in range(1, seeds + 1)
        ]  # fmt: skip
        runs += same
        output.write_text(json.dumps({"settings": base.as_dict(), "runs": runs}, indent=1))
        print_row(runs, settings, plain)
    return runs


def print_row(runs: list[Settings], settings: Settings, plain: float) -> None:
    """Print the results of a variant as a row of a table."""
    cells = [name_of(settings)]
    for at in ("equal epochs", "equal time"):
        rows = [row for row in runs if row["name"] == name_of(settings) and row["at"] == at and "diverged" not in row]
        scores = [key for key in rows[0] if key not in ("at", "name", "seed", "epochs", "seconds", "cpu_s")]
        values = {key: [row[key] for row in rows] for key in scores}
        spread = [f"{statistics.mean(v):.3f}+-{statistics.pstdev(v):.3f}" for v in values.values()]
        time = statistics.median(row["cpu_s"] for row in rows) / plain
        cells.append(f"{rows[0]['epochs']} epochs, {time:.2f} x: {', '.join(spread)}")
    print("| " + " | ".join(cells) + " |", flush=True)


def words(arguments: argparse.Namespace) -> None:
    """Measure words."""
    base = TrainConfig(epochs=arguments.epochs or 3)
    encoded = encode(Corpus(arguments.corpus), base)
    evaluation = Evaluation.read(arguments.similarity, arguments.analogies, restrict=30_000)

    def score(model: Embeddings, config: TrainConfig) -> dict[str, float]:
        scores = evaluation.score(Vectors(encoded.vocab.words, model.vectors))
        found = {Path(row.file).stem: row.spearman for row in scores.similarity}
        found |= {Path(row.file).stem: row.accuracy for row in scores.analogies}
        return {
            "mean": statistics.mean(value or 0.0 for value in found.values()),
            **{k: v or 0 for k, v in found.items()},
        }

    plot(study(encoded, base, score, arguments.seeds, arguments.output), arguments.output.with_suffix(".png"))


def items(arguments: argparse.Namespace) -> None:
    """Measure items."""
    base = load_config("items", {**SGNS_OF_ITEMS, **({"epochs": arguments.epochs} if arguments.epochs else {})})
    encoded = encode(Corpus(arguments.corpus), base)

    def score(model: Embeddings, config: TrainConfig) -> dict[str, float]:
        vectors = Vectors(encoded.vocab.words, model.vectors, encoded.vocab.counts, model.output_rows)
        found = api.evaluate(
            vectors, next=arguments.next, sessions=arguments.sessions or arguments.corpus, prior=prior_of(config),
            history=config.history, decay=config.decay, sharpness=0,
        ).next  # fmt: skip
        assert found is not None and found.vectors.sampled is not None  # one next item per person
        return {"HR@10 of 100": found.vectors.sampled.hr, "HR@10": found.vectors.full.hr, "MRR": found.vectors.full.mrr}

    plot(study(encoded, base, score, arguments.seeds, arguments.output), arguments.output.with_suffix(".png"))


def bias(arguments: argparse.Namespace) -> None:
    """Compare with the exact softmax on a small vocabulary."""
    base = load_config(None, BIAS)
    encoded = encode(Corpus(arguments.corpus), base)
    held_out = encoded.stream[-HELD_OUT:].copy()
    kept = Encoded(**{**vars(encoded), "stream": encoded.stream[:-HELD_OUT].copy()})

    def score(model: Embeddings, config: TrainConfig) -> dict[str, float]:
        correction = np.zeros(len(encoded.vocab))
        if not config.uses_logq and config.loss != "full":
            q = noise_distribution(encoded.vocab.counts, config.ns_exponent)
            if config.sampler == "batch":
                q = keep_prob(encoded.vocab.counts, config.sample) * encoded.vocab.counts
            correction = np.log(q / q.sum())
        scores = model.vectors.astype(np.float64) @ model.output_rows.T.astype(np.float64) + correction
        log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        near = [(t, t + d) for t in range(len(held_out) - 3) for d in (1, 2, 3)]
        pairs = [(held_out[a], held_out[b]) for a, b in near if (held_out[a : b + 1] >= 0).all()]
        contexts, centers = np.array(pairs + [(b, a) for a, b in pairs]).T
        return {"-log P": float(-log_p[contexts, centers].mean())}

    runs = []
    variants: list[Settings] = [
        {"loss": "full"}, {}, {"negative": 15}, {"loss": "softmax"}, {"loss": "softmax", "negative": 15},
        {"loss": "softmax", "negative": 60}, {"loss": "softmax", "negative": 15, "logq": False},
        {"logq": True, "negative": 15}, {"sampler": "batch", "loss": "softmax", "negative": 15},
        {"sampler": "batch", "loss": "softmax", "negative": 15, "logq": False}, {"sampler": "batch", "negative": 15},
        {"sampler": "hard", "negative": 15}, {"loss": "bpr", "negative": 15, "lr": BPR_LR},
    ]  # fmt: skip
    for settings in variants:
        for seed in range(1, arguments.seeds + 1):
            runs.append({"at": "equal epochs", **run(kept, base, settings, seed, base.epochs, score)})
        rows = runs[-arguments.seeds :]
        nats, cpu = ([row[key] for row in rows] for key in ("-log P", "cpu_s"))
        print(
            f"| {name_of(settings)} | {statistics.mean(nats):.3f}+-{statistics.pstdev(nats):.3f} | {min(cpu):.1f} s |",
            flush=True,
        )
        arguments.output.write_text(json.dumps({"settings": base.as_dict(), "runs": runs}, indent=1))


def names(rows: list[Settings]) -> list[str]:
    """Return the variants' names, in order."""
    return list(dict.fromkeys(row["name"] for row in rows))


def plot(runs: list[Settings], path: Path) -> None:
    """Draw quality against time for equal epochs, one point per variant, best first."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(10, 6))
    rows = [row for row in runs if row["at"] == "equal epochs" and "diverged" not in row]
    measure = list(rows[0])[6]
    means = {name: statistics.mean(row[measure] for row in rows if row["name"] == name) for name in names(rows)}
    for number, name in enumerate(sorted(means, key=lambda name: -means[name]), 1):
        mine = [row for row in rows if row["name"] == name]
        x, y = statistics.mean(row["cpu_s"] for row in mine), means[name]
        colour = {"batch": "C1", "hard": "C2"}.get(name.split()[1] if name.startswith("--sampler") else "", "C0")
        label = f"{number:2}  {name.replace('--', '')}"
        axes.errorbar(x, y, statistics.pstdev(row[measure] for row in mine), fmt="o", color=colour, label=label)
        axes.annotate(str(number), (x, y), fontsize=8, xytext=(5, 3), textcoords="offset points")
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=8, frameon=False)
    axes.set_xlabel("processor seconds")
    axes.set_ylabel(measure)
    axes.set_xscale("log")
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110, bbox_inches="tight")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("words", "items", "bias"))
    parser.add_argument("corpus")
    parser.add_argument("--similarity", action="append", default=[], type=Path)
    parser.add_argument("--analogies", action="append", default=[], type=Path)
    parser.add_argument("--next", type=Path)
    parser.add_argument("--sessions", type=Path, help="of the people in --next, where they are fewer")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, default=Path("negatives.json"))
    arguments = parser.parse_args()
    {"words": words, "items": items, "bias": bias}[arguments.what](arguments)


if __name__ == "__main__":
    main()
