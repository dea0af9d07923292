"""What a loss says of the output rows, for the host code."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OutputLayer:
    """What the host code must know about an output layer: which output rows a center is scored against."""

    kernel: str
    """Its name in `kernels.cpu.types.Variant`."""
    loss: str
    """The loss of its kernel."""
    has_negatives: bool = True
    """A sampler draws some of the output rows. Without it there is nothing to sample, reject or correct."""
    outputs_are_words: bool = True
    """Output row i belongs to word i, so that n_output = n_types."""
