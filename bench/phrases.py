"""Compare `w2v phrases` with gensim's Phrases and with word2phrase.c, on your own plain-text corpus.

    python bench/phrases.py corpus.txt

Each program finds the phrases of the corpus and writes the corpus with joined phrases, in a separate process.
word2phrase.c comes with the PyPI package `word2vec`.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
GENSIM = """
import sys
from gensim.models.phrases import Phrases
from gensim.models.word2vec import LineSentence
corpus = LineSentence(sys.argv[1], max_sentence_length=10**9)
phrases = Phrases(corpus, min_count=5, threshold=10.0).freeze()
with open(sys.argv[2], "w") as file:
    file.writelines(" ".join(phrases[sentence]) + "\\n" for sentence in corpus)
"""


class Usage(NamedTuple):
    """Resources that a command used."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def run(command: list[str]) -> Usage:
    """Run a command; return its wall time, the processor time of all its threads and its peak memory."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status != 0:
        raise SystemExit(f"{command[0]} failed with status {status}")
    return Usage(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def main(corpus: str, rounds: int = 1) -> None:
    """Run the programs in turns; print the best run of each, and whether gensim's text equals ours."""
    with tempfile.TemporaryDirectory(dir=Path(corpus).parent) as folder:
        ours, theirs, cs = (Path(folder) / name for name in ("w2v.txt", "gensim.txt", "c.txt"))
        word2phrase = str(Path(sys.executable).parent / "word2phrase")
        commands = {
            "w2v phrases": [sys.executable, str(ROOT / "cli.py"), "phrases", corpus, "-o", str(ours), "--quiet"],
            "gensim 4 Phrases": [sys.executable, "-c", GENSIM, corpus, str(theirs)],
            "word2phrase.c": [word2phrase, "-train", corpus, "-output", str(cs), "-threshold", "100"],
        }
        run(commands["w2v phrases"])  # compiles the kernels
        taken = {name: [run(command) for _ in range(rounds)] for name, command in commands.items()}
        print(f"{'':18} {'seconds':>8} {'CPU s':>7} {'MB/s':>6} {'peak MB':>8}")
        for name, usages in taken.items():
            best = min(usages)
            speed = Path(corpus).stat().st_size / 1e6 / best.seconds
            print(f"{name:18} {best.seconds:8.2f} {best.cpu_seconds:7.2f} {speed:6.1f} {best.peak_bytes / 1e6:8.0f}")
        same = ours.read_bytes() == theirs.read_bytes()
        print(f"the text of gensim and of w2v is {'the same' if same else 'not the same'}")


if __name__ == "__main__":
    main(sys.argv[1])
