"""Scores are those of gensim and SciPy; files are read in the formats people have."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Library, Run
from hypothesis import given, settings
from hypothesis import strategies as st

import w2v
from w2v.base.errors import SettingsError, W2VError
from w2v.evaluation.analogies import Questions, read_questions, score_questions
from w2v.evaluation.metrics import ranks, spearman
from w2v.evaluation.scores import Evaluation, Scores
from w2v.evaluation.word_pairs import WordPairs, read_pairs, score_pairs
from w2v.vectors.vectors import Vectors

stats = Library("scipy.stats")

gensim = Library("gensim.models")

SHARED = Path(os.environ.get("W2V_SHARED", "nowhere"))


def spelled(rng: np.random.Generator, number: int) -> str:
    """Return a word, of which `number` says which, in one of four spellings."""
    word = f"w{chr(97 + number % 26)}{number}x"
    return str(rng.choice([word, word, word.upper(), word.title()]))


def made(folder: Path, seed: int) -> tuple[Vectors, Path, Path]:
    """Make vectors in which words come in several spellings and twice, and files that ask for some without vectors."""
    rng = np.random.default_rng(seed)
    numbers = rng.integers(60, size=200)
    words = [spelled(rng, int(number)) for number in numbers]
    bases, offset = rng.standard_normal((30, 5)), rng.standard_normal(5)
    rows = bases[numbers // 2] + (numbers % 2)[:, None] * offset + 0.3 * rng.standard_normal((200, 5))
    matrix = (rows * rng.uniform(0.1, 10, (200, 1))).astype(np.float32)
    # No word beside itself: the cosines of such pairs are all 1 here, while in gensim rounding sets them apart.
    pairs = [(spelled(rng, i), spelled(rng, (i * 7 + 1) % 80)) for i in range(80)]
    (folder / "pairs").write_text(
        "# people's scores\nword 1\tword 2\tscore\n"
        + "".join(f"{a}\t{b}\t{rng.integers(0, 12) / 4}\n" for a, b in pairs)
    )
    lines = []
    for section in ("one", "of none", "three words"):
        lines.append(f": {section}")
        rest = range(40, 45) if section == "of none" else range(35)
        for one, other in (rng.choice(rest, 2, replace=False) for _ in range(150)):
            question = (2 * one, 2 * one + 1, 2 * other, 2 * other + 1)
            lines.append(" ".join(spelled(rng, int(number)) for number in question))
    (folder / "questions").write_text("\n".join(lines) + "\n")
    return Vectors(words, matrix), folder / "pairs", folder / "questions"


def in_gensim(vectors: Vectors) -> Any:  # noqa: ANN401
    """Return the same in gensim, each word once: it loads a file that has one twice, but then cannot score it."""
    words = list(dict.fromkeys(vectors.words))
    theirs = gensim.KeyedVectors(vectors.dim)
    theirs.add_vectors(words, vectors[words])
    return theirs


@pytest.mark.filterwarnings("ignore::w2v.base.errors.W2VWarning")
@pytest.mark.parametrize("match_case", [False, True])
@pytest.mark.parametrize("restrict", [None, 40])
@pytest.mark.parametrize("seed", range(3))
def test_gensim_has_the_same_scores(tmp_path: Path, seed: int, restrict: int | None, match_case: bool) -> None:
    vectors, pairs, questions = made(tmp_path, seed)
    theirs = in_gensim(vectors)
    assert len(theirs) < len(vectors), "no word is there twice"
    scores = w2v.evaluate(vectors, [pairs], [questions], restrict=restrict, match_case=match_case)

    _, (rho, _), missing = theirs.evaluate_word_pairs(str(pairs), case_insensitive=not match_case)
    (similarity,) = scores.similarity
    assert similarity.spearman == pytest.approx(rho, abs=1e-5)
    assert (similarity.pairs, similarity.covered) == (80, round(80 * (1 - missing / 100)))
    assert 0 < similarity.covered < 80

    accuracy, sections = theirs.evaluate_word_analogies(
        str(questions), restrict_vocab=restrict or len(theirs), case_insensitive=not match_case
    )
    (analogies,) = scores.analogies
    assert (analogies.accuracy or 0) == pytest.approx(accuracy, abs=1e-9)
    expected = [(s["section"], len(s["correct"]), len(s["correct"]) + len(s["incorrect"])) for s in sections]
    assert [(s.name, s.correct, s.covered) for s in analogies.sections] == expected[:-1]
    assert (analogies.correct, analogies.covered, analogies.total) == (*expected[-1][1:], 450)
    assert all(section.total == 150 for section in analogies.sections)
    assert analogies.sections[1].accuracy is None
    if restrict is None:
        assert 0 < analogies.correct < analogies.covered < 450


def test_words_with_vectors_that_add_up_are_answered() -> None:
    rng = np.random.default_rng(0)
    offset, bases = rng.standard_normal(20), rng.standard_normal((30, 20))
    rows = np.concatenate([bases, bases + offset]).astype(np.float32)
    vectors = Vectors([f"m{i}" for i in range(30)] + [f"f{i}" for i in range(30)], rows)
    questions = Questions("made", [("", [(f"m{i}", f"f{i}", f"m{j}", f"f{j}") for i in range(30) for j in range(30)])])
    for method in ("3cosadd", "3cosmul"):
        scores = score_questions(vectors, questions, method=method)
        assert scores.covered == 900
        assert scores.correct > 600
        # With i == j the answer is a word of the question.
        assert scores.correct <= 870


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # gensim's own
def test_3cosmul_is_gensims() -> None:
    rng = np.random.default_rng(3)
    vectors = Vectors([f"w{i}" for i in range(80)], rng.standard_normal((80, 4)).astype(np.float32))
    theirs = in_gensim(vectors)
    asked = [tuple(f"w{i}" for i in rng.choice(80, 3, replace=False)) for _ in range(100)]
    answered = [(*q, theirs.most_similar_cosmul([q[1], q[2]], [q[0]], topn=1)[0][0]) for q in asked]
    plain = [(*q, theirs.most_similar([q[1], q[2]], [q[0]], topn=1)[0][0]) for q in asked]
    assert sum(a != b for a, b in zip(answered, plain, strict=True)) > 5
    questions = Questions("asked", [("", answered)])
    assert score_questions(vectors, questions, method="3cosmul").correct == 100
    assert score_questions(vectors, questions).correct < 100
    assert score_questions(vectors, Questions("asked", [("", plain)])).correct == 100


@pytest.mark.slow
def test_tables_of_any_size_give_the_same_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, _, path = made(tmp_path, 1)
    whole = score_questions(vectors, read_questions(path))
    for table, together in ((1, 1), (200, 7), (1_000, 1000)):
        monkeypatch.setattr("w2v.evaluation.analogies.TABLE", table)
        monkeypatch.setattr("w2v.evaluation.analogies.QUESTIONS", together)
        assert score_questions(vectors, read_questions(path)) == whole


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite_are_refused(bad: float) -> None:
    vectors = Vectors(["a", "b", "c", "d"], np.array([[1, 0], [0, 1], [1, 1], [bad, 1]], np.float32))
    for score in (
        lambda: score_questions(vectors, Questions("q", [("", [("a", "b", "c", "a")])])),
        lambda: score_pairs(vectors, WordPairs("p", [("a", "b"), ("a", "d")], [1, 2])),
    ):
        with pytest.raises(W2VError, match="row 4, 'd': (nan|inf) is not a finite number"):
            score()


def test_a_test_set_in_json_is_an_error_of_one_line(run: Run, vectors_file: Path, tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text('{"left": "a", "right": "b", "score": 1}\n' * 2)
    result = run("evaluate", vectors_file, "--similarity", "pairs.jsonl")
    assert result.status == 1 and result.err.count("\n") == 1 and "Warning" not in result.err, result.err


def test_a_word_that_asks_is_no_answer_even_where_there_is_no_other() -> None:
    vectors = Vectors(["a", "b", "c"], np.eye(3, dtype=np.float32))
    scores = score_questions(vectors, Questions("q", [("", [("a", "b", "c", "a"), ("a", "b", "b", "c")])]))
    assert (scores.correct, scores.covered) == (1, 2)


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=2, max_size=30))
def test_spearman_is_scipys(pairs: list[tuple[int, int]]) -> None:
    left, right = np.array(pairs, np.float64).T
    found = spearman(left, right)
    if len(set(left)) == 1 or len(set(right)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(stats.spearmanr(left, right)[0], abs=1e-12)


def test_pairs_of_a_word_with_itself_are_equally_alike(tmp_path: Path) -> None:
    vectors = Vectors(list("abcd"), np.random.default_rng(0).standard_normal((4, 7)).astype(np.float32))
    (tmp_path / "pairs").write_text("".join(f"{word} {word} {n}\n" for n, word in enumerate("abcd")))
    similarity = score_pairs(vectors, read_pairs(tmp_path / "pairs"))
    assert (similarity.spearman, similarity.covered) == (None, 4)
    with pytest.raises(W2VError, match="scored: .*all 4 covered of its 4 pairs have the same score or cosine"):
        w2v.evaluate(vectors, [tmp_path / "pairs"])


def test_equal_values_share_their_ranks() -> None:
    assert ranks(np.array([5.0, 1.0, 5.0, 9.0])).tolist() == [2.5, 1.0, 2.5, 4.0]
    assert spearman(np.array([1.0]), np.array([1.0])) is None
    assert spearman(np.empty(0), np.empty(0)) is None


@pytest.mark.parametrize(
    "text",
    [
        "tiger\tcat\t7.35\nold\tnew\t1.58\n",
        "tiger cat 7.35\nold new 1.58",
        "tiger,cat,7.35\r\nold,new,1.58\r\n",
        '"word 1","word 2","mean"\n"tiger","cat",7.35\n"old","new",1.58\n',
        "\ufeffword1\tword2\tPOS\tscore\tsd\ntiger\tcat\tN\t7.35\t1.2\nold\tnew\tA\t1.58\t2.72\n",
        "# a comment\n\n  tiger   cat\t 7.35  \n\nold, new, 1.58, 2, 3\n",
    ],
    ids=["tabs", "spaces", "commas", "quotes", "SimLex-999", "mixed"],
)
def test_pairs_in_the_formats_people_have(tmp_path: Path, text: str) -> None:
    (tmp_path / "pairs").write_text(text, encoding="utf-8", newline="")
    found = read_pairs(tmp_path / "pairs")
    assert found.words == [("tiger", "cat"), ("old", "new")]
    assert found.scores == [7.35, 1.58]


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        (",word1,word2,score\n0,king,queen,8.5\n1,old,new,1.5\n", ["for a header: ,word1", "for row numbers"]),
        ("17,king,queen,8.5\n3,old,new,1.5\n", ["for row numbers"]),
        ("king;queen;8,5\nold;new;1,5\n", []),
        ("king\tqueen\t8.5\t2\nold\tnew\t1.5\t3\n", []),
    ],
)
def test_pairs_as_tables_have_them(tmp_path: Path, text: str, noted: list[str]) -> None:
    (tmp_path / "pairs").write_text(text)
    found = read_pairs(tmp_path / "pairs")
    assert (found.words, found.scores) == ([("king", "queen"), ("old", "new")], [8.5, 1.5])
    assert len(found.notes) == len(noted) and all(part in note for part, note in zip(noted, found.notes, strict=True))


def test_a_question_may_have_several_answers(tmp_path: Path) -> None:
    vectors = Vectors(["a", "b", "c", "d", "e"], np.array([[1, 0], [1, 1], [2, 0], [2, 2], [-1, -3]], np.float32))
    (tmp_path / "questions").write_text("a b c none/d\na b c e/none\na b c none/nil\n")
    scores = score_questions(vectors, read_questions(tmp_path / "questions"))
    assert (scores.correct, scores.covered, scores.total) == (1, 2, 3)


def test_pairs_of_bats_are_asked_about_each_other(tmp_path: Path) -> None:
    (tmp_path / "bats").write_text("a\tb/x\nc\td\ne\tf\n")
    ((_, asked),) = read_questions(tmp_path / "bats").sections
    assert asked[:2] == [("a", "b", "c", "d"), ("a", "b", "e", "f")] and asked[2] == ("c", "d", "a", "b/x")
    assert len(asked) == 6
    (tmp_path / "mixed").write_text("a b\na b c d\n")
    with pytest.raises(W2VError, match="some lines have two words and some have four"):
        read_questions(tmp_path / "mixed")


def test_a_file_is_read_up_to_its_first_bad_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.text.corpus.BLOCK", 1 << 12)
    (tmp_path / "pairs").write_text("a b 1\nbad\n" + "a b 1\n" * 100_000)
    read = list[int]()
    monkeypatch.setattr("w2v.text.corpus.Corpus._count", lambda self, n: read.append(n))
    with pytest.raises(W2VError, match="line 2: expected"):
        read_pairs(tmp_path / "pairs")
    assert sum(read) < 600_000


def test_a_word_with_spaces_between_tabs_or_commas(tmp_path: Path) -> None:
    (tmp_path / "pairs").write_text("new york\tcity\t7\nnew york,paris,5\n1,000 thousand 9\n")
    assert read_pairs(tmp_path / "pairs").words == [("new york", "city"), ("new york", "paris"), ("1,000", "thousand")]


@pytest.mark.parametrize("gap", ["\t", " ", ","])
def test_questions_in_the_formats_people_have(tmp_path: Path, gap: str) -> None:
    lines = ["a b c d", ": capital cities", "e f g h", "i j k l", ":", "", "m n o p"]
    text = "\n".join(line if line.startswith(":") else line.replace(" ", gap) for line in lines)
    (tmp_path / "questions.gz").write_bytes(gzip.compress(text.encode()))
    names = [(name, ["".join(q) for q in asked]) for name, asked in read_questions(tmp_path / "questions.gz").sections]
    assert names == [("", ["abcd"]), ("capital cities", ["efgh", "ijkl"]), ("", ["mnop"])]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b 1\nc d\n", "line 2: expected two words and a number, found 'c d'"),
        ("king queen\nc d 1\n", "line 1: expected two words and a number, found 'king queen'"),
        ("king,queen,8.5.1\nc,d,1\n", "line 1: expected two words"),
        ("a b 1\n\n# c\nc d nan\n", "line 4: expected two words"),
        ("just a header\n", "line 1: expected two words"),
        ("", "is empty"),
        ("# nothing else\n", "is empty"),
    ],
)
def test_a_line_that_is_no_pair_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pairs").write_text(text)
    with pytest.raises(W2VError, match=f"pairs,? {message}"):
        read_pairs(tmp_path / "pairs")


def test_a_line_that_is_no_question_is_named(tmp_path: Path) -> None:
    (tmp_path / "questions").write_text(": one\na b c d\na b c\n")
    with pytest.raises(W2VError, match="line 3: expected four words"):
        read_questions(tmp_path / "questions")
    for read in (read_pairs, read_questions):
        with pytest.raises(W2VError, match="is a folder"):
            read(tmp_path)
        with pytest.raises(W2VError, match="no file"):
            read(tmp_path / "nosuch")


def test_settings_are_checked() -> None:
    with pytest.raises(SettingsError, match="method must be one of 3cosadd, 3cosmul, not '3cos'"):
        Evaluation.read([], [], method="3cos")
    with pytest.raises(SettingsError, match="restrict must be from 0"):
        Evaluation.read([], [], restrict=-1)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """WordPairs and analogies about the demo's words, in the folder that commands run in."""
    (tmp_path / "pairs.txt").write_text("horse cow 9\nhorse paris 1\nRome madrid 8\nviolin snow 2\nred unicorn 1\n")
    (tmp_path / "questions.txt").write_text(": animals\nhorse cow cat dog\nhorse cow unicorn dog\n: none\nu v w x\n")
    (tmp_path / "none.txt").write_text("unicorn griffin 5\nsphinx griffin 3\n")
    (tmp_path / "alike.txt").write_text("horse cow 5\nred blue 5\n")
    return tmp_path


