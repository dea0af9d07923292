"""Compare the vocabulary pass with gensim's, in turns, on a plain-text corpus of yours.

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


def ours(corpus: str) -> float:
    """Return the seconds that reading takes, the token stream included."""
    started = time.perf_counter()
    encode(Corpus(corpus), TrainConfig())
    return time.perf_counter() - started


def gensims(corpus: str) -> float:
    """Return the seconds that gensim's vocabulary takes."""
    started = time.perf_counter()
    Word2Vec(min_count=5, workers=2).build_vocab(corpus_file=corpus)
    return time.perf_counter() - started


def main(corpus: str, rounds: int = 5) -> None:
    """Print both, and the median ratio."""
    ours(corpus)  # compiles
    pairs = [(ours(corpus), gensims(corpus)) for _ in range(rounds)]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    size = Path(corpus).stat().st_size / 1e6
    print(f"w2v     {mine:.2f} s, {size / mine:.0f} MB/s\ngensim  {theirs:.2f} s, {size / theirs:.0f} MB/s")
    print(f"ratio   {statistics.median(b / a for a, b in pairs):.1f} x")


if __name__ == "__main__":
    main(sys.argv[1])
