"""Give every reader mutants of valid files: none may crash, hang, or take much memory.

    python tests/fuzz/mutate.py [how many, 50000] [seed, 1]

Each reader is run in a process of its own, which a crash ends. A mutant has 10 seconds, and 200 MB and 10 times the
size of its file. It is read, or refused in one line. The last lines are the figures; what went wrong is kept in a
folder, and the exit status is 1.
"""

import bz2
import gzip
import lzma
import multiprocessing
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "tests")]

import numpy as np  # noqa: E402
from mutants import mutant, vector_seeds  # noqa: E402

import w2v  # noqa: E402
from w2v.base.errors import W2VError  # noqa: E402
from w2v.checkpoints import checkpoint  # noqa: E402
from w2v.evaluation.scores import Evaluation  # noqa: E402
from w2v.formats.registry import FORMATS  # noqa: E402
from w2v.plotting.maps import read_words  # noqa: E402
from w2v.settings.config_files import load_config  # noqa: E402
from w2v.text.groups import read_groups  # noqa: E402
from w2v.text.people import read_people  # noqa: E402
from w2v.text.phrase_table import PhraseTable  # noqa: E402
from w2v.text.vocab import Vocab  # noqa: E402

SECONDS, FLOOR, MULTIPLE = 10, 200_000_000, 10
LINES = "the cat sat on the mat\nthe dog\n\nnew york is a city\n" * 20
EVENTS = "user,item,time\n" + "".join(f"p{n % 7},i{n % 11},{n}\n" for n in range(40))

KNOWN = Vocab(["the", "cat"], np.array([7, 5]))


class Target(NamedTuple):
    """A reader, and valid files for it."""

    name: str
    """Of the file."""
    seeds: list[dict[str, bytes]]
    """The files of a folder by name, or one file by the name ""."""
    read: Callable[[Path], object]
    weight: int = 10
    """How many mutants it gets, in proportion."""


def main() -> None:
    """Run all readers."""
    given = [int(value) for value in sys.argv[1:3]]
    total, seed = [*given, *(50_000, 1)[len(given) :]]
    folder = Path(tempfile.mkdtemp(prefix="w2v-mutants-"))
    targets = _targets(folder)
    weights = sum(target.weight for target in targets)
    began, failures, n_done = time.monotonic(), list[str](), 0
    for target in targets:
        n = max(1, round(total * target.weight / weights))
        wrong = _run(target, n, seed, folder)
        failures += wrong
        n_done += n
        print(f"{target.name}: {n:,} mutants, {len(wrong)} failures", flush=True)
    print(f"{n_done:,} mutants in {time.monotonic() - began:.0f} s: {len(failures)} failures")
    print("\n".join(failures[:50]))
    sys.exit(bool(failures))


def _run(target: Target, n: int, seed: int, folder: Path) -> list[str]:
    """Give a reader n mutants, in processes that begin anew after a crash; return what went wrong."""
    wrong, number = list[str](), 0
    context = multiprocessing.get_context("fork")
    while number < n:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_read_all, args=(target, number, n, seed, folder, there))
        process.start()
        there.close()
        at = number
        while True:
            if not here.poll(60):
                wrong.append(f"{target.name}, mutant {at}: hangs")
                process.kill()
                break
            try:
                at, message = here.recv()
            except EOFError:
                break
            if message:
                wrong.append(f"{target.name}, mutant {at}: {message}")
        process.join()
        if process.exitcode and process.exitcode > 0:
            wrong.append(f"{target.name}, mutant {at}: ended with {process.exitcode}")
        if process.exitcode and process.exitcode < 0 and "hangs" not in (wrong or [""])[-1]:
            wrong.append(f"{target.name}, mutant {at}: crashed by {signal.Signals(-process.exitcode).name}")
        number = at + 1 if process.exitcode else n
    return wrong


