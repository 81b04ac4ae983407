"""Rules that turn what was computed into sentences, each with a key and a level."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from napari_dsc.core.aif import GOOD as FITS
from napari_dsc.core.aif import measure, verdicts
from napari_dsc.core.maps import Residue
from napari_dsc.core.plausibility.brain_evidence import BrainEvidence
from napari_dsc.core.plausibility.ranges import EXPECTED
from napari_dsc.core.plausibility.remedies import REMEDIES
from napari_dsc.core.protocol import Protocol
from napari_dsc.core.provenance import UNSEEN, Origin
from napari_dsc.core.quantities import CBF, CBV, CBV_CORRECTED, COMPUTED, MTT
from napari_dsc.core.types import DSCPerfusionMaps, FloatArray, Measures

__all__ = [
    "AIF_IN_DOUBT",
    "COARSE_KEY",
    "DOUBTFUL",
    "GOOD",
    "NOTE",
    "OF_ARTERY",
    "PROTOCOL_KEY",
    "UNSEEN_KEY",
    "Finding",
    "JudgedAif",
    "Level",
    "Operator",
    "artery_in_doubt",
    "correction_in_doubt",
    "findings_of",
    "is_coarse",
    "medians_of",
    "read_operator",
    "told",
    "unseen_artery",
]

Level: TypeAlias = Literal["good", "note", "doubtful"]
GOOD: Level = "good"
NOTE: Level = "note"
DOUBTFUL: Level = "doubtful"

UNSEEN_KEY = "unseen aif"
PROTOCOL_KEY = "leakage protocol"
OF_ARTERY = ("aif", "early brain")  # keys of findings on the AIF itself: no delay holds in doubt
AIF_IN_DOUBT = "AIF in doubt"  # beside a volume that rests on it
COARSE_KEY = "operator"
HALF = 0.5  # of the voxels: with fewer good ones an AIF is in doubt
MANY = 0.25  # of the voxels, of one kind that bends the mean whatever the others are
BENDING = ("late", "saturated")
EARLY_SHARE = 0.25  # of the brain
MARGIN = 0.5  # s, or half a step where that is more: what arrival is read to
UNRETURNED = 0.5  # of the peak of the brain's mean curve
AFTER_PEAK = 1.0  # times the rise, from arrival to peak, that a scan goes on after the peak
COARSE = 1.0  # s
USUAL_MTT = 4.0  # s: what an operator is tried on
LEAST_RECOVERED = 0.5  # of flow: an operator that loses more is no excuse for more
UNIT = (
    " The AIF that was loaded may not be in the unit of the scan's ΔR2* (a concentration, a "
    "signal, normalised)."
)
CUT_AREAS = "CBV and MTT are too low", "CBV and MTT depend on the window of the areas"
CUT_WEIGHTS = (
    "CBV and MTT rest on little of it",
    "CBV and MTT are those of the model tissue of the weights, which has no leakage and no drift",
)
CONSEQUENCE: Mapping[str, str] = {
    CBV.key: "absolute values do not hold, ratios may",
    CBF.key: "absolute values do not hold, ratios may",
    MTT.key: "transit times do not hold",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence on whether an analysis can be believed.

    Parameters
    ----------
    key : str
        Stable name of the rule: "aif", "unseen aif", "early brain", "cbv", "cbf", "mtt",
        "not returned", "scan ends", "operator", "leakage" or "leakage protocol".
    level : str
        "good"; "note": a limit that a reader should know; "doubtful": look at it before the maps
        are used.
    words : str
        The sentence, with its numbers.
    """

    key: str
    level: Level
    words: str

    @property
    def remedy(self) -> str:
        """What to do about it, in a sentence; empty where it is good."""
        return "" if self.level == GOOD else REMEDIES.get(self.key, "")


def told(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Sentences of what is doubtful or to be noted: what a reader has to be warned of."""
    return tuple(one.words for one in findings if one.level != GOOD)


def unseen_artery(origin: Origin | None) -> tuple[Finding, ...]:
    """Say of an AIF that the program proposed and used that nobody has looked at it."""
    if origin is None or not origin.unseen:
        return ()
    words = f"AIF: {UNSEEN}. Look at its voxels before the maps are used."
    return (Finding(key=UNSEEN_KEY, level=DOUBTFUL, words=words),)


def correction_in_doubt(protocol: Protocol) -> tuple[Finding, ...]:
    """Say of CBV that was corrected for leakage why, by the scan's protocol, it may not hold."""
    return tuple(
        Finding(key=PROTOCOL_KEY, level=DOUBTFUL, words=words) for words in protocol.doubts
    )


def artery_in_doubt(findings: Iterable[Finding]) -> bool:
    """Whether something speaks against the AIF itself, so that no delay from it holds."""
    return any(one.level == DOUBTFUL and one.key in OF_ARTERY for one in findings)


class Operator(NamedTuple):
    """What a deconvolution makes of tissue that it is told: no delay, a transit time of 4 s."""

    name: str
    delay: float  # s: half-rise of its residue, 0 if all were right; NaN: there is none
    recovered: float  # flow that is read over the true one


@dataclass(frozen=True, slots=True, eq=False)
class JudgedAif:
    """Arterial curve that is judged, with what its voxels tell one by one.

    Parameters
    ----------
    curve : ndarray, shape (T,)
        Delta R2* of the artery, 1/s.
    time : ndarray, shape (T,)
        Time of each sample, s.
    voxels : int
        So many it is read from; 0: a curve that was loaded.
    counts : mapping of str to int
        Voxels by their verdicts, as `verdict_counts` returns them.
    """

    curve: FloatArray
    time: FloatArray
    voxels: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)


