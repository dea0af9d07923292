"""Fingerprints: they show whether a corpus, its files and its stream, has changed since it was read."""

import hashlib
import os
import socket
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from w2v.base import stores
from w2v.base.arrays import Ids
from w2v.base.errors import W2VError, option
from w2v.base.machine import available_threads

SAMPLE = 1 << 16  # Number of bytes that are hashed at the beginning, middle and end of a file
PIECE = 1 << 20  # Number of tokens of a stream, or bytes of a file, that are summed at a time


@dataclass(frozen=True)
class Fingerprint:
    """Shows whether a file has changed since it was read, without reading all of it."""

    path: str  # Absolute
    size: int
    modified_ns: int
    sample: str
    """Hash of pieces at its beginning, middle and end; for a file in a store, its ETag or time of change."""

    @classmethod
    def of(cls, path: str) -> "Fingerprint":
        """Take the fingerprint of a file.

        Raises:
            W2VError: the file cannot be read.
        """
        if url := stores.url_of(path):
            size, mark = stores.stat(url)
            return cls(url, size, 0, mark)
        try:
            if not os.path.isfile(path):  # missing, or now a pipe, whose opening would block
                raise FileNotFoundError(2, "no such file")
            with open(path, "rb") as file:
                status = os.fstat(file.fileno())
                digest = hashlib.blake2b(digest_size=16)
                for at in (0, status.st_size // 2, max(0, status.st_size - SAMPLE)):
                    file.seek(at)
                    digest.update(file.read(SAMPLE))
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise W2VError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
        return cls(os.path.abspath(path), status.st_size, status.st_mtime_ns, digest.hexdigest())

    def check(self) -> None:
        """Raise W2VError if the file has changed."""
        if url := stores.url_of(self.path):
            stores.forget(url)
        now = asdict(Fingerprint.of(self.path))
        for name, before in asdict(self).items():
            if before != now[name]:
                raise changed(self.path, f"{name}: {before}, now {now[name]}")

    def check_copy(self, path: str) -> None:
        """Raise W2VError if the file with this name on this machine is not the file of the fingerprint."""
        now = Fingerprint.of(path)
        differs = f"{self.size:,} bytes there, {now.size:,} here" if self.size != now.size else "its bytes are others"
        if (self.size, self.sample) != (now.size, now.sample):
            raise W2VError(
                f"{path} on {socket.gethostname()} is not the file of the machine where the run was started "
                f"({differs}); copy it from there, or use a shared folder"
            )


def piece_checksum(path: str, begin: int, end: int | None) -> str:
    """Return a checksum of all bytes from `begin` to `end` of a file; to its end if `end` is None.

    Raises:
        W2VError: the file cannot be read.
    """
    sum_, at = 0, begin
    try:
        with open(path, "rb") as file:
            file.seek(begin)
            while block := file.read(PIECE if end is None else min(PIECE, end - at)):
                sum_, at = zlib.crc32(block, sum_), at + len(block)
    except OSError as error:
        raise W2VError(f"cannot read {path}: {error.strerror}") from error
    return f"{sum_:08x} of {at - begin} bytes"


def changed(files: str, how: str) -> W2VError:
    """Return the error for a corpus that has changed."""
    return W2VError(
        f"the corpus file {files} has changed since the checkpoint ({how}); "
        f"restore it, or start a new run, with {option('init_from')} to start from these vectors"
    )


def stream_checksum(stream: Ids) -> str:
    """Return a checksum of a token stream, (n,). Streams that differ have different checksums.

    It is the hash of the CRC-32 of each piece, computed by several threads: 17 million tokens take 10 to 20 ms.
    """

    def sum_of(start: int) -> bytes:
        return zlib.crc32(stream[start : start + PIECE].data).to_bytes(4, "little")

    with ThreadPoolExecutor(available_threads()) as pool:
        sums = b"".join(pool.map(sum_of, range(0, len(stream), PIECE)))
    return hashlib.blake2b(sums + len(stream).to_bytes(8, "little"), digest_size=16).hexdigest()
