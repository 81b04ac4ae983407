"""A digital patient of known truth: the demo, the tests' and the documents' yardstick."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.defaults import PHANTOM_SEED, PHANTOM_SNR
from napari_dsc.core.errors import DscError
from napari_dsc.core.maps import Scale
from napari_dsc.core.real_numbers import as_count, as_number, as_reals, described
from napari_dsc.core.short_repr import brief
from napari_dsc.core.time_units import refuse_echo_time, refuse_step
from napari_dsc.core.types import BoolArray, FloatArray, KnownSeries

__all__ = ["Phantom", "Tissue", "phantom"]

FINE = 0.05  # s: curves are convolved on this grid, then sampled
AIF_PEAK = 120.0  # 1/s: S/S0 = 0.027 at TE 30 ms, above the noise floor of a bright artery
GREY_SIGNAL = 900.0  # a.u.: SNR is given for this
UNSATURATED = (1.55, 1.09)  # leading volumes, relative to the steady state
FEW = 16  # numbers that an error lists
MOST = 2e9  # samples of a scan
LEAKAGE = 0.03  # 1/s: T1 leakage (K2) of the tumour
RECIRCULATION = 0.3  # of the area of the first pass


class Tissue(IntEnum):
    """Labels of the phantom's voxels."""

    AIR = 0
    SCALP = 1
    GREY = 2
    WHITE = 3
    CSF = 4
    HYPOPERFUSED = 5
    TUMOUR = 6
    ARTERY = 7
    PARTIAL_ARTERY = 8
    SATURATED_ARTERY = 9
    VEIN = 10


class Perfusion(NamedTuple):
    """What a tissue does to a bolus; its residue function is exponential."""

    cbf: float  # mL/100g/min
    cbv: float  # mL/100g
    delay: float = 0.0  # s

    @property
    def mtt(self) -> float:
        """Mean transit time, s."""
        return 60 * self.cbv / self.cbf


PERFUSION: Mapping[Tissue, Perfusion] = {
    Tissue.GREY: Perfusion(74, 6.2),
    Tissue.WHITE: Perfusion(36, 3.3),
    Tissue.HYPOPERFUSED: Perfusion(18, 4.2, delay=4.5),
    Tissue.TUMOUR: Perfusion(90, 9.0),
}
BASELINE: Mapping[Tissue, float] = {  # a.u.
    Tissue.AIR: 0,
    Tissue.SCALP: 260,
    Tissue.GREY: GREY_SIGNAL,
    Tissue.WHITE: 760,
    Tissue.CSF: 1350,
    Tissue.HYPOPERFUSED: 860,
    Tissue.TUMOUR: 980,
    Tissue.ARTERY: 4000,
    Tissue.PARTIAL_ARTERY: 1800,
    Tissue.SATURATED_ARTERY: 1100,
    Tissue.VEIN: 1500,
}


@brief
@dataclass(frozen=True, slots=True, eq=False)
class Phantom:
    """A scan and its truth.

    Parameters
    ----------
    series : KnownSeries
        The scan: int16, shape (X, Y, Z, T).
    truth : mapping of str to ndarray, shape (X, Y, Z)
        "cbf" in mL/100g/min, "cbv" in mL/100g, "mtt" and "delay" in s. NaN in vessels, in CSF
        (transit times) and outside the brain.
    tissue : ndarray of uint8, shape (X, Y, Z)
        Labels of `Tissue`: 0 air, 1 scalp, 2 grey matter, 3 white matter, 4 CSF, 5 hypoperfused
        territory, 6 leaky tumour, 7 artery, 8 artery and tissue in one voxel, 9 saturated
        artery, 10 vein.
    artery : ndarray of bool, shape (X, Y, Z)
        Pure, unsaturated arterial voxels.
    brain : ndarray of bool, shape (X, Y, Z)
        Brain, ventricles and vessels.
    aif : ndarray, shape (T,)
        True delta R2* of the artery, 1/s.
    """

    series: KnownSeries
    truth: Mapping[str, FloatArray]
    tissue: NDArray[np.uint8]
    artery: BoolArray
    brain: BoolArray
    aif: FloatArray