def findings_of(
    evidence: BrainEvidence,
    artery: JudgedAif,
    maps: DSCPerfusionMaps,
    *,
    operator: Operator | None = None,
    times: Operator | None = None,
    offsets: FloatArray | None = None,
    weighted: bool = False,
) -> tuple[Finding, ...]:
    """Judge an analysis by rules that rest on the passage of a bolus, not on any one scan.

    Parameters
    ----------
    evidence : BrainEvidence
        Of the brain's curves.
    artery : JudgedAif
        The AIF.
    maps : DSCPerfusionMaps
        Medians are taken over their accepted voxels.
    operator : Operator, optional
        From `read_operator`, of the method of the flow; None: there was no deconvolution.
    times : Operator, optional
        Of the method that Tmax and delay are read off, where that is another.
    offsets : ndarray, shape (V,), optional
        By how much later than the volumes each voxel of the brain was measured, s.
    weighted : bool
        Whether CBV was read by weights, not as an integral.

    Returns
    -------
    tuple of Finding
        The AIF first; what is doubtful before what is noted.
    """
    curve, time = np.asarray(artery.curve, np.float64), artery.time
    own = measure(curve[None], time, slice(0, 0))
    found = [
        _of_artery(own, evidence.mean, artery.voxels, artery.counts),
        *_early_brain(evidence, curve, time, offsets),
        *_medians(maps, operator, loaded=not artery.voxels),
        *_end_of_scan(evidence, time, CUT_WEIGHTS if weighted else CUT_AREAS),
        *_coarse(times or operator, time),
        *_leakage(evidence, maps),
    ]
    order = {DOUBTFUL: 0, GOOD: 1, NOTE: 2}
    return (found[0], *sorted(found[1:], key=lambda one: order[one.level]))


def _of_artery(own: Measures, mean: Measures, voxels: int, counts: Mapping[str, int]) -> Finding:
    """What stands against the voxels of the AIF, or against a curve that was loaded."""
    if not voxels:
        words = [one for one in verdicts(own, mean)[0] if one != "partial volume"]  # of its height
        words = words or [FITS]
        level = GOOD if words == [FITS] else DOUBTFUL
        return Finding(key="aif", level=level, words=f"AIF: a curve, {', '.join(words)}.")
    good = counts.get(FITS, 0)
    against = {word: count for word, count in counts.items() if word != FITS}
    bent = max((against.get(word, 0) for word in BENDING), default=0)
    level = DOUBTFUL if good < HALF * voxels or bent > MANY * voxels else GOOD
    if voxels == 1:
        told = ", ".join(against or [FITS])
    elif not against:
        told = FITS
    else:
        told = ", ".join(f"{count} {word}" for word, count in ({FITS: good} | against).items())
    return Finding(
        key="aif", level=level, words=f"AIF: {voxels:,} voxel{'s' * (voxels != 1)}, {told}."
    )


def _early_brain(
    evidence: BrainEvidence, aif: FloatArray, time: FloatArray, offsets: FloatArray | None
) -> Iterator[Finding]:
    """Blood reaches the artery that feeds a brain before the brain."""
    step = float(np.median(np.diff(time)))
    margin = max(MARGIN, step / 2)
    share = evidence.earlier_than(aif, time, margin, offsets)
    if share > EARLY_SHARE:
        yield Finding(
            key="early brain",
            level=DOUBTFUL,
            words=(
                f"The bolus reaches {share:.0%} of the brain more than {margin:.3g} s before the "
                "AIF: it is no artery that feeds the brain (a vein, tissue, or an artery behind a "
                "narrowing)."
            ),
        )


