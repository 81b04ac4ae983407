"""What was done, in words that can be pasted into a paper: from the record, and only from it."""

import re
from collections.abc import Mapping
from typing import Any

from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out import stretches

__all__ = ["citations", "methods_paragraph"]

LEXICON = "Dickie BR et al. (2024). OSIPI CAPLEX. Magn Reson Med. doi:10.1002/mrm.29840"
MUTUAL = "Mattes D et al. (2003). IEEE Trans Med Imaging 22(1):120-128."
TTP_CODES = {  # the code follows the setting in force
    "start of scan": "Q.CD1.003",
    "bolus arrival": "Q.CD1.010",
}
CITED = re.compile("\ue000([^\ue001]*)\ue001")  # a reference where it is cited
CENTRAL = "Calamante F et al. (1999). J Cereb Blood Flow Metab 19(7):701-735."


def methods_paragraph(record: Mapping[str, Any]) -> str:
    """Describe an analysis; the terms are those of OSIPI CAPLEX.

    Parameters
    ----------
    record : mapping
        From `make_record`.

    Returns
    -------
    str
        One paragraph; the numbers in brackets are those of `citations`.
    """
    text = _text(record)
    numbers = {one: str(at) for at, one in enumerate(_cited_in(text), start=1)}
    return CITED.sub(lambda found: f"[{numbers[found.group(1)]}]", text)


def citations(record: Mapping[str, Any]) -> list[str]:
    """References of the paragraph, numbered in the order in which it cites them."""
    return [f"[{number}] {one}" for number, one in enumerate(_cited_in(_text(record)), start=1)]


def _text(record: Mapping[str, Any]) -> str:
    """Paragraph with its references where they are cited."""
    parts = (
        _scan,
        _motion,
        _left_out,
        _curves,
        _slices,
        _arterial_input,
        _deconvolution,
        _maps,
        _quality,
    )
    version = record["versions"]["napari-dsc"]
    end = f"Terms follow the OSIPI lexicon (CAPLEX) {_cite(LEXICON)}. {record['statement']}"
    first = f"Perfusion maps were computed with napari-dsc {version}."
    return " ".join([first, *(part(record) for part in parts), end])


def _cite(reference: str) -> str:
    """Mark where a reference is cited; it gets its number when the paragraph is whole."""
    return f"\ue000{reference}\ue001"


def _cited_in(text: str) -> list[str]:
    """References in the order in which they are cited, each once."""
    return list(dict.fromkeys(CITED.findall(text)))


def _scan(record: Mapping[str, Any]) -> str:
    scan = record["input"]
    *size, volumes = scan["shape"]
    step, echo = scan["repetition_time_s"], scan["echo_time_s"]
    words = f"The scan had {volumes} volumes of {'×'.join(map(str, size))} voxels"
    times = [f"a repetition time of {step:g} s"] if step is not None else []
    times += [f"an echo time of {1000 * echo:g} ms"] if echo is not None else []
    return f"{words}, {' and '.join(times)}." if times else f"{words}."


def _motion(record: Mapping[str, Any]) -> str:
    moves = record["input"]["moves"]
    if moves is None:
        return "Motion was not corrected."
    moved = sum(any(one) for one in moves)
    return (
        "Every volume was aligned rigidly with the mean of the baseline by mutual information "
        f"{_cite(MUTUAL)}; {moved} of {len(moves)} volumes had moved and were resampled."
    )


def _left_out(record: Mapping[str, Any]) -> str:
    volumes = record["input"].get("left_out_volumes", [])
    if not volumes:
        return "No volume was left out."
    runs = stretches(volumes)
    named = [f"{a} to {b - 1}" if b - a > 1 else str(a) for a, b in runs]
    return f"Volumes left out, counted from 0: {', '.join(named)}."


