"""What napari is given: a reader, a writer and a sample."""

import gzip
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from threading import current_thread, main_thread
from time import sleep

import nibabel as nib
import numpy as np
import pytest
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QInputDialog

from napari_dsc import DscError, Series, phantom, read
from napari_dsc.core.phantom import two_echo_phantom
from napari_dsc.core.progress import finished
from napari_dsc.io.fingerprints import fingerprint
from napari_dsc.io.nifti import read_volume, write_nifti, write_series
from napari_dsc.io.readers import READERS, endings
from napari_dsc.viewer import contributions
from napari_dsc.viewer.background.write_jobs import known_as
from napari_dsc.viewer.contributions import (
    DEMO,
    get_reader,
    open_stroke,
    open_tumour,
    open_two_echoes,
    scan_layer,
    write_layer,
)
from napari_dsc.viewer.layers import (
    AIF_RED,
    KEY,
    mask_from_layer,
    mask_layer_options,
    placement,
    series_of,
    to_screen,
    volume_options,
)

ORIENTATIONS = ["RAS", "LAS", "LPS", "RPS", "PIR", "ASL", "oblique"]
SHAPE = (6, 5, 4)


def affine_of(orientation: str) -> np.ndarray:
    """Affine of a file whose axes run towards these letters; all its numbers are float32."""
    affine = np.diag([2.0, 2.5, 5.0, 1.0])
    if orientation == "oblique":
        affine[:3, :3] = nib.eulerangles.euler2mat(0.3, 0.1, -0.2) * (2, 2.5, 5)
    else:
        affine[:3, :3] = 0
        for axis, (world, sign) in enumerate(nib.orientations.axcodes2ornt(orientation)):
            affine[int(world), axis] = sign * (2, 2.5, 5)[int(world)]
    affine[:3, 3] = (-20.5, 13.25, 7)
    return affine.astype(np.float32).astype(np.float64)


@pytest.fixture(params=ORIENTATIONS)
def series(request) -> Series:
    """Scan of 24 volumes, in every orientation."""
    signal = np.random.default_rng(0).integers(1, 3000, (*SHAPE, 24)).astype(np.int16)
    affine = affine_of(request.param)
    return Series(signal=signal, time=1.5 * np.arange(24), echo_time=0.03, affine=affine)


def opened(*paths: Path) -> list[Layer]:
    """Layers of some files, as napari makes them."""
    names = [str(path) for path in paths]
    path = names if len(names) > 1 else names[0]
    reader = get_reader(path)
    assert reader is not None
    return [Layer.create(*one) for one in reader(path)]


def world_corners(layer: Layer) -> np.ndarray:
    """World coordinates (z, y, x) of the corners of a layer's volumes."""
    shape = layer.data.shape[-3:]
    voxels = product(*((0, size - 1) for size in shape))
    return np.array([layer.data_to_world((0,) * (layer.ndim - 3) + voxel)[-3:] for voxel in voxels])


OTHERS: list[str | list[str]] = [
    "x.dcm", "x.txt", "x.nii.txt", "nii", "x", "x.mgz", ["x.nii", "y.dcm"], "folder/",
]  # fmt: skip


@pytest.mark.parametrize(
    "path", [one for one in OTHERS if isinstance(one, list) or not one.endswith(tuple(endings()))]
)
def test_other_files_are_left_to_other_readers(path):
    """None: napari asks the next plugin."""
    assert get_reader(path) is None


@pytest.mark.parametrize(
    "path",
    [
        *(f"x{end}" for end in READERS["NIfTI"].every_ending),
        "X.NII.GZ",
        "x.IMG",
        ["x.nii", "y.nii.gz"],
    ],
)
def test_nifti_files_are_ours(path):
    """One or many, whatever their letter case."""
    assert callable(get_reader(path))


@pytest.mark.parametrize("suffix", READERS["NIfTI"].endings)
def test_a_scan_opens_as_an_image(tmp_path, series, suffix):
    """With its times and its true affine at hand, and not a voxel copied."""
    path = tmp_path / f"scan{suffix}"
    write_series(path, series)
    (layer,) = opened(path)
    assert isinstance(layer, Image)
    assert layer.name == "scan"
    shown = series_of(layer)
    assert np.shares_memory(layer.data, shown.signal)
    np.testing.assert_array_equal(shown.signal, series.signal)
    np.testing.assert_array_equal(shown.affine, series.affine)
    np.testing.assert_array_equal(shown.time, series.time)
    assert shown.echo_time == 0.03
    np.testing.assert_array_equal(layer.data, to_screen(series.signal, placement(series.affine)))


