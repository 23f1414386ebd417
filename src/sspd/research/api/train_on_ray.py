"""The processes of one training, started on a Ray cluster instead of by ``torchrun``.

Ray Train would do it too, but it asks for pandas, pydantic, fsspec and tensorboardX, and all it
is wanted for is what stands here: one actor a process, with the environment that ``torchrun``
sets, from which `sspd.research.train.launch.join` makes the process group.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sspd.errors import ClusterError, TrainingError
from sspd.scale.deaths import brief
from sspd.scale.session import ray_session
from sspd.utils.progress import OnProgress
from sspd.version import package_version

if TYPE_CHECKING:
    from sspd.research.api.train import TrainingResult

#: Time between two progress requests of the driver, seconds.
POLL_S = 0.5
#: Longest wait for a cluster with room for all processes, seconds.
PLACE_S = 600.0


@dataclass
class Mailbox:
    """An actor that keeps what the main process says, until the driver fetches it."""

    lines: list[str] = field(default_factory=list)
    state: tuple[str, int, int] | None = None

    def progress(self, what: str, done: int, total: int) -> None:
        """Keep how far the training is.

        Parameters
        ----------
        what : str
        done, total : int
            Of it.
        """
        self.state = (what, done, total)

    def notice(self, line: str) -> None:
        """Keep a line for the user.

        Parameters
        ----------
        line : str
        """
        self.lines.append(line)

    def fetch(self) -> tuple[list[str], tuple[str, int, int] | None]:
        """Return the lines since the last call, and how far the training is.

        Returns
        -------
        (list of str, tuple or None)

        >>> mailbox = Mailbox()
        >>> mailbox.notice("training on 3 videos")
        >>> mailbox.fetch(), mailbox.fetch()
        ((['training on 3 videos'], None), ([], None))
        """
        lines, self.lines = self.lines, []
        return lines, self.state


class TrainingActor:
    """An actor that is one process of a training."""

    def place(self) -> tuple[str, int, str]:
        """Return this node's address, a free port of it, and the package's version.

        Returns
        -------
        (str, int, str)
        """
        ray: Any = import_module("ray")
        with socket.socket() as free:
            free.bind(("", 0))
            port = int(free.getsockname()[1])
        return str(ray.util.get_node_ip_address()), port, package_version()

    def train(
        self, environment: Mapping[str, str], folder: str, arguments: dict[str, Any], mailbox: Any
    ) -> TrainingResult:
        """Train as one of several processes.

        Parameters
        ----------
        environment : mapping of str to str
            See `environment_of`.
        folder : str
            The driver's working folder.
        arguments : dict
            Of `sspd.train`.
        mailbox : actor handle
            Of a `Mailbox`.

        Returns
        -------
        TrainingResult
        """
        os.environ.update(environment)  # before torch looks for it
        with suppress(OSError):  # relative paths are the driver's, where there is its folder
            os.chdir(folder)
        from sspd.research.api.train import train

        def progress(what: str, done: int, total: int) -> None:
            mailbox.progress.remote(what, done, total)

        def notice(line: str) -> None:
            mailbox.notice.remote(line)

        return train(**arguments, progress=progress, notice=notice)


def environment_of(rank: int, devices: int, nodes: int, main: tuple[str, int]) -> dict[str, str]:
    """Return the variables that ``torchrun`` sets for one process.

    Parameters
    ----------
    rank : int
        Of the process; those of one node follow each other.
    devices, nodes : int
        Processes a node, and nodes.
    main : (str, int)
        Address and port of the first process.

    Returns
    -------
    dict of str to str

    >>> environment_of(3, 2, 2, ("10.0.0.5", 29400))["LOCAL_RANK"]
    '1'
    """
    node, local = divmod(rank, devices)
    facts: dict[str, object] = {
        "RANK": rank,
        "WORLD_SIZE": devices * nodes,
        "LOCAL_RANK": local,
        "LOCAL_WORLD_SIZE": devices,
        "GROUP_RANK": node,
        "GROUP_WORLD_SIZE": nodes,
        "MASTER_ADDR": main[0],
        "MASTER_PORT": main[1],
        "TORCHELASTIC_RUN_ID": "sspd",
        "TORCHELASTIC_RESTART_COUNT": 0,
    }
    return {name: str(value) for name, value in facts.items()}


def train_on_ray(
    arguments: dict[str, Any],
    devices: int,
    nodes: int,
    address: str | None,
    tell: tuple[OnProgress, Callable[[str], object]],
) -> TrainingResult:
    """Train in several processes on a cluster.

    Parameters
    ----------
    arguments : dict
        Of `sspd.train`, without ``devices``, ``nodes``, ``progress`` and ``notice``.
    devices, nodes : int
        Processes on a node, and nodes. With ``device="cuda"`` each process takes a GPU, else a
        core.
    address : str or None
        Of the cluster; None: this machine.
    tell : (callable, callable)
        ``progress`` and ``notice`` of `sspd.train`.

    Returns
    -------
    TrainingResult
        Of the first process, which wrote the files.

    Raises
    ------
    ClusterError
        The cluster cannot be reached, has no room, or has another version of the package.
    TrainingError
        A process ended.
    SSPDError
        See `sspd.train`.
    """
    with ray_session(address, devices * nodes, tell[1]) as ray:
        group = _placed(ray, devices, nodes, arguments.get("device") == "cuda")
        actors: list[Any] = []
        mailbox = ray.remote(num_cpus=0)(Mailbox).remote()
        try:
            actors += _actors(ray, group, devices, nodes, arguments.get("device") == "cuda")
            found = ray.get([actor.place.remote() for actor in actors])
            for ip, _, version in found:
                if version != package_version():
                    raise ClusterError(f"node {ip} has sspd {version}, not {package_version()}")
            main, folder = found[0][:2], os.getcwd()  # noqa: PTH109
            refs = [
                actor.train.remote(
                    environment_of(rank, devices, nodes, main), folder, arguments, mailbox
                )
                for rank, actor in enumerate(actors)
            ]
            return _waited(ray, refs, mailbox, tell)
        except ray.exceptions.RayTaskError as error:
            raise _cause(error) from None
        except ray.exceptions.RayError as error:
            raise TrainingError(f"a process of the training ended ({brief(error)})") from error
        finally:
            for actor in (*actors, mailbox):
                with suppress(Exception):  # it may be gone
                    ray.kill(actor)
            with suppress(Exception):
                ray.util.remove_placement_group(group)


def _cause(error: Any) -> Exception:
    return error.cause if isinstance(error.cause, Exception) else TrainingError(str(error))


def _placed(ray: Any, devices: int, nodes: int, on_gpus: bool) -> Any:
    """Room for all processes: those of one node together, nodes apart."""
    bundle = {"CPU": float(devices)} | ({"GPU": float(devices)} if on_gpus else {})
    strategy = "STRICT_SPREAD" if nodes > 1 else "STRICT_PACK"
    group = ray.util.placement_group([bundle] * nodes, strategy=strategy)
    if not group.wait(PLACE_S):
        ray.util.remove_placement_group(group)
        wanted = f"{nodes} nodes with {devices} {'GPUs' if on_gpus else 'cores'} each"
        raise ClusterError(f"the cluster has no room for {wanted}")
    return group


def _actors(ray: Any, group: Any, devices: int, nodes: int, on_gpus: bool) -> list[Any]:
    from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

    # each process chooses its GPU by LOCAL_RANK among those of its node, as under torchrun
    seen = {"env_vars": {"RAY_EXPERIMENTAL_NOSET_CUDA_VISIBLE_DEVICES": "1"}} if on_gpus else {}
    return [
        ray.remote(
            num_cpus=1,
            num_gpus=1 if on_gpus else 0,
            max_restarts=0,
            runtime_env=seen,
            scheduling_strategy=PlacementGroupSchedulingStrategy(
                placement_group=group, placement_group_bundle_index=rank // devices
            ),
        )(TrainingActor).remote()
        for rank in range(devices * nodes)
    ]


def _waited(
    ray: Any, refs: list[Any], mailbox: Any, tell: tuple[OnProgress, Callable[[str], object]]
) -> TrainingResult:
    """Wait for all processes, and tell what the first one says; an end of any ends all."""
    progress, notice = tell
    left, shown = list(refs), None
    while left:
        ended, left = ray.wait(left, num_returns=1, timeout=POLL_S)
        lines, state = ray.get(mailbox.fetch.remote())
        for line in lines:
            notice(line)
        if state is not None and state != shown:
            progress(*(shown := state))
        ray.get(ended)  # raises what a process raised
    result: TrainingResult = ray.get(refs[0])
    return result
