"""Ray: on which machines the nodes run, how they are called, and how lost nodes are detected.

Only this file imports Ray. Rows are arguments and results of calls: Ray sends small ones with the call, and large ones
through its object stores, directly from node to node.
"""

import os
import socket
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any

import ray
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from w2v.base.errors import SettingsError, W2VError, counted, option
from w2v.base.machine import available_threads
from w2v.cluster.node import Node, version

NODES_S, REPLACE_S = 60.0, 300.0
"""How long to wait for the requested number of nodes, and later for the replacement of a lost node. Ray needs half a
minute to notice that a machine is gone, and a cloud needs some minutes to start another machine."""
PING_S, FROZEN_S = 1.0, 6.0
"""A node that has not answered for this long is given up. During training and compiling, another thread answers."""
TRY_S = 1.0
"""Pause before the cluster is checked again."""
CONNECT_S, FETCH_S = 5.0, 60.0
"""How long to wait for a connection to a cluster's address, and for a value from another machine."""
THREADS_OF = {"combine": "rows", "base": "rows", "ping": "health"}
"""Methods that run in a separate thread of a node."""

Ref = Any
"""What Ray returns for a call: a reference to a future value of any type."""


class Lost(Exception):
    """One or more nodes no longer answer."""

    def __init__(self, reasons: Mapping[int, str], detail: str = "no reason is known") -> None:
        """Take the reason for each lost rank. If no lost node is known, `reasons` is empty; see `detail`."""
        super().__init__(reasons)
        self.reasons, self.detail = dict(reasons), detail


