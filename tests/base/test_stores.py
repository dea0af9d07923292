"""Object stores: corpora, vectors and checkpoints under a URL, in memory and on a real S3 server."""

import gzip
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import w2v
from w2v.base import stores
from w2v.base.errors import W2VError
from w2v.checkpoints import mirror
from w2v.checkpoints.fingerprints import Fingerprint
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import encode

fsspec = pytest.importorskip("fsspec")
pytestmark = pytest.mark.filterwarnings("ignore")  # of boto, about its own future


@pytest.fixture
def memory() -> Iterator[str]:
    yield "memory://bucket"
    fsspec.filesystem("memory").store.clear()
    mirror._pulled.cache_clear()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an S3 server of this process."""
    pytest.importorskip("s3fs", reason="needs s3fs: pip install -e '.[test-cluster]'")
    moto = pytest.importorskip("moto.server", reason="needs moto: pip install -e '.[test-cluster]'")
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in (
        ("AWS_ENDPOINT_URL", server),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    system = fsspec.filesystem("s3", skip_instance_cache=True)
    system.mkdir("bucket")
    yield "s3://bucket"
    system.rm("bucket", recursive=True)
    fsspec.filesystem("s3").clear_instance_cache()
    mirror._pulled.cache_clear()


@pytest.fixture(params=["memory", "s3"])
def bucket(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def put(url: str, data: bytes) -> None:
    with fsspec.open(url, "wb") as file:
        file.write(data)


def test_a_corpus_is_read_as_from_a_disk(bucket: str, corpus: Path) -> None:
    data = corpus.read_bytes()
    put(f"{bucket}/text/a.txt", data)
    put(f"{bucket}/text/b.txt.gz", gzip.compress(data))
    config = TrainConfig(min_count=1)
    here = encode(Corpus([corpus, corpus]), config)
    for name in (f"{bucket}/text", f"{bucket}/text/*"):
        found = Corpus(name)
        encoded = encode(found, config)
        assert list(encoded.vocab.lines()) == list(here.vocab.lines())
        np.testing.assert_array_equal(encoded.stream, here.stream)
        assert found.bytes_read == found.bytes_total


def test_vectors_are_written_and_read(bucket: str, corpus: Path) -> None:
    vectors = w2v.train(corpus, dim=8, epochs=1, threads=1)
    for name in ("vectors.bin", "vectors.txt", "vectors.w2v"):
        vectors.save(f"{bucket}/{name}")
        again = w2v.Vectors.load(f"{bucket}/{name}")
        assert again.words == vectors.words
        np.testing.assert_allclose(again.vectors, vectors.vectors, atol=1e-6)


def test_a_run_is_resumed_from_its_checkpoint(bucket: str, corpus: Path) -> None:
    put(f"{bucket}/text.txt", corpus.read_bytes())
    whole = w2v.train(
        f"{bucket}/text.txt", dim=8, epochs=2, threads=1, checkpoint=f"{bucket}/run", checkpoint_every=0.01
    )
    stored = stores.list_folder(f"{bucket}/run")
    assert 4 <= len(stored) <= 8 and sum(name.endswith("state.json") for name in stored) <= 2
    mirror._pulled.cache_clear()
    again = w2v.resume(f"{bucket}/run", threads=1)
    np.testing.assert_array_equal(whole.vectors, again.vectors)


def test_a_corpus_that_has_changed_is_noticed(bucket: str) -> None:
    put(f"{bucket}/a.txt", b"a b c\n")
    taken = Fingerprint.of(f"{bucket}/a.txt")
    taken.check()
    put(f"{bucket}/a.txt", b"a b d\n")
    with pytest.raises(W2VError, match="has changed"):
        taken.check()


class BreaksOff(io.BytesIO):
    """A file that fails at each `every`-th read."""

    def __init__(self, data: bytes, every: int, is_seekable: bool = True) -> None:
        super().__init__(data)
        self.reads, self.every, self.is_seekable = 0, every, is_seekable

    def read(self, size: int | None = -1) -> bytes:
        """Read, or fail."""
        self.reads += 1
        if self.reads % self.every == 0:
            raise OSError("reset by peer")
        return super().read(size)

    def seekable(self) -> bool:
        """Return whether it can be read again."""
        return self.is_seekable


@pytest.mark.parametrize(
    ("every", "is_seekable", "said"), [(2, True, None), (1, True, "says: reset by peer"), (2, False, "broke off")]
)
def test_a_read_that_fails_is_tried_again(
    memory: str, monkeypatch: pytest.MonkeyPatch, every: int, is_seekable: bool, said: str | None
) -> None:
    data = bytes(range(256)) * 100
    put(f"{memory}/a.txt", data)
    monkeypatch.setattr(stores, "WAITS_S", (0, 0))
    monkeypatch.setattr(stores.RemoteFile, "_open", lambda file: BreaksOff(data, every, is_seekable))
    with stores.RemoteFile(f"{memory}/a.txt") as file:
        if said is None:
            assert b"".join(file.read(1_000) for _ in range(26)) == data
            return
        with pytest.raises(W2VError, match=said):
            for _ in range(3):
                file.read(1_000)


def test_a_call_that_fails_is_tried_again(memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(f"{memory}/a.txt", b"a b c")
    monkeypatch.setattr(stores, "WAITS_S", (0, 0))
    left = [2]
    get_file = fsspec.filesystem("memory").get_file

    def fails_twice(*arguments: object) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise OSError("reset by peer")
        get_file(*arguments)

    monkeypatch.setattr(fsspec.filesystem("memory"), "get_file", fails_twice)
    stores.download(f"{memory}/a.txt", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_bytes() == b"a b c"


def test_a_checkpoint_that_is_uploaded_in_part_is_none(
    memory: str, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies_at_state(file: Path, url: str) -> None:
        if file.name == "state.json":
            raise W2VError("the store is gone")
        upload(file, url)

    upload = stores.upload
    monkeypatch.setattr(stores, "upload", dies_at_state)
    with pytest.warns(match="store is gone"):
        w2v.train(corpus, dim=8, epochs=1, threads=1, checkpoint=f"{memory}/run")
    assert len(stores.list_folder(f"{memory}/run")) == 3
    mirror._pulled.cache_clear()
    with pytest.raises(W2VError, match="no checkpoint"):
        w2v.resume(f"{memory}/run")
    monkeypatch.setattr(stores, "upload", upload)
    w2v.train(corpus, dim=8, epochs=1, threads=1, checkpoint=f"{memory}/run")
    assert "checkpoint-000001/state.json" in stores.list_folder(f"{memory}/run")


def test_outputs_of_all_commands(memory: str, corpus: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    vocab, joined = f"{memory}/vocab.txt", f"{memory}/joined.txt"
    assert run("build-vocab", corpus, "-o", vocab, "--min-count", "1")[0] == 0
    assert run("phrases", corpus, "-o", joined)[0] == 0
    status, _, stderr = run("train", joined, "--vocab", vocab, "-o", f"{memory}/v.bin", "--dim", "4", "--epochs", "1")
    assert status == 0 and f"wrote {memory}/v.bin" in stderr
    status, _, stderr = run("convert", f"{memory}/v.bin", f"{memory}/v.w2v")
    assert status == 0 and f"wrote {memory}/v.w2v" in stderr
    assert run("info", f"{memory}/v.bin")[0] == 0
    assert run("similar", "a", "--vectors", f"{memory}/v.w2v")[0] in (0, 1)
    assert run("train", corpus, "-o", "x.bin", "--log-json", f"{memory}/log")[0] == 1


def test_a_store_that_cannot_be_written_is_found_out_before_training(
    memory: str, corpus: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., tuple[int, str, str]]
) -> None:
    def refuse(path: str, value: bytes) -> None:
        raise PermissionError("Access Denied")

    monkeypatch.setattr(fsspec.filesystem("memory"), "pipe_file", refuse)
    status, _, stderr = run("train", corpus, "-o", f"{memory}/v.bin")
    assert status == 1 and "Access Denied" in stderr and "training" not in stderr


def test_what_a_folder_and_a_glob_mean(bucket: str) -> None:
    for name in ("text/b.txt", "text/sub/a.txt", "text/.hidden", "text/.git/c.txt"):
        put(f"{bucket}/{name}", b"a\n")
    put(f"{bucket}/text/empty.txt", b"")
    assert stores.find(f"{bucket}/text") == [f"{bucket}/text/b.txt", f"{bucket}/text/sub/a.txt"]
    assert stores.find(f"{bucket}/*/b.*") == [f"{bucket}/text/b.txt"]
    with pytest.raises(W2VError, match="no file"):
        stores.find(f"{bucket}/none")


@pytest.mark.parametrize(
    ("name", "said"),
    [("memory://none/a.txt", "no file memory://none/a.txt"), ("nowhere://a/b", "with this installation")],
)
def test_what_cannot_be_read(name: str, said: str) -> None:
    with pytest.raises(W2VError, match=said):
        Corpus(name)


def test_what_is_a_url() -> None:
    assert stores.url_of(Path("s3://bucket/a")) == "s3://bucket/a" == stores.absolute("s3://bucket/a")
    assert stores.url_of("file:///a/b") == "file:///a/b"
    assert all(stores.url_of(name) is None for name in ("a", "/a", "C:/a", "a:b", "-", "s3:"))
