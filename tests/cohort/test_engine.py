"""Scans side by side: workers that die take no scan with them."""

import builtins
import os
import signal
from contextlib import closing, suppress
from threading import Event, Thread

import psutil
import pytest

from napari_dsc import DscError, phantom
from napari_dsc.cohort import engine
from napari_dsc.cohort.engine import running
from napari_dsc.cohort.limits import Limits
from napari_dsc.cohort.one_scan import Job
from napari_dsc.cohort.scans import find_scans
from napari_dsc.io.nifti import write_series
from tests.cohort.conftest import damage, put, subjects

distributed = pytest.importorskip("distributed")
LIMITS = Limits(seconds=200.0)


@pytest.fixture(scope="module")
def long_scan(tmp_path_factory):
    """A scan that takes seconds: whoever looks for its process now and then finds it at work."""
    path = tmp_path_factory.mktemp("long") / "scan.nii.gz"
    write_series(path, phantom((128, 128, 16), snr=50.0).series)
    return path


def jobs(root, out):
    """Each scan of a cohort, without a report."""
    return [Job(scan=one, out=out, values={}, report=False) for one in find_scans(root)]


def states(found):
    """What became of each scan."""
    return {job.scan.label: told["state"] for job, told in found}


def workers():
    """Workers that this process has, and whether each is at work on a scan."""
    found = {}
    for one in psutil.Process().children():
        if one.cmdline() and "spawn_main" in " ".join(one.cmdline()):
            found[one.pid] = len(one.children(recursive=True))
    return found


def killing(times, at_least):
    """Kill a worker that is at work on a scan, so many times; say how often it was done."""
    stop = Event()
    done: list[int] = []

    def kill():
        gone = set()
        while len(done) < times and not stop.wait(0.02):
            try:
                busy = [pid for pid, below in workers().items() if below >= at_least]
                for pid in [one for one in busy if one not in gone][:1]:
                    os.kill(pid, signal.SIGKILL)
                    gone.add(pid)
                    done.append(pid)
            except (psutil.Error, ProcessLookupError):
                continue

    thread = Thread(target=kill, daemon=True)
    thread.start()
    return stop, thread, done


def test_one_by_one_each_scan_is_told_once(stored, tmp_path):
    root = subjects(stored, tmp_path / "bids", 2)
    damage(root / "sub-02/perf/sub-02_dsc.nii.gz")
    found = list(running(jobs(root, tmp_path / "out"), LIMITS))
    assert states(found) == {"sub-01": "done", "sub-02": "failed"}


def test_two_workers_do_all_and_a_damaged_scan_is_a_row(stored, tmp_path):
    root = subjects(stored, tmp_path / "bids", 4)
    damage(root / "sub-02/perf/sub-02_dsc.nii.gz")
    found = list(running(jobs(root, tmp_path / "out"), LIMITS, nprocs=2))
    assert len(found) == 4
    assert states(found) == {
        "sub-01": "done",
        "sub-02": "failed",
        "sub-03": "done",
        "sub-04": "done",
    }
    assert len(list((tmp_path / "out/log").iterdir())) == 4
    assert workers() == {}


def listening():
    """Addresses at which this process, or one below it, can be reached."""
    own, found = psutil.Process(), []
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.Error):
            found += [
                one.laddr.ip
                for one in process.net_connections("inet")
                if one.status == psutil.CONN_LISTEN
            ]
    return found


def test_fault_284_processes_listen_to_this_machine_only(stored, tmp_path):
    """Nothing of a scan is offered to others, no dashboard either."""
    root = subjects(stored, tmp_path / "bids", 2)
    work = running(jobs(root, tmp_path / "out"), LIMITS, nprocs=2)
    with closing(work):
        next(work)
        found = listening()
    assert len(found) >= 3
    assert set(found) <= {"127.0.0.1", "::1"}


def test_fault_277_a_worker_that_is_killed_costs_no_scan(stored, long_scan, tmp_path):
    root = subjects(stored, tmp_path / "bids", 3)
    put(long_scan, root / "sub-01/perf/sub-01_dsc.nii.gz")
    stop, thread, done = killing(1, at_least=2)
    found = list(running(jobs(root, tmp_path / "out"), LIMITS, nprocs=2))
    stop.set()
    thread.join()
    assert len(done) == 1
    assert set(states(found).values()) == {"done"}
    assert len(found) == 3


def test_fault_277_a_scan_whose_worker_is_killed_twice_is_not_blamed(long_scan, tmp_path):
    root = subjects(long_scan, tmp_path / "bids", 1)
    stop, thread, done = killing(2, at_least=2)
    found = list(running(jobs(root, tmp_path / "out"), LIMITS, nprocs=2))
    stop.set()
    thread.join()
    assert len(done) == 2
    assert states(found) == {"sub-01": "done"}


def test_fault_277_a_scan_that_dies_is_tried_once_alone_and_is_a_row(stored, tmp_path):
    root = subjects(stored, tmp_path / "bids", 1)
    ((_, told),) = running(jobs(root, tmp_path / "out"), Limits(seconds=0.01))
    assert told["state"] == "failed"
    assert told["reason"] == "twice: it took more than 0.01 s"
    assert (tmp_path / "out/log/sub-01.json").is_file()


def test_a_cluster_that_runs_already_is_used_and_left(stored, tmp_path):
    root = subjects(stored, tmp_path / "bids", 2)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        found = list(running(jobs(root, tmp_path / "out"), LIMITS, scheduler=address))
        assert states(found) == {"sub-01": "done", "sub-02": "done"}
        assert len(cluster.scheduler.workers) == 1


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere at all"])
def test_a_scheduler_that_is_not_there_is_refused_in_words(stored, tmp_path, monkeypatch, address):
    monkeypatch.setattr(engine, "REACHED_WITHIN", "1s")
    root = subjects(stored, tmp_path / "bids", 1)
    work = running(jobs(root, tmp_path / "out"), LIMITS, scheduler=address)
    with closing(work), pytest.raises(DscError, match="a scheduler must run at"):
        next(work)


def test_a_missing_extra_is_refused_in_words(stored, tmp_path, monkeypatch):
    root = subjects(stored, tmp_path / "bids", 1)
    real = builtins.__import__

    def without(name, *args, **more):
        if name.partition(".")[0] in ("dask", "distributed"):
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    work = running(jobs(root, tmp_path / "out"), LIMITS, nprocs=2)
    with pytest.raises(DscError, match=r"pip install 'napari-dsc\[cohort\]'"):
        next(work)
