"""`w2v phrases`, and `--column` of every command that reads a corpus, as their user runs them."""

import gzip
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers import Run, files_in
from toy_corpus import sentences

import w2v

TEXT = "we flew to new york\nnew york is big\n\nin York a new day\n" * 4
SMALL = ("--dim", "4", "--epochs", "20", "--sample", "0", "--threads", "1")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "text.txt").write_text(TEXT)
    return tmp_path / "text.txt"


def test_phrases_are_joined_listed_and_told(run: Run, text: Path) -> None:
    status, out, err = run("phrases", "text.txt", "-o", "out.txt", "--save", "list.tsv", "--threshold", "0.5")
    assert (status, out) == (0, "")
    line = "we flew to new_york\nnew_york is big\n\nin York a new day\n"
    assert Path("out.txt").read_text() == line * 4
    # new york 8 times, new 12 and york 8; 11 words and 10 pairs are distinct.
    head, columns, row = Path("list.tsv").read_text().splitlines()
    assert head.startswith('#w2v-phrases {"version": 1, "delimiter": "_"') and columns.startswith("pass\twords")
    assert row == f"1\tnew york\t{(8 - 5) / (12 * 8) * 21:.6g}\t8\t8"
    assert re.search(r"^w2v: 1 phrase joined 8 times: 56 tokens became 48$", err, re.M)
    assert "w2v: most frequent: new_york 8\n" in err and "w2v: wrote list.tsv: 1 phrases\n" in err
    assert err.endswith("w2v: wrote out.txt: 48 tokens\n")


def test_the_output_is_phrased_txt_and_quiet_is_quiet(run: Run, text: Path) -> None:
    assert run("phrases", "text.txt", "--quiet") == (0, "", "")
    assert Path("phrased.txt").exists()


def test_every_flag_reaches_its_setting(run: Run, text: Path) -> None:
    flags = ("--scorer", "npmi", "--threshold", "0.3", "--min-count", "2", "--delimiter", "++", "--passes", "2")
    assert run("phrases", "text.txt", *flags, "--lowercase", "--threads", "1", "-o", "cli.txt.gz").status == 0
    w2v.find_phrases(
        "text.txt",
        "api.txt",
        scorer="npmi",
        threshold=0.3,
        min_count=2,
        delimiter="++",
        passes=2,
        lowercase=True,
        threads=1,
    )
    joined = gzip.decompress(Path("cli.txt.gz").read_bytes())
    assert joined == Path("api.txt").read_bytes()
    assert b"we++flew++to" in joined and b"York" not in joined


def test_where_nothing_is_a_phrase_that_is_said(run: Run, text: Path) -> None:
    result = run("phrases", "text.txt", "--threshold", "1000", "--save", "list.tsv")
    assert result.status == 0
    assert "0 phrases" in result.err and "a lower --threshold" in result.err
    assert len(Path("list.tsv").read_text().splitlines()) == 2
    assert Path("phrased.txt").read_text() == TEXT


@pytest.mark.parametrize(
    ("flags", "status", "said"),
    [
        (["-o", "text.txt"], 2, "would replace"),
        (["--save", "text.txt"], 2, "would replace"),
        (["-o", "a", "--save", "a"], 2, "same file"),
        (["-o", "nosuch/a"], 1, "cannot write nosuch/a"),
        (["-o", "a.zst"], 2, "cannot write .zst: the output is plain text, or .gz"),
        (["--scorer", "pmi"], 2, "scorer must be one of"),
        (["--threshold", "nan"], 2, "threshold must be"),
        (["--threshold", "high"], 2, "--threshold"),
        (["--delimiter", " "], 2, "delimiter must be"),
        (["--passes", "0"], 2, "passes must be"),
        (["--threshold", "9", "--threshold", "5"], 2, "has 2 values for --passes 1"),
        (["--apply", "text.txt"], 1, "text.txt is no file of phrases; `w2v phrases CORPUS --save FILE` writes one"),
        (["--apply", "p.tsv", "--passes", "2"], 2, "--passes cannot be used with --apply"),
        (["--apply", "p.tsv", "--save", "q.tsv"], 2, "--save cannot be used with --apply"),
        (["--min-count", "0"], 2, "--min-count must be"),
        (["--column", "text"], 1, "text.txt has no column 'text'"),
    ],
)
def test_what_is_refused_is_one_line(
    run: Run, text: Path, tmp_path: Path, flags: list[str], status: int, said: str
) -> None:
    before = files_in(tmp_path)
    result = run("phrases", "text.txt", *flags)
    assert (result.status, result.out, result.err.count("\n")) == (status, "", 1)
    assert said in result.err
    assert files_in(tmp_path) == before


