"""A tumour of an analysis: what enhances, from a mask or from T1 before and after contrast."""

from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_dsc.analysis.setup import Setup, Spelling
from napari_dsc.analysis.vessels import Given
from napari_dsc.anatomy import bringing, register
from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import mean_of_baseline
from napari_dsc.core.number_words import voxel_words
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.protocol import Protocol
from napari_dsc.core.provenance import Origin
from napari_dsc.core.regions import REFERENCE_NAME
from napari_dsc.core.tumour import (
    StandardScale,
    TumourChoice,
    enhancement_mask,
    read_tumour,
    vessel_mask,
)
from napari_dsc.core.types import BoolArray, FloatArray, Progress, Series
from napari_dsc.io.nifti import read_volume
from napari_dsc.io.region_files import Drawn
from napari_dsc.io.standard_scale import read_scale

__all__ = ["PAIR", "choice_of", "enhancing_of", "is_asked", "refuse_half", "with_tumour"]

PAIR = ("t1_before", "t1_after")
PROPOSED = (
    "What enhances was proposed from T1 before and after contrast: {voxels}, which nobody "
    "has looked at. Look at it."
)
NOTHING = (
    "Nothing enhances on T1 before and after contrast by more than the limit: no tumour was read."
)
OWN = {"burden_above": "thresholds", "hot_spot": "diameter", "vessel_times": "vessel_times"}


def is_asked(setup: Setup) -> bool:
    """Whether a tumour is to be read."""
    return any(setup.get(name) is not None for name in ("enhancement", *PAIR))


def refuse_half(setup: Setup, spelled: Spelling) -> None:
    """Raise for half a pair of T1, both ways at once, numbers of no sense, and idle choices."""
    given = [name for name in PAIR if setup.get(name) is not None]
    if len(given) == 1:
        other = next(name for name in PAIR if name not in given)
        raise DscError(
            f"{spelled(given[0])} must come with {spelled(other)}, got it alone: what enhances is "
            "their difference. Give both, or a mask of what enhances."
        )
    if given and setup.get("enhancement") is not None:
        raise DscError(
            f"{spelled('enhancement')} must be left out where T1 before and after contrast are "
            "given, got both. Leave one of them out."
        )
    choice_of(setup)
    idle = [name for name in (*OWN, "standard_scale") if setup.get(name) is not None]
    if idle and not is_asked(setup):
        raise DscError(
            f"{spelled(idle[0])} must come with what enhances, got none. Give "
            f"{spelled('enhancement')}, or {spelled(PAIR[0])} and {spelled(PAIR[1])}."
        )


def choice_of(setup: Setup) -> TumourChoice:
    """How a tumour is read, as it was chosen.

    Raises
    ------
    DscError
        If a number makes no sense.
    """
    chosen: dict[str, Any] = {
        field: setup.get(name) for name, field in OWN.items() if setup.get(name) is not None
    }
    if "thresholds" in chosen:
        words = str(chosen["thresholds"]).replace(";", ",").split(",")
        try:
            chosen["thresholds"] = tuple(float(one) for one in words)
        except ValueError:
            raise DscError(
                f"burden_above must be numbers with commas between, got {chosen['thresholds']!r}. "
                "Write 1.0,1.75."
            ) from None
    return TumourChoice(**chosen)


def enhancing_of(
    found: Analysis, masks: Mapping[str, Given], setup: Setup
) -> Generator[Progress, None, tuple[BoolArray | None, tuple[str, ...]]]:
    """What enhances, where a tumour is to be read: as it was given, or proposed from T1.

    Parameters
    ----------
    found : Analysis
        Whose maps.
    masks : mapping
        Masks that were given.
    setup : Setup
        What was chosen.

    Yields
    ------
    Progress
        While T1 volumes are registered.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z), or None, and tuple of str
        Its voxels, None where T1 shows none, and what a reader should know.

    Raises
    ------
    DscError
        If T1 cannot be brought onto the scan.
    """
    if not is_asked(setup):
        return None, ()
    if "enhancement" in masks:
        return masks["enhancement"].voxels, ()
    mask, notices = yield from _proposed(found, choice_of(setup), setup)
    return (mask, notices) if mask.any() else (None, notices)


