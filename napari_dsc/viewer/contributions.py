"""Functions that napari.yaml names: reader, writer and samples."""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.masks import is_mask, judged, one_volume, whole_numbers
from napari_dsc.core.types import FloatArray, Progress, Series
from napari_dsc.io import is_ours, read
from napari_dsc.io.nifti import FEWEST_VOLUMES, write_nifti
from napari_dsc.io.nifti.echoes import combined
from napari_dsc.io.nifti.stacked_slices import frames_of, looks_stacked
from napari_dsc.io.readers import Volumes, reader_by_name, stem_of
from napari_dsc.io.result_names import scan_file
from napari_dsc.io.results_folder import RECORD
from napari_dsc.io.volume_files import is_stack
from napari_dsc.viewer.layers import (
    AFTER,
    BEFORE,
    CONTRAST,
    KEY,
    READ_FOR,
    placement,
    scan_layer_options,
    to_file,
    to_screen,
    volume_options,
)

if TYPE_CHECKING:
    from napari_dsc.core.phantom import Phantom

__all__ = [
    "DEMO",
    "corrected_layer",
    "demo_patient",
    "get_reader",
    "open_artefacts",
    "open_stroke",
    "open_tumour",
    "open_two_echoes",
    "scan_layer",
    "scan_name",
    "write_layer",
]

LayerData = tuple[Any, dict[str, Any], str]
TUMOUR_SEED = 1  # another head than that of the stroke
DEMO = "Digital patient, stroke"  # name of the scan that `napari-dsc demo` shows
NOTHING: list[Any] = [(None,)]  # napari's word for a file that was read and gives no layer


def get_reader(path: str | list[str]) -> Callable[[str | list[str]], list[Any]] | None:
    """Give napari a reader for files and folders of `READERS`, and for records; else None."""
    paths = [Path(name) for name in ([path] if isinstance(path, str) else path)]
    if all(name.name.endswith(RECORD) for name in paths):
        return _open_records
    return _open if all(map(is_ours, paths)) else None


def _open_records(path: str | list[str]) -> list[Any]:
    """Hand records to the panel that is docked: they set it up, and give no layer."""
    import napari

    viewer = napari.current_viewer()
    docked = [] if viewer is None else list(viewer.window.dock_widgets.values())
    panels = [one for one in docked if hasattr(one, "results")]
    if not panels:
        raise DscError(
            "a record needs the panel of napari-dsc, got none. Open it under Plugins > Perfusion "
            "maps, and the scan."
        )
    for name in [path] if isinstance(path, str) else path:
        panels[0].results.open_from(Path(name))
    return NOTHING


def _open(path: str | list[str]) -> list[Any]:
    paths = [Path(name) for name in ([path] if isinstance(path, str) else path)]
    # A stack is one volume each.
    opened = [_open_scan(paths)] if is_stack(paths) else [_open_one(name) for name in paths]
    return [one for one in opened if one is not None] or NOTHING


def _open_scan(path: Path | Sequence[Path]) -> LayerData | None:
    from napari_dsc.viewer.scan.read_with_dialogs import read_asking  # brings Qt

    series = read_asking(path)
    if series is None:
        return None
    masks, file = _masks_of(series), path if isinstance(path, Path) else path[0].parent
    name = scan_name(series, file)
    if masks is not None:
        return _volume_layer(masks, series.affine, name)
    return scan_layer(series, name, file)


def _open_one(path: Path) -> LayerData | None:
    name = stem_of(path if path.name else path.absolute())
    shape = _shape_of(path)
    count = math.prod(shape[3:])
    volumes = _volumes_of(path)
    if not shape or volumes is None or count >= FEWEST_VOLUMES:
        return _open_scan(path)
    values, affine = volumes.voxels(path)
    try:
        volume, _ = one_volume(values, path.name)
    except DscError:
        if not is_mask(values):  # a scan of too few volumes: its reader says so
            read(path)
            raise
        volume = values.reshape((*shape[:3], -1))
    frames = frames_of(volume) if volume.ndim == 3 and is_mask(volume) is False else None
    if frames is not None and looks_stacked(frames):
        stacked = _open_scan(path)  # it asks; whoever cancels has one volume
        if stacked is not None:
            return stacked
    return _volume_layer(volume, affine, name)