def test_evaluate(run: Run, files: Path, vectors_file: Path) -> None:
    status, out, err = run("evaluate", vectors_file, "--similarity", "pairs.txt", "--analogies", "questions.txt")
    assert (status, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["similarity", "spearman", "covered", "pairs"]
    assert lines[1] == ["pairs.txt", "1.0000", "4", "5"] or float(lines[1][1]) > 0.5
    assert lines[3] == ["analogies", "accuracy", "correct", "covered", "total"]
    assert [line[0] for line in lines[4:]] == ["questions.txt", "animals", "none"]
    assert lines[4][3:] == lines[5][3:][:1] + ["3"]
    assert lines[6][1:] == ["-", "0", "0", "1"]


def test_evaluate_as_json(run: Run, files: Path, vectors_file: Path) -> None:
    files_asked = ("--similarity", "pairs.txt", "--similarity", "none.txt", "--analogies", "questions.txt")
    status, out, _ = run("evaluate", vectors_file, *files_asked, "--json", "--method", "3cosmul", "--restrict", "0")
    assert status == 0
    scores: dict[str, Any] = json.loads(out)
    assert [list(item) for item in scores["similarity"]] == [["file", "spearman", "pairs", "covered"]] * 2
    assert [item["file"] for item in scores["similarity"]] == ["pairs.txt", "none.txt"]
    assert scores["similarity"][1] == {"file": "none.txt", "spearman": None, "pairs": 2, "covered": 0}
    (analogies,) = scores["analogies"]
    assert list(analogies) == ["file", "accuracy", "correct", "covered", "total", "sections"]
    assert [section["name"] for section in analogies["sections"]] == ["animals", "none"]
    assert (analogies["covered"], analogies["total"]) == (1, 3)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--similarity", "none.txt"), "none of its 2 pairs has both words in the vocabulary"),
        (("--similarity", "alike.txt"), "all 2 covered of its 2 pairs have the same score or cosine"),
        (("--analogies", "questions.txt", "--restrict", "1"), "none of its 3 questions has all four words"),
    ],
)
def test_where_there_is_no_score_a_line_says_why(
    run: Run, files: Path, vectors_file: Path, arguments: tuple[str, ...], line: str
) -> None:
    status, out, err = run("evaluate", vectors_file, *arguments)
    assert (status, out) == (1, "") and err.startswith("w2v: nothing was scored: ") and err.count("\n") == 1
    assert line in err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((), 2, "name what to score by: --similarity or --analogies, or --next and --sessions"),
        (("--similarity", "nosuch.txt"), 1, "nosuch.txt"),
        (("--similarity", "questions.txt"), 1, "questions.txt, line 1: expected two words and a number"),
        (("--analogies", "pairs.txt"), 1, "pairs.txt, line 1: expected four words"),
        (("--analogies", "questions.txt", "--method", "x"), 2, "3cosadd, 3cosmul"),
        (("--analogies", "questions.txt", "--restrict", "-1"), 2, "restrict"),
    ],
)
def test_refusals(
    run: Run, files: Path, vectors_file: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    result = run("evaluate", vectors_file, *arguments)
    assert (result.status, result.out) == (status, "")
    assert result.err.count("\n") == 1 and message in result.err


def test_scores_after_each_epoch(run: Run, corpus: Path, files: Path) -> None:
    tests = ("--similarity", "pairs.txt", "--analogies", "questions.txt", "--each-epoch")
    settings = ("--epochs", "4", "--dim", "8", "--sample", "0")
    status, out, err = run("train", "corpus.txt", *settings, *tests, "--log-json", "log.json")
    assert (status, out) == (0, "")
    rows = [json.loads(line) for line in Path("log.json").read_text().splitlines()]
    scored = [row for row in rows if "similarity" in row]
    assert [row["epoch"] for row in scored] == [1, 2, 3, 4], "none is passed over, however short it is"
    assert err.count("w2v: scores at ") == len(scored)
    assert "w2v: scores at 100%, epoch 4: pairs.txt 0." in err
    assert [row["progress"] for row in scored] == pytest.approx([0.25, 0.5, 0.75, 1], abs=0.01)
    assert [row["progress"] for row in rows] == sorted(row["progress"] for row in rows)
    assert rows[-1]["progress"] == 1 and [row["progress"] for row in rows].count(1) == 1
    final = json.loads(
        run("evaluate", "vectors.bin", "--similarity", "pairs.txt", "--analogies", "questions.txt", "--json").out
    )
    assert {key: rows[-1][key] for key in final} == final


def test_scores_at_the_end_alone_and_after_a_resume(run: Run, corpus: Path, files: Path) -> None:
    small = ("--dim", "8", "--threads", "1", "--epochs", "2")
    run("train", "corpus.txt", *small, "-o", "plain.bin", "--quiet")
    err = run("train", "corpus.txt", *small, "--similarity", "pairs.txt", "--checkpoint", "kept").err
    assert err.count("w2v: scores at ") == err.count("w2v: scores at 100%, epoch 2: pairs.txt ") == 1
    assert Path("vectors.bin").read_bytes() == Path("plain.bin").read_bytes()
    err = run("train", "--resume", "kept", "--epochs", "3", "--similarity", "pairs.txt", "--each-epoch").err
    assert "w2v: scores at 100%, epoch 3: pairs.txt " in err
    assert "w2v: scores at 100%" in run("train", "--resume", "kept", "--similarity", "pairs.txt").err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--each-epoch",), 2, "--each-epoch has an effect only with --similarity or --analogies"),
        (("--similarity", "nosuch.txt"), 1, "nosuch.txt"),
        (("--similarity", "pairs.txt", "--log-json", "pairs.txt"), 2, "same file"),
    ],
)
def test_train_refuses_before_it_reads_the_corpus(
    run: Run, corpus: Path, files: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    before = (files / "pairs.txt").read_text()
    result = run("train", "corpus.txt", *arguments)
    assert result.status == status
    assert result.err.count("\n") == 1 and message in result.err
    assert (files / "pairs.txt").read_text() == before


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="W2V_SHARED names no folder")
def test_real_files_score_as_in_gensim() -> None:
    vectors = w2v.train(SHARED / "corpora/wiki1m.txt.gz", epochs=5)
    theirs = in_gensim(vectors)
    folder = SHARED / "evaluation"
    pairs, questions = (
        [folder / f"EN-{name}.txt" for name in ("WS-353-ALL", "SIMLEX-999")],
        folder / "questions-words.txt",
    )
    scores: Scores = w2v.evaluate(vectors, pairs, [questions], restrict=5_000)
    for ours, path in zip(scores.similarity, pairs, strict=True):
        assert ours.spearman == pytest.approx(theirs.evaluate_word_pairs(str(path))[1][0], abs=5e-5)
    accuracy, sections = theirs.evaluate_word_analogies(str(questions), restrict_vocab=5_000)
    assert scores.analogies[0].accuracy == pytest.approx(accuracy, abs=5e-5)
    assert [section.correct for section in scores.analogies[0].sections] == [len(s["correct"]) for s in sections[:-1]]
    assert scores.analogies[0].total == 19_544 and scores.analogies[0].correct > 100


@pytest.mark.parametrize(
    "line",
    ['king,queen,"8,5"', '"king","queen","8,5"', "king;queen;8,5", '"king"\t"queen"\t8.5', "king\tqueen\t8,5"],
)
def test_a_quoted_field_is_one_field(tmp_path: Path, line: str) -> None:
    (tmp_path / "pairs").write_text(f"{line}\n")
    pairs = read_pairs(tmp_path / "pairs")
    assert (pairs.words, pairs.scores) == ([("king", "queen")], [8.5])
