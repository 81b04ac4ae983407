"""Layers of napari made from scans and maps: the only place where axes turn.

On screen a volume is (z, y, x) and a scan (t, z, y, x), in LPS millimetres: radiological, with
the patient's left on the right of the picture. Layer affines hold flips and shifts only, because
napari paints wrongly on oblique ones; the true affine stays with the `Series`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.masks import LISTED, SAME_GRID, labels_of
from napari_dsc.core.number_words import voxel_words
from napari_dsc.core.types import BoolArray, FloatArray, Series

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Labels, Layer

__all__ = [
    "AFTER",
    "AIF_RED",
    "BEFORE",
    "BRAIN_CYAN",
    "CONTRAST",
    "KEY",
    "LABELS",
    "OBLIQUE",
    "OTHER_AIFS",
    "READ_FOR",
    "VOF_BLUE",
    "Placement",
    "choose_label",
    "colour_of",
    "file_of",
    "label_of",
    "labels_in",
    "mask_from_layer",
    "mask_layer_options",
    "placement",
    "redraw",
    "scan_layer_options",
    "series_of",
    "set_time_step",
    "staying_active",
    "to_file",
    "to_screen",
    "vessels_of",
    "volume_options",
    "world_of",
]

KEY = "napari_dsc"  # of layer.metadata
LABELS = "labels"  # in there: by role, which of several labels is meant
READ_FOR = "reading"  # in there, of a scan: what it is read for, a key of `READINGS`
CONTRAST = "contrast"  # in there, of a T1-weighted volume: one of the next two
BEFORE, AFTER = "before", "after"
SAMPLE = 100_000  # voxels that tell in which window a scan is shown
OBLIQUE = 1.0  # degrees: from here on it is told
RAS_TO_LPS = np.array([-1.0, -1.0, 1.0])
AIF_RED = (1.0, 0.16, 0.12, 1.0)
BRAIN_CYAN = (0.3, 0.85, 0.9, 1.0)
VOF_BLUE = (0.35, 0.6, 1.0, 1.0)
OTHER_AIFS = (  # of a second, third, … AIF: told apart from the first, from VOF and brain
    (1.0, 0.75, 0.0, 1.0),
    (0.95, 0.45, 0.95, 1.0),
    (0.45, 0.9, 0.4, 1.0),
    (0.85, 0.85, 0.85, 1.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """How the axes of a file lie on the screen.

    Parameters
    ----------
    order : tuple of int
        Which axis of the file runs along x (right-left), y and z.
    matrix : ndarray, shape (4, 4)
        Indices (z, y, x) to LPS millimetres (z, y, x): diagonal, with a shift.
    obliquity : float
        Largest angle between an axis of the file and its axis on the screen, degrees.
    """

    order: tuple[int, int, int]
    matrix: FloatArray
    obliquity: float


def placement(affine: FloatArray | None) -> Placement:
    """Lay the axes of a file along those of the screen; voxel (0, 0, 0) stays where it is.

    Parameters
    ----------
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres; None, while the orientation is unknown, counts as RAS
        voxels of 1 mm.
    """
    affine = np.eye(4) if affine is None else affine
    from nibabel.affines import obliquity
    from nibabel.orientations import io_orientation

    with np.errstate(all="ignore"):  # a voxel of 1e200 mm
        axes = io_orientation(affine)[:, 0].astype(int)  # of the world, for each axis of the file
        x, y, z = (int(axis) for axis in np.argsort(axes))
        order = (x, y, z)
        turned = affine[:3, list(order)]
        sizes = np.linalg.norm(turned, axis=0)
        diagonal = np.sign(np.diagonal(turned)) * sizes * RAS_TO_LPS
        matrix = np.diag([*diagonal[::-1], 1.0])
        matrix[:3, 3] = (affine[:3, 3] * RAS_TO_LPS)[::-1]
        tilt = float(np.degrees(obliquity(affine).max()))
    return Placement(order, matrix, tilt)


def to_screen(volume: NDArray[Any], place: Placement) -> NDArray[Any]:
    """Turn a volume of the file, (...) or (..., T), to (z, y, x) or (t, z, y, x); a view."""
    return np.transpose(volume, (*place.order, *range(3, volume.ndim))).T


def to_file(volume: NDArray[Any], place: Placement) -> NDArray[Any]:
    """Turn a (z, y, x) volume of the screen to the axes of the file; a view."""
    return np.transpose(volume.T, np.argsort(place.order))


def volume_options(place: Placement) -> dict[str, Any]:
    """Options of a (z, y, x) layer on the grid of a scan."""
    return {"affine": place.matrix, "units": ("mm",) * 3, "axis_labels": ("z", "y", "x")}


def scan_layer_options(series: Series, name: str, file: Path | None = None) -> dict[str, Any]:
    """Options of the image layer of a scan: where it lies, its window, the series and its file."""
    place = placement(series.affine)
    step = series.repetition_time
    matrix = np.eye(5)
    matrix[1:, 1:] = place.matrix
    matrix[0, 0] = step or 1.0
    volume = series.signal[..., min(5, series.n_volumes - 1)]
    # Of a large volume some voxels only: the window waits while this is looked at.
    apart = max(1, round((volume.size / SAMPLE) ** (1 / 3)))
    sample = np.asarray(volume[(slice(None, None, apart),) * 3], dtype=np.float32)
    finite = sample[np.isfinite(sample)]
    top = float(np.percentile(finite, 99.5)) if finite.size else 1.0
    return {
        "name": name,
        "affine": matrix,
        "units": ("pixel" if step is None else "s", "mm", "mm", "mm"),
        "axis_labels": ("t", "z", "y", "x"),
        "contrast_limits": (0.0, top if top > 0 else 1.0),
        "metadata": {KEY: {"series": series, "file": file}},
    }


def file_of(layer: "Image") -> Path | None:
    """File that a scan on screen was read from; None if there is none."""
    known = layer.metadata.get(KEY, {}).get("file") or layer.source.path
    return None if known is None else Path(known)


def set_time_step(layer: "Image", step: float | None) -> None:
    """Give the time axis of a scan on screen its step, s; None: a volume is a volume."""
    matrix = np.array(layer.affine.affine_matrix)
    matrix[0, 0] = step or 1.0
    layer.affine = matrix
    layer.units = ("pixel" if step is None else "s", *layer.units[1:])


def series_of(layer: "Image") -> Series:
    """Return the scan that a 4-D image layer shows.

    A layer that was not opened by this plugin is taken as (t, z, y, x) with the spacing and flips
    of its transform; its times are unknown, and a notice says so.
    """
    known = layer.metadata.get(KEY, {}).get("series")
    if isinstance(known, Series):
        return known
    physical = np.diag([*layer.scale[-3:], 1.0])
    physical[:3, 3] = layer.translate[-3:]
    to_world = layer.affine.affine_matrix[-4:, -4:] @ physical
    matrix = np.eye(4)
    matrix[:3, :3] = RAS_TO_LPS[:, None] * to_world[:3, :3][::-1, ::-1]
    matrix[:3, 3] = RAS_TO_LPS * to_world[:3, 3][::-1]
    data = layer.data if isinstance(layer.data, np.ndarray) else np.asarray(layer.data)
    return Series(
        signal=data.T,
        time=None,
        echo_time=None,
        affine=matrix,
        notices=("This layer was not opened by napari-dsc: check left and right.",),
        questions=("The layer does not say its repetition time: enter it in seconds.",),
    )


def labels_in(layer: "Labels") -> dict[int, int]:
    """How many voxels each label of a layer has; empty while there is one at most."""
    data = np.asarray(layer.data)
    marked, top = np.count_nonzero(data), data.max(initial=0)
    if not marked or (top > 0 and marked == np.count_nonzero(data == top)):
        return {}
    found = labels_of(data)
    return found if len(found) > 1 else {}


def label_of(layer: "Labels", role: str) -> int | None:
    """Which label of a layer was chosen for an artery or a vein; None: there is nothing to choose.

    Raises
    ------
    ChoiceNeededError
        If there are several, and none was chosen yet.
    """
    found = labels_in(layer)
    chosen = layer.metadata.get(KEY, {}).get(LABELS, {}).get(role)
    if not found or chosen in found:
        return chosen if found else None
    options = {str(one): f"label {one}, {voxel_words(count)}" for one, count in found.items()}
    question = f"Layer {layer.name!r} holds several labels: choose which one is the {role}."
    raise ChoiceNeededError("label", question, dict(list(options.items())[:LISTED]))


def choose_label(layer: "Labels", role: str, label: int | None) -> None:
    """Remember which label of a layer is the artery, or the vein."""
    known = layer.metadata.get(KEY, {})
    layer.metadata[KEY] = {**known, LABELS: {**known.get(LABELS, {}), role: label}}


def mask_from_layer(
    layer: "Labels", place: Placement, shape: tuple[int, ...], label: int | None = None
) -> BoolArray:
    """Read a mask off a labels layer, on the axes of the file.

    Parameters
    ----------
    layer : Labels
        A 4-D layer is collapsed over time: a voxel painted in any volume counts.
    place : Placement
        That of the scan.
    shape : tuple of int
        Shape of the scan's volumes, in the file.
    label : int, optional
        Which of several labels; None: every positive one counts.

    Returns
    -------
    ndarray of bool
        A copy.

    Raises
    ------
    DscError
        If the layer does not have the shape of the scan, or lies on another grid. One that runs
        the other way round is turned.
    """
    data = np.asarray(layer.data)
    painted = np.asarray(data > 0 if label is None else data == label)
    if painted.ndim == 4:
        painted = np.any(painted, axis=0)
    if painted.ndim == 3 and not _lies_nowhere(layer):
        painted = _on_grid(painted, layer, place)
    expected = tuple(shape[axis] for axis in place.order)[::-1]
    if painted.shape != expected:
        raise DscError(
            f"layer {layer.name!r} must have the shape of the scan's volumes, {expected}, got "
            f"{painted.shape}. Choose the layer that belongs to this scan."
        )
    return np.array(to_file(painted, place))


def _to_world(layer: Any) -> FloatArray:
    """Indices (z, y, x) of a layer to its world: affine, scale and translation in one matrix."""
    origin = np.asarray(layer.data_to_world((0,) * layer.ndim))
    matrix = np.eye(4)
    for axis in range(3):
        step = np.zeros(layer.ndim)
        step[axis - 3] = 1
        matrix[:3, axis] = (np.asarray(layer.data_to_world(step)) - origin)[-3:]
    matrix[:3, 3] = origin[-3:]
    return matrix


def _lies_nowhere(layer: Any) -> bool:
    """Whether nobody gave the layer a place: it is then taken voxel by voxel."""
    return bool(np.array_equal(_to_world(layer), np.eye(4)))


def _on_grid(painted: BoolArray, layer: Any, place: Placement) -> BoolArray:
    """Turn a mask whose axes run the other way round onto the grid of the scan.

    Raises
    ------
    DscError
        If the layer lies on another grid.
    """
    corner = np.array([n - 1 for n in painted.shape])
    from_layer = np.linalg.inv(place.matrix) @ _to_world(layer)
    directions = np.diagonal(from_layer)[:3]
    signs = np.sign(directions)
    mirrored = np.diag([*signs, 1.0])
    mirrored[:3, 3] = np.where(signs < 0, corner, 0)
    corners = np.array([(*at, 1) for at in product(*((0, n) for n in corner))]).T
    if not (np.abs((from_layer - mirrored) @ corners) < SAME_GRID).all():
        raise DscError(
            f"layer {layer.name!r} must lie on the scan's grid, got another place or voxel size. "
            "Choose the layer that belongs to this scan; `napari-dsc maps --resample-masks` takes "
            "its file."
        )
    return painted[tuple(slice(None, None, int(sign)) for sign in signs)]


def mask_layer_options(
    scan: Series, name: str, color: tuple[float, ...], role: str = ""
) -> dict[str, Any]:
    """Options of a labels layer on the grid of a scan, in one colour: an AIF, a VOF, a brain."""
    from napari.utils.colormaps import DirectLabelColormap

    clear = (0.0, 0.0, 0.0, 0.0)
    colors = DirectLabelColormap(color_dict={0: clear, 1: color, None: color})
    return {
        "name": name,
        "colormap": colors,
        "metadata": {KEY: {"affine": scan.affine, "role": role, "color": color}},
        **volume_options(placement(scan.affine)),
    }


def vessels_of(viewer: "ViewerModel", scan: "Image", role: str) -> "list[Labels]":
    """Labels layers that were made for a scan as an AIF or a VOF, in the order of the list."""
    known = ((one, one.metadata.get(KEY, {})) for one in viewer.layers)
    return [one for one, of in known if of.get("role") == role and of.get("scan_layer") is scan]


def redraw(viewer: "ViewerModel", layer: "Image | Labels") -> None:
    """Draw a layer whose values were changed in place.

    The list of layers shows none of them, and repainting its row takes longer than slicing.
    """
    with viewer.layers.events.blocker():
        layer.refresh(thumbnail=False, highlight=False, extent=False)


def world_of(layer: "Layer", units: Any) -> tuple[FloatArray, FloatArray]:
    """Last three axes of a layer in the units of the world: steps (3, 3) and origin (3,).

    Beside a layer in µm the world is in µm; while the units differ in kind it has none.
    """
    scale = [
        float((1 * ours).to(theirs).magnitude) if ours.is_compatible_with(theirs) else 1.0
        for ours, theirs in zip(layer.units[-3:], (units or layer.units)[-3:], strict=True)
    ]
    zero = np.zeros(layer.ndim)
    origin = np.asarray(layer.data_to_world(zero))
    ends = [np.asarray(layer.data_to_world(one)) for one in np.eye(layer.ndim)[-3:]]
    steps = np.stack([end - origin for end in ends], axis=1)[-3:]
    return steps * np.array(scale)[:, None], origin[-3:] * scale


@contextmanager
def staying_active(viewer: "ViewerModel") -> Iterator[None]:
    """Leave the active layer and its mode as they are: napari makes every new layer active.

    Nobody hears of it meanwhile: napari would show the controls of each.
    """
    selection = viewer.layers.selection
    active = selection.active
    mode = None if active is None else active.mode
    with selection.events.blocker_all():
        yield
        selection.active = active
    if active is not None:
        active.mode = mode


def colour_of(layer: "Labels") -> tuple[float, ...]:
    """Colour in which a mask of ours is painted; red for one that came from elsewhere."""
    return tuple(layer.metadata.get(KEY, {}).get("color", AIF_RED))
