"""One short line on each scan of a cohort: what became of it, and whether to look at it."""

from collections.abc import Mapping
from typing import Any

from napari_dsc.core.number_words import voxel_words
from napari_dsc.core.plausibility import DOUBTFUL, GOOD, UNSEEN_KEY
from napari_dsc.core.quantities import CBF
from napari_dsc.core.regions import limits_words
from napari_dsc.io.judgements import tmax_by_in

__all__ = ["LATE", "brief", "doubts_of", "findings_of", "is_doubtful", "late_mL", "redrawn_by"]

LATE = 6.0  # s of Tmax


def findings_of(told: Mapping[str, Any]) -> list[str]:
    """Sentences on what a reader should know of a scan, from its log.

    That nobody has looked at a proposed AIF stands beside the AIF: it holds for every scan of a
    cohort, and says of none that it is unlike the others.
    """
    return [one["words"] for one in _own(told) if one["level"] != GOOD]


def doubts_of(told: Mapping[str, Any]) -> list[str]:
    """Sentences for which a scan is to be looked at before its maps are used."""
    found = [one["words"] for one in _own(told) if one["level"] == DOUBTFUL]
    doubt = told.get("doubt")
    return [*found, *([doubt] if doubt else [])]


def _own(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in told.get("findings") or [] if one.get("key") != UNSEEN_KEY]


def is_doubtful(told: Mapping[str, Any]) -> bool:
    """Whether anything in its log speaks against its maps."""
    return bool(doubts_of(told))


def late_mL(told: Mapping[str, Any]) -> float | None:  # noqa: N802 (the unit)
    """Volume of tissue with Tmax above 6 s, mL.

    None: there is no Tmax, or it is one for which the limits do not hold.
    """
    if tmax_by_in(told):
        return None
    late = told.get("late_tissue") or {}
    return next((one["mL"] for one in late.get("volumes", []) if one["tmax_above_s"] == LATE), None)


def redrawn_by(told: Mapping[str, Any]) -> str | None:
    """Code of the reader who has redrawn the AIF, which may be empty; None: nobody has."""
    redrawn = told.get("aif_redrawn")
    return str(redrawn.get("reviewer") or "") if isinstance(redrawn, Mapping) else None


def brief(told: Mapping[str, Any]) -> str:
    """What a scan came to, in a line.

    Parameters
    ----------
    told : mapping
        Its log.

    Returns
    -------
    str
        TR, AIF, the share accepted, CBF, late tissue, and how many findings and doubts there are.
    """
    aif, share = told["aif"], told["brain"]["accepted_share"]
    voxels, how = aif["voxels"], aif["chosen"] or "unknown"
    looked = "" if told["aif_looked_at"] else ", not looked at"
    looked = looked if redrawn_by(told) is None else ", redrawn by a reviewer"
    words = [
        f"TR {told['repetition_time_s']:g} s",
        f"AIF {voxel_words(voxels) if voxels else 'curve'} ({how}{looked})"
        if aif["peak"] is not None
        else "no AIF",
    ]
    if share is not None:
        words.append(f"{share:.0%} accepted")
    if flow := told["medians"].get(CBF.symbol):
        words.append(f"CBF {flow['value']:.3g} {flow['unit']}")
    if (late := late_mL(told)) is not None:
        words.append(f"Tmax > {LATE:g} s {late:.1f} mL")
    if told.get("late_tissue") and (by := tmax_by_in(told)):
        words.append(limits_words(by))
    found, doubts = len(findings_of(told)), len(doubts_of(told))
    words.append(f"{found} finding{'s' * (found != 1)}")
    if doubts:
        words.append("DOUBTFUL")
    return ", ".join(words)
