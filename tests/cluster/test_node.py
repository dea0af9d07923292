"""A node reads only what the driver sees."""

import os
import socket
from pathlib import Path

import pytest

from w2v.base.errors import W2VError
from w2v.cluster.node import Node, Part
from w2v.settings.train import TrainConfig
from w2v.text.sources import Piece

CONFIG = TrainConfig(min_count=1, threads=1)
TEXT = b"a b c d\n" * 20_000


@pytest.mark.parametrize("content", [TEXT[:-4_000], TEXT + b"x", TEXT[:-2] + b"x\n", b"x" + TEXT[1:], b""])
def test_another_copy_of_the_text_is_refused_with_host_and_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT)
    part, node = Part.of([Piece(str(path), 0, len(TEXT))]), Node(1)
    assert node.read(part, CONFIG, None)[0].tokens_read == 80_000
    os.utime(path, (1, 1))  # copies have other times
    first = node.checksum()
    assert node.read(part, CONFIG, None)[0].tokens_read == 80_000 and node.checksum() == first
    path.write_bytes(content)
    with pytest.raises(W2VError, match=rf"text.txt on {socket.gethostname()} is not the file of the machine"):
        node.read(part, CONFIG, None)


def test_the_checksum_of_a_part_is_that_of_its_tokens(tmp_path: Path) -> None:
    sums = set()
    for text in ("a b c\n", "a b b\n", "a b\nc\n"):
        (tmp_path / "text.txt").write_text(text)
        node = Node(0)
        encoded, _ = node.read(Part.of([Piece(str(tmp_path / "text.txt"))]), CONFIG, None)
        assert encoded.tokens_read == 3
        sums.add(node.checksum())
    assert len(sums) == 3
