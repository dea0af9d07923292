"""What the README shows, in the working folder, on something like Windows; tests/ must be in PYTHONPATH."""

import like_windows  # isort: skip  (before what it changes is used)
import importlib.util
import json
import warnings
from pathlib import Path

from toy_corpus import sentences

import w2v
from w2v.base.errors import W2VError
from w2v.commands import main
from w2v.formats.registry import SUFFIXES

SMALL = ("--dim", "8", "--min-count", "1", "--threads", "2", "--quiet")


def run(*arguments: str, status: int = 0) -> None:
    """Run a command, which must end with this status."""
    found = main(list(arguments))
    assert found == status, f"w2v {' '.join(arguments)}: status {found}"


def train_and_resume() -> None:
    """Make a vocabulary and phrases, train with checkpoints, and go on with more epochs."""
    run("build-vocab", "corpus.txt", "-o", "vocab.txt", "--quiet")
    run("phrases", "corpus.txt", "-o", "joined.txt", "--quiet")
    logged = ("--checkpoint", "kept", "--checkpoint-every", "0.01s", "--log-json", "log.jsonl")
    run("train", "corpus.txt", *SMALL, *logged, "--epochs", "3", "-o", "v.w2v")
    assert json.loads(Path("log.jsonl").read_bytes().splitlines()[-1])["progress"] == 1
    assert b"\r" not in Path("log.jsonl").read_bytes()
    Path("v.w2v/config.json").unlink()
    Path("v.w2v/config.json").write_bytes(b"{}")
    run("train", "--resume", "kept", "--epochs", "4", "--quiet")  # in place of a folder that is there
    run("train", "corpus.txt", *SMALL, "--checkpoint", "kept", "-o", "v.bin", status=1)  # another run's folder
    run("train", "corpus.txt", "--vocab", "vocab.txt", "--dim", "8", "--quiet", "-o", "v.bin")
    run("train", "joined.txt", *SMALL[2:], "--init-from", "v.w2v", "--grow-vocab", "-o", "grown.bin")
    assert sorted(path.name[:11] for path in Path("kept").iterdir()) == ["checkpoint-"] * 2


def convert() -> None:
    """Convert to every format and read it, twice: the second time there is a file to replace."""
    for kind in ("fasttext", "floret"):
        run("train", "corpus.txt", *SMALL, "--subwords", kind, "--buckets", "1000", "-o", f"{kind}.w2v")
    for suffix, format in SUFFIXES.items():
        if format.library and importlib.util.find_spec(format.library) is None:
            continue
        source = {".floret": "floret.w2v", ".fasttext.bin": "fasttext.w2v"}.get(suffix, "v.w2v")
        for _ in range(2):
            run("convert", source, f"as{suffix}")
            run("similar", "horse", "--vectors", f"as{suffix}")
    run("convert", "v.w2v", "counts.txt", "--to", "word2vec-vocab")


def replace_what_is_loaded() -> None:
    """A file that is in use is not replaced, and nothing is lost: the error says what to do."""
    loaded = w2v.Vectors.load("v.w2v")
    before = loaded.most_similar("horse")
    with like_windows.refused(W2VError, "Windows does not replace a file that is open"):
        loaded.save("v.w2v")
    run("train", "corpus.txt", *SMALL, "--epochs", "1", "-o", "v.w2v", status=1)
    (rescued,) = Path().glob("w2v-rescued-*.w2v")
    assert len(w2v.Vectors.load(rescued)) == len(loaded)
    assert w2v.Vectors.load("v.w2v").most_similar("horse") == before == loaded.most_similar("horse")
    del loaded
    run("train", "corpus.txt", *SMALL, "--epochs", "1", "-o", "v.w2v")
    assert not [path.name for path in Path().iterdir() if path.name.startswith(".")], "temporary files are left"


def use() -> None:
    """Infer, score, ask and draw."""
    run("train", "corpus.txt", *SMALL, "--line-vectors", "with-words", "-o", "lines.w2v")
    run("infer", "lines.w2v", "corpus.txt", "-o", "inferred.txt", "--quiet")
    Path("pairs.tsv").write_text("cat\tdog\t9\ncat\tparis\t1\nred\tblue\t8\n", encoding="utf-8")
    run("evaluate", "v.w2v", "--similarity", "pairs.tsv")
    run("info", "v.w2v")
    run("plot", "log.jsonl", "-o", "log.html")
    if importlib.util.find_spec("umap") is not None:
        run("plot", "v.w2v", "--method", "pca", "-o", "map.html")


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=EncodingWarning)
    warnings.filterwarnings("error", category=EncodingWarning, module=r"w2v\b")
    Path("corpus.txt").write_bytes("".join(f"{' '.join(line)}\n" for line in sentences(2_000)).encode())
    train_and_resume()
    convert()
    replace_what_is_loaded()
    use()
    print("done")
