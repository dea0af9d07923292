"""Measure the memory of a long run from beginning to end, on your own plain-text corpus.

python bench/memory.py corpus.txt [--tokens 60000000] [--dim 300] [--epochs 3] [--checkpoint DIR]

The corpus is read repeatedly until it has that many tokens. Linux only: memory is read from /proc.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIG = 1e6


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process; 0 if it has ended."""
    try:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) * 1024 / BIG if found else 0.0


def main() -> None:
    """Train, and print the memory of each part of the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--tokens", type=int, default=60_000_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--checkpoint")
    arguments = parser.parse_args()
    repeats = -(-arguments.tokens // len(arguments.corpus.read_bytes().split()))
    with tempfile.TemporaryDirectory() as folder:
        more = ["--checkpoint", arguments.checkpoint, "--checkpoint-every", "5s"] if arguments.checkpoint else []
        flags = ["--dim", str(arguments.dim), "--epochs", str(arguments.epochs), "-o", f"{folder}/vectors.bin", *more]
        command = [sys.executable, "-m", "w2v", "train", *[str(arguments.corpus)] * repeats, *flags]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            samples = []
            while process.poll() is None:
                samples.append(resident_mb(process.pid))
                time.sleep(0.1)
            said = process.stderr.read() if process.stderr else ""
    print(said)
    n_tokens, n_types = (int(re.findall(pattern, said)[0].replace(",", "")) for pattern in NUMBERS)
    matrices, stream = 2 * n_types * 4 * -(-arguments.dim // 16) * 16 / BIG, 4 * n_tokens / BIG
    third = len(samples) // 3
    print(f"matrices     {matrices:,.0f} MB\nstream       {stream:,.0f} MB or less, where it is in memory")
    print(f"peak         {max(samples):,.0f} MB: {max(samples) - matrices - stream:,.0f} MB beside these")
    print(f"second third {statistics.median(samples[third : 2 * third]):,.0f} MB (median)")
    print(f"last third   {statistics.median(samples[2 * third :]):,.0f} MB (median)")


NUMBERS = (r"w2v: ([\d,]+) tokens; kept", r"kept ([\d,]+) of")

if __name__ == "__main__":
    main()
