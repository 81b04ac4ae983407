"""What napari.yaml names: reader, writer and sample."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.phantom import phantom
from napari_dsc.core.types import Series
from napari_dsc.io import is_ours
from napari_dsc.io.nifti import read_shape, read_volume, write_nifti
from napari_dsc.io.results import RECORD
from napari_dsc.io.sidecar import sidecar_path
from napari_dsc.io.stacked import frames_of, looks_stacked
from napari_dsc.io.volumes import is_nifti, is_stack
from napari_dsc.viewer.layers import (
    KEY,
    placement,
    scan_layer_options,
    to_file,
    to_screen,
    volume_options,
)

__all__ = ["corrected_layer", "get_reader", "open_phantom", "scan_layer", "stem", "write_layer"]

LayerData = tuple[Any, dict[str, Any], str]
NOTHING: list[Any] = [(None,)]  # napari's word for a file that was read and gives no layer
MOST_LABELS = 64  # a volume of more integers than this is an image


def get_reader(path: str | list[str]) -> Callable[[str | list[str]], list[Any]] | None:
    """Give napari a reader for NIfTI files, DICOM, folders of either, and records; else None."""
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
    if is_stack(paths):  # one volume each
        opened = [_open_scan(paths, paths[0].parent.name or stem(paths[0]))]
    else:
        opened = [_open_one(name) for name in paths]
    return [one for one in opened if one is not None] or NOTHING


def _open_scan(path: Path | Sequence[Path], name: str) -> LayerData | None:
    from napari_dsc.viewer.choosing import read_asking  # brings Qt

    series = read_asking(path)
    if series is None:
        return None
    return scan_layer(series, name, path if isinstance(path, Path) else path[0].parent)


def _open_one(path: Path) -> LayerData | None:
    name = stem(path)
    if not _is_volume(path):
        return _open_scan(path, name)
    values, affine = read_volume(path)
    frames = frames_of(values)
    if frames is not None and looks_stacked(frames):
        stacked = _open_scan(path, name)  # it asks; whoever cancels has one volume
        if stacked is not None:
            return stacked
    place = placement(affine)
    shown = to_screen(values, place)
    options = {"name": name, "metadata": {KEY: {"affine": affine}}, **volume_options(place)}
    if values.dtype.kind in "iu" and len(np.unique(values)) <= MOST_LABELS:
        return np.array(shown), options, "labels"
    return shown, options, "image"


def _is_volume(path: Path) -> bool:
    """Whether a file holds one volume; what cannot be read is left to `read`, which says why."""
    try:
        return is_nifti(path) and path.is_file() and len(read_shape(path)) <= 3
    except DscError:
        return False


def stem(path: Path) -> str:
    """Name of a file without its ending, which may be two: `.nii.gz`."""
    return sidecar_path(path).stem


def open_phantom() -> list[LayerData]:
    """Open the digital patient, without its truth: the artery is for the user to draw."""
    return [scan_layer(phantom().series, "Digital patient")]


def scan_layer(series: Series, name: str, file: Path | None = None) -> LayerData:
    """Lay out a scan as napari's readers return it."""
    data = to_screen(series.signal, placement(series.affine))
    return data, scan_layer_options(series, name, file), "image"


def corrected_layer(series: Series, name: str, file: Path | None) -> LayerData:
    """Lay out a scan whose motion was corrected: `name` and `file` are those of the measured."""
    return scan_layer(series, f"{name}, motion corrected", file)


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