def medians_of(maps: DSCPerfusionMaps) -> dict[str, float]:
    """Medians over the accepted voxels of the maps that have an expected range, by their keys."""
    found = {}
    for key in EXPECTED:
        one = maps.get(key)
        if one is None or one.units != COMPUTED[key].units:
            continue  # a ratio of peaks is in no unit
        values = one.values[one.quality_mask]
        values = values[np.isfinite(values)]
        if values.size:
            found[key] = float(np.median(values))
    return found


def _number(value: float) -> str:
    """A number to three digits, and never as a power of ten."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _medians(
    maps: DSCPerfusionMaps, operator: Operator | None, *, loaded: bool
) -> Iterator[Finding]:
    """Half of a brain has more, half of it less, than what a brain can have."""
    lost = 1.0 if operator is None else float(np.clip(operator.recovered, LEAST_RECOVERED, 1.0))
    for key, median in medians_of(maps).items():
        low, high = EXPECTED[key]
        least = low * lost if key == CBF.key else low
        most = high / lost if key == MTT.key else high
        if least <= median <= most:
            continue
        row = COMPUTED[key]
        unit = UNIT if loaded and key == CBV.key else ""
        yield Finding(
            key=key,
            level=DOUBTFUL,
            words=(
                f"Median {row.symbol} of the brain {_number(median)} {row.units} (expected "
                f"{low:g} to {high:g}): {CONSEQUENCE[key]}.{unit}"
            ),
        )


def _end_of_scan(
    evidence: BrainEvidence, time: FloatArray, words: tuple[str, str]
) -> Iterator[Finding]:
    """Areas are those of a bolus only if the scan holds all of it."""
    mean = evidence.mean
    peak, rise = float(mean.ttp[0]), float(mean.ttp[0] - mean.arrival[0])
    if not np.isfinite(peak):
        return
    left, step = evidence.end - peak, float(np.median(np.diff(time)))
    if left < max(AFTER_PEAK * rise, 2 * step):
        yield Finding(
            key="scan ends",
            level=DOUBTFUL,
            words=(
                f"The scan ends {left:.1f} s after the peak of the brain's mean curve, inside the "
                f"bolus: {words[0]}."
            ),
        )
    elif mean.end_over_peak[0] > UNRETURNED:
        yield Finding(
            key="not returned",
            level=DOUBTFUL,
            words=(
                f"The brain's mean curve ends at {float(mean.end_over_peak[0]):.0%} of its peak "
                f"and has not returned: {words[1]}."
            ),
        )


def read_operator(
    read: Callable[[FloatArray], Residue], aif: FloatArray, time: FloatArray, name: str
) -> Operator:
    """Try a deconvolution on tissue that is known: no delay, and a transit time of 4 s.

    Parameters
    ----------
    read : callable
        From a curve to its residue, bound to this artery (see `residue_reader`).
    aif : ndarray, shape (T,)
        Delta R2* of the artery, 1/s.
    time : ndarray, shape (T,)
        Time of each sample, s.
    name : str
        Of the method.
    """
    fine = np.linspace(time[0], time[-1], 8 * time.size)
    step = float(fine[1] - fine[0])
    artery = np.interp(fine, time, aif)
    decay = np.exp(-(fine - fine[0]) / USUAL_MTT)
    whole = np.convolve(artery, decay)[: fine.size]
    curve = step * (whole - (artery * decay[0] + artery[0] * decay) / 2)
    found = read(np.interp(time, fine, curve))
    return Operator(name, found.delay, found.height)


def is_coarse(operator: Operator) -> bool:
    """Whether tissue without delay reads a delay of more than 1 s, either way."""
    return bool(abs(operator.delay) > COARSE)


def _coarse(operator: Operator | None, time: FloatArray) -> Iterator[Finding]:
    """Times cannot be read finer than the operator is sharp."""
    if operator is None or not is_coarse(operator):
        return
    step = float(np.median(np.diff(time)))
    yield Finding(
        key=COARSE_KEY,
        level=NOTE,
        words=(
            f"{operator.name} is too coarse for this AIF at a time step of {step:.3g} s: tissue "
            f"without delay reads a delay of {operator.delay:.1f} s. Compare delays with each "
            "other only."
        ),
    )


def _leakage(evidence: BrainEvidence, maps: DSCPerfusionMaps) -> Iterator[Finding]:
    """Contrast agent that leaves the vessels bends the curves, and with them CBV."""
    if not evidence.leaking:
        return
    unit = "voxels" if maps.cbv.affine is None else "mL"
    after = maps.get(CBV_CORRECTED.key)
    remedy = "leakage is not corrected" if after is None else f"see {CBV_CORRECTED.symbol} and K2"
    yield Finding(
        key="leakage",
        level=NOTE,
        words=(
            f"Curves of {evidence.leaking:.1f} {unit} end below their baseline, as where contrast "
            f"agent leaks: CBV is too low there ({remedy})."
        ),
    )
