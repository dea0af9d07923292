"""Reading: each node reads its part of a corpus, and the vocabularies are merged."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from w2v.base.errors import W2VError, option
from w2v.cluster.node import Node, Part
from w2v.settings.train import TrainConfig
from w2v.text.encoding import Encoded
from w2v.text.vocab import Vocab

if TYPE_CHECKING:
    from w2v.cluster.rays import Nodes

Table = tuple[Sequence[str], npt.NDArray[np.int64]]
"""Words and their counts."""


def read(nodes: "Nodes", parts: Sequence[Part], config: TrainConfig, vocab: Vocab | None = None) -> Encoded:
    """Let each node read its part, as `encode` does, and return the result. The nodes keep the stream.

    Raises Lost if a node is lost; W2VError as in `encode`, or if a part has more distinct words than max_types.
    """
    check_copies(nodes, parts)
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
    tokens_read = sum(encoded.tokens_read for encoded in found.values())
    mended = sum(encoded.tokens_mended for encoded in found.values())
    rows_empty = sum(encoded.rows_empty for encoded in found.values())
    return Encoded(
        vocab, np.empty(0, np.int32), tokens_read, n_types, kept, mended, 0, rows_empty, has_words=config.words
    )


def check_copies(nodes: "Nodes", parts: Sequence[Part]) -> None:
    """Check that machines with their own copies of the text have identical copies, byte for byte.

    A fingerprint only covers samples of a file. So each machine computes checksums of its own part and of the next
    machine's part, and the two checksums of a part are compared. This takes no time for files in a store or a shared
    folder.

    Raises:
        W2VError: two copies differ.
    """
    n = len(nodes)
    own = nodes.gather({rank: nodes.call(rank, "copies", parts[rank]) for rank in range(n)})
    if n == 1:
        others = {0: Node(0).copies(parts[0])}
    else:
        others = nodes.gather({rank: nodes.call((rank + 1) % n, "copies", parts[rank]) for rank in range(n)})
    for rank in range(n):
        for here, there in zip(own[rank], others[rank], strict=False):
            if here != there:
                path = here.rpartition(": ")[0]
                other = nodes.name((rank + 1) % n) if n > 1 else "this machine"
                raise W2VError(
                    f"{path} on {nodes.name(rank)} has other bytes than on {other}; copy one to all machines, or use a "
                    "shared folder"
                )


def merge(tables: Iterable[Table], config: TrainConfig) -> tuple[Vocab, int]:
    """Merge the word counts of all parts; return the vocabulary after min_count and max_vocab, and the number of types.

    Raises W2VError if no word reaches min_count.
    """
    totals: Counter[str] = Counter()
    for words, counts in tables:
        totals.update(dict(zip(words, counts.tolist(), strict=True)))
    wanted = {word: count for word, count in totals.items() if count >= config.min_count}
    if not wanted:
        most = f"the most frequent has a count of {max(totals.values()):,}"
        raise W2VError(f"no word reaches {option('min_count', config.min_count)}: {most}; lower it")
    vocab = Vocab.of(wanted)
    return Vocab(vocab.words[: config.max_vocab], vocab.counts[: config.max_vocab]), len(totals)