def phantom(
    shape: tuple[int, int, int] = (64, 64, 8),
    n_volumes: int = 60,
    snr: float = PHANTOM_SNR,
    seed: int = PHANTOM_SEED,
    *,
    repetition_time: float = 1.5,
    echo_time: float = 0.03,
    arrival: float = 21.0,
    slice_times: Sequence[float] | None = None,
) -> Phantom:
    """Make a digital patient: a head with arteries, a lesion and a tumour, and a bolus.

    Tissue curves are the arterial curve convolved with exponential residue functions on a grid
    of 0.05 s, then sampled: no inverse crime of the deconvolution's own matrix.

    Parameters
    ----------
    shape : tuple of int
        Voxels (X, Y, Z); the field of view is that of a head whatever the number.
    n_volumes : int
        Volumes. The first two are not in the steady state.
    snr : float
        Signal of grey matter over the standard deviation of the (Rician) noise; may be infinite.
    seed : int
        The same seed gives the same scan.
    repetition_time, echo_time : float
        Time from volume to volume, and echo time, s.
    arrival : float
        Time at which the bolus reaches the arteries, s.
    slice_times : sequence of float, optional
        When each of the Z slices is measured after its volume begins, s; None: all at once.

    Returns
    -------
    Phantom
        The scan and its truth.

    Raises
    ------
    DscError
        If `snr` is not positive, `seed` is negative, the scan ends before the bolus has arrived,
        there is not one time for each slice within a repetition time, or a time is not in s.

    Examples
    --------
    >>> patient = phantom(shape=(32, 32, 4))
    >>> patient.series.signal.shape, float(patient.series.echo_time)
    ((32, 32, 4, 60), 0.03)
    """
    shape, n_volumes, seed = _sizes(shape, n_volumes, seed)
    snr, arrival = as_number("snr", snr), as_number("arrival", arrival)
    if not snr > 0:
        raise DscError(f"snr must be positive, got {snr:g}. 50 to 100 is usual; inf has no noise.")
    refuse_step("repetition_time", as_number("repetition_time", repetition_time))
    refuse_echo_time(echo_time)
    time = repetition_time * np.arange(n_volumes)
    if not 0 < arrival < time[-1]:
        raise DscError(
            f"arrival must lie within the scan (0 to {time[-1]:g} s), got {arrival:g}. "
            "Use more volumes or an earlier bolus."
        )
    random = np.random.default_rng(seed)
    tissue = _anatomy(shape)
    late = None if slice_times is None else _slice_times(slice_times, shape[2], repetition_time)
    curves = _curves(time, arrival)
    level = _baseline_image(tissue, random)
    signal = level[..., None].astype(np.float32)
    if late is None:
        signal = signal * _relaxed(curves, echo_time)[tissue]
    else:
        seen = {own: _relaxed(_curves(time + own, arrival), echo_time) for own in set(late)}
        signal = signal * np.stack(
            [seen[own][tissue[:, :, at]] for at, own in enumerate(late)], axis=2
        )
    signal[..., : len(UNSATURATED)] *= np.array(UNSATURATED[:n_volumes], dtype=np.float32)
    if np.isfinite(snr):
        sigma = np.float32(GREY_SIGNAL / snr)
        real = signal + sigma * random.standard_normal(signal.shape, dtype=np.float32)
        signal = np.hypot(real, sigma * random.standard_normal(signal.shape, dtype=np.float32))
    spacing = np.array([220, 220, 48]) / shape  # mm
    affine = np.diag([-spacing[0], spacing[1], spacing[2], 1.0])  # radiological storage (LAS)
    affine[:3, 3] = spacing * (np.array(shape) - 1) / 2 * [1, -1, -1]
    series = KnownSeries(
        signal=np.asfortranarray(np.rint(signal).astype(np.int16)),
        time=time,
        echo_time=echo_time,
        affine=affine,
        slice_times=late,
        sources={
            "Repetition time": f"{repetition_time:g} s (digital patient)",
            "Echo time": f"{echo_time:g} s (digital patient)",
        },
    )
    return Phantom(
        series=series,
        truth=_truth(tissue),
        tissue=tissue,
        artery=tissue == Tissue.ARTERY,
        brain=tissue >= Tissue.GREY,
        aif=curves[Tissue.ARTERY],
    )


