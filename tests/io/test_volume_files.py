"""Scans in many files, in pairs, in folders, and on fewer axes than they have."""

import gzip
import json

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, phantom, read
from napari_dsc.core.errors import ChoiceNeededError
from napari_dsc.io import UnaskedChoiceError
from napari_dsc.io.mask_files import read_mask
from napari_dsc.io.record import input_fingerprint
from napari_dsc.io.volume_files import is_stack

AFFINE = np.diag([2.0, 2.0, 5.0, 1.0])


@pytest.fixture(scope="module")
def head():
    """A small head, whose slices look like slices."""
    return phantom((24, 24, 4), 30).series.signal


def save_volumes(folder, signal, name="v{}.nii.gz", made=nib.Nifti1Image, affine=AFFINE):
    """One file for each volume."""
    folder.mkdir(exist_ok=True)
    paths = [folder / name.format(at) for at in range(signal.shape[-1])]
    for at, path in enumerate(paths):
        nib.save(made(signal[..., at], affine), path)
    return paths


# --- one file for each volume ------------------------------------------------------------------


@pytest.mark.parametrize("given", ["folder", "list", "list in another order"])
def test_fault_75_one_file_for_each_volume_is_a_scan(tmp_path, signal, given):
    """By their numbers: v2 stands before v10. The time step is asked for."""
    paths = save_volumes(tmp_path / "volumes", signal)
    nib.save(nib.Nifti1Image((signal[..., 0] > 9).astype(np.uint8), AFFINE), tmp_path / "mask.nii")
    opened = {"folder": tmp_path, "list": paths, "list in another order": sorted(paths)}[given]
    series = read(opened)
    np.testing.assert_array_equal(series.signal, signal)
    assert series.signal.dtype == signal.dtype
    np.testing.assert_array_equal(series.affine, AFFINE)
    assert series.time is None
    assert "enter it in seconds" in series.questions[0]
    assert series.files == tuple(paths)
    assert input_fingerprint(series, tmp_path) == input_fingerprint(read(paths), None)
    assert is_stack(paths)


def test_fault_75_scales_and_kinds_that_differ_are_brought_over(tmp_path, signal):
    """Each volume by its own scale, as SPM stores them."""
    paths = save_volumes(tmp_path / "volumes", signal)
    for at, path in enumerate(paths[:10]):
        image = nib.Nifti1Image((signal[..., at] // 2).astype(np.uint16), AFFINE)
        image.header["scl_slope"], image.header["scl_inter"] = 2, at
        image.to_filename(path)
        content = bytearray(gzip.decompress(path.read_bytes()))
        header = np.frombuffer(content, nib.nifti1.header_dtype, count=1)
        header["scl_slope"], header["scl_inter"] = 2, at
        path.write_bytes(gzip.compress(bytes(content)))
    series = read(tmp_path / "volumes")
    assert series.signal.dtype == np.float32
    expected = signal.astype(np.float32)
    expected[..., :10] = 2 * (signal[..., :10] // 2) + np.arange(10)
    np.testing.assert_array_equal(series.signal, expected)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda volume: (volume[:-1], AFFINE), r"v7.nii.gz must have the shape \(6, 5, 4\)"),
        (lambda volume: (volume, AFFINE + np.eye(4)[0][:, None]), "v7.nii.gz must lie on the grid"),
        (lambda volume: (np.stack([volume] * 2, 3), AFFINE), "v7.nii.gz must hold one volume"),
    ],
    ids=["shape", "place", "two volumes"],
)
def test_fault_75_volumes_that_do_not_fit_are_refused_by_name(tmp_path, signal, change, said):
    paths = save_volumes(tmp_path / "volumes", signal)
    values, affine = change(signal[..., 7])
    nib.save(nib.Nifti1Image(values, affine), paths[7])
    with pytest.raises(DscError, match=said):
        read(paths)


def test_fault_75_a_missing_number_is_said(tmp_path, signal):
    paths = save_volumes(tmp_path / "volumes", signal, "v{:03}.nii")
    paths[5].unlink()
    series = read(tmp_path / "volumes")
    assert series.n_volumes == 23
    assert "jump between 4 and 6" in " ".join(series.notices)


def test_fault_75_times_and_echoes_of_single_volumes(tmp_path, signal):
    """What their sidecars say alike is taken; volumes of two echoes are no scan."""
    paths = save_volumes(tmp_path / "volumes", signal, "v{:03}.nii")
    for path in paths:
        words = {"EchoTime": 0.03, "RepetitionTime": 1.5}
        path.with_suffix(".json").write_text(json.dumps(words))
    series = read(tmp_path / "volumes")
    assert (series.echo_time, series.repetition_time) == (0.03, 1.5)
    paths[9].with_suffix(".json").write_text(json.dumps({"EchoTime": 0.05}))
    with pytest.raises(DscError, match=r"v009.nii must have the echo time .*0.03 s, got 0.05 s"):
        read(tmp_path / "volumes")


