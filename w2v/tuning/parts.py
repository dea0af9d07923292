"""Parts of a corpus: the text that trials train on, and the held-out text."""

import math
from itertools import pairwise

import numpy as np

from w2v.base.arrays import SENTENCE_END, Ids
from w2v.base.errors import W2VError, option
from w2v.text.vocab import Vocab, sorted_vocab
from w2v.training.schedule import shard_bounds


def take_parts(stream: Ids, fraction: float, held_out: float) -> tuple[Ids, Ids]:
    """Return copies of two disjoint parts of a stream, (n,), made of whole sentences from all over the stream.

    The stream is cut into shards, as in training. The first part takes the beginning of each shard, the second part the
    end. A sentence longer than half a shard is cut. `fraction` and `held_out` are the parts' shares of the tokens.
    """
    first, second = [], []
    for begin, end in pairwise(shard_bounds(stream)):
        shard = stream[begin:end]
        last = sentence_after(shard, 1 - held_out)
        first.append(_ended(shard[: min(last, sentence_after(shard, fraction))]))
        second.append(_ended(shard[last:]))
    return np.concatenate(first), np.concatenate(second)


def sentence_after(shard: Ids, share: float) -> int:
    """Return where the first sentence begins after this share of a shard; if none does, where the share ends."""
    least = max(1, math.ceil(share * len(shard)))
    ends = np.flatnonzero(shard[least - 1 :] == SENTENCE_END)
    return least + int(ends[0]) if len(ends) else least


def _ended(tokens: Ids) -> Ids:
    """Return tokens that end with SENTENCE_END, so that no window continues into the next part."""
    return np.append(tokens, np.int32(SENTENCE_END)) if len(tokens) and tokens[-1] != SENTENCE_END else tokens


def vocab_of(part: Ids, vocab: Vocab, min_count: int) -> tuple[Vocab, Ids]:
    """Return the words that reach min_count in a part of the text, and for each word of vocab its new row or -1."""
    counts = np.bincount(part[part != SENTENCE_END], minlength=len(vocab))
    wanted = np.flatnonzero(counts >= min_count)
    if len(wanted) == 0:
        raise W2VError(f"no word occurs {min_count} times in this part of the corpus; raise {option('fraction')}")
    found, order = sorted_vocab([vocab.words[row] for row in wanted.tolist()], counts[wanted])
    row_of = np.full(len(vocab), -1, np.int32)
    row_of[wanted[order]] = np.arange(len(order))
    return found, row_of
