"""One scan of a cohort: computed once, or the reason why not, without anybody's name."""

import gzip
import json
import shutil
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from napari_dsc.analysis import Setup, analysing
from napari_dsc.cohort import one_scan
from napari_dsc.cohort.anatomies import t1_pair
from napari_dsc.cohort.one_scan import Job, run_scan, setup_fingerprint, write_down
from napari_dsc.cohort.places import Places, prepare_folder
from napari_dsc.cohort.scans import find_scans
from napari_dsc.cohort.telling import brief, findings_of, is_doubtful
from napari_dsc.core.phantom import Tissue
from napari_dsc.io.aif import write_curve
from napari_dsc.io.nifti import write_nifti
from tests.cohort.conftest import bids, bytes_of, damage, put, subjects


def jobs(root, out, **chosen):
    """Each scan of a cohort, without a report unless it is wanted."""
    values = chosen.pop("values", {})
    return [
        Job(scan=one, out=out, values=values, **{"report": False, **chosen})
        for one in find_scans(root, leaving_out=out)
    ]


def run(root, out, **chosen):
    """What became of the only scan."""
    (job,) = jobs(root, out, **chosen)
    return run_scan(job)


@pytest.fixture
def root(stored, tmp_path):
    """A data set of one scan."""
    return subjects(stored, tmp_path / "bids", 1)


@pytest.fixture
def places(root, tmp_path):
    """Where its results lie."""
    return Places(tmp_path / "out", find_scans(root)[0])


@pytest.fixture(scope="module")
def done(stored, tmp_path_factory):
    """A cohort of one scan that was computed with its report."""
    place = tmp_path_factory.mktemp("done")
    root = subjects(stored, place / "bids", 1)
    prepare_folder(place / "out", root, bids=True)
    told = run(root, place / "out", report=True)
    return root, place / "out", told


@pytest.fixture
def copied(done, tmp_path):
    """The same, to be changed."""
    root, out, _ = done
    shutil.copytree(out, tmp_path / "out")
    shutil.copytree(root, tmp_path / "bids")
    return tmp_path / "bids", tmp_path / "out"


def test_maps_record_table_report_and_log(done):
    _, out, told = done
    assert told["state"] == "done"
    assert told["aif"]["chosen"] == "proposed"
    assert told["aif_looked_at"] is False
    assert json.loads((out / "log/sub-01.json").read_text()) == told
    names = {path.name for path in (out / "sub-01/perf").iterdir()}
    wanted = {"cbf.nii.gz", "tmax.json", "record.json", "regions.tsv", "report.html"}
    assert {f"sub-01_{one}" for one in wanted} <= names
    assert not [name for name in names if not name.startswith("sub-01_")]
    described = json.loads((out / "sub-01/perf/sub-01_cbf.json").read_text())
    assert described["Sources"] == ["bids:raw:sub-01/perf/sub-01_dsc.nii.gz"]
    assert described["SpatialReference"] == "bids:raw:sub-01/perf/sub-01_dsc.nii.gz"


def test_fault_482_report_methods_and_record_say_that_nobody_has_looked(done):
    """Wherever a proposed AIF is told; and no scan is doubtful for what holds for all of them."""
    _, out, told = done
    folder = out / "sub-01/perf"
    page = (folder / "sub-01_report.html").read_text(encoding="utf-8")
    assert "proposed, not looked at" in page
    assert "No warning." not in page
    methods = (folder / "sub-01_methods.md").read_text(encoding="utf-8")
    assert "which nobody has looked at" in " ".join(methods.split())
    record = json.loads((folder / "sub-01_record.json").read_text(encoding="utf-8"))
    assert record["aif"]["origin"]["unseen"] is True
    assert not is_doubtful(told)
    assert not any("looked at" in words for words in findings_of(told))


def test_a_line_says_what_a_person_needs(done):
    _, _, told = done
    words = brief(told)
    assert words.startswith("TR 1.5 s, AIF 9 voxels (proposed, not looked at), 95% accepted, CBF ")
    assert "mL/100g/min, Tmax > 6 s 108.9 mL, 1 finding" in words
    assert len(words) < 130
    odd = {"key": "aif", "level": "doubtful", "words": "The AIF is a vein's."}
    assert brief({**told, "findings": [odd]}).endswith("1 finding, DOUBTFUL")
    curve = {"voxels": 0, "chosen": "curve file", "peak": 21.0}
    assert "AIF curve (curve file)" in brief({**told, "aif": curve, "aif_looked_at": True})
    assert ", no AIF," in brief({**told, "aif": {**curve, "peak": None}})