def _sizes(shape: Any, n_volumes: Any, seed: Any) -> tuple[tuple[int, int, int], int, int]:
    """Sizes and seed as whole numbers; raise `DscError` for others."""
    try:
        nx, ny, nz = shape
    except (TypeError, ValueError) as error:
        raise DscError(
            f"shape must be three whole numbers of voxels, got {described(shape)}. Give (X, Y, Z)."
        ) from error
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool) and seed < 0:
        raise DscError(f"seed must not be negative, got {seed}. Any other whole number will do.")
    sizes = (as_count("shape", nx, 1), as_count("shape", ny, 1), as_count("shape", nz, 1))
    count = as_count("n_volumes", n_volumes, 2)
    if count * float(np.prod(sizes, dtype=np.float64)) > MOST:
        raise DscError(
            f"shape and n_volumes must make at most {MOST:.0e} samples, got {sizes} and {count}. "
            "Use fewer."
        )
    return sizes, count, as_count("seed", seed)


def _slice_times(times: Sequence[float], n_slices: int, repetition_time: float) -> FloatArray:
    remedy = "Give one time in seconds for each slice."
    late = as_reals("slice_times", times, remedy).astype(np.float64)
    if late.shape != (n_slices,) or not ((late >= 0) & (late < repetition_time)).all():
        raise DscError(
            f"slice_times must hold one time from 0 to {repetition_time:g} s for each of the "
            f"{n_slices} slices, got {late.tolist() if late.size <= FEW else late.shape}."
        )
    return late


def _relaxed(curves: Mapping[Tissue, FloatArray], echo_time: float) -> NDArray[np.float32]:
    """Signal of each tissue over its baseline, shape (labels, T)."""
    relaxed = np.exp(-echo_time * np.stack([curves[label] for label in Tissue]))
    pure, grey = relaxed[Tissue.ARTERY], relaxed[Tissue.GREY]
    relaxed[Tissue.PARTIAL_ARTERY] = 0.5 * pure + 0.5 * grey
    return np.asarray(relaxed, dtype=np.float32)


def _truth(tissue: NDArray[np.uint8]) -> dict[str, FloatArray]:
    truth = {key: np.full(tissue.shape, np.nan) for key in ("cbf", "cbv", "mtt", "delay")}
    for label, own in PERFUSION.items():
        for key, values in truth.items():
            values[tissue == label] = getattr(own, key)
    truth["cbf"][tissue == Tissue.CSF] = truth["cbv"][tissue == Tissue.CSF] = 0
    return truth


def _curves(time: FloatArray, arrival: float) -> dict[Tissue, FloatArray]:
    """Delta R2* of each tissue, 1/s, at the times of the volumes."""
    fine = np.arange(0, time[-1] + FINE, FINE)
    artery = _arterial_curve(fine - arrival)

    def passed_on(residue: FloatArray, delay: float) -> FloatArray:
        delayed = np.interp(fine - delay, fine, artery, left=0)
        # Trapezoidal rule: half of the first and of the last product.
        whole = np.convolve(delayed, residue)[: fine.size]
        return np.asarray(FINE * (whole - (delayed * residue[0] + delayed[0] * residue) / 2))

    curves = {label: np.zeros_like(fine) for label in Tissue}
    for label, own in PERFUSION.items():
        residue = own.cbf / Scale().flow * np.exp(-fine / own.mtt)
        curves[label] = passed_on(residue, own.delay)
    curves[Tissue.TUMOUR] -= LEAKAGE * FINE * np.cumsum(curves[Tissue.WHITE])
    curves[Tissue.ARTERY] = artery
    curves[Tissue.SATURATED_ARTERY] = 1.7 * artery
    curves[Tissue.VEIN] = passed_on(np.exp(-fine / 4.0) / 4.0, 3.0)
    return {label: np.interp(time, fine, curve) for label, curve in curves.items()}


def _arterial_curve(since: FloatArray) -> FloatArray:
    """Gamma variate, then a wider, smaller second pass; 1/s."""
    first = _gamma_variate(since, 3.0, 2.2)
    second = _gamma_variate(since - 10.0, 3.0, 4.5)
    second *= RECIRCULATION * first.sum() / second.sum() if second.any() else 0
    curve = first + second
    return np.asarray(AIF_PEAK / curve.max() * curve)


