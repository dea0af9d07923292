"""Names of settings and commands in gensim, fastText and word2vec.c, each with its counterpart in w2v.

docs/coming-from.md lists the same names with their defaults; a test compares both lists.
"""

import difflib
from collections.abc import Collection, Iterable

from w2v.base.errors import UnknownSettingError, option

SETTINGS = {
    # gensim
    "alpha": "lr",
    "batch_words": "leave it out; batches have no size to choose here",
    "callbacks": "use after_epoch= of w2v.train, or --each-epoch on the command line",
    "cbow_mean": f"leave it out; {option('model', 'cbow')} takes the mean of the contexts",
    "compute_loss": "leave it out; the loss is always reported",
    "corpus_file": "CORPUS",
    "max_final_vocab": "max_vocab",
    "max_vocab_size": "max_types",
    "min_alpha": f"leave it out; {option('lr')} falls linearly to almost 0",
    "restrict_vocab": "restrict",
    "sentences": "CORPUS",
    "sg": f"use {option('model', 'skipgram')}, which is the default, or {option('model', 'cbow')}",
    "shrink_windows": "shrink_window",
    "sorted_vocab": "leave it out; words are always sorted by count",
    "topn": "use -n on the command line, n= or topn= in Python",
    "trim_rule": f"use {option('min_count')}, or a vocabulary of yours: {option('vocab')}",
    "vector_size": "dim",
    "workers": "threads",
    # fastText
    "autotune_validation": "use `w2v tune`",
    "bucket": "buckets",
    "epoch": "epochs",
    "input": "CORPUS",
    "lrupdaterate": f"leave it out; {option('lr')} falls linearly to almost 0",
    "maxn": f"use {option('subwords')} and {option('max_n')}",
    "mincount": "min_count",
    "minn": f"use {option('subwords')} and {option('min_n')}",
    "neg": "negative",
    "pretrainedvectors": "init_from",
    "saveoutput": "save_output",
    "t": "sample",
    "thread": "threads",
    "verbose": "use --quiet on the command line, progress= in Python",
    "wordngrams": "use `w2v phrases`, which joins words",
    "ws": "window",
    # word2vec.c
    "binary": f"the suffix of {option('output')} says the format: .bin or .txt",
    "cbow": f"use {option('model', 'cbow')}, or {option('model', 'skipgram')}, which is the default",
    "classes": "use `w2v convert vectors.bin classes.txt --classes N`",
    "debug": "use --quiet on the command line, progress= in Python",
    "hs": f"use {option('loss', 'hs')}",
    "iter": "epochs",
    "read_vocab": "vocab",
    "save_vocab": "use `w2v build-vocab`",
    "size": "dim",
    "train": "CORPUS",
}
"""Answers by name: the name of the setting in w2v, or a sentence."""

COMMANDS = {
    "skipgram": "train",
    "cbow": "train --model cbow",
    "nn": "similar",
    "distance": "similar",
    "analogies": "analogy",
    "word-analogy": "analogy",
    "compute-accuracy": "evaluate --analogies",
    "print-word-vectors": "vector",
    "word2phrase": "phrases",
    "word2vec": "train",
}
"""The w2v command for each of the other programs and subcommands."""

VECTORS = {
    # gensim
    "add_vector": "w2v.Vectors(words, matrix)",
    "add_vectors": "w2v.Vectors(words, matrix)",
    "closer_than": "most_similar(word, topn=None)",
    "cosine_similarities": "most_similar(vector, topn=None)",
    "distance": "1 - similarity(a, b)",
    "distances": "1 - most_similar(word, topn=None)",
    "evaluate_word_analogies": "w2v.evaluate(vectors, analogies=path)",
    "evaluate_word_pairs": "w2v.evaluate(vectors, similarity=path)",
    "fill_norms": "norms",
    "get_index": "row(word)",
    "get_mean_vector": "mean(words)",
    "get_normed_vectors": "matrix / norms[:, None]",
    "get_vecattr": "counts[row(word)]",
    "has_index_for": "word in vectors",
    "index2word": "words",
    "init_sims": "norms",
    "most_similar_to_given": "to_gensim().most_similar_to_given(word, words)",
    "n_similarity": "to_gensim().n_similarity(words, others)",
    "rank": "most_similar(word, topn=None)",
    "save_word2vec_format": "save('vectors.bin')",
    "similar_by_key": "similar(word)",
    "similar_by_vector": "most_similar(vector)",
    "similar_by_word": "similar(word)",
    "syn0": "matrix",
    "syn1neg": "output",
    "unit_normalize_all": "w2v.Vectors(words, matrix / norms[:, None])",
    "vectors_norm": "matrix / norms[:, None]",
    "vocab": "index",
    "wmdistance": "to_gensim().wmdistance(one, other)",
    "word_vec": "vectors[word]",
    # fastText
    "get_analogies": "analogy(a, b, c)",
    "get_dimension": "dim",
    "get_input_matrix": "matrix",
    "get_nearest_neighbors": "similar(word)",
    "get_output_matrix": "output",
    "get_sentence_vector": "mean(words)",
    "get_word_id": "row(word)",
    "get_word_vector": "vectors[word]",
    "get_words": "words",
    "save_model": "save('vectors.fasttext.bin')",
}
"""What to use on Vectors instead of an attribute of gensim's KeyedVectors or fastText's models."""


def answer(name: str) -> str | None:
    """Return what to use instead of a name of another program, such as vector_size, -size or minCount; None if unknown.

    >>> from w2v.base.errors import as_flags, as_keywords
    >>> as_keywords(answer("vector_size")), as_flags(answer("-size"))
    ('use dim', 'use --dim')
    >>> as_keywords(answer("sg"))
    "use model='skipgram', which is the default, or model='cbow'"
    """
    found = SETTINGS.get(name.lstrip("-").replace("-", "_").lower())
    if found == "CORPUS":
        return "the corpus is the first argument"
    return f"use {option(found)}" if found is not None and found.isidentifier() else found


def check_known(given: Iterable[str], known: Collection[str], where: str = "") -> None:
    """Raise UnknownSettingError for the first unknown name; `where` is the file that contains the names."""
    for name in (name for name in given if name not in known):
        close = difflib.get_close_matches(name, known, 1)
        hint = answer(name) or f"{f'did you mean {close[0]}? ' if close else ''}known are: {', '.join(known)}"
        raise UnknownSettingError(f"unknown setting '{name}'{where and f' in {where}'}; {hint}", name)
