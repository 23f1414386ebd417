"""Start the processes of one training, or join those that a cluster started."""

from __future__ import annotations

import logging
import os
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import TCPStore  # type: ignore[attr-defined]

from sspd.errors import UsageError
from sspd.research.train.process_group import SINGLE, ProcessGroup
from sspd.utils.packages import require
from sspd.utils.pool import end_with_process

#: Longest wait, for the first process crops the faces of all videos while the others wait.
PATIENCE = timedelta(days=2)


def join(devices: int | None, nodes: int, device: str) -> tuple[ProcessGroup, str]:
    """Join the process group of a training, and start its other processes if needed.

    ``torchrun`` and SLURM have started them already; otherwise the running command is started
    again, once for each further device (Lightning Fabric).

    Parameters
    ----------
    devices : int, optional
        Processes on this machine, one for each CUDA device or, on the CPU, for a share of the
        cores. By default those that ``torchrun`` started, and one without it.
    nodes : int
        Number of machines.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    processes : ProcessGroup
    device : str
        Device of this process.

    Raises
    ------
    UsageError
        There are fewer devices, or the cluster started another number of processes.
    DependencyError
        Lightning Fabric is not installed.

    Examples
    --------
    >>> join(None, 1, "cpu")
    (ProcessGroup(rank=0, size=1), 'cpu')
    """
    started = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # set by torchrun
    if devices is None:
        devices, nodes = started, int(os.environ.get("GROUP_WORLD_SIZE", nodes))
    if devices * nodes == 1:
        return SINGLE, device
    require(
        "lightning_fabric.strategies.ddp",
        extra="cluster",
        purpose="training in several processes",
        instead="train in one",
    )
    from lightning_fabric import Fabric
    from lightning_fabric.strategies.ddp import DDPStrategy

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # its banner
    kind = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    try:
        if "TORCHELASTIC_RESTART_COUNT" in os.environ:
            _meet_anew("nccl" if kind == "cuda" else "gloo")
        fabric = Fabric(
            accelerator=kind,
            devices=devices,
            num_nodes=nodes,
            strategy=DDPStrategy(timeout=PATIENCE),
        )
        fabric.launch()
    except (RuntimeError, ValueError, TypeError) as error:
        said = str(error).strip().splitlines()[0]
        raise UsageError(f"--devices {devices} --nodes {nodes}: {said}") from error
    if fabric.global_rank > 0:  # wherever it is started, not only where it computes
        end_with_process(os.getppid())
    return ProcessGroup(fabric.global_rank, fabric.world_size), str(fabric.device)


def leave() -> None:
    """Leave the process group, also if another process was lost; a single process does nothing.

    A process that ends without it may crash while Python shuts down.

    Examples
    --------
    >>> leave()
    """
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def _meet_anew(backend: str) -> None:
    """Join the processes of torchrun, also after it restarted them.

    torchrun keeps the store of the lost processes with their old addresses, so each attempt
    has its own prefix there.
    """
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    place = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    leads = rank == 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True"
    store = TCPStore(*place, world_size=size, is_master=leads, timeout=PATIENCE)
    attempt = PrefixStore(os.environ["TORCHELASTIC_RESTART_COUNT"], store)
    dist.init_process_group(backend, store=attempt, rank=rank, world_size=size, timeout=PATIENCE)
