"""Small pictures of one scan of a cohort: its AIF as a line, a slice of CBF and of Tmax."""

import io
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.cohort.telling import LATE
from napari_dsc.core.colours import coloured
from napari_dsc.core.defaults import COLOUR_FAMILY
from napari_dsc.core.errors import DscError
from napari_dsc.core.number_words import unit_words
from napari_dsc.core.quality import REJECTING
from napari_dsc.core.quantities import CBF, CBV, TMAX, Quantity
from napari_dsc.core.regions import without_tissue
from napari_dsc.core.types import BoolArray
from napari_dsc.io.atomic_files import read_json
from napari_dsc.io.nifti import read_voxels
from napari_dsc.io.nifti.header import read_header
from napari_dsc.io.record import LARGEST_RECORD
from napari_dsc.report.orientation import View, view_of
from napari_dsc.report.safe_text import plain

__all__ = ["Curve", "Picture", "curve_of", "pictures_of"]

LONGEST = 96  # pixels of a side
WIDTH, HEIGHT, RIM = 120.0, 44.0, 2.0  # of a curve


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: a data URI, what it shows, and its height over its width."""

    data: str
    alt: str
    ratio: float


@dataclass(frozen=True, slots=True)
class Curve:
    """An AIF as the points of an SVG polyline, and in words."""

    points: str
    words: str


def curve_of(record: Path) -> Curve | None:
    """AIF of a scan; None where its record holds none that can be drawn."""
    try:
        aif = read_json(record, LARGEST_RECORD)["aif"]
        time, curve = (np.array(aif[key], dtype=np.float64) for key in ("time_s", "curve"))
        known = np.isfinite(time) & np.isfinite(curve)
        if time.ndim != 1 or time.shape != curve.shape or known.sum() < 2:
            return None
        time, curve = time[known], curve[known]
        unit = plain(aif.get("curve_unit", ""))
    except (OSError, DscError, LookupError, TypeError, ValueError):
        return None
    across = (time - time[0]) / max(float(np.ptp(time)), 1e-9)
    low = min(0.0, float(curve.min()))
    up = (curve - low) / max(float(curve.max()) - low, 1e-9)
    x = RIM + across * (WIDTH - 2 * RIM)
    y = HEIGHT - RIM - up * (HEIGHT - 2 * RIM)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    peak = int(curve.argmax())
    return Curve(points, f"AIF: peak {curve[peak]:.3g} {unit} at {time[peak]:.3g} s")


def pictures_of(record: Path) -> dict[str, Picture]:
    """Pictures of a slice of CBF and of Tmax, by symbol; none where they cannot be read.

    It is the slice with the most late tissue, or where there is none, with the most brain; the
    patient's right is on the left, where the sides are known. Rejected voxels without tissue are
    blank, as on screen and in the report.
    """
    begin = str(record).removesuffix("record.json")
    try:
        brain, affine = read_voxels(Path(f"{begin}desc-brain_mask.nii.gz"))
        maps = {
            row.symbol: read_voxels(Path(f"{begin}{row.stem}.nii.gz"))[0]
            for row in (CBF, TMAX, CBV)
        }
        quality, _ = read_voxels(Path(f"{begin}quality.nii.gz"))
        slice_axis = (0, 1, 2).index(read_json(record, LARGEST_RECORD)["input"]["slice_axis"])
        oriented = read_header(Path(f"{begin}desc-brain_mask.nii.gz")).oriented
        inside = brain > 0
        volumes = (*maps.values(), quality)
        if not inside.any() or any(one.shape != brain.shape for one in volumes):
            return {}
        view = view_of(affine, inside, oriented=oriented)
    except (OSError, DscError, LookupError, TypeError, ValueError):
        return {}
    accepted = (quality.astype(np.int64) & int(REJECTING)) == 0
    shown = inside & ~without_tissue(maps[CBV.symbol], accepted, inside, slice_axis)
    at = _slice(view, maps[TMAX.symbol], inside, accepted)
    return {row.symbol: _picture(view, row, maps[row.symbol], shown, at) for row in (CBF, TMAX)}


def _slice(view: View, tmax: NDArray[Any], brain: BoolArray, accepted: BoolArray) -> int:
    with np.errstate(invalid="ignore"):
        late = (tmax > LATE) & brain & accepted
    return view.largest(late if late.any() else brain)


def _picture(view: View, row: Quantity, values: NDArray[Any], shown: BoolArray, at: int) -> Picture:
    from PIL import Image

    low, high = row.window
    inside = view.box.of(view.stack(shown)[at])
    flat = np.where(inside, view.box.of(view.stack(values)[at]), np.nan)
    colours = coloured((flat - low) / (high - low), row.colours[COLOUR_FAMILY])
    step = max(1, -(-max(flat.shape) // LONGEST))
    made = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(colours[::step, ::step])).save(
        made, format="PNG", optimize=True
    )
    words = (
        f"{row.symbol} {low:g} to {high:g} {unit_words(row.units)}".rstrip()
        + f", slice {view.number(at)}"
    )
    if view.turns is None:
        words += ", orientation unknown"
    width, height = view.extent
    data = f"data:image/png;base64,{b64encode(made.getvalue()).decode()}"
    return Picture(data, words, height / width)