def test_fault_152_an_open_scan_is_what_was_read(tmp_path, series):
    """The layer does not look through to a file that may change, and its hash is of those bytes."""
    path = tmp_path / "scan.nii"
    write_series(path, series)
    known = fingerprint(path)
    (layer,) = opened(path)
    path.write_bytes(bytes(path.stat().st_size))
    np.testing.assert_array_equal(layer.data, to_screen(series.signal, placement(series.affine)))
    assert finished(known_as(series_of(layer), path)) == known


def test_fault_152_a_file_that_another_reader_opened_counts_while_it_holds_the_same(
    tmp_path, series
):
    """napari's own reader, say: nobody has hashed the bytes that it read."""
    path = tmp_path / "scan.nii"
    write_series(path, series)
    known = fingerprint(path)
    other = replace(series, hashes=())
    assert finished(known_as(other, path)) == known
    write_series(path, replace(series, signal=series.signal + 1))
    assert finished(known_as(other, path)) is None
    path.unlink()
    assert finished(known_as(other, path)) is None


def test_many_files_open_as_many_layers(tmp_path, series):
    """A scan and a mask at once, each in its place."""
    write_series(tmp_path / "scan.nii.gz", series)
    write_nifti(tmp_path / "mask.nii", series.signal[..., 0] > 1500, series.affine)
    scan, mask = opened(tmp_path / "scan.nii.gz", tmp_path / "mask.nii")
    assert (type(scan), type(mask)) == (Image, Labels)
    assert mask.units == scan.units[1:]
    np.testing.assert_array_equal(world_corners(mask), world_corners(scan))
    place = placement(series.affine)
    found = mask_from_layer(mask, place, SHAPE)
    np.testing.assert_array_equal(found, series.signal[..., 0] > 1500)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.arange(120) % 2, Labels),
        (np.arange(120) % 64, Labels),
        (np.arange(120) % 65, Image),
        (np.arange(120) / 2, Image),
    ],
    ids=["mask", "64 labels", "65 numbers", "floats"],
)
@pytest.mark.parametrize("suffix", READERS["NIfTI"].endings)
def test_a_volume_of_few_integers_is_a_mask(tmp_path, values, kind, suffix):
    """Labels that can be painted on at once; anything else is a picture."""
    path = tmp_path / f"volume{suffix}"
    stored = values.astype(np.int16 if values.dtype.kind == "i" else np.float32).reshape(SHAPE)
    write_nifti(path, stored, np.eye(4))
    (layer,) = opened(path)
    assert type(layer) is kind
    np.testing.assert_array_equal(layer.data, stored.T)
    if kind is Labels:
        layer.data_setitem((np.array([0]), np.array([0]), np.array([0])), 7)
        assert layer.data[0, 0, 0] == 7
        assert read_volume(path)[0][0, 0, 0] == stored[0, 0, 0]


@pytest.mark.parametrize(
    "raw",
    [{"srow_x": np.nan}, {"srow_x": np.inf}, {"srow_x": 0, "srow_y": 0, "srow_z": 0}],
    ids=str,
)
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_volume_that_lies_nowhere_still_opens(tmp_path, raw, kind):
    """As a scan does: its affine is unusable, its values are not."""
    path = tmp_path / "volume.nii"
    write_nifti(path, np.ones(SHAPE, kind), np.eye(4))
    content = bytearray(path.read_bytes())
    header = np.frombuffer(content, nib.nifti1.header_dtype, count=1)
    for key, value in raw.items():
        header[key] = value
    path.write_bytes(content)
    (layer,) = opened(path)
    np.testing.assert_array_equal(layer.data, np.ones(SHAPE[::-1]))
    assert np.isfinite(layer.affine.affine_matrix).all()


