"""Runs on a Ray cluster of two machines: what comes of them, and what they survive.

The slow ones, minutes of killing, run with W2V_SLOW=1.
"""

import gzip
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers import CHECKOUT, Run
from toy_corpus import GROUP_OF, sentences

import w2v
from w2v.base.errors import SettingsError, W2VError
from w2v.checkpoints.fingerprints import Fingerprint
from w2v.checkpoints.snapshots import CheckpointPolicy, Snapshot
from w2v.reports import Progress
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import encode
from w2v.training.loop import train_embeddings
from w2v.training.weights import Embeddings
from w2v.vectors.vectors import Vectors

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster as Machines

    from w2v.cluster.driver import Cluster

    Team = tuple[Cluster, list[str]]

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # Ray's own
    pytest.mark.xdist_group("ray"),
]
slow = pytest.mark.skipif("W2V_SLOW" not in os.environ, reason="slow: set W2V_SLOW=1")
CONFIG = TrainConfig(dim=12, min_count=2, sample=1e-2, epochs=6, threads=1)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "corpus.txt"
    path.write_text("".join(" ".join(tokens) + "\n" for tokens in sentences(20_000)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def team(machines: "Machines", text: Path) -> "Iterator[Team]":
    """Two nodes that have read the text, and warnings."""
    from w2v.cluster import connect

    warnings: list[str] = []
    with connect(machines.address, 2, 1, warnings.append) as cluster:
        cluster.encode(Corpus(text), CONFIG)
        yield cluster, warnings


def train(
    cluster: "Cluster",
    text: Path,
    report: Callable[[Progress], None] = lambda _: None,
    start: Snapshot | None = None,
    checkpoints: CheckpointPolicy | None = None,
) -> Embeddings:
    vocab = encode(Corpus(text), CONFIG).vocab
    nothing = np.empty(0, np.int32)
    return cluster.train_embeddings(nothing, vocab, CONFIG, report, start=start, checkpoints=checkpoints)


def pid_of(cluster: "Cluster", rank: int) -> int:
    nodes = cluster._nodes
    return int(nodes.gather({rank: nodes.call(rank, "introduce")})[rank].pid)


def share_in_their_group(rows: Embeddings, words: Sequence[str]) -> float:
    """Return the share of words whose nearest is of their group: by chance 1 of 6; on one machine all."""
    found = Vectors(words, rows.vectors)
    return float(np.mean([GROUP_OF.get(found.similar(word, 1)[0][0]) == group for word, group in GROUP_OF.items()]))


def once_at(share: float, fault: Callable[[], None]) -> Callable[[Progress], None]:
    """Return a report that makes a fault, once this share of the run is done."""
    left = [fault]

    def report(now: Progress) -> None:
        if now.progress >= share and left:
            left.pop()()

    return report


def test_the_vocabulary_is_that_of_one_machine(team: "Team", text: Path) -> None:
    found, here = team[0].encode(Corpus(text), CONFIG), encode(Corpus(text), CONFIG)
    assert list(found.vocab.lines()) == list(here.vocab.lines())
    assert (found.tokens_read, found.types_read, found.tokens_kept) == (
        here.tokens_read,
        here.types_read,
        here.tokens_kept,
    )


def test_two_runs_give_the_same_bytes_and_learn_as_one_machine(team: "Team", text: Path) -> None:
    seen: list[Any] = []
    first, again = train(team[0], text, seen.append), train(team[0], text)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    here = encode(Corpus(text), CONFIG)
    plain: list[Progress] = []
    train_embeddings(here.stream, here.vocab, CONFIG, plain.append)
    assert [now.progress for now in seen] == sorted(now.progress for now in seen) and seen[-1].progress == 1
    assert [len(now.nodes) for now in seen[:1]] == [2] and all(node.bytes_sent > 0 for node in seen[1].nodes)
    assert seen[-1].loss == pytest.approx(plain[-1].loss, abs=0.1) and seen[-1].epoch == 6


def test_one_node_gives_the_bytes_of_one_machine(machines: "Machines", text: Path) -> None:
    from w2v.cluster import connect

    with connect(machines.address, 1, 1) as cluster:
        here = cluster.encode(Corpus(text), CONFIG)
        rows = train(cluster, text)
    here = encode(Corpus(text), CONFIG)
    np.testing.assert_array_equal(rows.vectors, train_embeddings(here.stream, here.vocab, CONFIG).vectors)


@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_node_is_replaced(team: "Team", text: Path, rank: int) -> None:
    cluster, warnings = team
    warnings.clear()
    rows = train(cluster, text, once_at(0.4, lambda: os.kill(pid_of(cluster, rank), signal.SIGKILL)))
    assert len(warnings) == 1 and f"node {rank} on {socket.gethostname()} is lost" in warnings[0]
    assert share_in_their_group(rows, encode(Corpus(text), CONFIG).vocab.words) > 0.9


@slow
def test_a_frozen_node_is_replaced(team: "Team", text: Path) -> None:
    cluster, warnings = team
    warnings.clear()
    train(cluster, text, once_at(0.4, lambda: os.kill(pid_of(cluster, 1), signal.SIGSTOP)))
    assert len(warnings) == 1 and "has not answered" in warnings[0]


def test_a_checkpoint_is_gone_on_from(team: "Team", text: Path) -> None:
    cluster, kept = team[0], list[Snapshot]()

    def keep(at: Snapshot) -> None:
        kept.append(Snapshot(at.input.copy(), at.output.copy(), at.position))

    whole = train(cluster, text, checkpoints=CheckpointPolicy(keep, every_s=0.0))
    middle = next(at for at in kept if at.position.next_job > 4)
    assert middle.position.n_nodes == 2
    np.testing.assert_array_equal(kept[-1].input, whole.vectors)
    seen: list[Progress] = []
    rows = train(cluster, text, seen.append, start=middle)
    assert seen[0].progress > 0.1 and seen[-1].progress == 1
    here = [np.abs(found).mean() for found in (rows.vectors, whole.vectors)]
    assert here[0] == pytest.approx(here[1], rel=0.1)


def test_the_command_trains_and_resumes(machines: "Machines", text: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(CHECKOUT / "cli.py"), "train"]
    on = ["--ray", machines.address, "--nodes", "2", "--threads", "1"]
    folder, output = tmp_path / "run", tmp_path / "vectors.bin"
    done = subprocess.run(
        [*command, text, *on, "--dim", "8", "--checkpoint", folder, "-o", output],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and "on 2 nodes" in done.stderr, done.stderr
    output.unlink()
    for flags, status in ((on, 0), ([], 2)):
        again = subprocess.run(
            [*command, "--resume", folder, *flags], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert again.returncode == status, again.stderr
    assert output.exists() and "--nodes 2" in again.stderr


def test_a_cluster_with_too_few_machines(machines: "Machines", monkeypatch: pytest.MonkeyPatch) -> None:
    from w2v.cluster import connect, rays

    monkeypatch.setattr(rays, "NODES_S", 1.0)
    began = time.monotonic()
    with pytest.raises(W2VError, match="has 2 machines.*nodes is 3"), connect(machines.address, 3, 1):
        pass
    assert time.monotonic() - began < 30


def test_a_node_with_another_version(machines: "Machines", monkeypatch: pytest.MonkeyPatch) -> None:
    from w2v.cluster import connect, rays

    monkeypatch.setattr(rays, "version", lambda: "w2v 0.1")
    with pytest.raises(W2VError, match="this is w2v 0.1"), connect(machines.address, 1, 1):
        pass


@pytest.mark.parametrize(
    ("flags", "status", "said"),
    [
        (("--ray", "127.0.0.1:1"), 1, "no Ray cluster at '127.0.0.1:1': [Errno 111] Connection refused; start one"),
        (("--ray", "local", "--nodes", "2"), 2, "--ray local has one node"),
        (("--nodes", "2"), 2, "--ray"),
    ],
)
def test_no_cluster(
    run: Run, text: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], status: int, said: str
) -> None:
    ray = pytest.importorskip("ray", reason="needs ray: pip install -e '.[test-cluster]'")
    monkeypatch.setattr(ray, "is_initialized", lambda: False)  # this process is in a cluster, as a user's is not
    result = run("train", text, *flags)
    assert (result.status, result.err.count("\n")) == (status, 1) and said in result.err


def test_what_does_not_go_with_ray(team: "Team", text: Path) -> None:
    with pytest.raises(SettingsError, match="ray needs files"):
        team[0].encode(Corpus([["a", "b"]]), CONFIG)
    with pytest.raises(SettingsError, match="loss='hs' cannot be used with ray"):
        team[0].encode(Corpus(text), replace(CONFIG, loss="hs"))


def test_a_file_that_a_node_cannot_read(team: "Team", text: Path) -> None:
    packed = gzip.compress(text.read_bytes())
    for name, data in (("a.txt.gz", packed), ("b.txt.gz", packed[:-2_000])):
        text.with_name(name).write_bytes(data)
    with pytest.raises(W2VError, match=r"node 1 on .*: .*b\.txt\.gz"):
        team[0].encode(Corpus(f"{text.parent}/*.gz"), CONFIG)


def test_a_corpus_that_changed_on_a_node_is_not_resumed(
    machines: "Machines", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [" ".join(tokens) + "\n" for tokens in sentences(3_000)]
    path = tmp_path / "text.txt"
    path.write_text("".join(lines))
    on: Any = {"ray": machines.address, "nodes": 2, "threads": 1}
    w2v.train(path, dim=8, epochs=1, min_count=1, checkpoint=tmp_path / "kept", **on)
    w2v.resume(tmp_path / "kept", **on)
    monkeypatch.setattr(Fingerprint, "check", lambda self: None)  # on the driver's machine it is as it was
    lines[5], lines[6] = lines[6], lines[5]
    path.write_text("".join(lines))
    with pytest.raises(W2VError, match=r"text.txt has changed"):
        w2v.resume(tmp_path / "kept", **on)


@slow
def test_a_run_whose_driver_was_killed_is_resumed(machines: "Machines", text: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(CHECKOUT / "cli.py"), "train"]
    on = ["--ray", machines.address, "--nodes", "2", "--threads", "1", "-o", tmp_path / "vectors.bin"]
    folder = tmp_path / "run"
    driver = subprocess.Popen(
        [*command, text, *on, "--dim", "8", "--epochs", "500", "--checkpoint", folder, "--checkpoint-every", "0.5s"],
        stderr=subprocess.DEVNULL,
    )
    try:
        while not list(folder.glob("checkpoint-*/state.json")) and driver.poll() is None:
            time.sleep(0.1)
    finally:
        driver.kill()
        driver.wait()
    again = subprocess.run([*command, "--resume", folder, *on], capture_output=True, text=True, check=False)
    assert again.returncode == 0 and "wrote" in again.stderr, again.stderr
    assert json.loads((max(folder.iterdir()) / "state.json").read_text())["position"]["n_nodes"] == 2


@slow
def test_twenty_random_kills(machines: "Machines", text: Path) -> None:
    """Actors and raylets are killed at random times; the run ends, and has learned what it should."""
    from w2v.cluster import connect

    config = TrainConfig(dim=12, min_count=2, sample=1e-2, epochs=400, threads=1)
    chance, left, last = random.Random(1), [20], [time.monotonic()]
    with connect(machines.address, 2, 1) as cluster:
        vocab = cluster.encode(Corpus(text), config).vocab

        def report(now: Progress) -> None:
            if left[0] == 0 or time.monotonic() - last[0] < chance.random() * 2:
                return
            left[0] -= 1
            if chance.random() < 0.2:
                machines.remove_node(chance.choice(list(machines.worker_nodes)), allow_graceful=False)
                machines.add_node(num_cpus=1)
            else:
                os.kill(pid_of(cluster, chance.randrange(2)), signal.SIGKILL)
            last[0] = time.monotonic()

        rows = cluster.train_embeddings(np.empty(0, np.int32), vocab, config, report)
    assert left[0] == 0 and share_in_their_group(rows, vocab.words) > 0.9