# A file of phrases.


@pytest.fixture
def phrases(run: Run, tmp_path: Path) -> str:
    """Sentences in raw.txt and, with phrases joined, in phrased.txt; the phrases in the file that is returned."""
    lines = [" ".join(tokens) for tokens in sentences(600)]
    Path(tmp_path / "raw.txt").write_text("\n".join(lines) + "\n")
    found = run("phrases", "raw.txt", "--passes", "2", "--connector-words", "the in", "--save", "p.tsv")
    assert found.status == 0
    assert "slept_in_the_barn" in Path("phrased.txt").read_text()
    return "p.tsv"


def test_phrases_of_a_file_are_joined_as_where_they_were_found(run: Run, phrases: str) -> None:
    result = run("phrases", "raw.txt", "--apply", phrases, "-o", "again.txt")
    assert (result.status, Path("again.txt").read_text()) == (0, Path("phrased.txt").read_text())
    assert re.search(r"^w2v: \d+ of \d+ phrases joined [\d,]+ times \(\w+ \d+, ", result.err, re.M)
    assert run("train", "phrased.txt", *SMALL, "-o", "a.bin").status == 0
    trained = run("train", "raw.txt", "--phrases", phrases, *SMALL, "-o", "b.bin")
    assert trained.status == 0 and " phrases joined " in trained.err
    assert Path("a.bin").read_bytes() == Path("b.bin").read_bytes()
    assert run("build-vocab", "phrased.txt", "-o", "a.txt").status == 0
    assert run("build-vocab", "raw.txt", "--phrases", phrases, "-o", "b.txt").status == 0
    assert Path("a.txt").read_bytes() == Path("b.txt").read_bytes()


def test_a_model_with_phrases_is_asked_about_raw_text(run: Run, phrases: str) -> None:
    lines = ("--line-vectors", "alone", "--seed", "3")
    assert run("train", "raw.txt", "--phrases", phrases, *SMALL, *lines, "-o", "v.w2v", "--quiet").status == 0
    assert json.loads(run("info", "v.w2v", "--json").out)["settings"]["settings"]["phrases"] == "p.tsv"
    for command in ("embed", "infer"):
        assert run(command, "v.w2v", "phrased.txt", "-o", "a.txt", "--quiet").status == 0
        asked = run(command, "v.w2v", "raw.txt", "--phrases", phrases, "-o", "b.txt")
        assert asked.status == 0 and " phrases joined " in asked.err and "was trained with" not in asked.err
        assert Path("a.txt").read_bytes() == Path("b.txt").read_bytes()
        bare = run(command, "v.w2v", "raw.txt", "-o", "b.txt")
        assert "v.w2v was trained with phrases joined; to join them here too: --phrases p.tsv" in bare.err


def test_words_of_test_files_are_joined(run: Run, phrases: str) -> None:
    assert run("train", "phrased.txt", *SMALL, "--quiet").status == 0
    known = [word for word in w2v.Vectors.load("vectors.bin").words if "_" in word][:3]
    rows = [(word.replace("_", " ").upper(), "the", n) for n, word in enumerate(known)]
    Path("pairs.tsv").write_text("".join(f"{a}\t{b}\t{n}\n" for a, b, n in rows))
    asked = ("evaluate", "vectors.bin", "--similarity", "pairs.tsv", "--json")
    (bare,) = json.loads(run(*asked).out or '{"similarity": [{"covered": 0}]}')["similarity"]
    (found,) = json.loads(run(*asked, "--phrases", phrases).out)["similarity"]
    assert (bare["covered"], found["covered"]) == (0, 3)
    assert not run(*asked, "--phrases", phrases, "--match-case").out.count('"covered": 3')


