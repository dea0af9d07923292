"""Phrases are those of gensim, with its scores and its text; and what any text must keep."""

import gzip
import math
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from helpers import Library
from hypothesis import given, settings
from hypothesis import strategies as st

import w2v
from w2v.base.errors import SettingsError, W2VError
from w2v.kernels.text import pairs as kernels
from w2v.settings.phrases import PhraseConfig
from w2v.text import encoding, joining
from w2v.text import phrases as phrasing
from w2v.text.corpus import Corpus
from w2v.text.phrases import Phrases, find_phrases

gensim_phrases = Library("gensim.models.phrases")

Sentences = list[list[str]]


def make_sentences(n: int = 4_000, seed: int = 1) -> Sentences:
    """Return sentences of Zipf's words, in which some words bring another with them."""
    generator = np.random.default_rng(seed)
    sentences = []
    for length in generator.integers(1, 30, n).tolist():
        tokens: list[str] = []
        for word in (generator.zipf(1.4, length) % 2_000).tolist():
            tokens += [f"w{word}", f"x{word}"] if word % 7 == 3 and generator.random() < 0.7 else [f"w{word}"]
        sentences.append(tokens)
    return sentences


SENTENCES = make_sentences()


def run(sentences: Sentences, folder: Path, **settings: Any) -> tuple[Phrases, Sentences]:  # noqa: ANN401
    """Return what was found in some sentences, and the sentences that were written."""
    output = folder / "phrased.txt"
    found = find_phrases(Corpus(iter(sentences)), PhraseConfig(**settings), output)
    return found, [line.split(" ") for line in output.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("phrases")


# Against gensim.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scorer", "min_count", "threshold"),
    [("original", 5, 10.0), ("original", 1, 0.1), ("original", 20, 1.5), ("npmi", 5, 0.5), ("npmi", 1, -0.1)],
)
@pytest.mark.parametrize("delimiter", ["_", "\u2581+"])
def test_phrases_scores_and_text_are_those_of_gensim(
    folder: Path, scorer: str, min_count: int, threshold: float, delimiter: str
) -> None:
    found, written = run(
        SENTENCES, folder, scorer=scorer, min_count=min_count, threshold=threshold, delimiter=delimiter, threads=2
    )
    gensim = gensim_phrases.Phrases(
        SENTENCES,
        min_count=min_count,
        threshold=threshold,
        delimiter=delimiter,
        scoring="default" if scorer == "original" else scorer,
    )
    expected = gensim.export_phrases()
    assert len(expected) > 10
    assert written == [gensim[sentence] for sentence in SENTENCES]
    joined = {token for sentence in written for token in sentence if token in expected}  # gensim lists the others too
    expected = {name: score for name, score in expected.items() if name in joined}
    assert {phrase.phrase: phrase.score for phrase in found.found} == pytest.approx(expected, rel=1e-12)
    assert {phrase.phrase: phrase.count for phrase in found.found} == {name: gensim.vocab[name] for name in expected}
    assert found.tokens_written == sum(map(len, written))
    assert found.encoded.tokens_read == sum(map(len, SENTENCES))


def test_connector_words_are_those_of_gensim(folder: Path) -> None:
    texts = [*SENTENCES, *[["w5", "bank", "w6", "w9", "america", "w5", "x3"]] * 9]
    connectors = ["w5", "w6", "x3", "w9"]
    config = {"min_count": 2, "threshold": 0.5, "connector_words": " ".join(connectors), "threads": 2}
    found, written = run(texts, folder, **config)
    gensim = gensim_phrases.Phrases(texts, min_count=2, threshold=0.5, connector_words=frozenset(connectors))
    assert written == [gensim[sentence] for sentence in texts]
    assert any(len(phrase.words) > 2 for phrase in found.found)
    expected = gensim.export_phrases()
    assert {phrase.phrase: phrase.score for phrase in found.table.phrases} == pytest.approx(expected, rel=1e-12)
    assert written == [found.table.join(sentence) for sentence in texts]
    assert (
        sum(map(len, written))
        == found.tokens_written
        == found.encoded.tokens_read - sum(phrase.joined * (len(phrase.words) - 1) for phrase in found.found)
    )


def test_english_connector_words_are_those_of_gensim() -> None:
    assert PhraseConfig(connector_words="english").connectors == gensim_phrases.ENGLISH_CONNECTOR_WORDS


def test_each_pass_has_its_threshold(folder: Path) -> None:
    both, written = run(SENTENCES, folder, threshold=[5.0, 2.0], passes=2)
    first, once = run(SENTENCES, folder, threshold=5.0)
    second, twice = run(once, folder, threshold=2.0)
    assert written == twice
    assert [phrase.phrase for phrase in both.found] == [phrase.phrase for phrase in first.found + second.found]
    assert {phrase.number for phrase in both.found} == {1, 2}


