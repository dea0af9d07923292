"""`convert`, `info` and `train --save-output`, as their user runs them."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from helpers import Library, Run, files_in
from toy_corpus import sentences

import w2v
from w2v.formats import registry
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.training import run as session

gensim = Library("gensim.models")

SMALL = ("--dim", "8", "--epochs", "1", "--sample", "1e-2", "--threads", "1")
NAMES = ["v.bin", "v.bin.gz", "v.txt", "v.vec.gz", "v.glove.txt", "v.w2v", "v.safetensors", "v.projector", "v.parquet"]


@pytest.fixture
def native(run: Run, corpus: Path) -> w2v.Vectors:
    """Vectors in v.w2v, with all that a format can keep."""
    assert run("train", "corpus.txt", "-o", "v.w2v", *SMALL).status == 0
    return w2v.Vectors.load("v.w2v")


@pytest.mark.parametrize("name", [*NAMES[:5], "v.fifu", *NAMES[6:]])
def test_there_and_back(run: Run, native: w2v.Vectors, name: str) -> None:
    there = run("convert", "v.w2v", name)
    assert (there.status, there.out) == (0, "")
    assert f"w2v: wrote {name}: 147 words x 8, " in there.err
    keeps = registry.find(name).stores
    assert ("cannot store" in there.err) == ("trained" not in keeps)
    assert run("convert", name, "back.w2v", "--quiet") == (0, "", "")
    back = w2v.Vectors.load("back.w2v")
    assert back.words == native.words
    np.testing.assert_allclose(back.matrix, native.matrix, rtol=3e-7 if name == "v.fifu" else 0)
    assert (back.counts is not None) == ("counts" in keeps)
    assert back.counts is None or native.counts is not None and (back.counts == native.counts).all()


@pytest.mark.parametrize("name", [*NAMES, "v.fifu"])
def test_train_writes_and_similar_reads_every_format(run: Run, corpus: Path, name: str) -> None:
    assert run("train", "corpus.txt", "-o", name, *SMALL, "--quiet") == (0, "", "")
    assert run("similar", "horse", "--vectors", name).status == 0
    more = run("train", "corpus.txt", "-o", "more.bin", "--init-from", name, "--epochs", "1")
    assert more.status == 0 and "147 words x 8" in more.err


def test_output_rows_are_written_beside_or_into_the_folder(run: Run, corpus: Path, native: w2v.Vectors) -> None:
    assert native.output is not None and native.output.any()
    done = run("train", "corpus.txt", "--save-output", *SMALL)
    assert done.status == 0
    np.testing.assert_array_equal(w2v.Vectors.load("vectors.bin").matrix, native.matrix)
    np.testing.assert_array_equal(w2v.Vectors.load("vectors.output.bin").matrix, native.output)
    assert run("train", "corpus.txt", "-o", "less.w2v", "--no-save-output", *SMALL).status == 0
    assert not Path("less.w2v/output.npy").exists()
    vectors = w2v.train("corpus.txt", dim=8, epochs=1, sample=1e-2, threads=1)
    np.testing.assert_array_equal(vectors.output, native.output)
    assert w2v.train("corpus.txt", dim=8, epochs=1, save_output=False).output is None


def test_a_folder_written_with_defaults_serves_every_command(run: Run, native: w2v.Vectors) -> None:
    assert run("recommend", "horse", "--vectors", "v.w2v", "-n", "2").err == ""
    assert "output rows" not in run("train", "corpus.txt", "--init-from", "v.w2v", "-o", "m.bin", "--epochs", "1").err
    assert run("convert", "v.w2v", "sum.bin", "--add-output", "0.5").status == 0
    bare = run("convert", "v.w2v", "bare.bin")
    assert "word2vec binary cannot store counts, output rows and settings, which are left out" in bare.err
    missing = run("train", "corpus.txt", "--init-from", "bare.bin", "-o", "m.bin", "--epochs", "1")
    assert missing.status == 0 and "bare.bin has no output rows, which start at zero" in missing.err


def test_converting_writes_a_second_file_only_if_asked(run: Run, native: w2v.Vectors) -> None:
    assert run("convert", "v.w2v", "a.bin", "--quiet").status == run("convert", "v.w2v", "-", "--quiet").status == 0
    assert {path.name for path in Path().iterdir()} == {"corpus.txt", "v.w2v", "a.bin"}
    done = run("convert", "v.w2v", "b.bin", "--save-output")
    assert "output rows" not in done.err and "w2v: wrote b.output.bin: 147 words x 8, word2vec binary" in done.err
    np.testing.assert_array_equal(w2v.Vectors.load("b.output.bin").matrix, native.output)
    assert run("convert", "v.w2v", "c.w2v", "--no-save-output", "--quiet") == (0, "", "")
    assert w2v.Vectors.load("c.w2v").output is None
    assert run("convert", "v.w2v", "-", "--save-output").status == 2


def test_output_rows_replace_no_input(run: Run, corpus: Path) -> None:
    corpus.rename("vectors.output.txt")
    before = files_in(Path())
    done = run("train", "vectors.output.txt", "-o", "vectors.txt", "--save-output")
    assert done.status == 2 and "vectors.output.txt is a file of the corpus" in done.err
    assert files_in(Path()) == before


def test_a_folder_that_is_read_as_corpus_is_not_replaced(run: Run, native: w2v.Vectors) -> None:
    before = files_in(Path())
    done = run("train", ".", "-o", "v.w2v")
    assert done.status == 2 and "-o v.w2v is a file of the corpus" in done.err
    assert files_in(Path()) == before


def test_a_resumed_run_remembers_the_output_rows(run: Run, corpus: Path) -> None:
    assert run("train", "corpus.txt", *SMALL, "--save-output", "--checkpoint", "kept").status == 0
    Path("vectors.output.bin").unlink()
    assert run("train", "--resume", "kept").status == 0
    assert Path("vectors.output.bin").exists()


def test_a_resumed_run_with_another_output_stores_what_that_format_can(run: Run, corpus: Path) -> None:
    assert run("train", "corpus.txt", *SMALL, "-o", "v.w2v", "--checkpoint", "kept").status == 0
    assert run("train", "--resume", "kept", "-o", "other.bin").status == 0
    assert Path("other.bin").exists() and not Path("other.output.bin").exists()
    assert run("train", "--resume", "kept").status == 0
    assert w2v.Vectors.load("v.w2v").output is not None


def test_a_native_folder_tells_how_it_was_made(native: w2v.Vectors, corpus_text: str) -> None:
    assert native.settings is not None and native.counts is not None
    assert native.settings["w2v"] == w2v.__version__
    assert native.settings["settings"] == {
        **w2v.TrainConfig().as_dict(), "dim": 8, "epochs": 1, "sample": 1e-2, "threads": 1
    }  # fmt: skip
    (file,) = native.settings["corpus"]
    assert (file["name"], file["size"]) == ("corpus.txt", len(corpus_text.encode()))
    assert dict(zip(native.words, native.counts, strict=True))["the"] == corpus_text.split().count("the")
    assert w2v.train(sentences(1_000), epochs=1).settings["corpus"] is None  # type: ignore[index]


def test_a_native_folder_brings_counts_and_output_rows(native: w2v.Vectors) -> None:
    begun, _ = session.continue_from(Path("v.w2v"), Corpus([["the", "horse"]]), TrainConfig())
    assert native.counts is not None and native.output is not None and begun.start is not None
    row = begun.vocab.index["horse"]
    assert begun.vocab.counts[row] == native.counts[native.row("horse")] + 1
    np.testing.assert_array_equal(begun.start.output[row], native.output[native.row("horse")])


def test_the_same_run_gives_the_same_folder(run: Run, native: w2v.Vectors) -> None:
    assert run("train", "corpus.txt", "-o", "again.w2v", *SMALL).status == 0
    assert files_in(Path("again.w2v")) == files_in(Path("v.w2v"))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # gensim opens a headless file twice
def test_a_name_of_a_format_wins_over_the_suffix(run: Run, native: w2v.Vectors) -> None:
    assert run("convert", "v.w2v", "v.txt", "--to", "glove", "--quiet").status == 0
    assert Path("v.txt").read_text(encoding="utf-8").startswith(f"{native.words[0]} ")
    loaded = gensim.KeyedVectors.load_word2vec_format("v.txt", binary=False, no_header=True)
    assert loaded.index_to_key == native.words
    np.testing.assert_array_equal(loaded.vectors, native.matrix)
    for flags in ([], ["--from", "glove"]):  # the missing header is seen
        assert run("convert", "v.txt", "again", "--to", "word2vec", *flags).status == 0
        assert w2v.Vectors.load("again", "word2vec").words == native.words


def test_a_vocabulary_for_word2vec_c(run: Run, corpus: Path) -> None:
    assert run("build-vocab", "corpus.txt").status == 0
    done = run("convert", "vocab.txt", "vocab.c.txt", "--to", "word2vec-vocab")
    assert done == (0, "", "w2v: wrote vocab.c.txt: 147 words, word2vec.c's vocabulary\n")
    assert Path("vocab.c.txt").read_text() == "</s> 0\n" + Path("vocab.txt").read_text()
    assert run("convert", "vocab.c.txt", "again.txt", "--to", "word2vec-vocab").status == 0
    assert Path("again.txt").read_text() == Path("vocab.c.txt").read_text()


def test_words_that_cannot_be_written_are_named_and_may_be_left_out(run: Run, native: w2v.Vectors) -> None:
    w2v.Vectors(["New York", "a", "b c", "a"], np.eye(4, dtype=np.float32), np.array([4, 3, 2, 1])).save("x.parquet")
    done = run("convert", "x.parquet", "x.bin")
    assert done.status == 1 and not Path("x.bin").exists()
    assert "x.parquet: left out 1 row with the word of an earlier row" in done.err.splitlines()[0]
    assert "cannot hold 2 of the words: 'New York', 'b c'; " in done.err and done.err.count("\n") == 2
    done = run("convert", "x.parquet", "x.bin", "--skip-words")
    assert done.err.splitlines()[1] == "w2v: left out 2 words that word2vec binary cannot hold, such as 'New York'"
    assert w2v.Vectors.load("x.bin").matrix.tolist() == [[0, 1, 0, 0]]
    assert run("convert", "x.parquet", "x.fifu", "--skip-words").status == 0
    assert w2v.Vectors.load("x.fifu").words == ["New York", "a", "b c"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("convert", "v.w2v", "v.xyz"), 2, "v.xyz ends in '.xyz', which no format does; known are: .bin, .txt"),
        (("convert", "v.w2v", "v"), 2, "v has no suffix; known are: .bin"),
        (("convert", "v.w2v", "v", "--to", "excel"), 2, "no format 'excel'; known are: word2vec, "),
        (("convert", "v.w2v", "v.w2v"), 2, "DST and SRC are the same file"),
        (("convert", "v.w2v"), 2, "DST"),
        (("convert", "none.bin", "x.bin"), 1, "there is no file none.bin"),
        (("convert", "cut.bin.gz", "x.bin"), 1, "cut.bin.gz"),
        (("convert", "corpus.txt", "x.bin"), 1, "corpus.txt holds no vectors"),
        (("convert", "v.w2v", "mine.w2v"), 1, "it holds other files, such as notes"),
        (("convert", "v.w2v", "corpus.txt/x.bin"), 1, "corpus.txt"),
        (("convert", "v.w2v/vectors.npy", "x.bin"), 2, "'.npy'"),
        (("convert", "x.txt", "x.bin", "--to", "word2vec-vocab"), 1, "x.txt"),
        (("info", "vocab.txt"), 1, "a vocabulary, not vectors"),
        (("info", "none.parquet"), 1, "there is no file none.parquet"),
        (("train", "corpus.txt", "-o", "mine.w2v"), 1, "it holds other files, such as notes"),
        (("train", "corpus.txt", "-o", "corpus.w2v"), 1, "it is not a folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_is_one_line(
    run: Run, native: w2v.Vectors, arguments: tuple[str, ...], status: int, said: str
) -> None:
    Path("mine.w2v").mkdir()
    Path("mine.w2v/notes").write_text("mine")
    Path("corpus.w2v").write_text("x")
    Path("vocab.txt").write_text("the 9\ncat 5\n")
    Path("cut.bin.gz").write_bytes(gzip.compress(b"9 9\n" + bytes(400))[:-20])
    before = files_in(Path())
    done = run(*arguments)
    assert (done.status, done.out, done.err.count("\n")) == (status, "", 1)
    assert done.err.startswith("w2v: ") and said in done.err
    assert files_in(Path()) == before


def test_info(run: Run, native: w2v.Vectors) -> None:
    assert native.counts is not None and native.settings is not None
    done = run("info", "v.w2v", "--json")
    told = json.loads(done.out)
    norms = np.linalg.norm(native.matrix.astype(np.float64), axis=1)
    assert told.pop("norms") == pytest.approx([norms.min(), norms.max()], abs=1e-6)
    assert told == {
        "format": "native",
        "words": 147,
        "dim": 8,
        "tokens": int(native.counts.sum()),
        "counts": [int(native.counts.min()), int(native.counts.max())],
        "nan": 0,
        "repeated": 0,
        "first": native.words[:10],
        "output": True,
        "settings": native.settings,
    }
    said = [line.removeprefix("setting ").split(maxsplit=1) for line in run("info", "v.w2v").out.splitlines()]
    lines = dict(reversed([(name, value) for name, value in said]))  # the words come before the setting `words`
    assert lines["words"] == "147" and lines["dim"] == "8" and lines["seed"] == "1" and lines["epochs"] == "1"


def test_info_of_runs(run: Run, native: w2v.Vectors) -> None:
    bare = w2v.Vectors(native.words, -native.matrix, native.counts)
    with pytest.raises(w2v.W2VError, match="output of run 2 is not as in run 1"):
        w2v.Runs([native, bare]).save("r.w2v")
    assert not Path("r.w2v").exists()
    w2v.Runs([bare, bare]).save("r.w2v")
    told = json.loads(run("info", "r.w2v", "--json").out)
    assert (told["runs"], told["bootstrap"], told["words"], told["dim"]) == (2, None, 147, 8)
    assert run("info", "r.w2v").out.splitlines()[1].split(maxsplit=1)[1].startswith("2; ")


def test_info_of_vectors_that_are_damaged_or_bare(run: Run) -> None:
    run("info", "none.bin")
    matrix = np.array([[1, 2], [3, 4], [5, 0]], np.float32)
    w2v.Vectors(["a", "b", "c"], matrix).save("x.w2v")
    assert run("info", "x.w2v", "--json").err == ""
    mapped = np.lib.format.open_memmap("x.w2v/vectors.npy", mode="r+")
    mapped[0], mapped[2, 0] = (np.nan, np.inf), np.nan
    mapped.flush()
    told = json.loads(run("info", "x.w2v", "--json").out)
    assert (told["nan"], told["norms"], told["counts"], told["settings"]) == (3, [5.0, 5.0], None, None)
    mapped[1] = np.nan
    mapped.flush()
    assert json.loads(run("info", "x.w2v", "--json").out)["norms"] is None
    assert "not finite" in run("info", "x.w2v").out


@pytest.mark.parametrize("name", ["none", "none.xyz", "none.bin", "nowhere://example.org/vectors.bin"])
def test_info_of_no_file_says_so(run: Run, name: str) -> None:
    result = run("info", name)
    assert result.status == 1 and result.err.count("\n") == 1
    assert f"there is no file {name}" in result.err or "with this installation" in result.err


def test_counts_beyond_64_bits_are_summed_right(run: Run) -> None:
    counts = np.array([2**63 - 1, 2**63 - 1, 7])
    w2v.Vectors(["a", "b", "c"], np.ones((3, 2), np.float32), counts).save("x.w2v")
    assert json.loads(run("info", "x.w2v", "--json").out)["tokens"] == 2**64 + 5
    assert "18,446,744,073,709,551,621 in all" in run("info", "x.w2v").out


def test_classes_of_words(run: Run, vectors_file: Path) -> None:
    done = run("convert", vectors_file, "classes.txt", "--classes", "9")
    assert (done.status, done.out, done.err) == (0, "", "w2v: wrote classes.txt: 9 classes of words\n")
    lines = [line.split() for line in Path("classes.txt").read_text().splitlines()]
    assert [word for word, _ in lines] == w2v.Vectors.load(vectors_file).words
    assert {int(number) for _, number in lines} <= set(range(9))
    assert run("convert", vectors_file, "-", "--classes", "9", "--quiet").out == Path("classes.txt").read_text()
    for arguments, said in (
        (("--classes", "9", "--to", "glove"), "--to cannot go with --classes"),
        (("--classes", "9", "--skip-words"), "--skip-words cannot go with --classes"),
        (("--classes", "100000"), "classes must be from 1 to "),
    ):
        done = run("convert", vectors_file, "c.txt", *arguments)
        assert done.status == 2 and said in done.err and not Path("c.txt").exists()


def test_add_output(run: Run, native: w2v.Vectors) -> None:
    done = run("convert", "v.w2v", "sum.w2v", "--add-output", "0.5")
    assert done.status == 0 and "left out output rows, which belong to the vectors as they were" in done.err
    added = w2v.Vectors.load("sum.w2v")
    assert native.output is not None and added.output is None and added.words == native.words
    np.testing.assert_array_equal(added.matrix, native.matrix + np.float32(0.5) * native.output)
    assert added.similar(added.words[0]), "its norms are those of the new vectors"
    both = run("convert", "v.w2v", "both.w2v", "--add-output", "0.5", "--all-but-the-top", "1", "--quiet")
    assert both.status == 0 and both.err.count("\n") == 1, "--quiet leaves warnings"
    assert np.abs(w2v.Vectors.load("both.w2v").matrix.mean(axis=0)).max() < 1e-5
    again = run("convert", "sum.w2v", "x.bin", "--add-output", "0.5")
    assert again.status == 1 and "no output rows to add: train with -o FILE.w2v" in again.err
    assert run("convert", "v.w2v", "x.bin", "--add-output", "1.5").status == 2 and not Path("x.bin").exists()


def test_all_but_the_top(run: Run, native: w2v.Vectors) -> None:
    done = run("convert", "v.w2v", "flat.w2v", "--all-but-the-top", "2")
    assert done.status == 0 and "left out output rows, which belong to the vectors as they were" in done.err
    flat = w2v.Vectors.load("flat.w2v")
    assert flat.words == native.words and flat.output is None and flat.counts is not None
    assert np.abs(flat.matrix.mean(axis=0)).max() < 1e-5 and np.linalg.matrix_rank(flat.matrix, tol=1e-3) == 6
    assert flat.similar(flat.words[0]), "its norms are those of the new vectors"
    assert run("convert", "v.w2v", "x.bin", "--all-but-the-top", "8").status == 2


def test_fewer_numbers(run: Run, native: w2v.Vectors) -> None:
    assert run("convert", "v.w2v", "less.w2v", "--dim", "3").status == 0
    less = w2v.Vectors.load("less.w2v")
    directions = np.linalg.svd(native.matrix.astype(float), full_matrices=False)[2][:3].T
    expected = native.matrix @ directions
    np.testing.assert_allclose(less.matrix @ less.matrix.T, expected @ expected.T, atol=1e-5)
    assert native.output is not None and less.output is not None and less.dim == 3
    found = less.matrix.astype(float) @ less.output.T
    np.testing.assert_allclose(found, expected @ (native.output @ directions).T, atol=1e-5)
    assert less.similar(less.words[0]) and less.settings is not None
    assert less.settings["reduced"] == {"by": "pca", "from": 8, "to": 3}
    assert run("convert", "v.w2v", "first.bin", "--dim", "3", "--reduce", "first").status == 0
    np.testing.assert_array_equal(w2v.Vectors.load("first.bin").matrix, native.matrix[:, :3])
    whole = run("convert", "v.w2v", "whole.w2v", "--dim", "8")
    assert whole.status == 0
    np.testing.assert_allclose(w2v.Vectors.load("whole.w2v").norms, native.norms, rtol=1e-5)
    for flags, said in (
        (("--dim", "9"), "--dim must be from 1 to 8"),
        (("--dim", "0"), "--dim must be from 1"),
        (("--reduce", "first"), "--reduce has an effect only with --dim"),
    ):
        done = run("convert", "v.w2v", "x.bin", *flags)
        assert done.status == 2 and said in done.err and not Path("x.bin").exists()


@pytest.mark.parametrize(("dtype", "size"), [("float16", 2), ("int8", 1)])
def test_smaller_numbers(run: Run, native: w2v.Vectors, dtype: str, size: int) -> None:
    done = run("convert", "v.w2v", "small.safetensors", "--dtype", dtype)
    assert done.status == 0
    found = w2v.Vectors.load("small.safetensors")
    step = np.abs(native.matrix).max() / (254 if dtype == "int8" else 2048)
    np.testing.assert_allclose(found.matrix, native.matrix, atol=1.01 * step)
    assert Path("small.safetensors/model.safetensors").stat().st_size < 148 * (8 * size + 4) + 400
    StaticModel = pytest.importorskip("model2vec", reason="needs the extra `test-all`").StaticModel
    model = StaticModel.from_pretrained("small.safetensors")
    one = model.encode(["horse"])[0]
    exact = native["horse"]
    assert one @ exact / np.linalg.norm(one) / np.linalg.norm(exact) > 0.999
    assert native.counts is not None
    weights = 1e-3 / (1e-3 + native.counts / native.counts.sum())
    np.testing.assert_allclose(model.weights[:-1], weights, rtol=1e-6)
    refused = run("convert", "v.w2v", "x.bin", "--dtype", dtype)
    assert refused.status == 2 and "word2vec binary stores float32; .safetensors can store" in refused.err


def test_a_model_card_says_how_vectors_were_made(run: Run, native: w2v.Vectors) -> None:
    assert run("convert", "v.w2v", "v.safetensors").status == 0
    card = Path("v.safetensors/README.md").read_text()
    assert "147 words, 8 numbers each" in card and "| dim | 8 |" in card and "| corpus.txt |" in card


def test_a_run_is_repeated_from_what_it_left(run: Run, native: w2v.Vectors) -> None:
    again = run("train", "corpus.txt", "--config", "v.w2v", "-o", "again.w2v")
    assert again.status == 0 and "settings and corpus of v.w2v: with one thread the vectors are the same" in again.err
    assert files_in(Path("again.w2v")) == files_in(Path("v.w2v"))
    Path("other.txt").write_text("the horse ran\n" * 50)
    other = run("train", "other.txt", "--config", "v.w2v", "--dim", "4", "-o", "other.w2v")
    assert other.status == 0 and "the corpus is not the one that v.w2v was trained on" in other.err
    assert w2v.Vectors.load("other.w2v").dim == 4
    assert run("convert", "v.w2v", "v.bin").status == run("convert", "v.bin", "bare.w2v").status == 0
    bare = run("train", "corpus.txt", "--config", "bare.w2v")
    assert bare.status == 1 and "bare.w2v does not keep the settings of its training" in bare.err
    Path("v.w2v/config.json").write_text('{"trained": {"settings": []}}')
    broken = run("train", "corpus.txt", "--config", "v.w2v")
    assert broken.status == 1 and "`trained.settings` is not an object" in broken.err


def test_a_folder_says_when_where_and_how_well(run: Run, corpus: Path) -> None:
    Path("private").mkdir()
    Path("private/pairs.tsv").write_text("cat\tdog\t9\napple\tpear\t8\ncat\tpear\t1\n")
    flags = ("--similarity", "private/pairs.tsv", "--each-epoch", "-o", "v.w2v")
    assert run("train", "corpus.txt", *SMALL[:2], "--epochs", "2", *flags).status == 0
    found = json.loads(run("info", "v.w2v", "--json").out)["settings"]
    assert {*found["run"]} == {"date", "machine", "seconds"} and found["run"]["seconds"]["train_s"] > 0
    assert [one["epoch"] for one in found["scores"]] == [1, 2] and "sections" not in str(found["scores"])
    assert found["scores"][-1]["similarity"][0]["file"] == "pairs.tsv"
    assert "private" not in Path("v.w2v/config.json").read_text() + Path("v.w2v/run.json").read_text()
    shown = [line.split("  ")[0] for line in run("info", "v.w2v").out.splitlines()]
    assert shown.count("words") == 1 and "setting words" in shown and "run" in shown
    assert run("convert", "v.w2v", "copy.w2v").status == 0
    assert Path("copy.w2v/run.json").read_bytes() == Path("v.w2v/run.json").read_bytes()
    Path("v.w2v/run.json").write_text("[]")
    assert "run.json is damaged: it is not an object" in run("info", "v.w2v").err
