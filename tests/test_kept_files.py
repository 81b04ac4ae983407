"""Files that earlier programs wrote open, and replay to the byte: `tests/fixtures`."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, read
from napari_dsc.cli import main
from napari_dsc.core.progress import finished
from napari_dsc.io.aif import (
    AnotherScan,
    GivenCurve,
    load_curve,
    read_aif,
    read_curve,
    read_given,
    scan_fingerprint,
)
from napari_dsc.io.autosave import Autosave
from napari_dsc.report.read_regions import drawn_beside
from scripts.keep_files import environment
from scripts.keep_files import main as keep_files

FIXTURES = Path(__file__).parent / "fixtures"
TODAY, FIRST = FIXTURES / "format_7", FIXTURES / "format_3"
SCANS = TODAY / "scans"
SCAN = SCANS / "sub-01_dsc.nii.gz"
SHAPE = (16, 16, 2)
FOLDERS = sorted(path.parent for path in FIXTURES.glob("format_*/results/*/record.json"))
OF_TODAY = [folder for folder in FOLDERS if TODAY in folder.parents]
EARLIER = [folder for folder in FOLDERS if TODAY not in folder.parents]
MAPS = ("cbv", "cbf", "mtt", "ttp", "tmax", "delay")
DRAWN = ("regions_dseg", "regions.tsv", "relative_cbv", "relative_cbf")  # what no record replays


def name_of(folder: Path) -> str:
    return f"{folder.parents[1].name}-{folder.name}"


def kept_by(folder: Path) -> dict[str, Any]:
    """`kept.json` of a folder of results: how it was made."""
    return json.loads((folder.parents[1] / "kept.json").read_text(encoding="utf-8"))


def record_in(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "record.json").read_text(encoding="utf-8"))


def numbers_in(path: Path) -> np.ndarray:
    return np.asarray(nib.Nifti1Image.from_filename(path).dataobj, np.float64)


def mask(name: str) -> np.ndarray:
    return numbers_in(SCANS / f"{name}.nii.gz") > 0


def end_of(path: Path, folder: Path) -> str:
    """End of a result's name, as its record lists it."""
    return next(end for end in record_in(folder)["files"] if path.name.endswith(end))


def volumes_in(folder: Path) -> list[Path]:
    """Volumes that a record replays."""
    volumes = sorted(folder.glob("*.nii.gz"))
    return [path for path in volumes if not any(one in path.name for one in DRAWN)]


def differing(folder: Path, again: Path) -> set[str]:
    """Ends of the volumes whose bytes are not as kept."""
    return {
        end_of(path, folder)
        for path in volumes_in(folder)
        if path.read_bytes() != (again / path.name).read_bytes()
    }


def other_environment(folder: Path) -> str:
    """What is not as it was when a folder was made, and may change the last bits; or nothing."""
    was, now = kept_by(folder)["made_with"], environment()
    return ", ".join(f"{key} {now[key]} (was {was[key]})" for key in was if was[key] != now[key])


def about(kept, again, tolerance: float) -> None:
    """Raise unless two pieces of JSON are the same, but for the last digits of numbers."""
    if isinstance(kept, dict):
        assert kept.keys() == again.keys()
        for key, value in kept.items():
            about(value, again[key], tolerance)
    elif isinstance(kept, list):
        assert len(kept) == len(again)
        for one, other in zip(kept, again, strict=True):
            about(one, other, tolerance)
    elif isinstance(kept, float) and tolerance:
        assert again == pytest.approx(kept, rel=tolerance, abs=tolerance)
    else:
        assert again == kept
        assert type(again) is type(kept)