def _curves(record: Mapping[str, Any]) -> str:
    settings, scan = record["settings"], record["input"]
    start, stop = settings["baseline_volumes"]
    discarded = f"The first {start} volumes were discarded; " if start else ""
    mean = f"the mean of volumes {start + 1} to {stop} was the baseline"
    if scan["quantity"] != "signal":
        made = "The curves were ΔR2* already when they were read."
    elif scan["echo_time_s"] is None:
        made = (
            "The signal was converted to ΔR2* (Q.EL1.009) under the gradient-echo model "
            "(M.SM1.001), scaled by the echo time, which was unknown."
        )
    else:
        made = (
            "The signal was converted to ΔR2* (Q.EL1.009) under the gradient-echo model "
            "(M.SM1.001)."
        )
    first = discarded + mean
    looked = " The user confirmed that the scan is in order." if scan["checked_by_user"] else ""
    return f"{first[0].upper()}{first[1:]}. {made}{looked}"


def _slices(record: Mapping[str, Any]) -> str:
    times = record["input"]["slice_times_s"] or [0.0]
    if len(set(times)) == 1:
        return "Slice times were unknown, or the same for every slice: nothing was corrected."
    span = f"The slices were measured within {max(times) - min(times):.3g} s of each volume"
    if record["settings"]["slice_timing"]:
        return f"{span}; the arterial curve was brought to the times of each slice."
    return f"{span}, which was not corrected."


def _arterial_input(record: Mapping[str, Any]) -> str:
    voxels = len(record["aif"]["voxels"])
    if voxels:
        words = f"The arterial input function was the mean curve of {_voxels(voxels)}"
    else:
        words = "The arterial input function was a curve that the user had loaded"
    vein = record["vof"]
    if vein is None:
        return f"{words}."
    return (
        f"{words}, its area scaled to that of the venous output function of {_voxels(len(vein))} "
        f"(by {record['aif']['scaled_by']:.3g})."
    )


def _voxels(count: int) -> str:
    return f"{count} voxel{'s' * (count > 1)}"


def _deconvolution(record: Mapping[str, Any]) -> str:
    settings = record["settings"]
    method = settings["deconvolution_method"]
    if method not in DECONVOLVERS:
        raise DscError(
            f"deconvolution_method must be one of {', '.join(DECONVOLVERS)}, got {method!r:.40}: "
            "nothing is known of it. Compute the maps again with one of them."
        )
    kind = DECONVOLVERS[method]
    words = kind.sentence.format(cited=_cite(kind.citation))
    told = []
    if "svd_threshold" in settings:
        most = " of at most" if method == "oSVD" else " of"
        told.append(f"a threshold{most} {settings['svd_threshold']:g}")
    if "oscillation_index" in settings:
        told.append(f"an oscillation index of at most {settings['oscillation_index']:g}")
    extra = f", with {' and '.join(told)}" if told else ""
    return f"Tissue curves were deconvolved by {words}{extra}."


def _maps(record: Mapping[str, Any]) -> str:
    settings = record["settings"]
    window, origin = settings["window_volumes"], settings["ttp_counts_from"]
    over = "all retained volumes" if window is None else f"volumes {window[0] + 1} to {window[1]}"
    return (
        "CBF (Q.PH1.003) is the maximum of the residue function, CBV the ratio of the areas of "
        f"tissue and artery over {over}, both scaled by a haematocrit factor of "
        f"{settings['hematocrit_ratio']:g} and a density of {settings['density_g_per_mL']:g} g/mL; "
        f"MTT (Q.PH1.006) = CBV/CBF {_cite(CENTRAL)}; "
        "Tmax is the time of the residue function's maximum, the "
        f"arterial delay (Q.PH1.007) that of its rise to half of it, TTP ({TTP_CODES[origin]}) the "
        f"time of the largest ΔR2*, counted from the {origin}."
    )


def _quality(record: Mapping[str, Any]) -> str:
    quality = record["quality"]
    total, accepted = quality["voxels"], quality["accepted"]
    share = f" ({accepted / total:.1%})" if total else ""
    return f"Of {total:,} voxels of the brain {accepted:,}{share} had an answer that stands."