def volumes_of(folder: Path, series: Series) -> list[Path]:
    """One file for each volume."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"v{at}.nii.gz" for at in range(series.n_volumes)]
    for at, path in enumerate(paths):
        write_nifti(path, series.signal[..., at], series.affine)
    return paths


@pytest.mark.parametrize("given", ["a list", "a folder", "a folder of one file"])
def test_fault_75_a_stack_of_files_opens_as_one_scan(tmp_path, series, given):
    """Named after its files, never after its folder; known again by its files."""
    folder = tmp_path / "volumes"
    paths = volumes_of(folder, series)
    if given == "a folder of one file":
        for path in paths:
            path.unlink()
        paths = [folder / "scan.nii.gz"]
        write_series(paths[0], series)
    (layer,) = opened(*(paths if given == "a list" else [folder]))
    assert isinstance(layer, Image)
    assert layer.name == ("scan" if given == "a folder of one file" else "v")
    shown = series_of(layer)
    np.testing.assert_array_equal(shown.signal, series.signal)
    assert shown.files == tuple(paths)
    assert (shown.time is None) == (len(paths) > 1)


def test_fault_75_maps_and_masks_dropped_together_stay_apart(tmp_path, series):
    """However many they are: their names do not count volumes."""
    names = ["cbf", "cbv", "mask", *(f"sub-{at:02}_roi" for at in range(20))]
    paths = [tmp_path / f"{name}.nii.gz" for name in names]
    for path in paths:
        write_nifti(path, series.signal[..., 0].astype(np.float32), series.affine)
    assert len(opened(*paths)) == 23
    few = volumes_of(tmp_path / "few", series)[:19]
    assert len(opened(*few)) == 19


@pytest.mark.parametrize("name", ["scan.hdr", "scan.img"])
def test_fault_76_a_pair_opens_by_either_name(tmp_path, series, name):
    nib.save(nib.Nifti1Pair(series.signal, series.affine), tmp_path / "scan.img")
    (layer,) = opened(tmp_path / name)
    np.testing.assert_array_equal(series_of(layer).signal, series.signal)
    assert layer.name == "scan"


@pytest.mark.usefixtures("qapp")
def test_fault_77_stacked_slices_are_asked_about_or_stay_one_volume(tmp_path, monkeypatch):
    """Whoever cancels has what the file holds."""
    head = phantom((24, 24, 4), 30).series
    stacked = head.signal.reshape(24, 24, 120, order="F")
    path = tmp_path / "stacked.nii"
    write_nifti(path, stacked.astype(np.float32), head.affine)
    answers = [(0, True), (0, False)]

    def answer(_parent, _title, question, items, *_):
        assert "how many slices" in question
        at, accepted = answers.pop(0)
        return items[at], accepted

    monkeypatch.setattr(QInputDialog, "getItem", answer)
    (scan,) = opened(path)
    np.testing.assert_array_equal(series_of(scan).signal, head.signal)
    (volume,) = opened(path)
    assert volume.data.shape == (120, 24, 24)
    assert answers == []


def test_fault_78_the_viewer_says_what_the_command_line_says(tmp_path):
    """Of an archive that is called like a scan, too."""
    path = tmp_path / "scan.nii.gz"
    path.write_bytes(b"PK\x03\x04" + bytes(400))
    with pytest.raises(DscError) as shown:
        opened(path)
    with pytest.raises(DscError) as told:
        read(path)
    assert str(shown.value) == str(told.value)
    assert "a zip archive" in str(told.value)


@pytest.mark.parametrize("shape", [(6, 5, 4, 3), (6, 5, 4, 24)], ids=["too short", "damaged"])
def test_what_cannot_be_read_adds_no_layer(tmp_path, shape):
    """The reason is the error that napari shows."""
    path = tmp_path / "scan.nii.gz"
    signal = np.random.default_rng(0).integers(1, 99, shape).astype(np.int16)
    write_series(path, Series(signal=signal, time=None, echo_time=None, affine=np.eye(4)))
    if shape[-1] == 24:
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DscError, match=r"20 volumes|Copy it again"):
        opened(path)


T1 = {"stroke": [], "tumour": ["T1 before contrast", "T1 after contrast"]}


@pytest.mark.parametrize(
    ("sample", "name", "lesion", "seed"),
    [(open_stroke, DEMO, "stroke", 0), (open_tumour, "Digital patient, tumour", "tumour", 1)],
    ids=["stroke", "tumour"],
)
def test_the_samples_are_digital_patients(sample, name, lesion, seed):
    """One scan with its times; neither the artery nor any truth is given away."""
    data, *t1 = sample()
    assert [one[1]["name"] for one in t1] == T1[lesion]
    layer = Layer.create(*data)
    series = series_of(layer)
    patient = phantom(anatomy="realistic", lesion=lesion, seed=seed)
    assert np.array_equal(series.signal, patient.series.signal)
    assert (series.repetition_time, series.echo_time) == (1.5, 0.03)
    assert layer.name == name
    assert layer.axis_labels == ("t", "z", "y", "x")
    assert set(layer.metadata) == {KEY}
    assert set(layer.metadata[KEY]) - {"reading"} == {"series", "file"}
    assert layer.metadata[KEY].get("reading") == (None if lesion == "stroke" else "tumour")
    assert layer.metadata[KEY]["file"] is None


@pytest.mark.usefixtures("qtbot")
def test_the_sample_of_two_echoes_holds_both(monkeypatch):
    """Combined as files of echoes are, with the short echo beside it for the artery."""
    small = partial(two_echo_phantom, shape=(32, 32, 4))
    monkeypatch.setattr("napari_dsc.core.phantom.two_echo_phantom", small)
    data, *_ = open_two_echoes()
    series = series_of(Layer.create(*data))
    early, late = small(anatomy="realistic", lesion="tumour", seed=1)
    assert series.two_echoes
    assert series.early is not None
    assert series.early_echo_time == early.series.echo_time
    assert series.echo_time == pytest.approx(late.series.echo_time - early.series.echo_time)
    assert np.array_equal(series.early, early.series.signal)


@pytest.mark.usefixtures("qtbot")
def test_the_window_lives_while_a_sample_is_made(monkeypatch):
    """The patient is made on another thread; whoever cancels gets no layer."""
    threads: list[object] = []
    ticks: list[float] = []

    def make():
        threads.append(current_thread())
        for _ in range(1000):
            if len(ticks) > 5:
                break
            sleep(0.01)
        return phantom((32, 32, 4), 60)

    monkeypatch.setattr(contributions, "tumour_patient", make)
    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start()
    data, *_ = open_tumour()
    timer.stop()
    assert threads[0] is not main_thread()
    assert len(ticks) > 5
    assert data[1]["name"] == "Digital patient, tumour"
    monkeypatch.setattr("napari_dsc.viewer.background.progress_dialog.awaited", lambda *_: None)
    assert open_tumour() == contributions.NOTHING


def a_map(series: Series, values: np.ndarray, **more) -> Image:
    """Layer of a map, as the panel shows one."""
    place = placement(series.affine)
    known = {"name": "Cerebral blood flow", "unit": "mL/100g/min", "affine": series.affine}
    return Image(
        to_screen(values, place),
        name="CBF (mL/100g/min)",
        metadata={KEY: {**known, **more}},
        **volume_options(place),
    )


def saved(layer: Layer, path: Path) -> list[str]:
    """Save a layer as napari does."""
    data, options, _ = layer.as_layer_data_tuple()
    return write_layer(str(path), data, options)


@pytest.mark.parametrize("suffix", READERS["NIfTI"].endings)
def test_a_map_is_saved_with_the_true_affine(tmp_path, series, suffix):
    """In the axes of the scan's file, NaN included, with its name and unit."""
    values = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    values[0, 1, 2] = np.nan
    path = tmp_path / f"cbf{suffix}"
    assert saved(a_map(series, values), path) == [str(path)]
    found, affine = read_volume(path)
    np.testing.assert_array_equal(found, values)
    np.testing.assert_array_equal(affine, series.affine)
    words = nib.Nifti1Image.from_filename(path).header["descrip"].item()
    assert words == b"Cerebral blood flow mL/100g/min"


