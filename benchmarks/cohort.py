"""A cohort through everything that can happen to it: `make cohort`.

Small digital patients, of which one in twenty is damaged in one of ten ways, are computed once
undisturbed, and once with processes killed at random (those of scans, workers, and the main
process, which is started again) and a full disk. Printed is whether each scan has one right row,
whether the tables of both are equal to the byte, how much faster two processes are than one, what
a scan costs beside its bare computation, and how much memory a worker takes; exit code 1 on a miss.
"""

import argparse
import csv
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import monotonic, perf_counter, sleep
from typing import Any, NamedTuple

import nibabel as nib
import numpy as np
import psutil

from benchmarks.speed import machine
from napari_dsc import phantom
from napari_dsc.cohort.engine import work_of
from napari_dsc.cohort.limits import Limits
from napari_dsc.cohort.one_scan import Job, run_scan
from napari_dsc.cohort.scans import find_scans
from napari_dsc.io.nifti import write_series

SHAPE, VOLUMES = (32, 32, 4), 60
PATIENTS = 20  # different ones; each scan is one of them, scaled by a factor of its own
EVERY = 20  # one in so many is damaged
FULL = 6_000  # bytes that a file may have on the full disk: logs and maps have more
RATE, OVERHEAD, MEMORY = 0.9, 0.5, 150.0  # share of twice the single rate; s; MB
TIMED = 24  # scans for rates
CODE = "import sys; from napari_dsc.cli import main\nif __name__ == '__main__': sys.exit(main())"
TABLES = ("group_scans.tsv", "group_dsc.tsv", "group_dsc.html")


class Way(NamedTuple):
    """How a scan is damaged, and what its row then has to say."""

    name: str
    do: Callable[[Path], None]
    said: str


def _edited(change: Callable[[Any, Any], Any]) -> Callable[[Path], None]:
    """Damage by what is done to voxels and header."""

    def do(path: Path) -> None:
        image: Any = nib.load(path)
        header = image.header.copy()
        voxels = change(np.asarray(image.dataobj).copy(), header)
        header.set_data_dtype(voxels.dtype)
        nib.save(nib.Nifti1Image(voxels, image.affine, header), path)

    return do


def _no_step(voxels: Any, header: Any) -> Any:
    header["pixdim"][4] = 0
    return voxels


def _flipped(path: Path) -> None:
    held = bytearray(path.read_bytes())
    held[len(held) // 2] ^= 0x10
    path.write_bytes(bytes(held))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:9000])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _words(path: Path) -> None:
    path.write_bytes(b"nothing " * 99)


def _without_sidecar(damage: Callable[[Path], None]) -> Callable[[Path], None]:
    def do(path: Path) -> None:
        damage(path)
        path.with_name(path.name.replace(".nii.gz", ".json")).unlink(missing_ok=True)

    return do


def _other_step(path: Path) -> None:
    sidecar = path.with_name(path.name.replace(".nii.gz", ".json"))
    sidecar.write_text(json.dumps({"RepetitionTime": 2.9, "EchoTime": 0.03}))


def _noise(voxels: Any, _: Any) -> Any:
    draw = np.random.default_rng(0).normal(1.0, 0.02, voxels.shape)
    return (voxels[..., :1] * draw).astype(np.int16)


WAYS = (
    Way("cut off", _cut, "incomplete"),
    Way("a bit flipped", _flipped, "damaged|incomplete|CRC"),
    Way("empty", _empty, "must be|incomplete|empty"),
    Way("no NIfTI", _words, "must be|damaged"),
    Way("no signal", _edited(lambda voxels, _: voxels * 0), "signal|constant|brain"),
    Way("a few volumes", _edited(lambda voxels, _: voxels[..., :8]), "volumes|frames"),
    Way("one volume", _edited(lambda voxels, _: voxels[..., 0]), "4 axes|volume"),
    Way("no time step", _without_sidecar(_edited(_no_step)), "repetition time"),
    Way("two time steps", _other_step, "repetition time|time step|disagree"),
    Way("no bolus", _edited(_noise), "AIF|bolus|objection"),
)


