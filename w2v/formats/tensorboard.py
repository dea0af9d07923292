"""The tables of TensorBoard's embedding projector, in a folder that `tensorboard --logdir` shows.

    vectors.tsv              one line per word: its numbers, separated by tabs
    metadata.tsv             one line per word; if counts are known, a header, and a tab and the count after each word
    projector_config.pbtxt   the names of both files, for TensorBoard

projector.tensorflow.org can load the first two files too.
"""

from pathlib import Path

from w2v.base.arrays import Counts
from w2v.base.errors import W2VError
from w2v.base.files import replacing_folder
from w2v.formats.common import Rows, checked_counts, parse_count, read_numbers, write_words
from w2v.formats.model import Model
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.formats.registry import FORMATS
from w2v.formats.word2vec_text import NUMBER_LIMIT

CONFIG = 'embeddings {\n  tensor_path: "vectors.tsv"\n  metadata_path: "metadata.tsv"\n}\n'
HEADER = "word\tcount"


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return the content of the folder; if metadata.tsv has more than two columns, only the first, without counts.

    Raises:
        W2VError: a file is missing or damaged, or the two files have different numbers of lines.
    """
    words, counts = _read_metadata(path / "metadata.tsv")
    with (path / "vectors.tsv").open("rb") as file:
        dim = file.readline(1 << 24).count(b"\t") + 1
        file.seek(0)
        rows = Rows(path, len(words), dim)
        for number, word in enumerate(words, 1):
            try:
                numbers = read_numbers(file.readline(dim * NUMBER_LIMIT).split(b"\t"), dim)
            except ValueError:
                raise W2VError(f"{file.name}, line {number:,}: expected {dim:,} numbers with tabs between") from None
            rows.take([word])[0] = numbers
        if file.read(1).strip():
            raise W2VError(f"{path} has more vectors than words: metadata.tsv has {len(words):,}")
    return Model(*rows.finish(), counts)


def write(path: Path, model: Model) -> None:
    """Write the folder, completely or not at all. An existing folder is replaced if it has only these files."""
    line = "\t".join(["%.9g"] * model.vectors.shape[1]) + "\n"
    with replacing_folder(path, FORMATS["tensorboard"].files) as folder:
        with (folder / "vectors.tsv").open("wb") as file:
            file.writelines((line % tuple(row.tolist())).encode() for row in model.vectors)
        write_words(folder / "metadata.tsv", model.words, model.counts, "" if model.counts is None else HEADER)
        (folder / "projector_config.pbtxt").write_bytes(CONFIG.encode())


def _read_metadata(path: Path) -> tuple[list[str], Counts | None]:
    try:
        lines = path.read_bytes().decode("utf-8-sig").removesuffix("\n").split("\n")
    except ValueError as error:
        raise W2VError(f"{path} is damaged: {error}") from None
    if "\t" not in lines[0]:  # TensorBoard's rule: with a single column there is no header
        if any("\t" in line for line in lines):
            raise W2VError(f"{path} is damaged: it has several columns, and its first line has one")
        return lines, None
    words = [line.split("\t")[0] for line in lines[1:]]
    if lines[0] != HEADER:
        return words, None
    try:
        return words, checked_counts(path, words, [parse_count(line.split("\t")[1]) for line in lines[1:]])
    except (ValueError, IndexError):
        raise W2VError(f"{path} is damaged: a count is missing or no number") from None