def test_a_saved_map_comes_back_onto_its_scan(tmp_path, series):
    """Reopened it covers the scan, corner by corner, voxel by voxel."""
    write_series(tmp_path / "scan.nii.gz", series)
    values = series.signal.mean(axis=-1, dtype=np.float32)
    saved(a_map(series, values), tmp_path / "cbf.nii.gz")
    scan, cbf = opened(tmp_path / "scan.nii.gz", tmp_path / "cbf.nii.gz")
    np.testing.assert_array_equal(world_corners(cbf), world_corners(scan))
    np.testing.assert_array_equal(cbf.data, scan.data.mean(axis=0, dtype=np.float32))


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64])
def test_a_mask_is_saved_and_comes_back(tmp_path, series, kind):
    """Whatever kind of integers the layer holds: napari's own new layers hold int64."""
    labels = (np.arange(120) % 3).reshape(SHAPE).astype(kind)
    place = placement(series.affine)
    layer = Labels(to_screen(labels, place).copy(), **mask_layer_options(series, "AIF", AIF_RED))
    saved(layer, tmp_path / "aif.nii.gz")
    found, affine = read_volume(tmp_path / "aif.nii.gz")
    np.testing.assert_array_equal(found, labels)
    np.testing.assert_array_equal(affine, series.affine)
    (back,) = opened(tmp_path / "aif.nii.gz")
    assert isinstance(back, Labels)
    np.testing.assert_array_equal(mask_from_layer(back, place, SHAPE), labels > 0)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float32])