def with_tumour(
    found: Analysis,
    series: Series,
    drawn: Drawn | None,
    enhancing: BoolArray | None,
    setup: Setup,
    masks: Mapping[str, Given],
) -> Drawn | None:
    """Regions with what was read of the tumour, where it was asked for.

    Parameters
    ----------
    found : Analysis
        Whose maps.
    series : Series
        The scan, with what is known of its protocol now.
    drawn : Drawn or None
        Regions, with the reference.
    enhancing : ndarray of bool, shape (X, Y, Z), or None
        What enhances; None: nobody asked.
    setup : Setup
        What was chosen.
    masks : mapping
        Masks that were given: one of what enhances was not proposed.

    Raises
    ------
    DscError
        If nothing enhances.
    """
    if enhancing is None or drawn is None or drawn.reference is None:
        return drawn
    reading = read_tumour(
        found.maps,
        found.brain,
        enhancing,
        drawn.labels == drawn.reference,
        choice_of(setup),
        scale=None if setup.get("standard_scale") is None else _scale(setup.get("standard_scale")),
        corrected_in=None if found.leaked is None else found.leaked.corrected_in,
        leakage_doubt=Protocol.of(series).doubt,
        unseen=setup.get("enhancement") is None,
        name_of_reference=drawn.names.get(drawn.reference, REFERENCE_NAME),
        slice_axis=found.prepared.series.slice_axis,
    )
    given = masks.get("enhancement")
    origin = Origin(kind="proposed", unseen=True) if given is None else given.origin
    return replace(drawn, tumour=reading, enhancement_origin=origin)


def _scale(given: Any) -> StandardScale:
    """A scale that was given, or that lies in a file."""
    if isinstance(given, StandardScale):
        return given
    if not isinstance(given, str | Path):
        raise DscError(
            "standard_scale must be a file, or a scale of `make_standard_scale`, got "
            f"{type(given).__name__}. Name the file."
        )
    return read_scale(Path(given))


def _proposed(
    found: Analysis, choice: TumourChoice, setup: Setup
) -> Generator[Progress, None, tuple[BoolArray, tuple[str, ...]]]:
    """What enhances, from T1 before and after contrast."""
    series, affine = found.prepared.series, found.maps.affine
    if affine is None:
        raise DscError(
            "T1 can be brought onto a scan that says where its voxels lie, got one that does not. "
            "Give a mask of what enhances instead."
        )
    still = mean_of_baseline(series.signal, found.prepared.baseline, series.left_out)
    volumes, notices = [], []
    for at, name in enumerate(PAIR):
        work = _on_scan(Path(setup.get(name)), still, affine, found.brain)
        volume, words = yield from part_of_whole(work, at / 2, (at + 1) / 2)
        volumes.append(volume)
        notices += [f"{'T1 before contrast' if at == 0 else 'T1 after contrast'}: {words}"] * bool(
            words
        )
    vessels = vessel_mask(found.maps, found.brain, times=choice.vessel_times)
    mask = enhancement_mask(
        volumes[0],
        volumes[1],
        found.brain,
        affine=affine,
        vessels=vessels,
        slice_axis=series.slice_axis,
    )
    count = int(np.count_nonzero(mask))
    notices.append(PROPOSED.format(voxels=voxel_words(count)) if count else NOTHING)
    return mask, tuple(notices)


def _on_scan(
    file: Path, still: FloatArray, affine: FloatArray, brain: BoolArray
) -> Generator[Progress, None, tuple[FloatArray, str]]:
    """A volume on the grid of the scan, registered to its baseline."""
    if not file.is_file():
        raise DscError(f"a T1 volume must be a file, got none at {file}. Check its name.")
    values, own = read_volume(file)
    if own is None:
        raise DscError(f"{file.name} must say where its voxels lie, got none. Save it anew.")
    found = yield from part_of_whole(register(still, affine, values, own, brain=brain), 0.0, 0.7)
    coarse = float(np.linalg.norm(affine[:3, :2], axis=0).min())
    work = bringing(values, own, still.shape, affine, rigid=found.rigid, finest=coarse)
    volume, _ = yield from part_of_whole(work, 0.7, 1.0)
    return volume, " ".join(found.notices)
