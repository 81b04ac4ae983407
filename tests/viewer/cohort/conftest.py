"""A small cohort on the disk, and its review in the window that scenes share."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_dsc.cohort.one_scan import Job, run_scan
from napari_dsc.cohort.places import prepare_folder
from napari_dsc.cohort.scans import find_scans
from napari_dsc.io.nifti import write_series
from napari_dsc.viewer.cohort.review import Review

DOUBT = {"key": "aif", "level": "doubtful", "words": "AIF: 3 voxels, late and wide."}


@pytest.fixture(scope="session")
def whole_cohort(scan_file, tmp_path_factory) -> Path:
    """Four scans of a data set, computed: the second has failed, the third is doubtful."""
    root = tmp_path_factory.mktemp("cohort") / "bids"
    root.mkdir()
    described = {"Name": "small", "BIDSVersion": "1.10.0"}
    (root / "dataset_description.json").write_text(json.dumps(described))
    for number in range(1, 5):
        place = root / f"sub-{number:02}" / "perf"
        place.mkdir(parents=True)
        for path in (scan_file, scan_file.with_name("patient.json")):
            shutil.copy(path, place / path.name.replace("patient", f"sub-{number:02}_dsc"))
    damaged = root / "sub-02/perf/sub-02_dsc.nii.gz"
    damaged.write_bytes(damaged.read_bytes()[:4000])
    out = root / "derivatives/napari-dsc"
    prepare_folder(out, root, bids=True)
    first, second, *rest = find_scans(root)
    run_scan(Job(scan=first, out=out, values={}, report=False))
    run_scan(Job(scan=second, out=out, values={}, report=False))
    for scan in rest:  # the same numbers under another label
        shutil.copytree(out / first.folder, out / scan.folder)
        for path in (out / scan.folder).iterdir():
            path.rename(path.with_name(path.name.replace(first.label, scan.label)))
        told = json.loads((out / f"log/{first.label}.json").read_text())
        doubts = [DOUBT] if scan.label == "sub-03" else []
        told |= {"label": scan.label, "findings": [*doubts, *told["findings"]]}
        (out / f"log/{scan.label}.json").write_text(json.dumps(told))
    return root


@pytest.fixture
def out(whole_cohort, tmp_path) -> Path:
    """Its results, to be changed."""
    shutil.copytree(whole_cohort, tmp_path / "bids")
    return tmp_path / "bids/derivatives/napari-dsc"


@pytest.fixture
def begin(desk):
    """Open the results of a cohort as the panel does, and wait for the first scan."""
    opened: list[Review] = []

    def open_cohort(folder: Path) -> Review:
        desk.panel.doors.open_cohort(folder)
        docked = desk.viewer.window.dock_widgets.values()
        review = next(one for one in docked if isinstance(one, Review))
        opened.append(review)
        desk.wait(lambda: review.settled)
        return review

    yield open_cohort
    for review in opened[:1]:
        desk.wait(lambda: not desk.panel.busy)
        desk.panel.tools.disarm()
        desk.panel.form.live.value = False
        desk.viewer.canvas.grid.enabled = False
        desk.viewer.layers.clear()
        desk.viewer.window.remove_dock_widget(review)
        review.deleteLater()
        QApplication.processEvents()


@pytest.fixture
def review(begin, out) -> Review:
    """The review of that cohort, the first scan on screen."""
    return begin(out)


@pytest.fixture(scope="session")
def two_computed(patient, tmp_path_factory) -> Path:
    """Two scans of a data set, computed: patients who differ in every voxel, and lie elsewhere."""
    root = tmp_path_factory.mktemp("two") / "bids"
    series = patient.series
    moved = np.array(series.affine)
    moved[:3, 3] += (7.0, -11.0, 13.0)
    mirrored = 1.5 * np.roll(np.asarray(series.signal)[::-1], 1, axis=1)
    other = replace(series, signal=np.ascontiguousarray(mirrored), affine=moved)
    for name, one in (("sub-A", series), ("sub-B", other)):
        (root / name / "perf").mkdir(parents=True)
        write_series(root / name / "perf" / f"{name}_dsc.nii.gz", one)
    described = {"Name": "two", "BIDSVersion": "1.10.0"}
    (root / "dataset_description.json").write_text(json.dumps(described))
    out = root / "derivatives/napari-dsc"
    prepare_folder(out, root, bids=True)
    for scan in find_scans(root):
        assert run_scan(Job(scan=scan, out=out, values={}, report=False))["state"] == "done"
    return root


@pytest.fixture
def two(two_computed, tmp_path) -> Path:
    """Their results, to be changed."""
    shutil.copytree(two_computed, tmp_path / "bids")
    return tmp_path / "bids/derivatives/napari-dsc"