@pytest.mark.parametrize("where", ["beside", "derivatives", "results"])
def test_an_artery_that_was_drawn_is_taken(root, small, tmp_path, where):
    folder = {
        "beside": root / "sub-01/perf",
        "derivatives": root / "derivatives/hand/sub-01/perf",
        "results": tmp_path / "out/sub-01/perf",
    }[where]
    folder.mkdir(parents=True, exist_ok=True)
    drawn = folder / "sub-01_desc-AIF_mask.nii.gz"
    write_nifti(drawn, small.artery, small.series.affine)
    held = drawn.read_bytes()
    told = run(root, tmp_path / "out")
    assert told["aif"]["chosen"] == "mask file"
    assert told["aif_looked_at"] is True
    assert told["aif"]["voxels"] == int(small.artery.sum())
    assert drawn.read_bytes() == held


def test_what_was_proposed_is_not_taken_for_drawn(done):
    """Our own mask is called by other letters."""
    root, out, _ = done
    assert (out / "sub-01/perf/sub-01_desc-aif_mask.nii.gz").is_file()
    told = run(root, out, report=True)
    assert told["state"] == "skipped"
    assert told["aif"]["chosen"] == "proposed"


def test_each_of_two_echoes_is_read_for_itself(stored, tmp_path):
    root = bids(
        stored, tmp_path / "e", "sub-01/perf/sub-01_echo-1_dsc", "sub-01/perf/sub-01_echo-2_dsc"
    )
    told = [run_scan(job) for job in jobs(root, tmp_path / "out")]
    assert [one["state"] for one in told] == ["done", "done"]
    assert [one["label"] for one in told] == ["sub-01_echo-1", "sub-01_echo-2"]


def count_of_runs(monkeypatch):
    """Count how often a scan is computed."""
    seen = []
    real = analysing

    def counted(*args, **more):
        seen.append(1)
        return real(*args, **more)

    monkeypatch.setattr(one_scan, "analysing", counted)
    return seen


def test_the_same_is_not_computed_again(copied, monkeypatch):
    root, out = copied
    seen, before = count_of_runs(monkeypatch), bytes_of(out)
    assert run(root, out, report=True)["state"] == "skipped"
    assert run(root, out)["state"] == "skipped"  # a report more is no fault
    assert seen == []
    assert bytes_of(out) == before
    assert run(root, out, again=True)["state"] == "done"
    assert seen == [1]


@pytest.mark.parametrize(
    "change",
    ["choices", "input", "no record", "damaged map", "no map", "no log", "broken log", "no report"],
)
def test_fault_272_what_is_not_as_it_was_is_computed_again(copied, cropped, monkeypatch, change):
    root, out = copied
    folder, seen = out / "sub-01/perf", count_of_runs(monkeypatch)
    values = {"svd_threshold": 0.1} if change == "choices" else {}
    if change == "input":
        put(cropped, root / "sub-01/perf/sub-01_dsc.nii.gz")
    elif change == "damaged map":
        whole = bytearray((folder / "sub-01_tmax.nii.gz").read_bytes())
        whole[-9] ^= 1
        (folder / "sub-01_tmax.nii.gz").write_bytes(whole)
    elif change == "broken log":
        damage(out / "log/sub-01.json", 50)
    elif change.startswith("no "):
        file = {"map": "sub-01_cbv.nii.gz", "record": "sub-01_record.json"}
        name = file.get(change[3:], "sub-01_report.html")
        ((out / "log/sub-01.json") if change == "no log" else folder / name).unlink()
    assert run(root, out, values=values, report=True)["state"] == "done"
    assert seen == [1]
    assert run(root, out, values=values, report=True)["state"] == "skipped"


def test_an_artery_that_is_redrawn_is_another_choice(small, tmp_path):
    path = tmp_path / "aif.nii.gz"
    write_nifti(path, small.artery, small.series.affine)
    first = setup_fingerprint(Setup({"aif": path}))
    shutil.copy(path, tmp_path / "copy.nii.gz")
    assert setup_fingerprint(Setup({"aif": tmp_path / "copy.nii.gz"})) == first
    (tmp_path / "aif.tsv").write_text("index\tname\n1\tA\n")
    named = setup_fingerprint(Setup({"aif": path}))
    assert named != first
    write_nifti(path, np.roll(small.artery, 1, axis=2), small.series.affine)
    assert setup_fingerprint(Setup({"aif": path})) not in (first, named)