@pytest.fixture(scope="module")
def replay(tmp_path_factory):
    """Replay a folder's record with its scan, once: the new folder, the exit code, the notes."""
    known: dict[Path, tuple[Path, int]] = {}

    def replay(folder: Path) -> tuple[Path, int]:
        if folder not in known:
            scan = folder.parents[1] / kept_by(folder)["scans"][folder.name]
            out = tmp_path_factory.mktemp("again") / folder.name
            code = main(["replay", str(folder / "record.json"), str(scan), "--out", str(out)])
            known[folder] = out, code
        return known[folder]

    return replay


def test_every_format_has_its_kept_files(replay):
    """Today's too: who changes the number of the format runs scripts/keep_files.py for it."""
    again, _ = replay(TODAY / "results" / "osvd")
    number = int(record_in(again)["record"].removeprefix("napari-dsc "))
    assert {int(path.name.removeprefix("format_")) for path in FIXTURES.glob("format_*")} == set(
        range(3, number + 1)
    )
    for folder in FOLDERS:
        assert folder.parents[1].name == record_in(folder)["record"].replace(
            "napari-dsc ", "format_"
        )


@pytest.mark.parametrize("folder", OF_TODAY, ids=name_of)
def test_a_replay_gives_the_kept_bytes(folder, replay):
    """Every volume, wherever numpy, its BLAS and the processor are those of the kept file."""
    if others := other_environment(folder):
        pytest.skip(f"values are compared, not bytes: {others}")
    again, code = replay(folder)
    assert differing(folder, again) == set()
    assert code == 0


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_replay_gives_the_kept_values(folder, replay):
    """On every machine; of VOFs within a window an earlier format took other areas, and says so."""
    again, _ = replay(folder)
    first = FIRST in folder.parents
    flags = {"quality.nii.gz"} if first else set()  # the rules have changed since
    for path in volumes_in(folder):
        end = end_of(path, folder)
        if end in flags:
            continue
        kept, now = numbers_in(path), numbers_in(again / path.name)
        if folder.name == "vof_window" and first and end[:3] in ("cbv", "cbf"):
            ratio = record_in(folder)["aif"]["scaled_by"] / record_in(again)["aif"]["scaled_by"]
            assert 0.8 < ratio < 0.9
            kept = kept * ratio
        scale = np.abs(kept[np.isfinite(kept)]).max()
        np.testing.assert_allclose(now, kept, rtol=0, atol=1e-5 * scale, err_msg=end)


@pytest.mark.parametrize("folder", EARLIER, ids=name_of)
def test_maps_of_an_earlier_format_come_back_to_the_byte(folder, replay, capsys, tmp_path):
    """But for flags, whose rules have changed, and where a notice says what is computed anew."""
    if others := other_environment(folder):
        pytest.skip(f"values are compared, not bytes: {others}")
    if folder.name == "vof_window" and FIRST in folder.parents:
        record, scan = (
            folder / "record.json",
            FIXTURES / "format_3" / kept_by(folder)["scans"]["vof_window"],
        )
        assert main(["replay", str(record), str(scan), "--out", str(tmp_path)]) == 3
        assert "These maps were made by an earlier version" in capsys.readouterr().err
    else:
        assert differing(folder, replay(folder)[0]) <= {"quality.nii.gz"}


@pytest.mark.parametrize("folder", OF_TODAY, ids=name_of)
def test_fault_107_a_replay_writes_the_kept_record(folder, replay):
    """All but versions: a name, a unit or a number that changes needs a new format."""
    again, _ = replay(folder)
    kept, now = record_in(folder), record_in(again)
    exact = not other_environment(folder)
    assert now.pop("versions").keys() >= {"python", "napari-dsc", "numpy", "scipy", "nibabel"}
    kept.pop("versions")
    files, now_files = kept.pop("files"), now.pop("files")
    assert {end for end in files if not any(one in end for one in DRAWN)} == now_files.keys()
    assert list(now) == list(kept)
    about(kept, now, 0 if exact else 1e-9)


