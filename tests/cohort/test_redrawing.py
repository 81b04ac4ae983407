"""A reader looks at a scan of a cohort, redraws its AIF, and saves the maps in their place."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError
from napari_dsc.cohort.group import read_group, write_tables
from napari_dsc.cohort.looking import find_sources, is_as_looked_at, looking, source_root
from napari_dsc.cohort.one_scan import SKIPPED, Job, run_scan
from napari_dsc.cohort.places import Places, prepare_folder
from napari_dsc.cohort.redrawing import saving_redrawn
from napari_dsc.cohort.scans import find_scans
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import stages
from napari_dsc.core.progress import finished
from napari_dsc.io.nifti import read_voxels, write_nifti
from tests.cohort.conftest import damage, put, subjects


@pytest.fixture(scope="module")
def whole(stored, small, tmp_path_factory):
    """Two scans, of which the second failed; regions with names of high numbers."""
    root = subjects(stored, tmp_path_factory.mktemp("look") / "bids", 2)
    damage(root / "sub-02/perf/sub-02_dsc.nii.gz")
    out = root / "derivatives/napari-dsc"
    prepare_folder(out, root, bids=True)
    labels = 1200 * (small.tissue == Tissue.HYPOPERFUSED).astype(np.int16)
    regions = root.parent / "tissue.nii.gz"
    write_nifti(regions, labels, small.series.affine)
    names = "".join(f"{one}\tTissue {one}\n" for one in np.unique(labels) if one)
    (root.parent / "tissue.tsv").write_text("index\tname\n" + names)
    values = {"regions": str(regions), "svd_threshold": 0.15, "normalise": True}
    for scan in find_scans(root):
        run_scan(Job(scan=scan, out=out, values=values, report=False))
    return root, values


@pytest.fixture
def cohort(whole, tmp_path):
    """The same, to be changed."""
    shutil.copytree(whole[0], tmp_path / "bids")
    return tmp_path / "bids/derivatives/napari-dsc", whole[1]


def look_at(out, label="sub-01", **options):
    one = next(one for one in read_group(out) if one.label == label)
    sources = find_sources(source_root(out), out)
    return finished(looking(out, one, sources, **{"named": True, **options}))


def redrawn(look, small, *, erase=1):
    """Maps of another AIF: the true one but for a voxel."""
    voxels = np.array(small.artery)
    voxels[tuple(np.argwhere(voxels)[:erase].T)] = False
    known, record = look.source.analysis.prepared, look.results.replay
    series = known.series
    work = stages(series, voxels, record.brain, record.settings, known=known)
    return series, finished(work)


def test_what_is_looked_at_is_what_lies_there(cohort):
    out, _ = cohort
    look = look_at(out)
    assert look.why == ""
    analysis = look.source.analysis
    for key, one in analysis.maps.items():
        stored, _ = read_voxels(look.scan.record.with_name(f"sub-01_{key}.nii.gz"))
        assert np.array_equal(stored, one.values, equal_nan=True)
    assert analysis.maps.quality is not None
    record = json.loads(look.scan.record.read_text())
    assert analysis.aif.curve == pytest.approx(record["aif"]["curve"])
    again = finished(
        stages(
            analysis.prepared.series,
            look.results.replay.artery,
            look.results.replay.brain,
            analysis.settings,
            known=analysis.prepared,
        )
    )
    held = dict(analysis.maps.items())
    for key, one in again.maps.items():
        stored = one.values.astype(np.float32)
        assert np.array_equal(stored, held[key].values, equal_nan=True)


def test_fault_292_a_redrawn_aif_is_told_everywhere_and_holds(cohort, small):
    """In record, methods, log and table; and the next run of the cohort takes it."""
    out, values = cohort
    look = look_at(out)
    series, analysis = redrawn(look, small)
    after = finished(saving_redrawn(look, series, analysis, out, "R\t1"))
    assert is_as_looked_at(after)
    assert not is_as_looked_at(look)
    record = json.loads(look.scan.record.read_text())
    told = json.loads((out / "log/sub-01.json").read_text())
    assert record["aif"]["origin"]["notes"] == ["AIF redrawn by reviewer R 1"]
    assert record["aif"]["voxels"] == np.argwhere(analysis.aif.voxels).tolist()
    assert told["aif_redrawn"] == {"reviewer": "R 1"}
    assert told["aif_looked_at"] is True
    methods = look.scan.record.with_name("sub-01_methods.md").read_text()
    assert "AIF redrawn by reviewer R 1" in methods
    groups = read_group(out)
    write_tables(out, groups)
    head, first, second = (
        line.split("\t") for line in (out / "group_scans.tsv").read_text().splitlines()
    )
    at = head.index("aif_redrawn")
    assert (first[at], second[at]) == ("yes", "no")
    before = (out / "group_dsc.tsv").read_text()
    assert "Tissue 1200" in before
    job = Job(scan=look.source.scan, out=out, values=values, report=False)
    assert run_scan(job)["state"] == SKIPPED
    again = run_scan(replace(job, again=True))
    assert again["aif_redrawn"] == {"reviewer": "R 1"}
    write_tables(out, read_group(out))
    assert (out / "group_dsc.tsv").read_text() == before


def test_fault_293_a_scan_that_was_computed_again_meanwhile_is_not_written_over(cohort, small):
    out, values = cohort
    look = look_at(out)
    series, analysis = redrawn(look, small)
    job = Job(scan=look.source.scan, out=out, values={**values, "svd_threshold": 0.1}, report=False)
    run_scan(job)
    held = look.scan.record.read_bytes()
    with pytest.raises(DscError, match="computed again since"):
        finished(saving_redrawn(look, series, analysis, out, ""))
    assert look.scan.record.read_bytes() == held
    assert not Places(out, look.source.scan).redrawn.exists()


def test_fault_294_a_redrawn_aif_that_cannot_be_saved_changes_nothing(cohort, small, monkeypatch):
    out, values = cohort
    look = look_at(out)
    series, analysis = redrawn(look, small)
    places = Places(out, look.source.scan)

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("napari_dsc.cohort.writing.write_results", full)
        with pytest.raises(OSError, match="space"):
            finished(saving_redrawn(look, series, analysis, out, ""))
    assert not places.redrawn.exists()
    assert is_as_looked_at(look)
    job = Job(scan=look.source.scan, out=out, values=values, report=False)
    assert run_scan(job)["state"] == SKIPPED


def test_a_loaded_curve_is_no_redrawn_aif(cohort, small):
    out, _ = cohort
    look = look_at(out)
    series, analysis = redrawn(look, small)
    curve = replace(analysis.aif, voxels=np.zeros_like(analysis.aif.voxels))
    with pytest.raises(DscError, match="must have voxels"):
        finished(saving_redrawn(look, series, replace(analysis, aif=curve), out, ""))


def test_fault_295_a_scan_that_is_gone_or_another_leaves_its_maps_to_be_looked_at(cohort, cropped):
    """With a sentence on what helps."""
    out, _ = cohort
    path = out.parents[1] / "sub-01/perf/sub-01_dsc.nii.gz"
    one = next(one for one in read_group(out) if one.label == "sub-01")
    look = finished(looking(out, one, {}, named=False))
    assert look.results is not None
    assert "Nobody has said where the scans of this cohort lie" in look.why
    shutil.copy(cropped, path)
    look = look_at(out)
    assert look.results is not None
    assert look.source is None
    assert "the scan must be the one that the record was made from" in look.why
    path.unlink()
    look = look_at(out)
    assert look.results is not None
    assert "sub-01 was not found" in look.why


def test_a_scan_that_failed_says_why(cohort):
    out, _ = cohort
    look = look_at(out, "sub-02")
    assert look.results is None
    assert look.why.startswith("This scan has no maps.")
    assert len(look.why) > 30


def test_maps_that_are_not_as_recorded_are_refused(cohort):
    out, _ = cohort
    damage(out / "sub-01/perf/sub-01_cbf.nii.gz", 100)
    look = look_at(out)
    assert look.results is None
    assert "sub-01" in look.why or "cbf" in look.why


def test_results_outside_their_data_set_do_not_say_where_it_lies(whole, tmp_path):
    prepare_folder(tmp_path / "out", whole[0], bids=True)
    assert source_root(tmp_path / "out") is None
    inside = whole[0] / "derivatives/napari-dsc"
    found = source_root(inside)
    assert found is not None
    assert found.resolve() == whole[0].resolve()


def test_a_plain_folder_and_a_stated_orientation_are_looked_at_and_redrawn(stored, small, tmp_path):
    """A label of digits; the AIF is kept as the file lies, and taken again from there."""
    root, out = tmp_path / "scans", tmp_path / "out"
    put(stored, root / "some person.nii.gz")
    prepare_folder(out, root, bids=False)
    (scan,) = find_scans(root)
    job = Job(scan=scan, out=out, values={"orientation": "LPS"}, report=False)
    assert run_scan(job)["state"] == "done"
    (one,) = read_group(out)
    look = finished(looking(out, one, find_sources(root, out), named=True))
    assert look.why == ""
    assert look.source is not None
    series, analysis = redrawn(look, small)
    finished(saving_redrawn(look, series, analysis, out, "R1"))
    assert run_scan(job)["state"] == SKIPPED
    record = Places(out, scan).record
    held = json.loads(record.read_text())["aif"]["voxels"]
    assert run_scan(replace(job, again=True))["state"] == "done"
    assert json.loads(record.read_text())["aif"]["voxels"] == held
    words = [path.read_bytes() for path in out.rglob("*.json")]
    assert not any(b"some person" in one for one in words)


def test_motion_is_brought_back_as_recorded(stored, tmp_path):
    pytest.importorskip("SimpleITK")
    root = subjects(stored, tmp_path / "bids", 1)
    out = root / "derivatives/napari-dsc"
    prepare_folder(out, root, bids=True)
    (scan,) = find_scans(root)
    run_scan(Job(scan=scan, out=out, values={"motion": True}, report=False))
    look = look_at(out)
    assert look.why == ""
    assert look.source is not None
    assert look.source.series.moves is not None
    assert look.source.analysis.aif.curve == pytest.approx(look.results.record["aif"]["curve"])