def test_fault_273_of_a_scan_that_fails_no_results_stand(copied):
    """Those of other choices would be taken for it."""
    root, out = copied
    damage(root / "sub-01/perf/sub-01_dsc.nii.gz")
    told = run(root, out, report=True)
    assert told["state"] == "failed"
    assert "incomplete" in told["reason"] or "damaged" in told["reason"]
    assert not (out / "sub-01/perf/sub-01_record.json").exists()
    assert not (out / "sub-01/perf/sub-01_report.html").exists()
    assert json.loads((out / "log/sub-01.json").read_text())["state"] == "failed"


@pytest.mark.parametrize("kind", [IndexError, RecursionError])
def test_a_fault_of_the_program_is_a_row(root, places, monkeypatch, kind):
    def fail(*_, **__):
        raise kind(f"at {root}/sub-01")

    monkeypatch.setattr(one_scan, "analysing", fail)
    told = run(root, places.out)
    assert told["state"] == "failed"
    assert f"a fault of this program, {kind.__name__}" in told["reason"]
    assert str(root) not in told["reason"]


def test_too_little_memory_is_a_reason(root, places, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(one_scan, "analysing", fail)
    assert "got too little of it" in run(root, places.out)["reason"]


def test_fault_274_a_log_that_cannot_be_written_stops_no_other_scan(root, places, monkeypatch):
    """On a full disk the row is told, and the scan is done by the next run."""

    def full(*_, **__):
        raise OSError(28, "No space left on device", "/home/doe/out")

    monkeypatch.setattr(Places, "write_status", full)
    told = run(root, places.out)
    assert told["state"] == "failed"
    assert told["reason"] == "Its log was not written: No space left on device."
    monkeypatch.undo()
    assert run(root, places.out)["state"] == "done"


CANARY = "Quetzalcoatl"


def plain_cohort(stored, root):
    """Scans that carry a name in folder, file, header and sidecar: whole, and damaged ways."""

    folder = root / f"{CANARY} 1950-01-02"
    for name in ("whole", "cut", "empty", "step", "sidecar", "units"):
        put(stored, folder / f"{CANARY}_{name}.nii.gz")
    image: Any = nib.load(folder / f"{CANARY}_whole.nii.gz")
    image.header["descrip"] = CANARY.encode()
    nib.save(image, folder / f"{CANARY}_whole.nii.gz")
    damage(folder / f"{CANARY}_cut.nii.gz")
    volumes = np.asarray(image.dataobj)
    nib.save(
        nib.Nifti1Image(np.zeros_like(volumes), image.affine, image.header),
        folder / f"{CANARY}_empty.nii.gz",
    )
    for name, said in (
        ("whole", {"EchoTime": 0.03, "RepetitionTime": 1.5}),
        ("step", {"RepetitionTime": 40.0, "EchoTime": 0.03}),
        ("units", {"RepetitionTime": f"{CANARY} s", "EchoTime": f"{CANARY}"}),
    ):
        (folder / f"{CANARY}_{name}.json").write_text(
            json.dumps({**said, "PatientName": CANARY, "SeriesDescription": CANARY})
        )
    (folder / f"{CANARY}_sidecar.json").write_text(f'{{"PatientName": "{CANARY}" "x"')
    return root


def found_in(out, words):
    """Files, by name or content, in which one of the words stands."""
    held = {name: name.encode() + content for name, content in bytes_of(out).items()}
    unzipped = {
        name: gzip.decompress(content.removeprefix(name.encode()))
        for name, content in held.items()
        if name.endswith(".gz")
    }
    known = [one.lower().encode() for one in words]
    return [
        name
        for name, content in (*held.items(), *unzipped.items())
        if any(one in content.lower() for one in known)
    ]


def test_fault_275_no_name_stands_in_results_or_logs(stored, tmp_path):
    """Of files, folders, headers and sidecars; of scans that fail, too."""
    root = plain_cohort(stored, tmp_path / CANARY / "cohort")
    told = [run_scan(job) for job in jobs(root, tmp_path / "out", report=True)]
    states = {one["state"] for one in told}
    assert states == {"done", "failed"}
    assert len(list((tmp_path / "out" / "log").iterdir())) == 6
    assert found_in(tmp_path / "out", [CANARY, "1950-01-02", str(tmp_path)]) == []
    assert CANARY not in json.dumps(told)
    for one in told:
        if one["state"] == "failed":
            assert len(one["reason"]) > 30, one


def test_fault_275_no_name_of_dicom_stands_in_results_or_logs(patient, tmp_path):
    import pydicom

    from tests.io.dicom_maker import classic

    for name, series in (("one", ["a"]), ("two", ["a", "b"])):
        for part in series:
            files = classic(tmp_path / "in" / f"{CANARY}_{name}" / part, patient.series)
            for number, path in enumerate(files):
                data = pydicom.dcmread(path)
                data.PatientName, data.PatientID = f"{CANARY}^X", CANARY
                data.StudyDate, data.SeriesDescription = "19500102", f"DSC {CANARY}"
                if part == "b":
                    data.SeriesInstanceUID = "1.2.3.4.5"
                    data.SOPInstanceUID = f"1.2.3.4.5.{number}"
                data.save_as(path)
    for path in sorted((tmp_path / "in" / f"{CANARY}_two" / "b").iterdir()):
        path.rename(tmp_path / "in" / f"{CANARY}_two" / "a" / f"b_{path.name}")
    (tmp_path / "in" / f"{CANARY}_two" / "b").rmdir()
    told = [run_scan(job) for job in jobs(tmp_path / "in", tmp_path / "out", report=True)]
    assert sorted(one["state"] for one in told) == ["done", "failed"]
    (failed,) = (one for one in told if one["state"] == "failed")
    assert "choose one with --series" in failed["reason"]
    assert found_in(tmp_path / "out", [CANARY, "19500102", str(tmp_path)]) == []
    assert CANARY not in json.dumps(told)


def test_a_curve_serves_every_scan(root, small, tmp_path):
    """Of a population: it is named once."""
    time = small.series.time
    curve = np.exp(-((time - 20) ** 2) / 30) * 30
    write_curve(tmp_path / "aif.csv", time, curve, "1/s", 1.0)
    told = run(root, tmp_path / "out", values={"aif": tmp_path / "aif.csv", "aif_curve": False})
    assert told["state"] == "done", told
    assert told["aif"]["chosen"] == "curve file"
    assert told["aif_looked_at"] is True


def labels_of(small):
    """White and grey matter."""
    labels = np.where(small.tissue == Tissue.WHITE, 2, 0)
    labels[small.tissue == Tissue.GREY] = 5
    return labels.astype(np.int16)


@pytest.mark.parametrize("end", ["desc-regions_dseg", "dseg"])
def test_regions_of_a_scan_are_found_and_measured_on_both_sides(root, small, tmp_path, end):
    folder = root / "derivatives/hand/sub-01/perf"
    folder.mkdir(parents=True)
    labels = labels_of(small)
    labels[: labels.shape[0] // 2] = 0
    write_nifti(folder / f"sub-01_{end}.nii.gz", labels, small.series.affine)
    (folder / f"sub-01_{end}.tsv").write_text("index\tname\n2\tWhite\n5\tGrey\n")
    told = run(root, tmp_path / "out", own_regions=True)
    assert told["state"] == "done", told
    lines = (tmp_path / "out/sub-01/perf/sub-01_regions.tsv").read_text().splitlines()
    head, *rows = [line.split("\t") for line in lines]
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert {row["region"] for row in found} == {"Brain", "White", "Grey"}
    assert len(found) == 3 * len({row["map"] for row in found})
    white = next(row for row in found if row["region"] == "White" and row["map"] == "CBV")
    assert int(white["voxels"]) == int((labels == 2).sum())
    assert int(white["mirror_accepted"]) > 0
    assert float(white["mirror_mean"]) == pytest.approx(float(white["mean"]), rel=0.3)
    brain = next(row for row in found if row["region"] == "Brain")
    assert brain["mirror_mean"] == "n/a"
    (folder / f"sub-01_{end}.tsv").write_text("index\tname\n2\tWM\n5\tGrey\n")
    assert run(root, tmp_path / "out", own_regions=True)["state"] == "done"  # names count


def test_without_regions_the_brain_is_measured_and_it_is_said(root, tmp_path):
    told = run(root, tmp_path / "out", own_regions=True)
    assert told["state"] == "done"
    assert any("No regions were found" in words for words in findings_of(told))


def test_fault_299_a_log_that_cannot_be_told_is_a_row_all_the_same(tmp_path, stored):
    """A number that JSON does not have ends no process."""
    root = subjects(stored, tmp_path / "bids", 1)
    (scan,) = find_scans(root)
    told = {"state": "done", "label": scan.label, "medians": {"CBF": {"value": float("nan")}}}
    write_down(told, Places(tmp_path / "out", scan))
    assert told["state"] == "failed"
    assert "log was not written" in str(told["reason"])


def put_t1(root, small, enhancing, *names) -> None:
    """Put T1 volumes into `anat/` of the first subject; those whose name says so after contrast."""
    random = np.random.default_rng(0)
    plain = np.where(small.brain, 100.0, 5.0) + random.normal(0, 1.5, small.brain.shape)
    folder = root / "sub-01" / "anat"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        values = np.where(enhancing, plain + 60, plain) if "ce-" in name else plain
        write_nifti(folder / name, values.astype(np.float32), small.series.affine)


def test_fault_387_t1_before_and_after_contrast_of_a_subject_are_taken_and_not_looked_at(
    root, small, tmp_path, places
):
    """What enhances is proposed, leakage is corrected there, and the log says who has looked."""
    pytest.importorskip("SimpleITK")
    tumour = small.tissue == Tissue.TUMOUR
    put_t1(root, small, tumour, "sub-01_T1w.nii.gz", "sub-01_ce-gadolinium_T1w.nii.gz")
    told = run(root, tmp_path / "out", values={"normalise": True, "leakage_model": "BSW"})
    assert told["state"] == "done"
    assert told["enhancement_looked_at"] is False
    assert told["tumour"]["corrected"]["share"] == 1.0
    record = json.loads(places.record.read_text())
    assert any("which nobody has looked at" in one for one in record["notices"])
    assert record["leakage"]["region_runs"] == record["tumour"]["enhancement_runs"]
    assert record["leakage"]["region_origin"]["kind"] == "proposed"
    raw, corrected = (told["tumour"]["maps"][one]["mean"] for one in ("rCBV", "Corrected rCBV"))
    assert corrected > raw + 0.2


def test_t1_that_cannot_be_used_costs_no_maps(root, small, tmp_path):
    """The reason is a finding, and no tumour is read."""
    none = np.zeros_like(small.brain)
    put_t1(root, small, none, "sub-01_T1w.nii.gz", "sub-01_ce-gadolinium_T1w.nii.gz")
    damage(root / "sub-01" / "anat" / "sub-01_ce-gadolinium_T1w.nii.gz", 100)
    told = run(root, tmp_path / "out", values={"normalise": True})
    assert told["state"] == "done"
    assert told.get("tumour") is None
    assert "enhancement_looked_at" not in told
    assert any("T1 before and after contrast could not be used" in one for one in findings_of(told))
    assert "sub-01_ce" not in json.dumps(told["findings"])


@pytest.mark.parametrize(
    ("names", "pair"),
    [
        (["T1w", "ce-gad_T1w"], ("T1w", "ce-gad_T1w")),
        (["run-1_T1w", "run-2_T1w", "ce-gad_run-2_T1w"], ("run-2_T1w", "ce-gad_run-2_T1w")),
        (["acq-mprage_T1w", "ce-gad_T1w"], ("acq-mprage_T1w", "ce-gad_T1w")),
        (["T1w"], None),
        (["ce-gad_T1w"], None),
        (["T1w", "ce-gad_FLAIR"], None),
    ],
)
def test_the_pair_of_t1_is_that_of_one_subject_and_differs_in_contrast_alone(root, names, pair):
    folder = root / "sub-01" / "anat"
    folder.mkdir()
    for name in names:
        (folder / f"sub-01_{name}.nii.gz").write_bytes(b"")
    (scan,) = find_scans(root)
    found = tuple(None if one is None else one.name for one in t1_pair(scan))
    wanted = (None, None) if pair is None else tuple(f"sub-01_{one}.nii.gz" for one in pair)
    assert found == wanted
