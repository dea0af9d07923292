"""Backends read a corpus and train on it: this machine alone, or a cluster."""

from typing import Protocol

from w2v.base.arrays import Ids
from w2v.checkpoints.fingerprints import stream_checksum
from w2v.checkpoints.snapshots import CheckpointPolicy, Snapshot
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, ScanReport, encode
from w2v.text.vocab import Vocab
from w2v.training.line_rows import NO_LINE_INPUTS, LineInputs, n_lines
from w2v.training.loop import RowsReport, TrainReport, train_embeddings
from w2v.training.weights import Embeddings


class Backend(Protocol):
    """Reads a corpus and trains on it, on this machine or on several."""

    n_nodes: int
    """Number of machines in the cluster; 0 means this machine alone."""

    def encode(
        self, corpus: Corpus, config: TrainConfig, *, vocab: Vocab | None = None, report: ScanReport | None = None
    ) -> Encoded:
        """Read a corpus; see `w2v.text.encoding.encode`. The stream may stay on the machines that read it."""

    def checksum(self, stream: Ids) -> str:
        """Return a checksum of a token stream, wherever it is stored. Streams that differ have different checksums."""

    def n_lines(self, stream: Ids) -> int:
        """Return the number of lines of a token stream, wherever it is stored."""

    def train_embeddings(
        self,
        stream: Ids,
        vocab: Vocab,
        config: TrainConfig,
        report: TrainReport | None = None,
        *,
        start: Snapshot | None = None,
        checkpoints: CheckpointPolicy | None = None,
        after_epoch: RowsReport | None = None,
        pauses: bool = False,
        lines: LineInputs = NO_LINE_INPUTS,
    ) -> Embeddings:
        """Train on a token stream; see `w2v.training.loop.train_embeddings`."""


class OneMachine:
    """Reads and trains in this process."""

    n_nodes = 0
    encode = staticmethod(encode)
    checksum = staticmethod(stream_checksum)
    n_lines = staticmethod(n_lines)
    train_embeddings = staticmethod(train_embeddings)