def test_a_resumed_run_joins_its_phrases_again(run: Run, phrases: str) -> None:
    flags = ("--phrases", phrases, *SMALL[:-6], "--sample", "0", "--threads", "1")
    assert run("train", "raw.txt", *flags, "--epochs", "2", "-o", "whole.bin").status == 0
    assert run("train", "raw.txt", *flags, "--epochs", "1", "--checkpoint", "kept").status == 0
    assert run("train", "--resume", "kept", "--epochs", "2").status == 0
    assert w2v.Vectors.load("vectors.bin").words == w2v.Vectors.load("whole.bin").words
    Path(phrases).unlink()
    gone = run("train", "--resume", "kept", "--epochs", "3")
    assert gone.status == 1 and "cannot read the phrases" in gone.err and phrases in gone.err


def test_a_text_that_is_read_otherwise_is_told(run: Run, phrases: str) -> None:
    done = run("build-vocab", "raw.txt", "--phrases", phrases, "--lowercase")
    assert "the phrases of p.tsv were found without --lowercase, and this text is read with it" in done.err
    Path("other.txt").write_text("nothing of it\n" * 5)
    done = run("build-vocab", "other.txt", "--phrases", phrases)
    assert done.status == 0 and re.search(r"none of the \d+ phrases of p.tsv is in the text", done.err)


# --column.


@pytest.fixture
def lines(tmp_path: Path) -> list[str]:
    """Sentences, which are also in a file of each kind."""
    lines = [" ".join(tokens) for tokens in sentences(500)]
    (tmp_path / "plain.txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({"body": line}) + "\n" for line in lines))
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress((tmp_path / "rows.jsonl").read_bytes()))
    pq.write_table(pa.table({"body": lines}), tmp_path / "rows.parquet")
    return lines


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "rows.parquet"])
def test_a_column_is_as_good_as_its_text(run: Run, lines: list[str], name: str) -> None:
    for command, output, more in (
        ("build-vocab", "vocab.txt", ()),
        ("train", "vectors.bin", SMALL),
        ("phrases", "phrased.txt", ()),
    ):
        assert run(command, "plain.txt", "--quiet", *more).status == 0
        expected = Path(output).read_bytes()
        Path(output).unlink()
        assert run(command, name, "--column", "body", "--quiet", *more) == (0, "", "")
        assert Path(output).read_bytes() == expected
    assert w2v.build_vocab(name, column="body").words == w2v.build_vocab("plain.txt").words


def test_json_lines_without_a_column_are_read_with_a_word_of_warning(run: Run, lines: list[str]) -> None:
    for command in ("build-vocab", "phrases"):
        result = run(command, "rows.jsonl")
        assert result.status == 0
        assert result.err.startswith("w2v: rows.jsonl looks like JSON Lines")
    result = run("train", "rows.parquet")
    assert (result.status, result.err.count("\n")) == (1, 1)
    assert "--column" in result.err


def test_rows_of_nothing_are_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a b"}\n{"text": null}\n{}\n' * 5)
    assert "w2v: skipped 10 rows with nothing in the column\n" in run("build-vocab", "a.jsonl", "--column", "text").err


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.parquet"])
def test_a_resumed_run_reads_its_column_again(run: Run, lines: list[str], name: str) -> None:
    column = ("--column", "body")
    assert run("train", name, *column, *SMALL[:-4], "--threads", "1", "--epochs", "3", "-o", "whole.bin").status == 0
    flags = (*column, *SMALL[:-4], "--threads", "1", "--epochs", "1", "--checkpoint", "kept")
    assert run("train", name, *flags).status == 0
    assert not Path("kept/stream.npy").exists()
    refused = run("train", "--resume", "kept", *column)
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert "--column cannot be used with --resume" in refused.err
    result = run("train", "--resume", "kept", "--epochs", "2")
    assert result.status == 0 and "JSON" not in result.err
    with Path(name).open("ab") as file:
        file.write(b"{}\n")
    changed = run("train", "--resume", "kept", "--epochs", "3")
    assert changed.status == 1 and f"{name} has changed" in changed.err
