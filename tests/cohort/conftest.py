"""Small cohorts: one scan, written under many names."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from napari_dsc import Phantom
from napari_dsc.cohort.scans import CohortScan
from napari_dsc.io.nifti import write_series


@pytest.fixture(scope="session")
def small(patient: Phantom) -> Phantom:
    """The patient that is scanned: quick, and still a whole analysis."""
    return patient


@pytest.fixture(scope="session")
def stored(small, tmp_path_factory) -> Path:
    """Its scan in a file with a sidecar."""
    path = tmp_path_factory.mktemp("stored") / "scan.nii.gz"
    write_series(path, small.series)
    return path


@pytest.fixture(scope="session")
def cropped(small, tmp_path_factory) -> Path:
    """A scan of other bytes."""
    path = tmp_path_factory.mktemp("cropped") / "scan.nii.gz"
    signal, time = small.series.signal[..., :55], small.series.time[:55]
    write_series(path, replace(small.series, signal=signal, time=time))
    return path


def put(stored: Path, path: Path) -> Path:
    """Put a scan, and its sidecar, under another name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(stored, path)
    sidecar = stored.with_name("scan.json")
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    shutil.copy(sidecar, path.with_name(f"{stem}.json"))
    return path


def bids(stored: Path, root: Path, *names: str) -> Path:
    """Make a data set of scans by their paths from its root, such as sub-01/perf/sub-01_dsc."""
    root.mkdir(parents=True, exist_ok=True)
    described = {"Name": "small", "BIDSVersion": "1.10.0"}
    (root / "dataset_description.json").write_text(json.dumps(described))
    for name in names:
        put(stored, root / f"{name}.nii.gz")
    return root


def subjects(stored: Path, root: Path, count: int) -> Path:
    """Make a data set of so many subjects."""
    names = [f"sub-{n:02}/perf/sub-{n:02}_dsc" for n in range(1, count + 1)]
    return bids(stored, root, *names)


def damage(path: Path, at: int = 4000) -> Path:
    """Cut a file off."""
    path.write_bytes(path.read_bytes()[:at])
    return path


def scan_of(root: Path, source: str) -> CohortScan:
    """A scan of a data set by hand."""
    path = root / source
    label = path.name.removesuffix(".nii.gz").rpartition("_")[0]
    pairs = (part.split("-") for part in label.split("_"))
    entities = tuple((name, value) for name, value in pairs)
    return CohortScan(path=path, source=source, entities=entities, label=label)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by its path from there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
