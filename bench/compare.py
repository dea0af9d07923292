"""Run w2v and its peers on your own corpus, in turns, and compare speed, memory and quality.

    pip install -e '.[bench]'
    python bench/compare.py corpus.txt --similarity pairs.txt --analogies questions.txt
    python bench/compare.py corpus.txt --names w2v,gensim@0.025,gensim@0.05 --similarity pairs.txt

The trainers take turns, round after round, because the speed of machines varies. Trust the ratios: they are medians
over rounds, each computed within one round. gensim scores the quality of all trainers. A peer is as good as with its
best learning rate: `name@rate` runs it with one rate, and the table marks the best rate of each peer. Results are
written to a JSON file:
{"machine", "corpus", "settings", "runs": [{"name", "round", "words_per_s", "wall_s", "peak_mb", ...}]}.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from contenders import CONTENDERS

Run = dict[str, Any]


SPENT = ("words_per_s", "wall_s", "peak_mb")
"""Figures of a run that are not scores."""
SETTINGS = ("model", "dim", "window", "negative", "sample", "epochs", "min_count", "threads")


def main() -> None:
    """Run the comparison that the arguments describe."""
    arguments = parse()
    settings = {name: getattr(arguments, name) for name in SETTINGS}
    result = {"machine": machine(), "corpus": arguments.corpus.name, "settings": settings}
    result["runs"] = runs = take_turns(arguments, settings)
    print(table(runs, arguments.names))
    if arguments.plot is not None:
        from plots import plot_sweeps

        result["sweeps"] = {
            name: {value: take_turns(arguments, {**settings, name: value}) for value in values}
            for name, values in sweeps(arguments.threads).items()
        }
        plot_sweeps(result["sweeps"], arguments.plot)
    if arguments.output is not None:
        arguments.output.write_text(json.dumps(result, indent=1) + "\n")


def sweeps(threads: int) -> dict[str, list[int]]:
    """Return the values of each setting that a plot shows."""
    powers = [2**i for i in range(threads.bit_length()) if 2**i < threads]
    return {"threads": [*powers, threads], "dim": [50, 100, 200, 300], "epochs": [1, 2, 4]}


def take_turns(arguments: argparse.Namespace, settings: dict[str, Any]) -> list[Run]:
    """Run every trainer once per round, round after round."""
    runs: list[Run] = []
    for number in range(arguments.rounds):
        for name in arguments.names:
            trainer, _, rate = name.partition("@")
            more = {"seed": number + 1, **({"lr": float(rate)} if rate else {})}
            run = measure(trainer, arguments.corpus, {**settings, **more}, arguments)
            runs.append({"name": name, "round": number, **run})
            print(json.dumps(runs[-1]), file=sys.stderr, flush=True)
    return runs


def parse() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="plain text, a sentence a line")
    parser.add_argument(
        "--names",
        type=lambda text: text.split(","),
        default=["w2v", "gensim"],
        help=f"{', '.join(CONTENDERS)}; each with @ and a learning rate where its usual one is not meant",
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--model", choices=("skipgram", "cbow"), default="skipgram")
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--sample", type=float, default=1e-4)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument(
        "--similarity", type=Path, action="append", default=[], help="word pairs with scores; repeatable"
    )
    parser.add_argument("--analogies", type=Path, action="append", default=[], help="a file of questions; repeatable")
    parser.add_argument("--restrict", type=int, default=30_000, help="analogies among this many words")
    parser.add_argument("--plot", type=Path, help="a PNG of speed and quality against threads, dim and epochs")
    parser.add_argument("-o", "--output", type=Path, help="a JSON file for the results")
    return parser.parse_args()


def measure(name: str, corpus: Path, settings: dict[str, Any], arguments: argparse.Namespace) -> Run:
    """Run a trainer once in a separate process; return its figures, wall time, peak memory and quality."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "vectors.bin"
        script = Path(__file__).parent / "contenders.py"
        command = [sys.executable, str(script), name, str(corpus), str(output), json.dumps(settings)]
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)  # resources used by the process and its finished children
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{name} failed with status {process.returncode}")
        figures = json.loads(printed.splitlines()[-1])
        return {**figures, "wall_s": wall, "peak_mb": usage.ru_maxrss / 1024, **quality(output, arguments)}


def quality(vectors: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Score vectors with gensim: Spearman's rho of each similarity set, accuracy of each file of analogies."""
    if not (arguments.similarity or arguments.analogies):
        return {}
    from gensim.models import KeyedVectors

    loaded = KeyedVectors.load_word2vec_format(str(vectors), binary=True)
    scores = {path.stem: float(loaded.evaluate_word_pairs(str(path))[1][0]) for path in arguments.similarity}
    for path in arguments.analogies:
        scores[path.stem] = float(loaded.evaluate_word_analogies(str(path), restrict_vocab=arguments.restrict)[0])
    return scores


def machine() -> dict[str, Any]:
    """Describe this machine."""
    model = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    return {"cpu": model or platform.processor(), "cores": os.cpu_count(), "python": platform.python_version()}


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def table(runs: list[Run], names: list[str]) -> str:
    """Return a table of medians, with the median over rounds of the ratio of our words/s to theirs."""
    keys = [key for key in runs[0] if key not in ("name", "round", "train_s", "read_s")]
    by_name = {name: [run for run in runs if run["name"] == name] for name in names}
    scores = [key for key in keys if key not in SPENT]
    head = ["", *keys, f"{names[0]}'s words/s over it", "its wall over ours"]
    rows = [head, ["---"] * len(head)]
    best = best_rates(by_name, scores)
    for name in names:
        pairs = list(zip(by_name[names[0]], by_name[name], strict=True))
        speed = statistics.median(ours["words_per_s"] / theirs["words_per_s"] for ours, theirs in pairs)
        wall = statistics.median(theirs["wall_s"] / ours["wall_s"] for ours, theirs in pairs)
        middle = [statistics.median(run[key] for run in by_name[name]) for key in keys]
        rows.append(
            [
                f"{name} (its best)" if name in best else name,
                *(shown(key, value) for key, value in zip(keys, middle, strict=True)),
                f"{speed:.1f} x",
                f"{wall:.1f} x",
            ]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def best_rates(by_name: dict[str, list[Run]], scores: list[str]) -> set[str]:
    """Return, for each trainer that runs with several learning rates, the name with the best mean score."""
    if not scores:
        return set()
    means = {name: statistics.mean(run[key] for run in runs for key in scores) for name, runs in by_name.items()}
    trainers: dict[str, list[str]] = {}
    for name in by_name:
        trainers.setdefault(name.partition("@")[0], []).append(name)
    return {max(names, key=means.__getitem__) for names in trainers.values() if len(names) > 1}


def shown(key: str, value: float) -> str:
    """Return a figure with its significant digits."""
    if key == "words_per_s":
        return f"{value / 1e6:.2f} M"
    return f"{value:.0f}" if key == "peak_mb" else f"{value:.1f}" if key == "wall_s" else f"{value:.3f}"


if __name__ == "__main__":
    main()