def test_a_volume_that_was_opened_can_be_saved(tmp_path, series, kind):
    """It goes back to disk as it came."""
    values = (np.arange(120) % 5).reshape(SHAPE).astype(kind)
    nib.save(nib.Nifti1Image(values, series.affine, dtype=values.dtype), tmp_path / "one.nii")
    (layer,) = opened(tmp_path / "one.nii")
    saved(layer, tmp_path / "two.nii.gz")
    found, affine = read_volume(tmp_path / "two.nii.gz")
    np.testing.assert_array_equal(found, values)
    np.testing.assert_array_equal(affine, series.affine)


def test_a_file_name_is_not_saved_in_another_file(tmp_path):
    """It may be a patient's: a copy under a new name does not carry it."""
    (tmp_path / "ZZCANARY^NAME").mkdir()
    source = tmp_path / "ZZCANARY^NAME" / "ZZCANARY^NAME.nii"
    write_nifti(source, np.ones(SHAPE, np.uint8), np.eye(4))
    (layer,) = opened(source)
    saved(layer, tmp_path / "mask.nii.gz")
    assert b"CANARY" not in gzip.decompress((tmp_path / "mask.nii.gz").read_bytes())


FOREIGN = {
    "image": Image(np.zeros((4, 5, 6)), name="theirs"),
    "labels": Labels(np.zeros((4, 5, 6), np.uint8), name="theirs"),
    "picture": Image(np.zeros((5, 6)), name="theirs", metadata={KEY: {"affine": np.eye(4)}}),
    "4-D labels": Labels(
        np.zeros((20, 4, 5, 6), np.uint8), name="theirs", metadata={KEY: {"affine": np.eye(4)}}
    ),
}


@pytest.mark.parametrize("layer", FOREIGN.values(), ids=FOREIGN)
def test_layers_of_others_are_refused(tmp_path, layer):
    """Their true affine is unknown: nothing is written in a place that is made up."""
    with pytest.raises(DscError, match="layer 'theirs' must be a volume"):
        saved(layer, tmp_path / "one.nii.gz")
    assert list(tmp_path.iterdir()) == []


def test_a_scan_is_no_volume_to_save(tmp_path):
    """It is on disk already."""
    layer = Layer.create(*scan_layer(phantom((8, 8, 2)).series, "Digital patient"))
    with pytest.raises(DscError, match="layer 'Digital patient' must be a volume"):
        saved(layer, tmp_path / "one.nii.gz")
    assert list(tmp_path.iterdir()) == []


def test_what_is_opened_is_what_read_gives(tmp_path, series):
    """The screen and the command line see the same scan."""
    write_series(tmp_path / "scan.nii", series)
    shown, plain = series_of(opened(tmp_path / "scan.nii")[0]), read(tmp_path / "scan.nii")
    np.testing.assert_array_equal(shown.signal, plain.signal)
    np.testing.assert_array_equal(shown.affine, plain.affine)
    assert shown.sources == plain.sources
