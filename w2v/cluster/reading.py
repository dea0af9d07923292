"""Reading: the nodes read a corpus, each its part, and agree on the vocabulary."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from w2v.base.errors import W2VError, option
from w2v.settings.train import TrainConfig
from w2v.text.encoding import Encoded
from w2v.text.sources import Piece
from w2v.text.vocab import Vocab

if TYPE_CHECKING:
    from w2v.cluster.rays import Nodes

Table = tuple[Sequence[str], npt.NDArray[np.int64]]
"""Words and their counts."""


def read(nodes: "Nodes", parts: Sequence[Sequence[Piece]], config: TrainConfig, vocab: Vocab | None = None) -> Encoded:
    """Let each node read its part, and return what became of the tokens; the stream stays with the nodes.

    Args:
        nodes: the machines.
        parts: of the corpus, for each node.
        config: as `encode` takes it.
        vocab: use this one in place of the text's own.

    Raises:
        Lost: a node is lost.
        W2VError: as `encode` does; or a part has more distinct words than max_types.
    """
    known = None if vocab is None else nodes.share(vocab)
    calls = {rank: nodes.call(rank, "read", part, config, known, n_returns=2) for rank, part in enumerate(parts)}
    found = nodes.gather({rank: refs[0] for rank, refs in calls.items()})
    if any(encoded.dropped_count for encoded in found.values()):
        raise W2VError(
            f"a part of the corpus has more distinct words than {option('max_types')}: raise it, or use more nodes"
        )
    if vocab is not None:
        kept, n_types = sum(encoded.tokens_kept for encoded in found.values()), len(vocab)
    else:
        words = (nodes.gather({rank: refs[1]})[rank].decode().split("\n") for rank, refs in calls.items())
        counts = (found[rank].vocab.counts for rank in calls)
        vocab, n_types = merge(zip(words, counts, strict=True), config)
        kept = sum(nodes.each("number", nodes.share(vocab)).values())
    return Encoded(
        vocab=vocab,
        stream=np.empty(0, np.int32),
        tokens_read=sum(encoded.tokens_read for encoded in found.values()),
        types_read=n_types,
        tokens_kept=kept,
        tokens_mended=sum(encoded.tokens_mended for encoded in found.values()),
        dropped_count=0,
        rows_empty=sum(encoded.rows_empty for encoded in found.values()),
    )


def merge(tables: Iterable[Table], config: TrainConfig) -> tuple[Vocab, int]:
    """Return the vocabulary of several tables, and how many distinct words they have.

    Args:
        tables: of all words of each part.
        config: min_count, max_vocab.

    Raises:
        W2VError: no word reaches min_count.
    """
    totals: dict[str, int] = {}
    for words, counts in tables:
        for word, count in zip(words, counts.tolist(), strict=True):
            totals[word] = totals.get(word, 0) + count
    wanted = {word: count for word, count in totals.items() if count >= config.min_count}
    if not wanted:
        most = f"the most frequent has a count of {max(totals.values()):,}"
        raise W2VError(f"no word reaches {option('min_count', config.min_count)}: {most}; lower it")
    vocab = Vocab.of(wanted)
    return Vocab(vocab.words[: config.max_vocab], vocab.counts[: config.max_vocab]), len(totals)
