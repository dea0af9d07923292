"""Compare building the vocabulary, with and without `words`, with gensim, in turns, on your own plain-text corpus.

python bench/scan.py corpus.txt
"""

import statistics
import sys
import time
from pathlib import Path

from gensim.models import Word2Vec

from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import encode


def ours(corpus: str, words: bool = False) -> float:
    """Return the seconds that reading takes, including the token stream."""
    started = time.perf_counter()
    encode(Corpus(corpus), TrainConfig(words=words))
    return time.perf_counter() - started


def gensims(corpus: str) -> float:
    """Return the seconds that gensim's vocabulary takes."""
    started = time.perf_counter()
    Word2Vec(min_count=5, workers=2).build_vocab(corpus_file=corpus)
    return time.perf_counter() - started


def main(corpus: str, rounds: int = 5) -> None:
    """Print both, and the median ratio."""
    ours(corpus), ours(corpus, words=True)  # compiles the kernels
    rows = [(ours(corpus), ours(corpus, words=True), gensims(corpus)) for _ in range(rounds)]
    size = Path(corpus).stat().st_size / 1e6
    for name, column in zip(("w2v", "w2v --words", "gensim"), zip(*rows, strict=True), strict=True):
        seconds = statistics.median(column)
        print(f"{name:11}  {seconds:.2f} s, {size / seconds:.0f} MB/s")
    print(f"ratio        {statistics.median(c / a for a, _, c in rows):.1f} x")
    print(f"--words      {statistics.median(b / a for a, b, _ in rows):.2f} of the plain pass's time")


if __name__ == "__main__":
    main(sys.argv[1])