def _gamma_variate(since: FloatArray, a: float, b: float) -> FloatArray:
    after = np.maximum(since, 0)
    return np.asarray(after**a * np.exp(-after / b))


def _anatomy(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Labels of a schematic head; x to the patient's left, y to anterior, z to superior."""
    x, y, z = np.meshgrid(
        *((np.arange(n) - (n - 1) / 2) / (n / 2) for n in shape), indexing="ij", sparse=True
    )
    waist = np.sqrt(1 - (0.62 * z) ** 2)
    radius = np.hypot(x / (0.70 * waist), y / (0.86 * waist))
    angle = np.arctan2(y, x)
    tissue = np.zeros(shape, dtype=np.uint8)

    def ellipsoid(
        centre: tuple[float, float, float], half: tuple[float, float, float]
    ) -> BoolArray:
        offsets = ((a - c) / h for a, c, h in zip((x, y, z), centre, half, strict=True))
        return np.asarray(sum(offset**2 for offset in offsets) < 1)

    tissue[(radius > 1.10) & (radius < 1.19)] = Tissue.SCALP
    tissue[radius < 1] = Tissue.WHITE
    folds = 0.79 + 0.07 * np.sin(17 * angle + 2 * z) + 0.04 * np.sin(29 * angle - 3 * z)
    fissure = (np.abs(x) < 0.05) & (radius > 0.42)
    tissue[(radius < 1) & ((radius > folds) | fissure)] = Tissue.GREY
    for side in (-1, 1):
        tissue[ellipsoid((0.24 * side, 0.05, -0.1), (0.11, 0.20, 0.7))] = Tissue.GREY
        for middle in (-0.12, 0.16):  # occipital and frontal part of a lateral ventricle
            centre = (0.10 * side, middle, 0.15)
            tissue[ellipsoid(centre, (0.07, 0.19, 0.75))] = Tissue.CSF
    lesion = (x > 0.26) & (np.abs(y + 0.02 + 0.25 * x) < 0.34) & (z > -0.75)
    tissue[lesion & np.isin(tissue, (Tissue.GREY, Tissue.WHITE))] = Tissue.HYPOPERFUSED
    tissue[ellipsoid((-0.33, 0.42, 0.3), (0.17, 0.17, 0.55))] = Tissue.TUMOUR
    _vessels(tissue)
    return tissue


def _vessels(tissue: NDArray[np.uint8]) -> None:
    """Arteries in the lower half of the head, the sagittal sinus at its back; in place."""
    nx, ny, nz = tissue.shape

    def place(at: tuple[float, float], size: int, slices: slice, label: Tissue) -> None:
        i, j = round((at[0] + 1) / 2 * (nx - 1)), round((at[1] + 1) / 2 * (ny - 1))
        half = size // 2
        block = tissue[i - half : i - half + size, j - half : j - half + size, slices]
        block[block != Tissue.AIR] = label

    low = slice(0, max(1, nz // 2))
    for side in (-1, 1):  # middle cerebral arteries: a pure core, a rim shared with tissue
        place((0.30 * side, 0.22), 4, low, Tissue.PARTIAL_ARTERY)
        place((0.30 * side, 0.22), 2, low, Tissue.ARTERY)
    place((0.0, 0.42), 3, low, Tissue.PARTIAL_ARTERY)  # anterior cerebral artery
    place((0.0, 0.42), 1, low, Tissue.ARTERY)
    place((0.0, -0.26), 2, low, Tissue.SATURATED_ARTERY)  # basilar artery
    place((0.0, -0.72), 3, slice(None), Tissue.VEIN)


def _baseline_image(tissue: NDArray[np.uint8], random: np.random.Generator) -> FloatArray:
    """Signal before the bolus: tissue contrast, texture and a receive-coil gradient; a.u."""
    level = np.array([BASELINE[label] for label in Tissue])[tissue]
    texture = 1 + 0.02 * random.standard_normal(tissue.shape)
    shade = 1 + 0.06 * np.linspace(-1, 1, tissue.shape[1])[None, :, None]
    return np.asarray(level * texture * shade)