def test_a_second_pass_is_that_of_gensim_over_the_text_of_the_first(folder: Path) -> None:
    # Words that hold no delimiter, which gensim could not tell from its pairs.
    _, once = run(SENTENCES, folder, delimiter="+", threshold=2.0)
    found, twice = run(once, folder, threshold=2.0)
    gensim = gensim_phrases.Phrases(once, threshold=2.0)
    assert {phrase.phrase: phrase.score for phrase in found.found} == pytest.approx(gensim.export_phrases(), rel=1e-12)
    assert twice == [gensim[sentence] for sentence in once]


# What the scores are.


@pytest.mark.parametrize(
    ("scorer", "expected"),
    [
        # 4 words and 3 pairs are distinct; 8 tokens.
        ("original", (3 - 1) / (3 * 3) * 7),
        ("word2phrase", (3 - 1) / (3 * 3) * 8),
        ("npmi", math.log((3 / 8) / (3 / 8 * 3 / 8)) / -math.log(3 / 8)),
    ],
)
def test_scores_by_hand(folder: Path, scorer: str, expected: float) -> None:
    sentences = [["new", "york"], ["new", "york"], ["in", "new", "york", "city"]]
    found, written = run(sentences, folder, scorer=scorer, min_count=1, threshold=0.9)
    assert [(phrase.phrase, phrase.count) for phrase in found.found if phrase.phrase == "new_york"] == [("new_york", 3)]
    assert found.found[[p.phrase for p in found.found].index("new_york")].score == pytest.approx(expected, rel=1e-12)
    assert written == [["new_york"], ["new_york"], ["in", "new_york", "city"]]


def test_the_threshold_itself_is_no_phrase(folder: Path) -> None:
    sentences = [["a", "b"]] * 3
    score = (3 - 1) / (3 * 3) * 3
    assert run(sentences, folder, min_count=1, threshold=score)[1] == sentences
    assert run(sentences, folder, min_count=1, threshold=math.nextafter(score, 0))[1] == [["a_b"]] * 3


# What must hold of any text.

words = st.sampled_from(["a", "b", "c", "d", "a_b", "é", "\U0001f600", "_"])
texts = st.lists(st.lists(words, max_size=8), min_size=1, max_size=30).filter(any)


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(sentences=texts, passes=st.integers(1, 3), piece=st.integers(1, 9), chunk=st.integers(1, 9), data=st.data())
def test_passes_are_runs_and_pieces_and_threads_change_nothing(
    folder: Path, sentences: Sentences, passes: int, piece: int, chunk: int, data: st.DataObject
) -> None:
    made = {
        "min_count": 1,
        "threshold": data.draw(st.sampled_from([0.5, 1.0, 2.0])),
        "scorer": data.draw(st.sampled_from(["original", "word2phrase"])),
    }
    with patch.object(joining, "PIECE", piece), patch.object(phrasing, "CHUNK", chunk):
        found, written = run(sentences, folder, passes=passes, threads=3, **made)
    written = [[token for token in line if token] for line in written]  # "" of an empty line
    lines = sentences
    assert ["".join(line).replace("_", "") for line in written] == ["".join(line).replace("_", "") for line in lines]
    step, phrases = lines, []
    for number in range(1, passes + 1):
        one, step = run(step, folder, threads=1, **made)
        step = [[token for token in line if token] for line in step]
        phrases += [replace(phrase, number=number) for phrase in one.found]
    assert written == step
    assert found.found == phrases
    assert found.tokens_written == sum(map(len, written))


def test_a_word_that_is_spelled_as_a_phrase_is_that_word(folder: Path) -> None:
    sentences = [["a", "b"]] * 6 + [["a_b", "c"]] * 2 + [["a", "b", "c"]] * 4
    found, written = run(sentences, folder, min_count=3, threshold=0.1, passes=2)
    assert written == [["a_b"]] * 6 + [["a_b_c"]] * 6
    # In the second pass a_b occurs 12 times, 6 of them before c: two words and a pair are distinct.
    last = found.found[-1]
    assert (last.phrase, last.count) == ("a_b_c", 6)
    assert last.score == pytest.approx((6 - 3) / (12 * 6) * 3)


def test_nothing_is_lost_of_a_text(tmp_path: Path) -> None:
    text = "\n\none rare  word\t\n \nnew york\u3000here\r\n" + "new york\n" * 9 + "\n\n\nlast of all"
    (tmp_path / "in.txt").write_bytes(text.encode())
    find_phrases(Corpus(tmp_path / "in.txt"), PhraseConfig(threshold=0.5), tmp_path / "out.txt")
    expected = "\n\none rare word\n\nnew_york here\n" + "new_york\n" * 9 + "\n\n\nlast of all\n"
    assert (tmp_path / "out.txt").read_bytes() == expected.encode()


