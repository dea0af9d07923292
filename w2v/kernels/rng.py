"""Random numbers: SplitMix64 (Steele, Lea and Flood 2014), with 64 bits of state in an array of length 1.

The state is a counter and the output a hash of it, so draws do not wait for each other. A shard's generator is seeded
with a hash of (seed, epoch, shard). The period is 2**64.
"""

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.scalars import U64

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
U27, U30, U31, U32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)


@inlined
def mix(z: np.uint64) -> np.uint64:
    """Return a hash of z: each bit of z flips each bit of the hash with probability near 1/2."""
    z = (z ^ (z >> U30)) * MIX_1
    z = (z ^ (z >> U27)) * MIX_2
    return z ^ (z >> U31)


@inlined
def seed_shard(seed: np.uint64, epoch: np.uint64, shard: np.uint64) -> np.uint64:
    """Return the initial state of a shard's generator."""
    return mix(mix(mix(seed + GOLDEN) + epoch + GOLDEN) + shard + GOLDEN)


@inlined
def draw(state: U64) -> np.uint64:
    """Return 64 random bits. Mutates state[0]."""
    state[0] += GOLDEN
    return mix(state[0])


@inlined
def below(bits: np.uint64, n: np.uint64) -> int:
    """Return a number in 0..n-1 from the upper 32 of 64 random bits, for n < 2**32.

    The bias of a value is below n / 2**32.
    """
    return np.int64(((bits >> U32) * n) >> U32)  # type: ignore[return-value]
