"""A folder of results read back, and refused unless it is as its record says."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.quality import REJECTING
from napari_dsc.core.quantities import AUC, BESIDE, CBF, CBV, COMPUTED, MTT
from napari_dsc.core.types import (
    BolusMaps,
    BoolArray,
    DSCPerfusionMaps,
    FloatArray,
    ParameterMap,
    Progress,
)
from napari_dsc.io.fingerprints import states_of_files
from napari_dsc.io.read_record import Replay
from napari_dsc.io.region_files import Drawn
from napari_dsc.io.results_folder import RECORD
from napari_dsc.report.checked_folder import REMEDY, Folder, checking_folder
from napari_dsc.report.read_regions import read_drawn
from napari_dsc.report.safe_text import cut, plain

__all__ = ["Curves", "Results", "reading_results"]

LARGEST = 1e9  # of times in s and curves in 1/s: no scan comes near
NEEDED = (CBV.key, CBF.key, MTT.key)  # without them it is no folder of results
BASELINE, QUALITY = "desc-baseline_dsc.nii.gz", "quality.nii.gz"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curves:
    """What the maps were made from, at the retained volumes.

    Parameters
    ----------
    time : ndarray, shape (T,)
        s.
    artery : ndarray, shape (T,), or None
        AIF, in `unit`; None of maps that were computed without one.
    brain, vein : ndarray, shape (T,), or None
        Means; None where the record has none.
    unit : str
        Of the curves, "1/s" as long as the echo time is known.
    scaled_by : float
        By what the AIF was multiplied to have the area of the VOF; 1 if it was not.
    """

    time: FloatArray
    artery: FloatArray | None
    brain: FloatArray | None
    vein: FloatArray | None
    unit: str
    scaled_by: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Results:
    """A folder of results that is whole.

    Parameters
    ----------
    record : mapping
        What was done, as `make_record` put it together. Its words are a stranger's.
    replay : Replay
        The same, read strictly: masks, times and settings.
    maps : DSCPerfusionMaps
        On the grid of the scan, shape (X, Y, Z).
    brain, artery : ndarray of bool, shape (X, Y, Z)
        Voxels that were computed, and those of the AIF (none of a curve that was loaded).
    vein : ndarray of bool, shape (X, Y, Z), or None
        Voxels to which the AIF was scaled.
    quality : ndarray of uint16, shape (X, Y, Z), or None
        Bits of `napari_dsc.core.quality.Quality`; None: the folder has none.
    accepted : ndarray of bool, shape (X, Y, Z)
        Of the brain: where no rejecting bit is raised.
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres; None: nobody knows.
    oriented : bool
        Whether its directions are known: if not, its sizes are.
    baseline : ndarray, shape (X, Y, Z), or None
        Mean of the volumes before the bolus, a.u.
    curves : Curves
        AIF, brain and vein.
    drawn : Drawn or None
        What somebody has drawn.
    beside : mapping of str to ParameterMap
        Scatter or standard deviation of the maps, by symbol; percentiles stay in their files.
    notices : tuple of str
        What was left out.
    name : str
        How the names of its files begin: after the scan, as a rule.
    """

    record: Mapping[str, Any]
    replay: Replay
    maps: DSCPerfusionMaps
    brain: BoolArray
    artery: BoolArray
    vein: BoolArray | None
    quality: NDArray[Any] | None
    accepted: BoolArray
    affine: FloatArray | None
    oriented: bool
    baseline: FloatArray | None
    curves: Curves
    drawn: Drawn | None
    notices: tuple[str, ...]
    name: str = ""
    beside: Mapping[str, ParameterMap] = field(default_factory=dict)


def reading_results(results: Path) -> Generator[Progress, None, Results]:
    """Read a folder of results, each file once it is found to be as recorded.

    Parameters
    ----------
    results : Path
        Folder that `write_results` has written; or the record, in a folder of several scans.

    Yields
    ------
    Progress
        Before each file.

    Raises
    ------
    DscError
        If there is no record, a file that it lists is missing, changed or damaged, or a map is
        missing. Files that it does not list are left out where they cannot be read.
    """
    whole = not results.is_file()
    directory, record = (results, RECORD) if whole else (results.parent, results.name)
    try:
        before = states_of_files(list(directory.iterdir()) if directory.is_dir() else [])
        folder = yield from part_of_whole(checking_folder(directory, record), 0.0, 0.5)
        found = yield from _reading(folder)
        own = [folder.directory / folder.record, *map(folder.path, folder.replay.files)]
        if states_of_files(own) != {path: before.get(path) for path in own}:
            raise DscError(
                "the folder of results must stay as it is while it is read, got one that something "
                "has changed meanwhile. Make the report once it is written."
            )
        return found
    except OSError as error:
        raise DscError(
            f"the folder of results must be readable, got: {error.strerror}. Choose another."
        ) from error


def _reading(folder: Folder) -> Generator[Progress, None, Results]:
    replay = folder.replay
    if not replay.brain.any():
        raise DscError(f"the brain must hold a voxel, got none. {REMEDY}")
    _refuse_untold(replay.content)
    keys = _computed(folder)
    first, affine = folder.volume(_file(keys[0]))
    values = {keys[0]: first}
    for at, key in enumerate(keys[1:]):
        yield Progress("Reading the maps", 0.5 + 0.4 * at / len(keys))
        values[key] = folder.on_grid(_file(key), affine)
    yield Progress("Reading the masks", 0.9)
    bits = folder.on_grid(QUALITY, affine) if folder.lists(QUALITY) else None
    if bits is not None and bits.dtype.kind not in "iu":
        raise DscError(f"{QUALITY} must hold whole numbers, got {bits.dtype}. {REMEDY}")
    finite = np.isfinite(first)
    # A voxel outside the brain bears no flag, and was not accepted either.
    accepted = replay.brain & (finite if bits is None else (bits.astype(np.int64) & REJECTING) == 0)
    drawn, left_out = read_drawn(folder, affine, accepted)
    return Results(
        record=replay.content,
        replay=replay,
        maps=_maps(values, replay.content, affine, accepted),
        brain=replay.brain,
        artery=replay.artery
        if isinstance(replay.artery, np.ndarray)
        else np.zeros_like(replay.brain),
        vein=replay.vein,
        quality=bits,
        accepted=accepted,
        affine=affine,
        oriented=folder.is_oriented(_file(keys[0])),
        baseline=folder.on_grid(BASELINE, affine) if folder.lists(BASELINE) else None,
        curves=_curves(replay.content),
        drawn=drawn,
        beside=_beside(folder, replay.content, affine, accepted),
        notices=left_out,
        name=folder.prefix.rstrip("_"),
    )


def _refuse_untold(record: Mapping[str, Any]) -> None:
    """Raise for a record that does not say what a page tells, or not as it is written."""
    kinds = (
        ("maps", record.get("maps"), dict),
        ("notices", record.get("notices"), list),
        ("versions", record.get("versions"), dict),
        ("sources", record["input"].get("sources", {}), dict),
        ("curves", record.get("curves") or {}, dict),
        ("bolus_arrival_s", record.get("bolus_arrival_s"), float | int),
    )
    for name, one, kind in kinds:
        if not isinstance(one, kind) or (isinstance(one, float) and not np.isfinite(one)):
            raise DscError(f"{name} of a record must be known, got something else. {REMEDY}")


def _computed(folder: Folder) -> list[str]:
    """Keys of the maps that the record speaks of; each of them has to be there."""
    told = folder.replay.content.get("maps", {})
    needed = (AUC.key,) if folder.replay.artery is None else NEEDED
    keys = [key for key in COMPUTED if key in needed or key in told or folder.lists(_file(key))]
    for key in keys:
        if not folder.lists(_file(key)):
            raise DscError(f"the record must list {_file(key)}, got none. {REMEDY}")
    return keys


def _file(key: str) -> str:
    return f"{COMPUTED[key].stem}.nii.gz"


def _maps(
    values: Mapping[str, NDArray[Any]],
    record: Mapping[str, Any],
    affine: FloatArray | None,
    accepted: BoolArray,
) -> DSCPerfusionMaps:
    made = {
        key: ParameterMap(
            values=one.astype(np.float64, copy=False),
            name=COMPUTED[key].report_name,
            symbol=COMPUTED[key].symbol,
            units=cut(plain(record["maps"].get(key, "")), 24),
            affine=affine,
            quality_mask=accepted,
        )
        for key, one in values.items()
    }
    kind = DSCPerfusionMaps if CBV.key in made else BolusMaps
    return kind.from_keys(made)


def _beside(
    folder: Folder, record: Mapping[str, Any], affine: FloatArray | None, accepted: BoolArray
) -> dict[str, ParameterMap]:
    """Scatter or standard deviation of the maps, as far as the record tells and lists them."""
    told = record.get("beside", {})
    if not isinstance(told, dict):
        raise DscError(f"beside of a record must be maps and units, got something else. {REMEDY}")
    found = {}
    for (_, kind), row in BESIDE.items():
        name = f"{row.stem}.nii.gz"
        if kind in ("sd", "scatter") and row.key in told and folder.lists(name):
            found[row.symbol] = ParameterMap(
                values=folder.on_grid(name, affine).astype(np.float64, copy=False),
                name=row.name,
                symbol=row.symbol,
                units=row.units,
                affine=affine,
                quality_mask=accepted,
            )
    return found


def _curves(record: Mapping[str, Any]) -> Curves:
    """Curves of the record; those of brain and vein where it has them."""
    aif, more = record["aif"], record.get("curves") or {}
    try:
        time, artery, brain, vein = (
            None if one is None else np.array(one, dtype=np.float64)
            for one in (aif["time_s"], aif["curve"], more.get("brain"), more.get("vof"))
        )
        if time is None or time.ndim != 1 or time.size < 2:
            raise ValueError("no curve")
        if any(one is not None and one.shape != time.shape for one in (artery, brain, vein)):
            raise ValueError("another length")
        if any(
            one is not None and (abs(one) > LARGEST).any() for one in (time, artery, brain, vein)
        ):
            raise ValueError("numbers beyond all measure")
        if not (np.diff(time) > 0).all():
            raise ValueError("another order")
        scaled_by = float(aif.get("scaled_by", 1.0))
        if not 0 < scaled_by < LARGEST:
            raise ValueError("a scaling that is none")
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise DscError(
            f"the curves of a record must be numbers over ascending times, got {error}. {REMEDY}"
        ) from error
    unit = cut(plain(aif.get("curve_unit", "")), 24)
    return Curves(time=time, artery=artery, brain=brain, vein=vein, unit=unit, scaled_by=scaled_by)