def _read_all(target: Target, first: int, end: int, seed: int, folder: Path, told: Connection) -> None:
    """Read mutants; the number of each and what went wrong go to a pipe."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _too_long)
    path = folder / target.name
    _measured(target, dict(target.seeds[0]), path)  # what is loaded and compiled is not a mutant's
    for number in range(first, end):
        chance = random.Random(f"{target.name} {seed} {number}")
        files = dict(chance.choice(target.seeds))
        name = chance.choice([*files])
        files[name] = mutant(files[name], chance)
        told.send((number, ""))
        message = _measured(target, files, path)
        if message:
            kept = folder / "kept" / f"{number}-{target.name}"
            kept.mkdir(parents=True, exist_ok=True)
            for file, data in files.items():
                (kept / (file or "file").replace("/", "-")).write_bytes(data)
            told.send((number, f"{message}; see {kept}"))


def _too_long(*_: object) -> None:
    raise TimeoutError("it takes too long")


def _measured(target: Target, files: dict[str, bytes], path: Path) -> str:
    """Read files and return what went wrong."""
    for file, data in files.items():
        where = path / file if file else path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(data)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is that from here
    before = _status("VmRSS")
    signal.alarm(SECONDS)
    message = ""
    try:
        target.read(path)
    except W2VError as error:
        if len(str(error).splitlines()) != 1 or len(str(error)) > 4_000:
            message = f"a message of several lines or of many letters: {str(error)[:200]!r}"
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        message = f"{''.join(traceback.format_exception_only(error)).strip()} in {place.filename}, line {place.lineno}"
    finally:
        signal.alarm(0)
    taken = _status("VmHWM") - before
    size = sum(map(len, files.values()))
    if taken > FLOOR + MULTIPLE * size:
        message = message or f"takes {taken:,} bytes of memory for {size:,}"
    return message


def _status(name: str) -> int:
    """Return a number of bytes that the system knows about this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _zipped(data: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors", data)
    return packed.getvalue()


def _targets(folder: Path) -> list[Target]:
    """Return all readers."""
    return [*_vector_targets(folder), *_text_targets(), _checkpoint_target(folder)]


def _vector_targets(folder: Path) -> list[Target]:
    def load(path: Path) -> None:
        vectors = w2v.Vectors.load(path)
        if len(vectors):
            vectors.similar(vectors.words[0], 3)
        "unseen" in vectors  # noqa: B015

    found = []
    for name, format in FORMATS.items():
        if format.suffixes:
            found.append(Target(f"v{format.suffixes[0]}", vector_seeds(folder, name), load))
    plain = found[0].seeds[0][""]
    text = found[1].seeds[0][""]
    packers: dict[str, Callable[[bytes], bytes]]
    packers = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zip": _zipped}
    for suffix, pack in packers.items():
        seeds = [{"": pack(data)} for data in (plain, text)]
        found.append(Target(f"packed.{suffix}", seeds, load, 5))
    return found


def _text_targets() -> list[Target]:
    import pyarrow
    import pyarrow.parquet

    table = BytesIO()
    rows = LINES.split("\n")[:20]
    pyarrow.parquet.write_table(pyarrow.table({"t": rows, "u": [row.split() for row in rows]}), table)
    json_lines = "".join(f'{{"t": "{row}", "u": ["a", 3]}}\n' for row in rows)
    named = "".join(f"p{number}\t{row}\n" for number, row in enumerate(rows))
    text, pairs = {"": LINES.encode()}, {"": b"# pairs\nthe\tcat\t5.5\nthe\tdog\t1\na,city,2\nnew;york;9\n"}

    def build(column: str | None = None, words: bool = False) -> Callable[[Path], object]:
        return lambda path: w2v.build_vocab(path, min_count=1, column=column, words=words, threads=1)

    config = {"": b"dim = 5\nlr = 0.1\nlowercase = true\nmodel = 'cbow'\n[tune]\na.b = 1\n"}
    return [
        Target("corpus.txt", [text], build()),
        Target("words.txt", [text], build(words=True), 5),
        Target("corpus.txt.gz", [{"": gzip.compress(LINES.encode())}], build(), 5),
        Target("rows.jsonl", [{"": json_lines.encode()}], build("t")),
        Target("lists.jsonl", [{"": json_lines.encode()}], build("u"), 5),
        Target("rows.csv", [{"": ("t,u\n" + "".join(f'"{row}",x\n' for row in rows)).encode()}], build("t")),
        Target("rows.parquet", [{"": table.getvalue()}], build("t"), 5),
        Target("lists.parquet", [{"": table.getvalue()}], build("u"), 5),
        Target("phrases.txt", [text], lambda path: w2v.find_phrases(path, min_count=1, threshold=0.1, threads=1), 5),
        Target("saved-phrases.tsv", [{"": _saved_phrases()}], PhraseTable.load),
        Target("groups.tsv", [{"": b"the\tart\ncat\tanimal\n"}], lambda path: read_groups(path, KNOWN), 5),
        Target("vocab.txt", [{"": b"</s> 0\nthe 7\ncat 5\n"}], Vocab.load),
        Target("pairs.tsv", [pairs], lambda path: Evaluation.read([path], [])),
        Target("questions.txt", [{"": b": capitals\na b c d\na b e f/g\n"}], lambda path: Evaluation.read([], [path])),
        Target("sessions.txt", [text], lambda path: Evaluation.read([], [], path, path)),
        Target("people.txt", [{"": named.encode()}], lambda path: [*read_people(path, line_names=True)]),
        Target("list.txt", [{"": b"the\ncat\n"}], read_words),
        Target("settings.toml", [config], lambda path: load_config(path)),
        Target("log.jsonl", [{"": b'{"progress": 0.5, "loss": 2.0}\n{"progress": 1.0, "loss": 1.0}\n'}], _curves),
        Target("events.csv", [{"": EVENTS.encode()}], lambda path: w2v.sessions(path), 2),
        Target(
            "events.jsonl", [{"": b'{"user": "p", "item": "a", "time": 1}\n' * 9}], lambda path: w2v.sessions(path), 2
        ),
    ]


def _saved_phrases() -> bytes:
    """Return a file of phrases."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "phrases.tsv"
        w2v.find_phrases([LINES.split()] * 9, save=path, min_count=1, threshold=0.1, threads=1)
        return path.read_bytes()


def _curves(path: Path) -> object:
    from w2v.plotting.curves import read_curves

    return read_curves(path)


def _checkpoint_target(folder: Path) -> Target:
    text = [line.split() for line in LINES.split("\n")]
    w2v.train(text, dim=4, epochs=1, min_count=1, sample=0, threads=1, checkpoint=folder / "kept-run")
    kept = [path for path in (folder / "kept-run").rglob("*") if path.is_file()]
    files = {str(path.relative_to(folder / "kept-run")): path.read_bytes() for path in kept}
    return Target("checkpoints", [files], checkpoint.load)


if __name__ == "__main__":
    main()
