"""A node reads only what the driver sees."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from w2v.base.errors import W2VError
from w2v.cluster.node import Node, Part
from w2v.cluster.reading import check_copies
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


def test_a_byte_that_differs_where_a_fingerprint_does_not_look_is_seen(tmp_path: Path) -> None:
    path, other = tmp_path / "text.txt", tmp_path / "other"
    text = bytearray(TEXT * 10)
    path.write_bytes(text)
    middle = len(text) // 2
    parts = [Part.of([Piece(str(path), 0, middle)]), Part.of([Piece(str(path), middle, None)])]
    node = Node(0)
    assert [node.copies(part) for part in parts] == [[], []], "it is the driver's own file"
    other.write_bytes(text)
    os.replace(other, path)
    before = [node.copies(part) for part in parts]
    text[len(text) // 4] = ord("x")
    other.write_bytes(text)
    os.replace(other, path)
    node.read(parts[0], CONFIG, None)
    after = [node.copies(part) for part in parts]
    assert before[0] != after[0] and before[1] == after[1] and before[0][0].startswith(f"{path}: ")


class Copies:
    """Nodes, each of which finds its own copy of the text."""

    def __init__(self, path: Path, copies: list[bytes]) -> None:
        self.path, self.copies = path, copies

    def __len__(self) -> int:
        return len(self.copies)

    def name(self, rank: int) -> str:
        """Return a node, for a message."""
        return f"node {rank}"

    def call(self, rank: int, method: str, part: Part) -> list[str]:
        """Call a node."""
        other = self.path.with_name("other")
        other.write_bytes(self.copies[rank])
        os.replace(other, self.path)
        found: list[str] = getattr(Node(rank), method)(part)
        return found

    def gather(self, calls: dict[int, list[str]]) -> dict[int, list[str]]:
        """Return the results."""
        return calls


def test_copies_that_differ_are_refused_with_both_nodes(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT)
    third = len(TEXT) // 3
    parts = [Part.of([Piece(str(path), third * rank, third * (rank + 1) if rank < 2 else None)]) for rank in range(3)]
    same: Any = Copies(path, [TEXT] * 3)
    check_copies(same, parts)
    changed = bytearray(TEXT)
    changed[third + 70_001 - 65_536] = ord("x")  # in the second part, and in no sample
    for rank in (1, 2):  # that reads it, and that is its witness
        copies: Any = Copies(path, [bytes(changed) if number == rank else TEXT for number in range(3)])
        with pytest.raises(W2VError, match=rf"{path} on node 1 has other bytes than on node 2"):
            check_copies(copies, parts)
    unread: Any = Copies(path, [bytes(changed), TEXT, TEXT])
    check_copies(unread, parts)


def test_the_checksum_of_a_part_is_that_of_its_tokens(tmp_path: Path) -> None:
    sums = set()
    for text in ("a b c\n", "a b b\n", "a b\nc\n"):
        (tmp_path / "text.txt").write_text(text)
        node = Node(0)
        encoded, _ = node.read(Part.of([Piece(str(tmp_path / "text.txt"))]), CONFIG, None)
        assert encoded.tokens_read == 3
        sums.add(node.checksum())
    assert len(sums) == 3