@pytest.mark.parametrize("folder", EARLIER, ids=name_of)
def test_a_replay_of_an_earlier_record_keeps_scan_and_settings(folder, replay):
    """What was done is carried into today's format word by word."""
    kept, now = record_in(folder), record_in(replay(folder)[0])
    assert now["settings"] == kept["settings"]
    added = now["input"].keys() - kept["input"].keys()  # what no earlier program knew of
    assert all(not now["input"].pop(key) for key in added)
    assert now["input"] == kept["input"]
    for key in ("vof", "brain_runs", "maps", "bolus_arrival_s"):
        about(kept[key], now[key], 1e-9)
    assert now["aif"]["voxels"] == kept["aif"]["voxels"]


@pytest.mark.parametrize("folder", OF_TODAY, ids=name_of)
def test_the_methods_are_the_kept_paragraph(folder, replay, capsys, tmp_path):
    """Of the kept record, and of its replay by the same versions."""
    (kept,) = folder.glob("*methods.md")
    assert main(["methods", str(folder / "record.json")]) == 0
    assert capsys.readouterr().out == kept.read_text(encoding="utf-8")
    now = record_in(replay(folder)[0]) | {"versions": record_in(folder)["versions"]}
    (tmp_path / "record.json").write_text(json.dumps(now), encoding="utf-8")
    capsys.readouterr()
    assert main(["methods", str(tmp_path / "record.json")]) == 0
    assert capsys.readouterr().out == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", EARLIER, ids=name_of)
def test_the_methods_of_an_earlier_record_can_be_told(folder, capsys):
    """In today's words, with its own settings."""
    record = record_in(folder)
    assert main(["methods", str(folder / "record.json")]) in (0, 3)
    said = capsys.readouterr().out
    *size, volumes = record["input"]["shape"]
    assert f"{volumes} volumes of {'×'.join(map(str, size))} voxels" in said
    assert "oSVD" in said or record["settings"]["deconvolution_method"] != "oSVD"


@pytest.mark.parametrize(
    "folder", [one for one in FOLDERS if one.name in ("regions", "both_echoes")], ids=name_of
)
def test_a_kept_folder_gives_a_report(folder, tmp_path):
    """Its files are whole and as recorded; regions stand in it by their names and means."""
    out = tmp_path / "report.html"
    assert main(["report", str(folder), "--out", str(out)]) in (0, 3)
    page = out.read_text(encoding="utf-8")
    assert page.count("data:image/png;base64") >= 2
    if folder.name == "regions":
        for name, flow in {"White matter, left": "123 ±", "Läsion": "87.9 ±"}.items():
            rows = re.findall(rf"<tr>(?:(?!</tr>).)*?{name}.*?</tr>", page, re.DOTALL)
            assert any(f"<td>{flow}" in row for row in rows)


@pytest.mark.parametrize("format_of", sorted(FIXTURES.glob("format_*")), ids=lambda path: path.name)
def test_kept_regions_are_read_with_all_that_was_drawn(format_of):
    """Labels, names, what is normal, the midline, and the relative maps."""
    folder = format_of / "results" / "regions"
    drawn, notices = finished(drawn_beside(folder / "record.json"))
    assert drawn is not None
    assert notices == ()
    expected = np.zeros(SHAPE, int)
    expected[4:8, 6:12], expected[10:14, 6:12] = 2, 5
    np.testing.assert_array_equal(drawn.labels, expected)
    assert drawn.names == {2: "White matter, left", 5: "Läsion"}
    assert drawn.reference == 2
    assert drawn.midline is not None
    np.testing.assert_allclose(drawn.midline.point, (1.5, -2, 0.25), atol=1e-9)
    np.testing.assert_allclose(drawn.midline.normal, (0.6, 0.8, 0), atol=1e-9)
    assert drawn.relative.keys() == {"rCBV", "rCBF"}
    for symbol, one in drawn.relative.items():
        kept = numbers_in(folder / f"sub-01_desc-relative_{symbol[1:].lower()}.nii.gz")
        np.testing.assert_array_equal(one.values, kept)