def make_cohort(root: Path, count: int) -> dict[str, Way]:
    """Write the scans; return how some of them were damaged."""
    root.mkdir(parents=True)
    described = {"Name": "cohort", "BIDSVersion": "1.10.0"}
    (root / "dataset_description.json").write_text(json.dumps(described))
    patients = [phantom(SHAPE, VOLUMES, seed=seed).series for seed in range(min(PATIENTS, count))]
    damaged = {}
    for at in range(count):
        label = f"sub-{at + 1:04}"
        folder = root / label / "perf"
        folder.mkdir(parents=True)
        series = patients[at % len(patients)]
        path = folder / f"{label}_dsc.nii.gz"
        factor = 1 + at / (4 * count)
        write_series(path, replace(series, signal=np.asarray(series.signal) * factor))
        if at % EVERY == EVERY // 2:
            way = WAYS[at // EVERY % len(WAYS)]
            way.do(path)
            damaged[label] = way
    return damaged


def started(root: Path, out: Path, *more: str, full: bool = False) -> subprocess.Popen[str]:
    """Start the command in a process group of its own; on a full disk no file grows."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, FULL))

    return subprocess.Popen(
        [sys.executable, "-c", CODE, "cohort", str(root), str(out), "participant", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=limit if full else None,  # noqa: PLW1509 (no thread runs yet)
    )


def lines_of(process: subprocess.Popen[str]) -> list[tuple[float, str]]:
    """Each line that a run prints, and when."""
    assert process.stdout is not None  # noqa: S101
    return [(perf_counter(), line) for line in process.stdout]


def rate_of(root: Path, out: Path, nprocs: int, count: int) -> float:
    """Scans per second of one run, once it is warm: from the line of a scan to that of the last."""
    lines = lines_of(started(root, out, "--nprocs", str(nprocs), "--shard", f"1/{count}"))
    times = [at for at, line in lines if re.match(r"\d+/\d+ ", line)]
    warm = min(2 * nprocs, len(times) // 2)
    return (len(times) - 1 - warm) / (times[-1] - times[warm])


def seconds_of(root: Path, place: Path, count: int) -> tuple[float, float]:
    """Seconds of a scan in a process of its own, and bare in this one: in turns, both warm."""
    limited, bare = [], []
    for scan in find_scans(root)[: count + 1]:
        start = perf_counter()
        run_scan(Job(scan=scan, out=place / "bare", values={}))
        middle = perf_counter()
        work_of(Job(scan=scan, out=place / "limited", values={}), Limits())
        bare.append(middle - start)
        limited.append(perf_counter() - middle)
    return median(limited[1:]), median(bare[1:])


class Trouble:
    """Kills processes of a run at random, the main one among them.

    Parameters
    ----------
    seed : int
        Of the choice.
    """

    def __init__(self, seed: int) -> None:
        self.kinds: Counter[str] = Counter()
        self._random = random.Random(seed)  # noqa: S311 (no secret)

    def victim(self, main: int) -> tuple[str, int] | None:
        """One of the processes below the main one, or it."""
        with suppress(psutil.Error):
            own = psutil.Process(main)
            workers = [p for p in own.children() if "spawn_main" in " ".join(p.cmdline())]
            scans = [
                child
                for worker in workers
                for server in worker.children()
                for child in server.children()
            ]
            kinds = {"scan": scans, "worker": workers, "main": [own]}
            weights = {"scan": 6, "worker": 3, "main": 2}
            there = [kind for kind, found in kinds.items() if found]
            if not scans:  # nothing is at work yet
                return None
            (kind,) = self._random.choices(there, [weights[one] for one in there])
            return kind, self._random.choice(kinds[kind]).pid
        return None

    def disturb(self, root: Path, out: Path, kills: int) -> int:
        """Run a cohort until so many processes were killed; return how often it was started."""
        starts, done = 0, 0
        while done < kills:
            process = started(root, out, "--nprocs", "2")
            starts += 1
            reading = Thread(target=lines_of, args=(process,), daemon=True)
            reading.start()
            while done < kills and process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(self._random.uniform(1.0, 6.0))
                    break
                chosen = self.victim(process.pid)
                while chosen is None and process.poll() is None:
                    sleep(0.02)
                    chosen = self.victim(process.pid)
                if chosen is None:
                    break
                with suppress(ProcessLookupError):
                    os.kill(chosen[1], signal.SIGKILL)
                    self.kinds[chosen[0]] += 1
                    done += 1
            if done >= kills:
                break
            process.wait()
            if process.returncode in (0, 3) and done < kills:
                break  # all was done before so many could be killed
        if process.poll() is None:
            process.terminate()
            process.wait()
        reading.join(10)
        return starts


class Watch:
    """Largest memory of the process of a scan, and of what serves it, while a run lasts, MB."""

    def __init__(self) -> None:
        self.scan = self.worker = 0.0
        self._stop = Event()

    def __enter__(self) -> "Watch":
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.3):
            with suppress(psutil.Error):
                for main in psutil.Process().children():
                    for worker in main.children():
                        self._measure(worker)

    def _measure(self, worker: psutil.Process) -> None:
        for server in worker.children():
            for child in server.children():
                with suppress(psutil.Error):
                    self.scan = max(self.scan, child.memory_full_info().uss / 1e6)
                    whole = sum(p.memory_full_info().pss for p in (worker, server, child))
                    self.worker = max(self.worker, whole / 1e6)


def group_of(root: Path, out: Path) -> None:
    """Make the tables of a cohort."""
    words = [sys.executable, "-c", CODE, "cohort", str(root), str(out), "group"]
    subprocess.run(words, check=False, stdout=subprocess.DEVNULL)


def misses_of(out: Path, count: int, damaged: dict[str, Way]) -> list[str]:
    """What is wrong with the rows of a cohort."""
    with (out / "group_scans.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = []
    if len(rows) != count or len({one["scan"] for one in rows}) != count:
        found.append(f"{len(rows)} rows of {count} scans")
    for one in rows:
        way = damaged.get(one["scan"])
        if (one["state"] == "done") is (way is not None):
            found.append(f"{one['scan']} ({way.name if way else 'whole'}): {one['reason']}")
        elif way is not None and not re.search(way.said, one["reason"], re.IGNORECASE):
            found.append(f"{one['scan']} ({way.name}) without a true reason: {one['reason']}")
    with (out / "group_dsc.tsv").open(encoding="utf-8", newline="") as file:
        keys = [(r["scan"], r["label"], r["map"]) for r in csv.DictReader(file, delimiter="\t")]
    if len(keys) != len(set(keys)):
        found.append("a region of a scan stands twice")
    return found


def printed(rows: Sequence[tuple[str, str, str, bool]]) -> bool:
    """Print the table; say whether each bar is met."""
    for what, value, bar, met in rows:
        print(f"{what:<46} {value:>26}   bar {bar:<24} {'ok' if met else 'MISSED'}")
    return all(met for *_, met in rows)


def compared(first: Path, second: Path) -> list[str]:
    """Tables that differ between two runs."""
    return [n for n in TABLES if (first / n).read_bytes() != (second / n).read_bytes()]


def measured(place: Path, count: int, kills: int) -> bool:
    """Run everything, and print it beside the bars."""
    start = monotonic()
    root = place / "bids"
    damaged = make_cohort(root, count)
    print(f"{count} scans of {SHAPE} x {VOLUMES}, {len(damaged)} damaged; {machine()}", flush=True)
    every = max(1, count // TIMED)
    single = rate_of(root, place / "single", 1, every)
    double = rate_of(root, place / "double", 2, every)
    limited, bare = seconds_of(root, place, min(TIMED, 10))
    with Watch() as watch:
        lines_of(started(root, place / "quiet", "--nprocs", "2"))
    group_of(root, place / "quiet")
    lines_of(started(root, place / "rough", "--shard", f"1/{max(1, count // 4)}", full=True))
    written = list((place / "rough").glob("sub-*/perf/*_record.json"))
    trouble = Trouble(seed=count)
    starts = trouble.disturb(root, place / "rough", kills)
    lines_of(started(root, place / "rough", "--nprocs", "2"))
    group_of(root, place / "rough")
    misses = misses_of(place / "rough", count, damaged)
    other = compared(place / "quiet", place / "rough")
    for one in misses:
        print(one)
    scan = 4 * np.prod(SHAPE) * VOLUMES / 1e6
    overhead = limited - bare
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(trouble.kinds.items()))
    rows = [
        ("Rows as they should be", f"{count - len(misses)} of {count}", "all", not misses),
        ("Records of a full disk (RLIMIT_FSIZE)", str(len(written)), "none", not written),
        (f"Killed: {kinds}; started {starts} times", str(sum(trouble.kinds.values())),
         f"at least {min(4, kills)}", sum(trouble.kinds.values()) >= min(4, kills)),
        ("Tables unlike those undisturbed", ", ".join(other) or "none", "none", not other),
        ("Rate of 2 processes over twice that of 1",
         f"{double:.2f} / (2 x {single:.2f}) = {double / (2 * single):.2f}", f">= {RATE}",
         double >= RATE * 2 * single),
        ("Seconds of a scan beside the bare ones",
         f"{limited:.2f} - {bare:.2f} = {overhead:.2f}", f"<= {OVERHEAD} s",
         overhead <= OVERHEAD),
        ("Memory of a scan's own process", f"{watch.scan:.0f} MB",
         f"<= {MEMORY:g} MB + 1.2 x {scan:.1f}", bool(watch.scan <= MEMORY + 1.2 * scan)),
    ]  # fmt: skip
    met = printed(rows)
    print(f"Worker, its server and a scan together: {watch.worker:.0f} MB (no bar).")
    print(f"{monotonic() - start:.0f} s in all.")
    return met


def main() -> int:
    """Measure, and return 1 on a miss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=20)
    parser.add_argument("--kills", type=int, help="processes to kill; one for 50 scans, at least 6")
    parser.add_argument("--place", type=Path, help="folder to work in, which is kept")
    chosen = parser.parse_args()
    kills = max(6, chosen.scans // 50) if chosen.kills is None else chosen.kills
    if chosen.place is not None:
        return 0 if measured(chosen.place, chosen.scans, kills) else 1
    with tempfile.TemporaryDirectory() as place:
        return 0 if measured(Path(place), chosen.scans, kills) else 1


if __name__ == "__main__":
    sys.exit(main())
