"""The names of the commands, in the order of the help, and their summaries: all that `w2v --help` has to load."""

SUMMARIES = {
    "sessions": "Make sessions from an event table, one line per person.",
    "build-vocab": "Count the words of a corpus and write `word count` lines.",
    "phrases": "Join words that belong together, such as new_york.",
    "train": "Train vectors on a corpus and write them.",
    "tune": "Search for better settings on a part of a corpus.",
    "similar": "Show the words nearest to each WORD, by cosine.",
    "analogy": "Answer an analogy: what is to C as A is to B?",
    "vector": "Print the vector of each WORD.",
    "recommend": "Show the items most likely to come next.",
    "infer": "Write vectors for lines that training has not seen.",
    "embed": "Write vectors for lines, each from the vectors of its words.",
    "evaluate": "Score VECTORS by word pairs and by analogies, as gensim does; compare two.",
    "align": "Rotate the vectors of A onto those of B.",
    "shift": "Show the words that differ most between A and B.",
    "convert": "Convert vectors to another format.",
    "info": "Show what is in a file of vectors.",
    "plot": "Draw a map of words, or the progress of a run.",
    "demo": "Train on the library of your Python, and show neighbours.",
}
"""The first line of the help of each command."""
MODULES = {
    **{"build-vocab": "corpus", "phrases": "corpus", "align": "change", "shift": "change"},
    **dict.fromkeys(("similar", "analogy", "vector"), "query"),
}
"""The file of a command, where it does not have the name of the command."""
