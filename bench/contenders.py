"""The compared trainers, each with its best settings for the same model. Each process runs one trainer.

    python bench/contenders.py NAME CORPUS OUTPUT.bin '{"dim": 100, ...}'

prints one JSON object: `words_per_s` of training alone, and `read_s`, the time to read the text before.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Settings = dict[str, Any]
Figures = dict[str, float]
ROOT = Path(__file__).parent.parent


def w2v(corpus: Path, output: Path, settings: Settings) -> Figures:
    """Run our command line as a user would."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as log:
        command = [sys.executable, str(ROOT / "cli.py"), "train", str(corpus), "-o", str(output), "--quiet"]
        subprocess.run([*command, f"--log-json={log.name}", *flags], check=True)
        last = json.loads(log.read().splitlines()[-1])
    return {"words_per_s": last["words_per_s"], "train_s": last["seconds"]}


def gensim(corpus: Path, output: Path, settings: Settings) -> Figures:
    """Run gensim with corpus_file, its fast path: no Python in the loop, and threads that scale."""
    from gensim.models import Word2Vec

    started = time.perf_counter()
    model = Word2Vec(
        sg=int(settings["model"] == "skipgram"),
        cbow_mean=1,
        vector_size=settings["dim"],
        window=settings["window"],
        negative=settings["negative"],
        sample=settings["sample"],
        min_count=settings["min_count"],
        max_final_vocab=settings.get("max_vocab"),
        workers=settings["threads"],
        seed=settings["seed"],
        epochs=settings["epochs"],
        alpha=settings.get("lr", 0.025),
    )
    model.build_vocab(corpus_file=str(corpus))
    read = time.perf_counter()
    model.train(
        corpus_file=str(corpus),
        total_words=model.corpus_total_words,
        total_examples=model.corpus_count,
        epochs=settings["epochs"],
    )
    trained = time.perf_counter()
    model.wv.save_word2vec_format(str(output), binary=True)
    words = model.corpus_total_words * settings["epochs"]
    return {"words_per_s": words / (trained - read), "read_s": read - started, "train_s": trained - read}


def word2vec_command(program: str | Path, corpus: Path, output: Path, settings: Settings, **more: float) -> list[str]:
    """Return the command line of word2vec.c, or of a program with the same flags, with additional flags."""
    flags = {
        "train": corpus,
        "output": output,
        "binary": 1,
        "size": settings["dim"],
        "window": settings["window"],
        "negative": settings["negative"],
        "sample": settings["sample"],
        "min-count": settings["min_count"],
        "threads": settings["threads"],
        "iter": settings["epochs"],
        **more,
    }
    return [str(program), *(str(part) for name, value in flags.items() for part in (f"-{name}", value))]


def word2vec_c(corpus: Path, output: Path, settings: Settings) -> Figures:
    """Run word2vec.c as built by the PyPI package `word2vec`."""
    program = Path(sys.executable).parent / "word2vec"
    is_cbow = settings["model"] == "cbow"
    rate = settings.get("lr", 0.05 if is_cbow else 0.025)  # its own defaults
    command = word2vec_command(program, corpus, output, settings, cbow=int(is_cbow), hs=0, alpha=rate)
    started = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    # It prints words per thread and second of processor time, which is wall time if the process never waits.
    rates = re.findall(r"Words/thread/sec: ([\d.]+)k", done.stdout)
    return {"words_per_s": float(rates[-1]) * 1000 * settings["threads"], "train_s": seconds}


def fasttext(corpus: Path, output: Path, settings: Settings) -> Figures:
    """Run the fastText package without subwords, which is the same model."""
    import fasttext as module

    read = subprocess.run(["wc", "-w", str(corpus)], check=True, capture_output=True, text=True)
    started = time.perf_counter()
    model = module.train_unsupervised(
        str(corpus),
        model=settings["model"],
        dim=settings["dim"],
        ws=settings["window"],
        neg=settings["negative"],
        t=settings["sample"],
        minCount=settings["min_count"],
        epoch=settings["epochs"],
        thread=settings["threads"],
        lr=settings.get("lr", 0.05),
        maxn=0,
        verbose=0,
    )
    seconds = time.perf_counter() - started
    words = model.get_words()
    with output.open("wb") as file:
        file.write(f"{len(words)} {settings['dim']}\n".encode())
        for word in words:
            file.write(word.encode() + b" " + model.get_word_vector(word).tobytes() + b"\n")
    return {"words_per_s": int(read.stdout.split()[0]) * settings["epochs"] / seconds, "train_s": seconds}


def pword2vec(corpus: Path, output: Path, settings: Settings) -> Figures:
    """Run pWord2Vec (Ji et al. 2016), which you must build; PWORD2VEC is the path of the program.

    The learning rate is 0.05, with which it scores best; with its default, 0.025, the mean of six sets is .025 lower.
    The speed that it prints is words/s of training alone.
    """
    program = os.environ.get("PWORD2VEC")
    if program is None or settings["model"] != "skipgram":
        raise SystemExit("pWord2Vec has skip-gram alone; set PWORD2VEC to the program that you have built")
    more = {"batch-size": 2 * settings["window"] + 1, "alpha": settings.get("lr", 0.05)}
    command = word2vec_command(program, corpus, output, settings, **more)
    started = time.perf_counter()
    # MKL with one thread in each of its threads, as its authors measure.
    environment = {"MKL_THREADING_LAYER": "SEQUENTIAL", **os.environ}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    seconds = time.perf_counter() - started
    rates = re.findall(r"Words/sec: ([\d.]+)k", done.stdout)
    return {"words_per_s": float(rates[-1]) * 1000, "train_s": seconds}


CONTENDERS: dict[str, Callable[[Path, Path, Settings], Figures]] = {
    "w2v": w2v,
    "gensim": gensim,
    "word2vec.c": word2vec_c,
    "fasttext": fasttext,
    "pword2vec": pword2vec,
}

if __name__ == "__main__":
    name, corpus_name, output_name, given = sys.argv[1:]
    print(json.dumps(CONTENDERS[name](Path(corpus_name), Path(output_name), json.loads(given))))
