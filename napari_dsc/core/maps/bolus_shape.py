"""Maps of the bolus's shape: what tissue curves tell without an artery."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from napari_dsc.core.defaults import RECOVERY
from napari_dsc.core.errors import DscError
from napari_dsc.core.maps.bolus_filters import bolus_filter
from napari_dsc.core.maps.stages import Partial, matched
from napari_dsc.core.maps.tissue_curves import Tissue
from napari_dsc.core.maps.voxel_maps import VoxelMaps, flags_of
from napari_dsc.core.parallel_blocks import blocks_of, in_blocks, whole_block, workers
from napari_dsc.core.parameters import Parameter
from napari_dsc.core.peak import fall_through, parabolic_peak, rise_through
from napari_dsc.core.quality import Quality, mark
from napari_dsc.core.quantities import BOLUS
from napari_dsc.core.real_numbers import as_number
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["BolusShape", "bolus_stages", "recovery_samples"]

LOW, HIGH = 0.25, 0.75  # of the peak: between them the rise is taken as a straight line
PASSED = 1.5  # widths behind the peak of the brain's mean curve, where its first pass is over
FEWEST = 3  # samples whose mean is the signal at the end
SHORTEST, LONGEST = 1.0, 300.0  # s


@dataclass(frozen=True, slots=True)
class BolusShape:
    """How maps of the bolus's shape are read.

    Parameters
    ----------
    recovery : float
        Seconds at the end of the retained scan whose mean signal is the S_end of the percentage
        of signal recovery.
    """

    recovery: Annotated[
        float,
        Parameter(
            label="Recovery (PSR) over last",
            unit="s",
            least=3.0,
            most=120.0,
            step=1.0,
            phrase="the last {value} s of the retained scan",
            tooltip="PSR compares the mean signal of these last seconds of the scan with that "
            "before the bolus. They must begin after the first pass.",
        ),
    ] = RECOVERY

    def __post_init__(self) -> None:
        given = as_number("recovery", self.recovery)
        if not SHORTEST <= given <= LONGEST:
            raise DscError(
                f"recovery must lie in {SHORTEST:g} to {LONGEST:g} s, got {given:g}. It is the "
                f"time at the end of the scan, {RECOVERY:g} s by default."
            )


def recovery_samples(tissue: Tissue, shape: BolusShape) -> tuple[slice, str]:
    """Samples of the end of a scan, and why they tell no recovery; nothing if they do.

    Parameters
    ----------
    tissue : Tissue
        Prepared curves.
    shape : BolusShape
        How long the end is.

    Returns
    -------
    slice, str
        Samples of the even time axis; words where the first pass of the brain's mean curve is
        not over before them, or they are fewer than three.
    """
    time = tissue.axis.time
    first = int(np.searchsorted(time, time[-1] - shape.recovery - tissue.axis.step / 100))
    end = slice(first, time.size)
    if time.size - first < FEWEST:
        return end, (
            f"PSR was not computed: the last {shape.recovery:g} s hold fewer than {FEWEST} volumes."
        )
    mean = np.nan_to_num(tissue.mean)[None]
    peak = parabolic_peak(mean, slice(0, time.size))
    half = peak.height / 2
    width = fall_through(mean, time, peak.sample, half) - rise_through(
        mean, time, peak.sample, half
    )
    over = float(time[peak.sample[0]] + PASSED * width[0])
    if not over <= time[first]:
        return end, (
            "PSR was not computed: the first pass is not over when the last "
            f"{shape.recovery:g} s of the scan begin."
        )
    return end, ""


def bolus_stages(
    tissue: Tissue,
    shape: BolusShape,
    *,
    origin: float = 0.0,
    echo_time: float | None = None,
    first: BoolArray | None = None,
) -> Generator[Partial, None, tuple[VoxelMaps, tuple[str, ...]]]:
    r"""Compute the maps of the bolus's shape of some voxels, block by block on every core.

    The peak height is that of a parabola through the largest sample; the full width is measured at
    half of it; the area and the first moment :math:`\int t\,C / \int C` are taken over the window
    of the areas. The time of arrival is where the straight line through the rise at 25 % and 75 %
    of the peak meets zero. The percentage of signal recovery is :math:`100 (S_{end} - S_{min}) /
    (S_0 - S_{min})` [1]_, with :math:`S/S_0 = \exp(-TE\,\Delta R_2^*)`.

    Parameters
    ----------
    tissue : Tissue
        Prepared curves of V voxels.
    shape : BolusShape
        How they are read.
    origin : float
        Time from which times count, s.
    echo_time : float, optional
        Echo time, s, by which curves become signals again; None: PSR is left out.
    first : ndarray of bool, shape (V,), optional
        Voxels that are handed out before the rest.

    Yields
    ------
    Partial
        Between blocks; closing the generator cancels what has not begun.

    Returns
    -------
    VoxelMaps, tuple of str
        By the keys of `BOLUS`, with the flags that tissue curves tell: whether a bolus stands out
        is judged by filters matched to their mean curve. And what a reader should know.

    References
    ----------
    .. [1] Cha S et al. (2007). AJNR Am J Neuroradiol 28(6):1078-1084.
    """
    end, no_recovery = recovery_samples(tissue, shape)
    notices = tissue.notices
    if echo_time is not None and no_recovery:
        notices += (no_recovery,)
    recovers = echo_time is not None and not no_recovery
    count, dtype = len(tissue.curves), tissue.curves.dtype
    keys = [key for key in BOLUS if recovers or key != "psr"]
    columns = {key: np.empty(count, dtype) for key in keys}
    late = np.zeros(count) if tissue.offsets is None else tissue.offsets

    def work(rows: slice) -> None:
        here = slice(0, rows.stop - rows.start)
        with np.errstate(all="ignore"):
            whole = whole_block(tissue.curves[rows], tissue.spoilt[rows])
            found = _read(whole, tissue)
            if recovers and echo_time is not None:
                found["psr"] = _recovery(whole, end, echo_time)
        for key in keys:
            values = found[key][here]
            if BOLUS[key].from_origin:
                values = values - (origin - late[rows])
            columns[key][rows] = np.where(tissue.spoilt[rows], np.nan, values)

    yield Partial(0.0)
    with workers() as pool:
        for done in in_blocks(pool, work, blocks_of(count), count):
            yield Partial(0.8 * done)
    flags = _flags(tissue, columns["auc"], columns["peak"])
    values = VoxelMaps(columns, flags, deconvolved=False)
    yield Partial(1.0, None if first is None else values.of(first))
    return values, notices


def _read(whole: FloatArray, tissue: Tissue) -> dict[str, FloatArray]:
    """Columns of a block of finite curves; times from the start of the scan."""
    time, dtype = tissue.axis.time, whole.dtype
    peak = parabolic_peak(whole, slice(0, time.size))
    there = peak.height > 0
    height = np.where(there, peak.height, np.nan).astype(dtype)
    top = peak.sample
    low, high = (rise_through(whole, time, top, share * height) for share in (LOW, HIGH))
    half = height / 2
    weights = tissue.weights
    area = (whole @ weights.astype(dtype)).astype(np.float64)
    moment = (whole @ (weights * time).astype(dtype)) / np.where(area > 0, area, np.nan)
    return {
        "ttp": np.where(there, np.interp(peak.position, np.arange(time.size), time), np.nan),
        "auc": area,
        "peak": height,
        "fwhm": fall_through(whole, time, top, half) - rise_through(whole, time, top, half),
        "first_moment": moment,
        "arrival": low - (high - low) * LOW / (HIGH - LOW),
    }


def _recovery(whole: FloatArray, end: slice, echo_time: float) -> FloatArray:
    """Percentage of signal recovery of a block of curves; NaN where the signal never fell."""
    signal = np.exp(-np.float64(echo_time) * whole)
    least = signal.min(axis=1)
    depth = 1 - least
    return np.asarray(
        100 * (signal[:, end].mean(axis=1) - least) / np.where(depth > 0, depth, np.nan)
    )


def _flags(tissue: Tissue, area: FloatArray, height: FloatArray) -> np.ndarray:
    """Flags of curves without an artery: the brain's mean curve stands for the bolus."""
    flags, rows = tissue.flags.copy(), slice(None)
    filters = bolus_filter(np.nan_to_num(tissue.mean), tissue.axis.step)
    with np.errstate(all="ignore"):
        weak, jumps = flags_of(tissue, rows, matched(tissue, rows, filters))
        lost = ~((area > 0) & (height > 0))
    for bit, where in (
        (Quality.WEAK_BOLUS, weak),
        (Quality.JUMP, jumps),
        (Quality.NOT_POSITIVE, lost),
    ):
        mark(flags, bit, ~tissue.spoilt & where)
    return flags
