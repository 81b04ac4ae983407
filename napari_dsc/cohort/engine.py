"""Scans of a cohort side by side: on processes of this machine, or on a cluster that there is."""

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from time import perf_counter
from typing import Any

from napari_dsc.cohort.limits import Limits, ScanDiedError, run_limited, uninterrupted
from napari_dsc.cohort.nameless import nameless
from napari_dsc.cohort.one_scan import FAILED, Job, run_scan, write_down
from napari_dsc.cohort.places import Places
from napari_dsc.core.errors import DscError

__all__ = ["died", "running", "work_of"]

MISSING = (
    "a cohort on several processes needs dask.distributed, got none installed. Install it with "
    "pip install 'napari-dsc[cohort]', or give --nprocs 1."
)
DIED = "died"
REACHED_WITHIN = "10s"  # a scheduler, however busy
DEATHS = 20  # of workers that a task may see before it is tried alone: they are not its fault

Told = dict[str, Any]


def work_of(job: Job, limits: Limits) -> Told:
    """Run one scan in a process of its own; one that died says so, and is tried again alone."""
    start = perf_counter()
    try:
        return run_limited(run_scan, job, limits)
    except ScanDiedError as how:
        seconds = round(perf_counter() - start, 3)
        reason = nameless(str(how), job.scan, job.out)
        return {"state": DIED, "reason": reason, "label": job.scan.label, "seconds": seconds}


def died(job: Job, told: Told) -> Told:
    """Write down that a scan died alone, too."""
    row = {**told, "state": FAILED, "reason": f"twice: {told['reason']}"}
    write_down(row, Places(job.out, job.scan))
    return row


def running(
    jobs: Sequence[Job], limits: Limits, *, nprocs: int = 1, scheduler: str = ""
) -> Generator[tuple[Job, Told], None, None]:
    """Run the scans of a cohort, each in a process of its own.

    Parameters
    ----------
    jobs : sequence of Job
        The scans.
    limits : Limits
        What each may use.
    nprocs : int
        How many run side by side on this machine.
    scheduler : str
        Address of a dask scheduler that runs already; empty: none.

    Yields
    ------
    tuple of Job and dict
        Each scan as soon as it is done, and what became of it. Those that died are tried once
        more at the end, one after the other: what fails then is their own.

    Raises
    ------
    DscError
        If several processes are wanted and dask.distributed is not installed, or there is no
        such scheduler.
    """
    again: list[Job] = []
    alone = nprocs == 1 and not scheduler
    first = _one_by_one(jobs, limits) if alone else _side_by_side(jobs, limits, nprocs, scheduler)
    with closing(first):
        for job, told in first:
            if told["state"] == DIED:
                again.append(job)
            else:
                yield job, told
    for job in again:
        told = work_of(job, limits)
        yield job, died(job, told) if told["state"] == DIED else told


def _one_by_one(jobs: Sequence[Job], limits: Limits) -> Generator[tuple[Job, Told], None, None]:
    for job in jobs:
        yield job, work_of(job, limits)


def _side_by_side(
    jobs: Sequence[Job], limits: Limits, nprocs: int, scheduler: str
) -> Generator[tuple[Job, Told], None, None]:
    try:
        import dask
        from distributed import Client, LocalCluster, as_completed
    except ImportError as error:
        raise DscError(MISSING) from error
    settings = {
        "distributed.worker.daemon": False,  # they start processes of their own
        "distributed.scheduler.allowed-failures": DEATHS,
        "distributed.admin.tick.limit": "60s",
        "distributed.scheduler.http.routes": [],  # no page tells of the scans
        "distributed.worker.http.routes": [],
    }
    connect: Any = Client
    finishing: Any = as_completed
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(settings))
        if scheduler:
            client = stack.enter_context(_client_of(connect, scheduler))
        else:
            cluster = stack.enter_context(_cluster_of(LocalCluster, nprocs))
            client = stack.enter_context(connect(cluster))
        by_future = {client.submit(work_of, job, limits, pure=False): job for job in jobs}
        for future in finishing(list(by_future)):
            job = by_future.pop(future)
            if future.status == "finished":
                told: Told = future.result()
            else:
                label = job.scan.label
                told = {"state": DIED, "reason": "its worker was lost", "label": label}
            yield job, told


def _cluster_of(local: Callable[..., Any], nprocs: int) -> Any:
    """Processes of this machine, which nobody else's interrupt reaches."""
    with uninterrupted():
        return local(
            n_workers=nprocs,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,  # each scan has a limit of its own
            dashboard_address="127.0.0.1:0",  # any port: several cohorts may run
            scheduler_kwargs={"dashboard": False},
            host="127.0.0.1",
            silence_logs=50,
        )


def _client_of(client: Callable[..., Any], address: str) -> Any:
    try:
        return client(address, timeout=REACHED_WITHIN)
    except (OSError, ValueError) as error:
        raise DscError(
            f"a scheduler must run at {address}, got none. Start one with `dask scheduler`, or "
            "leave --scheduler out."
        ) from error
