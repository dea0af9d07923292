"""Names of the files in a folder of checkpoints, on this machine and in a store.

    DIR/stream.npy                 the token stream, if the corpus cannot be read again
    DIR/checkpoint-000007/         the last two are kept
        input.npy, output.npy      both matrices, (n_types, dim) float32; with subwords, (n_input, dim) input rows
        vocab.txt                  `word count` lines
        lines.npy, lines.txt       with line vectors: their rows, and their names if they have any
        state.json                 settings, position, log, fingerprints; a checksum of each other file
    DIR/.checkpoint-000008.part/   a checkpoint that is being written

Other names, such as `checkpoint-000001.bak`, belong to the user and are neither read nor removed.
"""

import re
from collections.abc import Iterable

STREAM, STREAM_PART = "stream.npy", "stream.npy.part"
INPUT, OUTPUT, VOCAB = "input.npy", "output.npy", "vocab.txt"
LINES, LINE_NAMES = "lines.npy", "lines.txt"
STATE = "state.json"

_NUMBERED = re.compile(r"checkpoint-([0-9]{6,})")


def checkpoint_name(number: int) -> str:
    """Return the name of the folder of a checkpoint.

    >>> checkpoint_name(7)
    'checkpoint-000007'
    """
    return f"checkpoint-{number:06d}"


def number_of(name: str) -> int | None:
    """Return the number of a checkpoint from the name of its folder; None for other names.

    >>> number_of("checkpoint-000007"), number_of("checkpoint-000007.bak")
    (7, None)
    """
    match = _NUMBERED.fullmatch(name)
    return int(match[1]) if match else None


def sorted_checkpoints(names: Iterable[str]) -> list[str]:
    """Return the names of checkpoint folders among other names, oldest first."""
    return sorted((name for name in names if number_of(name) is not None), key=lambda name: number_of(name) or 0)


def partial_name(name: str) -> str:
    """Return the name of a checkpoint's folder while it is being written."""
    return f".{name}.part"


def is_partial(name: str) -> bool:
    """Return whether a name belongs to a checkpoint that was being written."""
    inner = name.removeprefix(".").removesuffix(".part")
    return number_of(inner) is not None and name == partial_name(inner)
