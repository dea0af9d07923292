"""With `words`, the words of a text are those that an independent, slow reading of the same rules finds."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import w2v
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import encode
from w2v.text.words import split_words

SCRIPTS = {
    "Latin": "L\u2019été, c'est «l'état-major»: naïve/co\u00f6perate -- rock'n'roll, 3.14 m\u00b2 (d'accord)!",
    "Cyrillic": "Съешь ещё этих мягких французских булок, да выпей чаю\u2026 Какой-то, 7-й.",
    "Greek": "Ξεσκεπάζω τὴν ψυχοφθόρα· βδελυγμία, «ἀλλ\u2019 οὖν»;",
    "Armenian": "Բել դղյակի ձախ ժամն օֆ ազգությանը ցպահանջ չճշտած վնաս էր եւ փառք։ Հայ\u058aռուս",
    "Hebrew": "דג סקרן שט בים מאוכזב; ארצות\u05beהברית צה\u05f4ל ג\u05f3ורג\u05f3 שָׁלוֹם",
    "Arabic": "نص حكيم له سر قاطع، وذو شأن عظيم؟ مُحَمَّد ١٢٣",
    "Persian": "می\u200cخواهم کتاب\u200cها را بخوانم؛ نمی\u200cدانم.",
    "Devanagari": "ऋषियों को सताने वाले दुष्ट राक्षसों का। क्\u200dष क्षत्रिय १२",
    "Bengali": "বিষণ্ন ঔদাসীন্যে ঊষাবৌদি। র\u200d্যাব",
    "Tamil": "அஸ்ஸலாமு, அலைக்கும்! தமிழ்-மொழி",
    "Telugu": "తెలుగు భాష, ఆంధ్ర-ప్రదేశ్.",
    "Malayalam": "അവന്\u200d മലയാളം, ഭാഷ.",
    "Sinhala": "ශ්\u200dරී ලංකාව, ක්\u200dෂණික.",
    "Thai": "เป็นมนุษย์สุดประเสริฐ เลิศคุณค่า (ก๊ก)",
    "Khmer": "ភាសាខ្មែរ។ ប្រទេស",
    "Tibetan": "བོད་སྐད། ཡིག",
    "Georgian": "ქართული ენა, მხედრული-დამწერლობა.",
    "Amharic": "ሰላም፡ለዓለም። አማርኛ",
    "Korean": "다람쥐 헌 쳇바퀴에, \u201c타고파\u201d!",
    "Japanese": "いろはにほへと、ちりぬるを。カタカナ・テスト\u3000「漢字」ラーメン々",
    "Chinese": "天地玄黃，宇宙洪荒。「日月」\U00020000\U0002a6d6",
    "Cherokee": "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ, ᎣᏏᏲ",
    "Emoji": "I \u2764\ufe0f NY \U0001f468\u200d\U0001f469\u200d\U0001f467 ok\U0001f600ok 1\ufe0f\u20e3",
    "Marks": "\u0301a e\u0301 -\u0301 a-\u0301b a--b a-'b -a- _x_ a_b ''a'' '' \ufffda\u00a0b\u0085c",
}
JOINERS = "'-_\u00ad\u00b7\u058a\u05be\u05f3\u05f4\u200c\u200d\u2010\u2011\u2019\uff07"


def slow_words(text: str) -> list[str]:
    """Return the words of a text, character by character, from the categories of Unicode."""

    def kind(character: str) -> str:
        category = unicodedata.category(character)
        if character in JOINERS:
            return "joiner"
        return "letter" if category[0] == "L" or category in ("Nd", "Nl") else "mark" if category[0] == "M" else ""

    found, word = [], ""
    for place, character in enumerate(text):
        after = kind(text[place + 1]) if place + 1 < len(text) else ""
        if kind(character) == "letter" or (word and kind(character) == "mark"):
            word += character
        elif word and word[-1] not in JOINERS and kind(character) == "joiner" and after in ("letter", "mark"):
            word += character
        else:
            found.append(word)
            word = ""
    return [word for word in [*found, word] if word]


def scanned(text: str, folder: Path, lowercase: bool = False) -> dict[str, int]:
    (folder / "text").write_bytes(text.encode())
    vocab = encode(Corpus(folder / "text"), TrainConfig(min_count=1, words=True, threads=2, lowercase=lowercase)).vocab
    return dict(zip(vocab.words, vocab.counts.tolist(), strict=True))


@pytest.mark.parametrize("script", SCRIPTS)
def test_words_are_those_of_the_categories(script: str, tmp_path: Path) -> None:
    text = SCRIPTS[script]
    assert split_words(text) == slow_words(text)
    found = scanned(text * 3, tmp_path)
    assert found == {word: slow_words(text * 3).count(word) for word in found}
    assert set(found) == set(slow_words(text * 3))
    assert set(scanned(text, tmp_path, lowercase=True)) == set(slow_words(text.lower()))


def test_some_words_as_they_should_be() -> None:
    assert split_words("Egypt. Egypt, Egypt: 'Egypt' (Egypt)--Egypt!") == ["Egypt"] * 6
    assert split_words("don't don\u2019t well-known new_york _emphasis_ o'clock-") == [
        *("don't", "don\u2019t", "well-known", "new_york", "emphasis", "o'clock")
    ]
    assert split_words("") == split_words(" .,! \u3000") == []


pieces = st.sampled_from("ab1 '-_.\n\t\u0301é\u2019\u200d世\U0001f600\U00020000\u3000")


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(pieces, st.characters(exclude_categories=["Cs"])), max_size=150).map("".join))
def test_any_text(text: str) -> None:
    assert split_words(text) == slow_words(text)


def test_every_operation_takes_it_and_vectors_keep_it(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("Egypt. Egypt, 'river' river!\n" * 9)
    assert w2v.build_vocab(text, words=True).words == ["Egypt", "river"]
    w2v.find_phrases(text, tmp_path / "out.txt", words=True)
    assert (tmp_path / "out.txt").read_text() == "Egypt Egypt river river\n" * 9
    w2v.train(text, tmp_path / "v.w2v", words=True, dim=4, sample=0, line_vectors="alone")
    model = w2v.Vectors.load(tmp_path / "v.w2v")
    assert model.words == ["Egypt", "river"]
    assert w2v.infer(model, [["(Egypt)!"]]).matrix.any()


@pytest.mark.parametrize("line", ["Egypt. Egypt, (Egypt) Egypt: Egypt", "Москва, «Москва» — Москва! Нил? Нил..."])
def test_punctuation_on_the_words_of_a_small_text_is_told(tmp_path: Path, line: str) -> None:
    (tmp_path / "text.txt").write_text(f"{line}\n“{line}\n" * 10)
    with pytest.warns(w2v.W2VWarning, match="of the vocabulary begin or end with punctuation"):
        w2v.build_vocab(tmp_path / "text.txt")


def test_punctuation_on_words_is_told(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("".join(f"w{n} w{n}. (w{n} and\n" for n in range(30)) * 5)
    with pytest.warns(w2v.W2VWarning, match=r"6\d% of the vocabulary begin or end with punctuation.*; words separates"):
        w2v.build_vocab(text)
    w2v.build_vocab(text, words=True)