def test_fault_75_two_scans_in_a_folder_are_asked(tmp_path, signal):
    """Told apart by the number that does not count; persons count no volumes."""
    save_volumes(tmp_path / "two", signal, "f_e1_{:03}.nii")
    save_volumes(tmp_path / "two", signal // 2, "f_e2_{:03}.nii")
    with pytest.raises(ChoiceNeededError) as needed:
        read(tmp_path / "two")
    assert needed.value.fact == "file"
    assert needed.value.options["2"] == "f_e2_000.nii to f_e2_023.nii, 24 volumes"
    series = read(tmp_path / "two", file="2")
    np.testing.assert_array_equal(series.signal, signal // 2)
    assert series.choices == {"file": "2"}
    maps = save_volumes(tmp_path / "maps", signal, "sub-{:02}_cbf.nii")
    assert not is_stack(maps)
    with pytest.raises(DscError, match="the folder 'maps' without one"):
        read(tmp_path / "maps")


def test_fault_75_one_volume_of_many_names_the_folder(tmp_path, signal):
    paths = save_volumes(tmp_path / "volumes", signal)
    with pytest.raises(DscError, match=r"one volume, v3.nii.gz: 24 files beside it.*their folder"):
        read(paths[3])


def test_fault_75_a_folder_that_holds_one_scan_is_that(tmp_path, save, signal):
    """With its sidecar; of two it is asked which."""
    save("scan.nii.gz", sidecar={"EchoTime": 0.03})
    nib.save(nib.Nifti1Image(signal[..., 0], np.eye(4)), tmp_path / "anatomy.nii.gz")
    series = read(tmp_path)
    np.testing.assert_array_equal(series.signal, signal)
    assert (series.echo_time, series.choices) == (0.03, {})
    assert series.files == (tmp_path / "scan.nii.gz",)
    save("other.nii", signal // 2)
    with pytest.raises(ChoiceNeededError, match=r"2 dynamic scans.*1: other.nii, 6 × 5 × 4 × 24"):
        read(tmp_path)


# --- pairs, and what a name says ---------------------------------------------------------------


@pytest.mark.parametrize("opened", ["hdr", "img"])
@pytest.mark.parametrize(
    ("made", "end"),
    [(nib.Nifti1Pair, ""), (nib.Nifti2Pair, ""), (nib.Nifti1Pair, ".gz"), (nib.AnalyzeImage, "")],
    ids=["NIfTI 1", "NIfTI 2", "compressed", "ANALYZE 7.5"],
)
def test_fault_76_a_pair_is_read_by_either_name(tmp_path, signal, made, end, opened):
    nib.save(made(signal, AFFINE), tmp_path / f"scan.img{end}")
    (tmp_path / "scan.json").write_text(json.dumps({"EchoTime": 0.03, "RepetitionTime": 1.5}))
    series = read(tmp_path / f"scan.{opened}{end}")
    np.testing.assert_array_equal(series.signal, signal)
    assert (series.echo_time, series.repetition_time) == (0.03, 1.5)
    assert [path.name for path in series.files] == [f"scan.hdr{end}", f"scan.img{end}"]
    assert series.oriented == (made is not nib.AnalyzeImage)
    assert any("Orientation unknown" in one for one in series.notices) != series.oriented


def test_fault_76_half_a_pair_is_refused_by_name(tmp_path, signal):
    nib.save(nib.Nifti1Pair(signal, AFFINE), tmp_path / "scan.img")
    (tmp_path / "scan.img").unlink()
    with pytest.raises(DscError, match=r"scan.hdr must lie beside scan.img, got it alone"):
        read(tmp_path / "scan.hdr")


@pytest.mark.parametrize("name", ["scan.nii", "SCAN.NII.GZ", "scan", "scan.nii.gz.1"])
@pytest.mark.parametrize("compressed", [True, False])
def test_fault_76_bytes_tell_what_a_name_does_not(tmp_path, save, signal, name, compressed):
    """A gzip named .nii, plain bytes named .nii.gz, a scan without an ending."""
    content = save("made.nii").read_bytes()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if compressed else content)
    np.testing.assert_array_equal(read(path).signal, signal)


# --- slices and volumes on one axis ------------------------------------------------------------


@pytest.mark.parametrize("axes", [3, 4])
@pytest.mark.parametrize("first", ["slices", "volumes"])
def test_fault_77_slices_and_volumes_on_one_axis_are_split_as_chosen(tmp_path, head, first, axes):
    turned = head if first == "slices" else head.swapaxes(2, 3)
    stacked = turned.reshape(24, 24, 120, order="F")
    path = tmp_path / "stacked.nii"
    nib.save(nib.Nifti1Image(stacked if axes == 3 else stacked[:, :, None], AFFINE), path)
    series = read(path, slices="4")
    np.testing.assert_array_equal(series.signal, head)
    assert series.choices == {"slices": "4"}
    assert "as their likeness tells" in series.notices[0]
    assert series.time is None  # a step along that axis is neither a slice's nor a volume's
    other = read(path, slices="4", order=first)
    np.testing.assert_array_equal(other.signal, head)
    assert other.choices == {"slices": "4", "order": first}
    for wrong in ("7", "1", "x"):  # 120 is no multiple, or there were no slices at all
        with pytest.raises(ChoiceNeededError) as needed:
            read(path, slices=wrong)
        assert sorted(needed.value.options) == ["2", "3", "4", "5", "6"]


def test_fault_77_what_looks_stacked_is_asked_and_nothing_else(tmp_path, head):
    """A volume, a mask and a scan of one slice are not."""
    stacked = tmp_path / "stacked.nii"
    nib.save(nib.Nifti1Image(head.reshape(24, 24, 120, order="F"), AFFINE), stacked)
    with pytest.raises(ChoiceNeededError, match="how many slices has a volume") as needed:
        read(stacked)
    assert next(iter(needed.value.options)) == "4"
    assert "look like" in needed.value.options["4"]
    one = tmp_path / "one.nii"
    nib.save(nib.Nifti1Image(head[:, :, 2:3], AFFINE), one)
    np.testing.assert_array_equal(read(one).signal, head[:, :, 2:3])
    volume = tmp_path / "volume.nii"
    nib.save(nib.Nifti1Image(phantom((24, 24, 60), 20).series.signal[..., 0], AFFINE), volume)
    with pytest.raises(DscError, match=r"4 axes .*give the number of slices"):
        read(volume)


def test_fault_77_an_order_that_nothing_tells_is_asked(tmp_path):
    """Noise is alike in no order."""
    noise = np.random.default_rng(0).integers(1, 999, (8, 8, 80)).astype(np.int16)
    path = tmp_path / "noise.nii"
    nib.save(nib.Nifti1Image(noise, AFFINE), path)
    with pytest.raises(ChoiceNeededError) as needed:
        read(path, slices="4")
    assert (needed.value.fact, list(needed.value.options)) == ("order", ["slices", "volumes"])
    assert read(path, slices="4", order="volumes").signal.shape == (8, 8, 4, 20)


# --- choices without effect --------------------------------------------------------------------


@pytest.mark.parametrize("fact", ["series", "file", "echo", "axis", "slices", "order"])
def test_fault_79_a_choice_that_no_question_was_asked_for_is_refused(save, fact):
    path = save()
    with pytest.raises(UnaskedChoiceError, match=f"{fact} must be left out for this scan"):
        read(path, **{fact: "2"})
    with pytest.raises(DscError, match=r"a choice must be one of series, .*got 'colour'"):
        read(path, colour="red")
    assert read(path).choices == {}


def test_fault_79_two_echoes_are_not_combined_of_three(save, signal):
    """Nor of one: "both" is an answer where it was offered."""
    with pytest.raises(ChoiceNeededError, match="3 echoes"):
        read(save(values=np.stack([signal] * 3, 4)), echo="both")
    with pytest.raises(UnaskedChoiceError):
        read(save(), echo="both")


# --- units of length ---------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "factor"), [("mm", 1), ("micron", 1e3), ("meter", 1e-3)])
def test_fault_70_lengths_are_in_millimetres_whatever_the_file_s_unit(
    tmp_path, signal, unit, factor
):
    """Of a scan and of a mask alike: they lie on one another."""
    scaled = np.diag([factor] * 3 + [1]) @ AFFINE
    for name, values in (("scan", signal), ("mask", (signal[..., 0] > 1500).astype(np.uint8))):
        image = nib.Nifti1Image(values, scaled)
        image.header.set_xyzt_units(unit, "sec")
        nib.save(image, tmp_path / f"{name}.nii")
    series = read(tmp_path / "scan.nii")
    assert series.affine is not None
    np.testing.assert_allclose(series.affine, AFFINE, rtol=1e-6)
    assert series.notices == ()
    mask = read_mask(tmp_path / "mask.nii", series)
    np.testing.assert_array_equal(mask.voxels, signal[..., 0] > 1500)


@pytest.mark.parametrize("factor", [1e3, 1e-3])
@pytest.mark.parametrize("unit", ["unknown", "mm"])
def test_fault_70_voxels_of_no_head_are_said(tmp_path, signal, unit, factor):
    image = nib.Nifti1Image(signal, np.diag([factor] * 3 + [1]) @ AFFINE)
    image.header.set_xyzt_units(unit, "sec")
    nib.save(image, tmp_path / "scan.nii")
    (said,) = read(tmp_path / "scan.nii").notices
    assert f"{2 * factor:.4g} × {2 * factor:.4g} × {5 * factor:.4g} mm cannot be" in said
