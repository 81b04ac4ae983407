"""The digital patient, of blocks or of a believable anatomy."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from napari_dsc.core.defaults import PHANTOM_SEED, PHANTOM_SNR
from napari_dsc.core.errors import DscError
from napari_dsc.core.phantom.artefacts import Artefacts, interrupted
from napari_dsc.core.phantom.believable import believable
from napari_dsc.core.phantom.blocks import blocks
from napari_dsc.core.phantom.grid import spacing_of
from napari_dsc.core.phantom.lesions import Lesion
from napari_dsc.core.phantom.random_fields import Soft
from napari_dsc.core.phantom.record import GREY_SIGNAL, Phantom, Timing
from napari_dsc.core.real_numbers import as_count, as_number, as_reals, described
from napari_dsc.core.time_units import refuse_echo_time, refuse_step
from napari_dsc.core.types import FloatArray, KnownSeries

__all__ = ["Anatomy", "phantom"]

Anatomy: TypeAlias = Literal["blocks", "realistic"]
SHAPES: dict[Anatomy, tuple[int, int, int]] = {"blocks": (64, 64, 8), "realistic": (128, 128, 20)}

UNSATURATED = (1.55, 1.09)  # leading volumes, relative to the steady state
FEW = 16  # numbers that an error lists
MOST = 2e9  # samples of a scan


def phantom(
    shape: tuple[int, int, int] | None = None,
    n_volumes: int = 60,
    snr: float = PHANTOM_SNR,
    seed: int = PHANTOM_SEED,
    *,
    repetition_time: float = 1.5,
    echo_time: float = 0.03,
    arrival: float = 21.0,
    slice_times: Sequence[float] | None = None,
    anatomy: Anatomy = "blocks",
    lesion: Lesion | None = None,
    artefacts: Artefacts | None = None,
    t1_echo_time: float | None = None,
) -> Phantom:
    """Make a digital patient: a head with arteries, a lesion and a tumour, and a bolus.

    Tissue curves are the arterial curve convolved with exponential residue functions on a grid
    of 0.05 s, then sampled: no inverse crime of the deconvolution's own matrix.

    The patient of blocks is schematic: every voxel holds one tissue, but for a rim of the
    arteries. The realistic one has folded cortex, ventricles, deep nuclei, skull and scalp,
    arteries and sinuses as tubes, territories that fill one after the other, and voxels that
    several tissues share, whose signals add up.

    Parameters
    ----------
    shape : tuple of int, optional
        Voxels (X, Y, Z); the field of view is that of a head whatever the number. None:
        (64, 64, 8), of the realistic patient (128, 128, 20). Of the realistic one slices are
        6.5 mm thick at most: 20 reach from the skull base to the vertex, fewer cover the middle.
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
    anatomy : {"blocks", "realistic"}
        Which patient.
    lesion : {"stroke", "tumour", "both", "none"}, optional
        Of the realistic patient: an infarct of the left middle cerebral artery with core and
        penumbra, a leaky glioma of the right frontal lobe with rim, necrosis and oedema; None:
        the stroke. The patient of blocks has a lesion and a tumour always.
    artefacts : Artefacts, optional
        What spoils the scan of the realistic patient; None: nothing.
    t1_echo_time : float, optional
        Echo time, s, as at which leaked agent brightens the tumour by T1, whatever the echo of
        this scan is: the same for both of two echoes. None: `echo_time`.

    Returns
    -------
    Phantom
        The scan and its truth.

    Raises
    ------
    DscError
        If `snr` is not positive, `seed` is negative, the scan ends before the bolus has arrived,
        there is not one time for each slice within a repetition time, a time is not in s, a word
        is not one of those above, or lesion or artefacts are asked of the patient of blocks.

    Examples
    --------
    >>> patient = phantom(shape=(32, 32, 4))
    >>> patient.series.signal.shape, float(patient.series.echo_time)
    ((32, 32, 4, 60), 0.03)
    """
    _refuse_words(anatomy, lesion, artefacts)
    shape, n_volumes, seed = _sizes(SHAPES[anatomy] if shape is None else shape, n_volumes, seed)
    snr, arrival = _as_snr(snr), as_number("arrival", arrival)
    refuse_step("repetition_time", as_number("repetition_time", repetition_time))
    refuse_echo_time(echo_time)
    time = repetition_time * np.arange(n_volumes)
    _refuse_arrival(arrival, time)
    late = None if slice_times is None else _slice_times(slice_times, shape[2], repetition_time)
    timing = Timing(time, echo_time, arrival, late, t1_echo_time)
    random = np.random.default_rng(seed)
    spoiled = artefacts or Artefacts()
    if anatomy == "blocks":
        made, spacing = blocks(shape, timing, random), np.array([220, 220, 48]) / shape  # mm
    else:
        made = believable(shape, timing, seed, lesion or "stroke", spoiled)
        spacing = spacing_of(shape)
    signal = made.signal
    signal[..., : len(UNSATURATED)] *= np.array(UNSATURATED[:n_volumes], dtype=np.float32)
    signal = _noisy(signal, snr, random)
    interrupted(spoiled, signal, random)
    series = KnownSeries(
        signal=np.asfortranarray(np.rint(signal).astype(np.int16)),
        time=time,
        echo_time=echo_time,
        affine=_affine_of(shape, spacing),
        slice_times=late,
        sources={
            "Repetition time": f"{repetition_time:g} s (digital patient)",
            "Echo time": f"{echo_time:g} s (digital patient)",
        },
    )
    return Phantom(
        series=series,
        truth=made.truth,
        tissue=made.tissue,
        artery=made.artery,
        brain=made.brain,
        aif=made.aif,
    )


def _as_snr(snr: float) -> float:
    """Ratio of signal to noise; raise `DscError` for what is none."""
    ratio = as_number("snr", snr)
    if not ratio > 0:
        raise DscError(
            f"snr must be positive, got {ratio:g}. 50 to 100 is usual; inf has no noise."
        )
    return ratio


def _noisy(signal: Soft, snr: float, random: np.random.Generator) -> Soft:
    """Signal with Rician noise; infinite `snr`: as it is."""
    if not np.isfinite(snr):
        return signal
    sigma = np.float32(GREY_SIGNAL / snr)
    real = signal + sigma * random.standard_normal(signal.shape, dtype=np.float32)
    imaginary = sigma * random.standard_normal(signal.shape, dtype=np.float32)
    return np.asarray(np.hypot(real, imaginary))


def _affine_of(shape: tuple[int, int, int], spacing: FloatArray) -> FloatArray:
    """Affine of a volume in radiological storage (LAS), its centre at the origin."""
    affine = np.diag([-spacing[0], spacing[1], spacing[2], 1.0])
    affine[:3, 3] = spacing * (np.array(shape) - 1) / 2 * [1, -1, -1]
    return affine


def _refuse_arrival(arrival: float, time: FloatArray) -> None:
    """Raise `DscError` for a bolus that does not reach the arteries during the scan."""
    if not 0 < arrival < time[-1]:
        raise DscError(
            f"arrival must lie within the scan (0 to {time[-1]:g} s), got {arrival:g}. "
            "Use more volumes or an earlier bolus."
        )


def _refuse_words(anatomy: Any, lesion: Any, artefacts: Any) -> None:
    """Raise `DscError` for words that name no patient, and for what blocks cannot have."""
    for name, word, known in (("anatomy", anatomy, Anatomy), ("lesion", lesion, Lesion)):
        if word not in get_args(known) and not (name == "lesion" and word is None):
            choices = ", ".join(get_args(known))
            raise DscError(f"{name} must be one of {choices}, got {described(word)}.")
    if artefacts is not None and not isinstance(artefacts, Artefacts):
        raise DscError(
            f"artefacts must be Artefacts, got {described(artefacts)}. Pass Artefacts(drift=0.05), "
            "for instance."
        )
    if anatomy == "blocks" and (lesion, artefacts) != (None, None):
        raise DscError(
            "lesion and artefacts must be left out for the patient of blocks, got one. Pass "
            'anatomy="realistic".'
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