class Nodes:
    """The nodes of a run, by rank, each on a separate machine."""

    def __init__(self, n_nodes: int | None, threads: int | None, warn: Callable[[str], None]) -> None:
        """Start the nodes on the machines with the most cores. None means all machines, and all cores of each machine.

        Raises W2VError if the cluster has too few free machines, or if they have another version of w2v.
        """
        self._warn = warn
        self._cores = _cores_of(n_nodes, threads)
        self.threads = [threads or cores for cores in self._cores]
        self._group = _place(self._cores)
        self.actors: list[Any] = [None] * len(self._cores)
        self._hosts: dict[int, str] = {}
        try:
            for rank in range(len(self)):
                self._create(rank)
            self._await(range(len(self)), NODES_S)
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self._cores)

    def name(self, rank: int) -> str:
        """Return the name of a node for messages: its number, and the host of its machine if known."""
        return f"node {rank} on {self._hosts[rank]}" if rank in self._hosts else f"node {rank}"

    def call(self, rank: int, method: str, *arguments: Any, n_returns: int = 1) -> Ref:  # noqa: ANN401
        """Begin a call; return a reference to its result, or n_returns references, which other calls accept."""
        group = {"concurrency_group": THREADS_OF[method]} if method in THREADS_OF else {}
        return getattr(self.actors[rank], method).options(num_returns=n_returns, **group).remote(*arguments)

    def gather(self, calls: Mapping[int, Ref], tick: Callable[[], None] = lambda: None) -> dict[int, Any]:
        """Return the results of calls, by rank. `tick` is called about once per second.

        Raises Lost if a node has died or no longer answers pings, W2VError if a node raised an error.
        """
        waiting = {ref: rank for rank, ref in calls.items()}
        results: dict[int, Any] = {}
        pings: dict[Ref, int] = {}
        heard = dict.fromkeys(calls, time.monotonic())
        while waiting:
            for rank in set(waiting.values()) - set(pings.values()):
                pings[self.call(rank, "ping")] = rank
            ready, _ = ray.wait(list(waiting), num_returns=len(waiting), timeout=PING_S, fetch_local=False)
            for ref in ready:
                rank = waiting.pop(ref)
                results[rank] = self._value(ref, rank)
            answered, _ = ray.wait(list(pings), num_returns=len(pings), timeout=0)
            for ref in answered:
                rank = pings.pop(ref)
                self._value(ref, rank)
                heard[rank] = time.monotonic()
            for rank in set(waiting.values()):
                if time.monotonic() - heard[rank] > FROZEN_S:
                    ray.kill(self.actors[rank])  # otherwise other nodes would wait for its results forever
                    raise Lost({rank: f"it has not answered for {FROZEN_S:g} s"})
            tick()
        return results

    def each(self, method: str, *arguments: Any) -> dict[int, Any]:  # noqa: ANN401
        """Call the same method of all nodes; return the results by rank."""
        return self.gather({rank: self.call(rank, method, *arguments) for rank in range(len(self))})

    def replace(self, ranks: Collection[int]) -> None:
        """Start nodes in place of lost ones, on any machines. Raises W2VError if none is found within REPLACE_S."""
        for rank in ranks:
            with suppress(Exception):
                ray.kill(self.actors[rank])
            self._create(rank)
        self._await(ranks, REPLACE_S)

    def share(self, value: Any) -> Ref:  # noqa: ANN401
        """Make a value available to all nodes; return a reference to pass in its place."""
        return ray.put(value)

    def close(self) -> None:
        """End the nodes."""
        for actor in self.actors:
            with suppress(Exception):
                ray.kill(actor)
        with suppress(Exception):
            remove_placement_group(self._group)

    def _create(self, rank: int) -> None:
        where = PlacementGroupSchedulingStrategy(self._group, placement_group_bundle_index=rank)
        remote = ray.remote(concurrency_groups={name: 1 for name in set(THREADS_OF.values())})(Node)
        self.actors[rank] = remote.options(
            num_cpus=self._cores[rank],
            max_restarts=0,
            max_task_retries=0,
            allow_out_of_order_execution=True,  # otherwise a ping waits until an earlier call has received its rows
            scheduling_strategy=where,
        ).remote(rank)

    def _await(self, ranks: Collection[int], within_s: float) -> None:
        """Wait until nodes answer, and compare their versions."""
        end = time.monotonic() + within_s
        waiting = {rank: self.call(rank, "introduce") for rank in ranks}
        while waiting:
            ray.wait(list(waiting.values()), num_returns=len(waiting), timeout=TRY_S)
            for rank, ref in list(waiting.items()):
                ready, _ = ray.wait([ref], timeout=0)
                if not ready:
                    continue
                try:
                    found = self._value(ref, rank)
                except Lost as lost:  # this machine is gone too; another one may become available
                    _check_installed(lost.reasons.get(rank, ""))
                    time.sleep(TRY_S)
                    self._create(rank)
                    waiting[rank] = self.call(rank, "introduce")
                    continue
                self._hosts[rank] = found.host
                if found.version != version():
                    raise W2VError(f"{self.name(rank)} has {found.version}, and this is {version()}: install one")
                del waiting[rank]
            if waiting and time.monotonic() > end:
                raise W2VError(
                    f"the cluster has had no machine with {self._cores[min(waiting)]} free cores for "
                    f"{self.name(min(waiting))} within {within_s:.0f} s; `ray status` shows its machines; "
                    f"{option('resume')} continues the run from its last checkpoint, if it has one"
                )

    def _value(self, ref: Ref, rank: int) -> Any:  # noqa: ANN401
        """Return the result of a call. Errors of the call are raised as errors of w2v."""
        try:
            return ray.get(ref, timeout=FETCH_S)
        except ray.exceptions.RayTaskError as error:
            cause = error.cause
            if isinstance(cause, W2VError):
                raise type(cause)(f"{self.name(rank)}: {cause}") from None
            if isinstance(cause, ray.exceptions.RayError):  # an argument of the call was on a lost node
                raise Lost({}, f"{self.name(rank)}: {type(cause).__name__}") from None
            raise W2VError(f"{self.name(rank)} failed: {type(cause).__name__}: {cause}") from error
        except ray.exceptions.RayActorError as error:
            raise Lost({rank: str(error)}) from None
        except ray.exceptions.GetTimeoutError:
            if not self._answers(rank):
                raise Lost({rank: f"its result has not come within {FETCH_S:g} s"}) from None
            raise W2VError(
                f"{self.name(rank)} answers, but its results do not arrive within {FETCH_S:g} s: the machines must "
                "reach each other's object stores; open the ports that `ray start` takes as --object-manager-port, "
                "--node-manager-port and --min-worker-port to --max-worker-port"
            ) from None
        except ray.exceptions.RayError as error:
            raise Lost({}, f"{self.name(rank)}: {type(error).__name__}") from None

    def _answers(self, rank: int) -> bool:
        """Return whether a node answers a ping."""
        with suppress(Exception):
            ray.get(self.call(rank, "ping"), timeout=FROZEN_S)
            return True
        return False