def _masks_of(series: Series) -> NDArray[Any] | None:
    """What is no scan but a mask in every volume: one, where all are equal; None for a scan."""
    signal = series.signal
    if not is_mask(signal[..., 0]):
        return None
    try:
        return one_volume(signal, "the mask")[0]
    except DscError:
        return signal if is_mask(signal) and _is_whole(signal) else None


def _is_whole(values: NDArray[Any]) -> bool:
    return bool(whole_numbers(values).dtype.kind in "iu")


def _volume_layer(values: NDArray[Any], affine: FloatArray | None, name: str) -> LayerData | None:
    """Lay out a mask or an anatomy; where nobody knows which it is, the user is asked."""
    kind = is_mask(values)
    if kind is None:
        from napari_dsc.viewer.scan.read_with_dialogs import ask  # brings Qt

        options = {"mask": "a mask: cut at half", "anatomy": "an anatomy: shown as it is"}
        question = f"{name} holds values from 0 to 1. Is it a scan, mask or anatomy?"
        chosen = ask(ChoiceNeededError("kind", question, options), "Open a volume")
        if chosen is None:
            return None
        kind = chosen == "mask"
    place = placement(affine)
    known = {"name": name, "metadata": {KEY: {"affine": affine}}}
    if values.ndim == 4:
        matrix = np.eye(5)
        matrix[1:, 1:] = place.matrix
        axes = {"units": ("pixel", *("mm",) * 3), "axis_labels": ("t", "z", "y", "x")}
        return (
            to_screen(whole_numbers(values), place),
            {**known, "affine": matrix, **axes},
            "labels",
        )
    known |= volume_options(place)
    if not kind:
        return to_screen(values, place), known, "image"
    if not _is_whole(values):
        soft = judged(values, name)
        values = soft.voxels.astype(np.uint8)
        _say(soft.notices)
    return np.array(to_screen(whole_numbers(values), place)), known, "labels"


def _say(notices: tuple[str, ...]) -> None:
    """Show what was decided for the user, in a corner of the window."""
    from napari.utils.notifications import show_info

    for notice in notices:
        show_info(notice)


def _shape_of(path: Path) -> tuple[int, ...]:
    """Shape that a file declares; none of what cannot be read: `read` says why."""
    try:
        volumes = _volumes_of(path)
        return () if volumes is None or not path.is_file() else volumes.shape(path)
    except DscError:
        return ()


def _volumes_of(path: Path) -> Volumes | None:
    """How a file opens that may hold a mask or an anatomy; None: it can be a scan only."""
    row = reader_by_name(path)
    return None if row is None else row.volumes


def scan_name(series: Series, path: Path) -> str:
    """What a scan is called on screen: after its file, never after a folder.

    A folder may bear the patient's name. Of DICOM it is the number and the description of the
    series, of a file for each volume what their names have in common.
    """
    file = scan_file(path, series)
    return stem_of(path.absolute() if file is None else file)


def demo_patient() -> "Phantom":
    """Make the patient that the demo and the first sample show."""
    from napari_dsc.core.phantom import phantom

    return phantom(anatomy="realistic", lesion="stroke")


def open_stroke() -> list[Any]:
    """Open a digital patient with a stroke, without its truth: the artery is for the user."""
    return _sample(DEMO, demo_patient)


def open_tumour() -> list[Any]:
    """Open a digital patient with a glioma, and T1 before and after contrast; not its truth."""
    return _sample("Digital patient, tumour", tumour_patient, tumour=True)


def open_two_echoes() -> list[Any]:
    """Open a digital patient with a glioma as a scan of two echoes, combined so that T1 is gone."""
    return _sample("Digital patient, two echoes", two_echoes_patient, tumour=True)