def test_one_endless_sentence_of_one_word(folder: Path) -> None:
    with patch.object(joining, "PIECE", 16):
        found, written = run([["la"] * 1_001], folder, threshold=0.0001, passes=2)
    assert [phrase.phrase for phrase in found.found] == ["la_la", "la_la_la_la"]
    assert written == [["la_la_la_la"] * 250 + ["la"]]


def test_gz_is_the_same_text_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("a.txt", "b.gz", "c.gz"):
        with patch.object(joining, "PIECE", 5_000):
            find_phrases(Corpus(iter(SENTENCES)), PhraseConfig(), tmp_path / name)
    packed = (tmp_path / "b.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "a.txt").read_bytes()
    assert packed == (tmp_path / "c.gz").read_bytes()


def test_without_an_output_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = w2v.find_phrases(SENTENCES, min_count=5, threshold=10.0)
    assert found.found == sorted(found.found, key=lambda phrase: -phrase.score)
    assert found.tokens_written < found.encoded.tokens_read
    assert list(tmp_path.iterdir()) == []


def test_each_stage_tells_how_far_it_is(folder: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    (folder / "in.txt").write_text("".join(" ".join(line) + "\n" for line in SENTENCES))

    class Follower(w2v.Reporter):
        def reading(self, done: int, total: int | None) -> None:
            told.append(("read", done, total))

        def joining(self, stage: str, done: int, total: int | None) -> None:
            told.append((stage, done, total))

    with patch.object(joining, "PIECE", 5_000):
        find_phrases(Corpus(folder / "in.txt"), PhraseConfig(), folder / "out.txt", Follower())
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["read", "count", "join", "write"]
    for stage in ("read", "count", "join", "write"):
        done = [progress[1:] for progress in told if progress[0] == stage]
        assert done == sorted(done)
        assert done[-1][0] == done[-1][1]


def test_a_stream_on_disk_gives_the_same(folder: Path) -> None:
    expected = run(SENTENCES, folder, passes=2)
    with patch.object(encoding, "available_memory", return_value=0):
        found, written = run(SENTENCES, folder, passes=2)
    assert (found.found, written) == (expected[0].found, expected[1])


# What is refused.


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"scorer": "pmi"}, "scorer must be one of original, word2phrase, npmi, not 'pmi'"),
        ({"threshold": -1.0}, "threshold must be at least 0 with scorer='original', not -1"),
        ({"threshold": math.nan}, "threshold must be at least 0"),
        ({"threshold": math.inf}, "threshold must be at least 0"),
        ({"threshold": "high"}, "threshold must be a number"),
        ({"threshold": 10.0, "scorer": "npmi"}, "threshold must be at least -1 and at most 1 with scorer='npmi'"),
        ({"delimiter": ""}, "delimiter must be"),
        ({"delimiter": "a b"}, "delimiter must be"),
        ({"delimiter": "\u3000"}, "delimiter must be"),
        ({"passes": 0}, "passes must be from 1"),
        ({"passes": 1.5}, "passes must be a whole number"),
        ({"min_count": 0}, "min_count must be from 1"),
        ({"threads": 0}, "threads must be from 1"),
        ({"lowercase": "yes"}, "lowercase must be"),
    ],
)
def test_wrong_settings_are_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        PhraseConfig(**wrong)


def test_a_text_without_words_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(W2VError, match="no words"):
        find_phrases(Corpus([]), PhraseConfig(), tmp_path / "out.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    (tmp_path / "out.txt").write_text("old")
    monkeypatch.setattr(kernels, "spell", full)
    with pytest.raises(W2VError, match="cannot write .*out.txt: No space left"):
        find_phrases(Corpus(iter(SENTENCES)), PhraseConfig(), tmp_path / "out.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
    assert (tmp_path / "out.txt").read_text() == "old"


def test_lines_keep_their_numbers_and_names(tmp_path: Path) -> None:
    lines = [f"d{n}\t" + ("" if n % 3 == 0 else "in new york or x") for n in range(40)]
    (tmp_path / "in.txt").write_text("\n".join(lines) + "\n")
    config = PhraseConfig(min_count=1, threshold=0.01, line_names=True)
    for piece in (7, joining.PIECE):
        with patch.object(joining, "PIECE", piece):
            found = find_phrases(Corpus(tmp_path / "in.txt"), config, tmp_path / "out.txt")
            assert (tmp_path / "out.txt").read_text() == "\n".join(lines).replace(
                "in new york or", "in_new york_or"
            ) + "\n"
            find_phrases(Corpus(tmp_path / "in.txt"), config, tmp_path / "out.gz")
        assert gzip.decompress((tmp_path / "out.gz").read_bytes()) == (tmp_path / "out.txt").read_bytes()
    assert [phrase.phrase for phrase in found.found] == ["in_new", "york_or"], (
        "new_york is never joined, so it is not listed"
    )