@contextmanager
def start(address: str, n_nodes: int | None, threads: int | None, warn: Callable[[str], None]) -> Iterator[Nodes]:
    """Yield the nodes of a run and end them afterwards. The arguments are those of `Nodes`.

    The address is that of a Ray cluster: "auto" is the cluster of this machine, "local" a new one on this machine.
    Raises SettingsError if a local cluster is asked for several nodes, W2VError if the cluster does not exist.
    """
    if address == "local" and (n_nodes or 1) > 1:
        ways = f"leave out {option('nodes')}, or start a cluster with Ray"
        raise SettingsError(f"{option('ray', 'local')} has one node, this machine: {ways}", "nodes")
    was_running = ray.is_initialized()
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # prevents a warning of Ray about a future change
    os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")  # errors of calls that became void when a node was lost
    try:
        if not was_running:
            _check_listens(address)
            local = {"num_cpus": available_threads(), "include_dashboard": False} if address == "local" else {}
            ray.init(address=address, log_to_driver=False, logging_level="ERROR", **local)
    except (OSError, ValueError, RuntimeError) as error:
        raise W2VError(
            f"no Ray cluster at '{address}': {str(error).splitlines()[0]}; start one with `ray start --head`, "
            f"or use {option('ray', 'local')}"
        ) from error
    try:
        with _without_last_words(), closing(Nodes(n_nodes, threads, warn)) as nodes:
            yield nodes
    finally:
        if not was_running:
            ray.shutdown()


@contextmanager
def _without_last_words() -> Iterator[None]:
    """Prevent Ray from printing the last 20 to 90 log lines of a machine that dies; w2v reports which machine is lost.

    Ray has no setting for this. If another version of Ray has renamed the function, it prints the lines.
    """
    from ray._private import worker

    name = "print_to_stdstream"
    shown = getattr(worker, name, None)
    setattr(worker, name, lambda *_, **__: None)
    try:
        yield
    finally:
        if shown is None:
            delattr(worker, name)
        else:
            setattr(worker, name, shown)


def _check_listens(address: str) -> None:
    """Raise OSError if nothing accepts connections at HOST:PORT. Ray itself would retry for 14 minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()


def _cores_of(n_nodes: int | None, threads: int | None) -> list[int]:
    """Return the number of cores of each machine to use; wait for machines for a while."""
    end = time.monotonic() + NODES_S
    while True:
        alive = [node for node in ray.nodes() if node["Alive"]]
        cores = sorted((int(node["Resources"].get("CPU", 0)) for node in alive), reverse=True)
        fit = [n for n in cores if n >= (threads or 1)]
        if fit and len(fit) >= (n_nodes or 1):
            return [threads or n for n in fit[: n_nodes or len(fit)]]
        if time.monotonic() > end:
            of_threads = f" with {counted(threads, 'core')}" if threads else ""
            raise W2VError(
                f"the cluster has {counted(len(fit), 'machine')}{of_threads}, and {option('nodes')} is {n_nodes or 1}; "
                "`ray status` shows them; start more, or use fewer"
            )
        time.sleep(TRY_S)


def _place(cores: Sequence[int]) -> PlacementGroup:
    """Reserve the machines. Raises W2VError if they are in use."""
    group = placement_group([{"CPU": n} for n in cores], strategy="STRICT_SPREAD")
    if not group.wait(NODES_S):
        remove_placement_group(group)
        raise W2VError(
            f"the cluster has no {counted(len(cores), 'machine')} with {counted(cores[-1], 'free core')} within "
            f"{NODES_S:.0f} s; "
            f"`ray status` shows who has them; lower {option('nodes')} or {option('threads')}"
        )
    return group


def _check_installed(reason: str) -> None:
    """Raise W2VError if a node died because it could not import a module."""
    for line in reason.splitlines():
        if "ModuleNotFoundError" in line or "ImportError" in line:
            raise W2VError(
                f"a machine of the cluster cannot run w2v: {line.strip()}; install w2v and ray on each machine"
            )
