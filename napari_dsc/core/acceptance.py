"""Share of a brain's voxels that were accepted, and what to do where it is too small."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from napari_dsc.core.quality import REJECTING, WORDS, Flags, Quality

__all__ = ["USABLE", "Acceptance", "acceptance_of", "counts_of"]

USABLE = 0.5  # of the brain: with fewer voxels accepted, something is wrong with scan or inputs
MOST_REASONS = 3
ANY = "Look at the curves of brain and AIF, and at the baseline."

REMEDIES: Mapping[Quality, str] = MappingProxyType(
    {
        Quality.NON_FINITE: "Look for volumes or voxels without a signal, and at the brain mask.",
        Quality.LOW_SIGNAL: "Check the brain mask: it may hold air.",
        Quality.UNSTABLE_BASELINE: (
            "Check the baseline: it must begin after the steady state and end before the bolus."
        ),
        Quality.WEAK_BOLUS: (
            "Check the baseline: it must be flat and end before the bolus; and whether the scan "
            "holds a bolus."
        ),
        Quality.SATURATED: "Check the brain mask, and whether the signal falls to the noise.",
        Quality.EDGE: "Check that the AIF is of an artery of this scan, and not a late one.",
        Quality.POOR_FIT: "Check that the AIF is of an artery of this scan.",
        Quality.NOT_POSITIVE: "Check the baseline, and that the AIF is of an artery of this scan.",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """How many voxels of a brain were accepted, and why others were not.

    Parameters
    ----------
    voxels, accepted : int
        Of the brain, and those of them without a rejecting flag.
    reasons : tuple of (str, int)
        Words of the rejecting flags and the voxels that bear them, the most frequent first. A
        voxel may bear several.
    """

    voxels: int
    accepted: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def share(self) -> float:
        """Accepted voxels over all of them; 0 of an empty brain."""
        return self.accepted / self.voxels if self.voxels else 0.0

    @property
    def doubt(self) -> str:
        """Why the maps are not usable as they are, and what to do; empty where they are."""
        if not self.voxels or self.share >= USABLE:
            return ""
        named = ", ".join(f"{words} ({count:,})" for words, count in self.reasons[:MOST_REASONS])
        because = f" Main reasons: {named}." if named else ""
        return (
            f"Only {self.accepted:,} of {self.voxels:,} voxels of the brain ({self.share:.1%}) "
            f"were accepted: the maps are not usable as they are.{because} {self.remedy}"
        )

    @property
    def remedy(self) -> str:
        """What most likely helps against the most frequent reason."""
        flags = {words: flag for flag, words in WORDS.items()}
        first = flags.get(self.reasons[0][0]) if self.reasons else None
        return ANY if first is None else REMEDIES.get(first, ANY)


def counts_of(bits: Flags) -> dict[str, int]:
    """Count the voxels of a brain, those accepted, and those that bear each flag.

    Parameters
    ----------
    bits : ndarray of uint16, shape (V,)
        Quality flags of the brain's voxels.

    Returns
    -------
    dict
        "voxels", "accepted", and the words of every flag.
    """
    accepted = int(((bits & REJECTING) == 0).sum())
    counts = {words: int((bits & flag > 0).sum()) for flag, words in WORDS.items()}
    return {"voxels": int(bits.size), "accepted": accepted, **counts}


def acceptance_of(counts: Mapping[str, int]) -> Acceptance:
    """Read what `counts_of` returned, or a record of it.

    Parameters
    ----------
    counts : mapping of str to int
        "voxels", "accepted", and voxels by the words of their flags.
    """
    advisory = {words for flag, words in WORDS.items() if not flag & REJECTING}
    reasons = [
        (words, int(count))
        for words, count in counts.items()
        if words not in {"voxels", "accepted", *advisory} and "(advisory)" not in words and count
    ]
    return Acceptance(
        voxels=int(counts["voxels"]),
        accepted=int(counts["accepted"]),
        reasons=tuple(sorted(reasons, key=lambda one: -one[1])),
    )