@pytest.mark.parametrize("format_of", sorted(FIXTURES.glob("format_*")), ids=lambda path: path.name)
def test_a_kept_aif_opens_with_its_voxels_curve_and_verdicts(format_of):
    """On its scan; the curve of another scan's is all that is left of it."""
    vessels, series = format_of / "vessels", read(SCAN)
    saved = read_aif(vessels / "artery.json", scan_fingerprint(series, SCAN), SHAPE)
    np.testing.assert_array_equal(saved.voxels, mask("artery"))
    assert (saved.kind, saved.unit, saved.scaled_by) == ("AIF", "1/s", 1)
    assert saved.verdicts == tuple(("late",) if at % 3 == 0 else () for at in range(9))
    np.testing.assert_array_equal(saved.time, 1.5 * np.arange(2, 32))
    assert saved.curve.max() == pytest.approx(119.66370730929904, rel=1e-9)
    np.testing.assert_array_equal(read_given(vessels / "artery.json", series, SCAN), mask("artery"))
    curve = read_given(vessels / "artery.json", series, SCAN, as_curve=True)
    assert isinstance(curve, GivenCurve)
    np.testing.assert_array_equal(curve.curve, saved.curve)
    alone = read_aif(vessels / "curve_only.json", scan_fingerprint(series, SCAN), SHAPE)
    assert alone.voxels is None
    np.testing.assert_array_equal(alone.curve, saved.curve)
    time, values = read_curve(vessels / "curve.csv")
    np.testing.assert_array_equal(time, saved.time)
    np.testing.assert_array_equal(values, saved.curve)
    with pytest.raises(AnotherScan) as other:
        read_aif(vessels / "artery.json", "0" * 64, SHAPE)
    np.testing.assert_array_equal(other.value.saved.curve, saved.curve)


def test_kept_curves_know_their_unit_and_factor():
    """Of JSON and of text: 1/s or scaled by an unknown echo time; scaled to a VOF, or not."""
    vessels, series = TODAY / "vessels", read(SCAN)
    sha256 = scan_fingerprint(series, SCAN)
    saved = {path.stem: read_aif(path, sha256, SHAPE) for path in vessels.glob("*.json")}
    assert saved.keys() == {"artery", "vein", "scaled", "curve_only", "te_scaled"}
    assert {name: one.kind for name, one in saved.items() if one.kind != "AIF"} == {"vein": "VOF"}
    np.testing.assert_array_equal(saved["vein"].voxels, mask("vein"))
    factor = saved["scaled"].scaled_by
    assert factor == pytest.approx(0.9046036701838376, rel=1e-12)
    np.testing.assert_allclose(saved["scaled"].curve, factor * saved["artery"].curve, rtol=1e-12)
    assert saved["te_scaled"].unit == "1 (TE-scaled)"
    np.testing.assert_allclose(saved["te_scaled"].curve, 0.03 * saved["artery"].curve, rtol=1e-12)
    for name, known in {"curve": saved["artery"], "scaled": saved["scaled"]}.items():
        given = load_curve(vessels / f"{name}.csv", series)
        np.testing.assert_array_equal(given.curve, known.curve)
        np.testing.assert_array_equal(given.time, known.time)
        assert (given.unit, given.scaled_by) == ("1/s", known.scaled_by)
    with pytest.raises(DscError, match="Enter the echo time"):  # what a record writes: no curve
        load_curve(vessels / "te_scaled.csv", series)


@pytest.fixture
def autosave(tmp_path):
    """What a kept format had painted on a scan; a copy, as a damaged file is set aside."""

    def autosave(format_of: Path, scan: Path):
        folder = shutil.copytree(format_of / "autosave", tmp_path / format_of.name)
        saved, notices = Autosave(folder).load(scan_fingerprint(read(scan), scan), SHAPE)
        assert notices == ()
        assert saved is not None
        return saved

    return autosave