def two_echoes_patient() -> "Phantom":
    """Make both echoes of the digital patient with a glioma, and combine them."""
    from napari_dsc.core.phantom import two_echo_phantom

    early, late = two_echo_phantom(anatomy="realistic", lesion="tumour", seed=TUMOUR_SEED)
    return replace(late, series=combined(early.series, late.series).known())


def open_artefacts() -> list[Any]:
    """Open the digital patient with a stroke as a difficult scan: motion, drift, spikes."""
    return _sample("Digital patient, artefacts", artefacts_patient)


def artefacts_patient() -> "Phantom":
    """Make the digital patient with a stroke whose scan is spoiled.

    Each artefact is named by the program, or seen in its curves.
    """
    from napari_dsc.core.phantom import Artefacts, phantom

    spoiled = Artefacts(motion=2.0, drift=0.04, spikes=2, dropout=0.5, pulsation=0.08)
    return phantom(anatomy="realistic", lesion="stroke", artefacts=spoiled)


def tumour_patient() -> "Phantom":
    """Make the digital patient with a glioma."""
    from napari_dsc.core.phantom import phantom

    return phantom(anatomy="realistic", lesion="tumour", seed=TUMOUR_SEED)


def _sample(name: str, make: "Callable[[], Phantom]", *, tumour: bool = False) -> list[Any]:
    """Make a patient on another thread: it takes seconds, and the window goes on living.

    That with a tumour is opened to be read for one, with what its reader has.
    """
    from napari_dsc.viewer.background.progress_dialog import awaited  # brings Qt

    def work() -> "Generator[Progress, None, Phantom]":
        yield Progress("A head, its vessels and its bolus", 0.0)
        return make()

    patient = awaited("Making the digital patient", work)
    if patient is None:
        return NOTHING
    scan = scan_layer(patient.series, name)
    if not tumour:
        return [scan]
    scan[1]["metadata"][KEY][READ_FOR] = "tumour"
    return [scan, *_t1_layers(patient)]


def _t1_layers(patient: "Phantom") -> list[LayerData]:
    """T1 before and after contrast as volumes that were opened beside the scan; not seen."""
    from napari_dsc.core.phantom import t1_weighted

    affine = patient.series.affine
    place, layers = placement(affine), []
    for when, values in zip((BEFORE, AFTER), t1_weighted(patient), strict=True):
        options = {
            "name": f"T1 {when} contrast",
            "visible": False,
            "metadata": {KEY: {"affine": affine, CONTRAST: when}},
            **volume_options(place),
        }
        layers.append((to_screen(values.astype(np.float32), place), options, "image"))
    return layers


def scan_layer(series: Series, name: str, file: Path | None = None) -> LayerData:
    """Lay out a scan as napari's readers return it."""
    data = to_screen(series.signal, placement(series.affine))
    return data, scan_layer_options(series, name, file), "image"


def corrected_layer(
    series: Series, name: str, file: Path | None, settings: Mapping[str, Any] | None = None
) -> LayerData:
    """Lay out a scan whose motion was corrected: all but `series` are those of the measured."""
    layer = scan_layer(series, f"{name}, motion corrected", file)
    layer[1]["metadata"][KEY]["settings"] = dict(settings or {})
    return layer


def write_layer(path: str, data: Any, options: dict[str, Any]) -> list[str]:
    """Save a map, a mask or a volume with the true affine of the scan that it lies on.

    Raises
    ------
    DscError
        If the layer was not made or opened by this plugin, so that its affine is unknown.
    """
    known = options.get("metadata", {}).get(KEY, {})
    affine = known.get("affine")
    values = np.asarray(data)
    if "affine" not in known or values.ndim != 3:
        raise DscError(
            f"layer {options.get('name')!r} must be a volume that napari-dsc made or opened. "
            "Save others with napari's own writers."
        )
    unit = known.get("unit", "")
    write_nifti(
        Path(path),
        to_file(values, placement(affine)),
        affine,
        f"{known.get('name', '')} {unit}".strip(),
    )
    return [path]