def test_a_kept_autosave_opens_with_all_that_was_painted(autosave):
    """Masks, baseline, a curve without voxels, and which of them were chosen."""
    saved = autosave(TODAY, SCAN)
    painted = {"AIF": "artery", "AIF (proposed)": "artery", "VOF": "vein", "Brain": "brain"}
    painted["Region 1"] = "part"
    assert saved.masks.keys() == {*painted, "AIF 2"}
    for name, own in painted.items():
        np.testing.assert_array_equal(saved.masks[name], mask(own))
    assert not saved.masks["AIF 2"].any()
    (curve,) = saved.curves.values()
    np.testing.assert_array_equal(curve.time, [0, 1.5, 3, 4.5])
    np.testing.assert_array_equal(curve.curve, [0, 2.5, 1.25, 0])
    assert (curve.unit, curve.scaled_by) == ("1/s", 1.5)
    assert (set(saved.curves), saved.at_hand, saved.baseline) == (
        {"AIF 2"},
        ("AIF 2", "VOF"),
        (2, 8),
    )


def test_a_kept_autosave_of_nothing_opens(autosave):
    saved = autosave(TODAY, SCANS / "slices.nii.gz")
    assert (saved.masks, saved.baseline, saved.curves, saved.at_hand) == ({}, None, {}, ())


def test_an_autosave_of_the_first_format_opens(autosave):
    """It had masks and the baseline only."""
    saved = autosave(FIXTURES / "format_3", SCAN)
    painted = {"AIF": "artery", "VOF": "vein", "Brain": "brain", "Region 1": "part"}
    assert saved.masks.keys() == {*painted, "AIF 2"}
    for name, own in painted.items():
        np.testing.assert_array_equal(saved.masks[name], mask(own))
    assert (saved.curves, saved.at_hand, saved.baseline) == ({}, (), (2, 8))


def test_an_autosave_of_the_second_format_opens(autosave):
    """It did not tell which volumes the user left out: they are as found."""
    saved = autosave(FIXTURES / "format_4", SCAN)
    assert {"AIF", "VOF", "Brain", "Region 1"} <= saved.masks.keys()
    assert (saved.leave_out, saved.end, saved.baseline) == (None, None, (2, 8))


def keys_of(content: object, above: str = "") -> set[str]:
    """Every key of nested JSON, by its path."""
    if isinstance(content, dict):
        return {f"{above}/{key}" for key in content}.union(
            *(keys_of(value, f"{above}/{key}") for key, value in content.items())
        )
    if isinstance(content, list) and content:
        return keys_of(content[0], f"{above}[]")
    return set()


def test_the_script_writes_what_is_kept(tmp_path, monkeypatch):
    """The same files with the same keys: a key that is new or gone needs a new format."""
    made = tmp_path / "format_N"
    monkeypatch.setattr("sys.argv", ["keep_files", str(made)])
    assert keep_files() == 0
    kept = {path.relative_to(TODAY) for path in TODAY.rglob("*") if path.is_file()}
    assert {path.relative_to(made) for path in made.rglob("*") if path.is_file()} == kept
    for path in (path for path in kept if path.suffix == ".json"):
        one, other = (json.loads((own / path).read_text("utf-8")) for own in (TODAY, made))
        one.pop("versions", None), other.pop("versions", None)
        assert keys_of(other) == keys_of(one), path
    exact = not other_environment(TODAY / "results" / "osvd")
    for path in (
        path for path in kept if path.suffix in (".csv", ".tsv") or "autosave" in path.parts
    ):
        one, other = ((own / path).read_text("utf-8").splitlines() for own in (TODAY, made))
        title, kept_title = (re.sub(r"by [\d.]+", "by", own[0]) for own in (other, one))
        assert title == kept_title or "autosave" in path.parts
        assert other == one or not exact
    assert keep_files() == 2  # what is kept is never made again
