"""Methods paragraph that can be pasted into a paper, made from the record alone.

Each sentence is a function of the record. It cites by a key of `REFERENCES`, as in "[@otsu1979]";
numbers are given once, in the order in which the paragraph first names them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from napari_dsc.core.acceptance import acceptance_of
from napari_dsc.core.deconvolution import DECONVOLVERS, Deconvolver, cautions
from napari_dsc.core.defaults import TIMES_BY
from napari_dsc.core.errors import DscError
from napari_dsc.core.leakage import LEAKAGE_MODELS
from napari_dsc.core.left_out_volumes import bridged_of, in_runs
from napari_dsc.core.orientation import BY_USER as STATED
from napari_dsc.core.orientation import FACT, as_codes, codes_in_words
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.plausibility import told
from napari_dsc.core.provenance import Origin
from napari_dsc.core.quantities import (
    AUC,
    BOLUS,
    CBV,
    COMPUTED,
    DELAY,
    QUANTITIES,
    STANDARD,
    TMAX,
    Quantity,
)
from napari_dsc.core.settings import SETTINGS
from napari_dsc.core.types import BY_USER, FILE_SAID
from napari_dsc.io.drawn_json import GIVEN, PROPOSED, chosen_in
from napari_dsc.io.judgements import read_findings, read_late
from napari_dsc.io.provenance import read_origin
from napari_dsc.io.record import TIMES, WINDOWED_SCALING

__all__ = ["REFERENCES", "cautions_in", "citations", "methods_paragraph"]

REFERENCES: Mapping[str, str] = {
    "dickie2024": (
        "Dickie BR et al. (2024). A community-endorsed open-source lexicon for contrast "
        "agent–based perfusion MRI: A consensus guidelines report from the ISMRM Open Science "
        "Initiative for Perfusion Imaging (OSIPI). Magn Reson Med 91(5):1761-1773. "
        "doi:10.1002/mrm.29840"
    ),
    "mattes2003": "Mattes D et al. (2003). IEEE Trans Med Imaging 22(1):120-128.",
    "mouridsen2006": "Mouridsen K et al. (2006). Magn Reson Med 55(3):524-531.",
    "thompson1964": "Thompson HK et al. (1964). Circ Res 14:502-515.",
    "mendrik2011": "Mendrik AM et al. (2011). Phys Med Biol 56(13):3857-3872.",
    "otsu1979": "Otsu N (1979). IEEE Trans Syst Man Cybern 9(1):62-66.",
    "knutsson2010": "Knutsson L et al. (2010). MAGMA 23(1):1-21.",
    **{str(name): kind.citation for name, kind in DECONVOLVERS.items()},  # a method brings its own
    **{str(name): kind.citation for name, kind in LEAKAGE_MODELS.items()},
    **{row.key: row.citation for row in COMPUTED.values() if row.citation},  # so does a map
}
VESSEL_PROPOSED = "that were proposed automatically, by clustering of curves [@mouridsen2006]"
LEAKAGE_PROPOSED = "that were proposed automatically, by height, time and end of their curves"
REGION_PROPOSED = "that were proposed automatically, from T1 before and after contrast"
ENHANCING_PROPOSED = f"{REGION_PROPOSED}, each registered rigidly to the scan [@mattes2003]"
REFERENCE_PROPOSED = (
    "that were proposed automatically as normal-appearing white matter, by blood volume, lateness "
    "and transit time"
)
CURVES = {"curve file": "the user had loaded from a file", "array": "was given from Python"}
BRIDGED = (
    "In each curve a line between their neighbours, straight in ΔR2*, stands for what was left out "
    "at volume {}."
)
MIDLINES = {
    PROPOSED: "a plane between the halves of the brain, as its shape proposes it",
    GIVEN: "a plane between the halves of the brain that was given",
}
KEYED = re.compile(r"\[@(" + "|".join(REFERENCES) + r")\]")


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
    keyed = _keyed(record)
    number = {words: at for at, words in enumerate(_cited(keyed), start=1)}
    return KEYED.sub(lambda found: f"[{number[REFERENCES[found[1]]]}]", keyed)


def citations(record: Mapping[str, Any]) -> list[str]:
    """References of the paragraph, in the order of their numbers: that of their first use."""
    cited = _cited(_keyed(record))
    return [f"[{number}] {words}" for number, words in enumerate(cited, start=1)]


def _cited(keyed: str) -> list[str]:
    """References that words cite, each once, the first first."""
    return list(dict.fromkeys(REFERENCES[key] for key in KEYED.findall(keyed)))


def _keyed(record: Mapping[str, Any]) -> str:
    """Words of the paragraph, their references by key."""
    parts = (
        _doubt,
        _software,
        _scan,
        _motion,
        _left_out,
        _curves,
        _slices,
        _denoising,
        _brain,
        _arterial_input,
        _judged,
        _scaling,
        _shaped,
        _deconvolution,
        _maps,
        _beside,
        _leakage,
        _late,
        _regions,
        _tumour,
        _quality,
        _plausible,
        _terms,
    )
    return " ".join(filter(None, (part(record) for part in parts)))


def _doubt(record: Mapping[str, Any]) -> str:
    """Say before all else that maps are not usable."""
    doubt = acceptance_of(record["quality"]).doubt
    return f"THIS ANALYSIS IS NOT USABLE AS IT IS. {doubt}" if doubt else ""


def _software(record: Mapping[str, Any]) -> str:
    versions = record["versions"]
    commit = f" (commit {str(versions['commit'])[:10]})" if versions.get("commit") else ""
    return f"Perfusion maps were computed with napari-dsc {versions['napari-dsc']}{commit}."


def _terms(record: Mapping[str, Any]) -> str:
    return f"Terms follow the OSIPI lexicon (CAPLEX) [@dickie2024]. {record['statement']}"


def _scan(record: Mapping[str, Any]) -> str:
    scan = record["input"]
    *size, volumes = scan["shape"]
    step, echo = scan["repetition_time_s"], scan["echo_time_s"]
    words = f"The scan had {volumes} volumes of {'×'.join(map(str, size))} voxels"
    times = []
    if step is not None:
        times.append(f"a repetition time of {step:g} s{_entered(scan, 'Repetition time')}")
    if echo is not None:
        times.append(f"an echo time of {1000 * echo:g} ms{_entered(scan, 'Echo time')}")
    told = f"{words}, {' and '.join(times)}." if times else f"{words}."
    choices = dict(scan.get("choices") or {})
    codes = choices.pop(FACT, None)
    if choices:
        chosen = ", ".join(f"{fact} {one}" for fact, one in choices.items())
        told = f"{told} Of what its files hold was chosen: {chosen}."
    if codes is None:
        return told
    return f"{told} Its orientation was {STATED}: {codes_in_words(as_codes(codes))}."


def _entered(scan: Mapping[str, Any], fact: str) -> str:
    """Say so if a time was entered by hand, and what the file had said."""
    said = str((scan.get("sources") or {}).get(fact, ""))
    if BY_USER not in said:
        return ""
    file = said.partition(FILE_SAID)[2]
    return f" ({BY_USER}; the file said {file})" if file else f" ({BY_USER})"


def _motion(record: Mapping[str, Any]) -> str:
    moves = record["input"]["moves"]
    if moves is None:
        return "Motion was not corrected."
    moved = sum(any(one) for one in moves)
    return (
        "Every volume was aligned rigidly with the mean of the baseline by mutual information "
        f"[@mattes2003]; {moved} of {len(moves)} volumes had moved and were resampled."
    )


def _left_out(record: Mapping[str, Any]) -> str:
    runs = in_runs(record["input"].get("left_out_volumes", []))
    choices = [SETTINGS[name].in_words(record) for name in ("leave_out", "end")]
    chosen = "; ".join(filter(None, choices))
    by_user = f" (by the user's choice: {chosen})" if chosen else ""
    if not runs:
        return f"No volume was left out{by_user}."
    between = in_runs(_bridged(record))
    line = f" {BRIDGED.format(between)}" * bool(between)
    return f"Volumes left out, counted from 0: {runs}{by_user}.{line}"


def _bridged(record: Mapping[str, Any]) -> tuple[int, ...]:
    """Volumes at which a line stands for what was left out."""
    scan, (start, _) = record["input"], record["settings"]["baseline_volumes"]
    return bridged_of(scan["shape"][3], start, scan.get("left_out_volumes", []))


def _curves(record: Mapping[str, Any]) -> str:
    settings, scan = record["settings"], record["input"]
    start, stop = settings["baseline_volumes"]
    discarded = f"The first {start} volumes were discarded; " if start else ""
    mean = SETTINGS["baseline"].in_words(record)
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
    inside = in_runs([one for one in _bridged(record) if one < stop])
    counted = f", the line at volume {inside} counted with them" if inside else ""
    first = discarded + mean + counted
    looked = " The user confirmed that the scan is in order." if scan["checked_by_user"] else ""
    return f"{first[0].upper()}{first[1:]}. {made}{looked}"


def slice_times_missing(record: Mapping[str, Any]) -> str:
    """Why there was nothing to correct of slice times; empty where there was."""
    times = record["input"]["slice_times_s"]
    if not times:
        return "unknown"
    return "the same for every slice" if len(set(times)) == 1 else ""


def _slices(record: Mapping[str, Any]) -> str:
    times = record["input"]["slice_times_s"]
    if slice_times_missing(record):
        return "Slice times were unknown, or the same for every slice: nothing was corrected."
    span = f"The slices were measured within {max(times) - min(times):.3g} s of each volume"
    return f"{span}{SETTINGS['slice_timing'].in_words(record)}."


def _denoising(record: Mapping[str, Any]) -> str:
    """What the curves of tissue were replaced by."""
    how = SETTINGS["denoise"].in_words(record)
    return f"The curves of tissue were denoised: {how}." if how else ""


def _brain(record: Mapping[str, Any]) -> str:
    origin = read_origin(record.get("brain_origin"))
    if origin is None:
        return "How the brain mask was chosen is not recorded."
    if origin.kind == "whole image" and not origin.removed:
        return "No brain mask was given: the whole image was computed."
    how = {
        "proposed": "was proposed automatically, by a threshold on the baseline signal "
        "[@otsu1979] and morphology",
        "drawn": "was drawn by hand",
        "mask file": "was given as a mask file",
        "array": "was given as an array",
        "automatic copy": "was restored from an automatic copy of an earlier session",
        "record": "was taken from the record of earlier maps",
    }.get(origin.kind, "was given")
    return f"The brain mask {how}{_afterwards(origin)}."


def _arterial_input(record: Mapping[str, Any]) -> str:
    voxels = len(record["aif"]["voxels"])
    origin = read_origin(record["aif"].get("origin"))
    if record["aif"]["curve"] is None:
        return (
            "No arterial input function was used: nothing was deconvolved, and no map is absolute."
        )
    if not voxels:
        how = "" if origin is None else CURVES.get(origin.kind, "")
        return f"The arterial input function was a curve that {how or 'the user had loaded'}."
    return (
        f"The arterial input function was the {SETTINGS['aif_average'].in_words(record)} curve "
        f"of {_voxels(voxels)} "
        f"{_how_chosen(origin)}{_echo(record)}."
    )


def _echo(record: Mapping[str, Any]) -> str:
    """Which echo it was read from, where somebody has chosen."""
    row = SETTINGS["aif_echo"]
    return "" if row.in_record(record) == row.default else f", {row.in_words(record)}"


def _how_chosen(origin: Origin | None, proposed: str = VESSEL_PROPOSED) -> str:
    """How the voxels of a vessel, or of a reference, were chosen, after "voxels"."""
    if origin is None:
        return "(how they were chosen is not recorded)"
    how = {
        "proposed": proposed,
        "drawn": "that were drawn by hand",
        "mask file": "that were given as a mask file",
        "array": "that were given as an array",
        "saved AIF": "that were loaded from a file of an earlier choice",
        "automatic copy": "that were restored from an automatic copy of an earlier session",
        "record": "that were taken from the record of earlier maps",
    }.get(origin.kind, "that were given")
    where = ", within a region that the user had given" if origin.region else ""
    unseen = ", which nobody has looked at" if origin.unseen else ""
    return f"{how}{where}{_afterwards(origin)}{unseen}"


def _afterwards(origin: Origin) -> str:
    """What became of a choice later, and what was decided of its file."""
    edits = [
        f"{count:,} {word}"
        for count, word in ((origin.added, "added"), (origin.removed, "removed"))
        if count
    ]
    voxel = "voxel" if origin.added + origin.removed == 1 else "voxels"
    told = f", edited afterwards ({voxel} {' and '.join(edits)})" if edits else ""
    notes = f" ({'; '.join(note.rstrip('.') for note in origin.notes)})" if origin.notes else ""
    return f"{notes}{told}"


def _judged(record: Mapping[str, Any]) -> str:
    """Say which voxels of the AIF were used against the criteria of the program."""
    voxels, verdicts = len(record["aif"]["voxels"]), record["aif"].get("verdicts")
    if not voxels or not verdicts:
        return ""
    good = int(verdicts.get("good", 0))
    if good == voxels:
        return (
            "It met every criterion of an arterial curve (time, width, height, noise, saturation)."
            if voxels == 1
            else "Every one of them met the criteria of an arterial curve (time, width, height, "
            "noise, saturation)."
        )
    against = ", ".join(
        f"{int(count)} {word}" for word, count in verdicts.items() if word != "good"
    )
    return (
        f"Of them {good} met the criteria of an arterial curve (time, width, height, noise, "
        f"saturation), and {voxels - good} did not ({against})."
    )


def _scaling(record: Mapping[str, Any]) -> str:
    vein = record["vof"]
    if vein is None:
        return ""
    windowed = record["settings"]["window_volumes"] is not None
    earlier = record.get("record") in WINDOWED_SCALING and windowed
    over = "within the window of CBV" if earlier else "over all retained volumes"
    return (
        f"Against partial volume the area of the arterial input function {over} "
        f"{SETTINGS['vein'].in_words(record)} of {_voxels(len(vein))} "
        f"{_how_chosen(read_origin(record.get('vof_origin')))} "
        f"(by {record['aif']['scaled_by']:.3g}) [@knutsson2010]."
    )


def _shaped(record: Mapping[str, Any]) -> str:
    """What took the place of the measured curve."""
    names = ("aif_gamma_variate", "aif_shift")
    told = " and ".join(filter(None, (SETTINGS[name].in_words(record) for name in names)))
    fit = record["aif"].get("gamma_variate")
    known = (
        "" if fit is None else f" (t0 {fit['t0_s']:.2f} s, a {fit['a']:.3f}, b {fit['b_s']:.3f} s)"
    )
    return f"That curve was {told}{known}." if told else ""


def _voxels(count: int) -> str:
    return f"{count} voxel{'s' * (count > 1)}"


def _deconvolution(record: Mapping[str, Any]) -> str:
    settings = record["settings"]
    method = settings["deconvolution_method"]
    if record["aif"]["curve"] is None:
        return ""
    if method not in DECONVOLVERS:
        raise DscError(
            f"deconvolution_method must be one of {', '.join(DECONVOLVERS)}, got {method!r:.40}: "
            "nothing is known of it. Compute the maps again with one of them."
        )
    own = parameters_of(DECONVOLVERS[method])
    told = [SETTINGS[name].in_words(record, method) for name in own if name in settings]
    extra = f", with {' and '.join(told)}" if told else ""
    words = SETTINGS["deconvolution_method"].in_words(record)
    return f"Tissue curves were deconvolved by {words}{extra}."


def _maps(record: Mapping[str, Any]) -> str:
    facts = {
        name: SETTINGS[name].in_words(record)
        for name in ("window", "hematocrit_ratio", "density", "ttp_from", "cbv", "times_by")
    }
    facts["times_by"] += _of_times(record["settings"])
    origin = record["settings"]["ttp_counts_from"]
    made = record.get("maps") or STANDARD  # an older record may not say which
    rows = sorted(
        (row for row in COMPUTED.values() if row.key in made), key=lambda row: row.methods_place
    )
    shapes = [row for row in rows if row.key in BOLUS and row.on_request]
    if record["aif"]["curve"] is None:
        shapes = [row for row in rows if row.key in BOLUS]
        rows = []
    rows = [row for row in rows if row not in shapes]
    words = [_clause(row, record["settings"]) for row in rows]

    def told_of(row: Quantity, clause: str) -> str:
        code = row.code_under(origin)
        return clause.format(caplex=code, cited=f"[@{row.key}]", **facts)

    clauses = "".join(
        ("" if one.startswith(",") else "; ") + told_of(row, one)
        for row, one in zip(rows, words, strict=True)
    )
    told = f"{clauses.removeprefix('; ')}." if clauses else ""
    if not shapes:
        return told
    facts["recovery"] = SETTINGS["recovery"].in_words(record)
    each = [told_of(row, row.sentence.removeprefix(", ")) for row in shapes]
    how = SETTINGS["bolus_maps"].phrase(True)
    return f"{told} Further maps were {how}: {'; '.join(each)}.".strip()


def _late(record: Mapping[str, Any]) -> str:
    """Say how late tissue was cleaned before its volumes were told."""
    late = read_late(record)
    if late is None:
        return ""
    limits = _listed([f"{one.above:g}" for one in late.rows])
    return f"Late tissue ({TMAX.symbol} above {limits} s) was measured; {late.cleaning_words}."


def _listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence: "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _regions(record: Mapping[str, Any]) -> str:
    """Say in what regions maps were measured, what they are relative to, and how it was chosen."""
    told = record.get("regions")
    if told is None:
        return ""
    chosen = chosen_in(record)
    words = []
    if measured := int(told["measured"]):
        how = _how_chosen(chosen["origin"], "") if chosen["origin"] else ""
        regions = f"{measured} region{'s' * (measured > 1)}"
        words.append(f"Maps were measured in the voxels of {f'{regions} {how}'.strip()}.")
    if chosen["brought"]:
        words.append(f"{chosen['brought'].rstrip('.')} [@mattes2003].")
    words.append(_relative(record, chosen["reference_origin"]))
    if told["midline"] is not None:
        line = MIDLINES[told["midline"]]
        words.append(f"Regions were compared with their mirror images across {line}.")
    return " ".join(filter(None, words))


def _relative(record: Mapping[str, Any], origin: Origin | None) -> str:
    """Say what was taken as normal, and which maps are relative to it."""
    reference, symbols = record["regions"]["reference"], record["regions"]["relative"]
    if reference is None:
        return ""
    how = "" if origin is None else f" {_how_chosen(origin, REFERENCE_PROPOSED)}"
    region = f"the accepted ones of {_voxels(int(reference['voxels']))}{how}"
    if not symbols:
        return f"The reference region, which was taken as normal, is {region}."
    of = [str(QUANTITIES[one].relative_to) for one in symbols]
    if CBV.key not in (record.get("maps") or STANDARD):
        of = [AUC.symbol if one == CBV.symbol else one for one in of]
    means = "are {} over their means" if len(of) > 1 else "is {} over its mean"
    words = f"{_listed(symbols)} {means.format(_listed(of))}"
    return f"{words} in a reference region, which was taken as normal: {region}."


def _tumour(record: Mapping[str, Any]) -> str:
    """Say how what enhances was read; nothing where nothing was."""
    told = record.get("tumour")
    if told is None:
        return ""
    choice = told["choice"]
    limits = " and ".join(f"{float(one):g}" for one in choice["thresholds"])
    origin = chosen_in(record)["enhancement_origin"]
    enhancing = ""
    if origin is not None:
        voxels = _voxels(_marked(told["enhancement_runs"]))
        enhancing = f"What enhances was {voxels} {_how_chosen(origin, ENHANCING_PROPOSED)}. "
    elif told.get("unseen"):
        enhancing = "What enhances was proposed, and nobody has looked at it. "
    scale, further = told.get("standard_scale"), ""
    if scale is not None:
        further = f" It was read on a standard scale of {int(scale['scans'])} scans too."
    if told.get("corrected") is not None:
        further += " The same was read of blood volume corrected for leakage."
    return enhancing + (
        "Within enhancing voxels blood volume was read over its mean in a reference region: the "
        f"shares above {limits} (fractional tumour burden), and the means of the "
        f"{int(choice['hot_spots'])} hottest discs of {float(choice['hot_spot_mm']):g} mm that "
        f"share no voxel. Voxels above {float(choice['vessel_times']):g} times the brain's median "
        f"blood volume were left out as vessels.{further}"
    )


def _leakage(record: Mapping[str, Any]) -> str:
    """Say how leakage was found and where it was corrected; nothing where nobody asked."""
    known = record.get("leakage")
    if known is None:
        return ""
    told = {
        name: SETTINGS[name].in_words(record)
        for name in ("leakage_model", "leakage_where", "leakage_tolerant")
    }
    scan = record["input"]
    how = _how_chosen(read_origin(known.get("reference_origin")), LEAKAGE_PROPOSED)
    voxels = _voxels(_marked(known["reference_runs"]))
    region = known["region_runs"]
    if region is not None and not _marked(region):
        corrected = "no CBV was corrected, as no region was given"
    else:
        corrected = f"the CBV was corrected {told['leakage_where']}{_region_of(known)}"
    return (
        f"Leakage of agent {told['leakage_model']}, against the mean curve of {voxels} of white "
        f"and grey matter that were taken not to leak, {how}; {told['leakage_tolerant']}; "
        f"{corrected}. {_protocol(scan)}"
    )


def _region_of(known: Mapping[str, Any]) -> str:
    """How the region was chosen in which leakage was corrected; nothing where nobody has said."""
    origin = read_origin(known.get("region_origin"))
    if origin is None or known["region_runs"] is None:
        return ""
    how = _how_chosen(origin, REGION_PROPOSED)
    return f": {_voxels(_marked(known['region_runs']))} {how}"


def _marked(runs: Sequence[int]) -> int:
    """How many voxels the runs of a mask mark: every second run, from the second."""
    return sum(int(one) for one in runs[1::2])


def _protocol(scan: Mapping[str, Any]) -> str:
    """Flip angle and preload, which decide how much leaked agent brightens."""
    angle, preload = scan.get("flip_angle_deg"), scan.get("preload")
    words = "unknown" if angle is None else f"{angle:g}°{_entered(scan, 'Flip angle')}"
    given = {None: "it is not known whether a preload was given", True: "a preload was given"}
    return f"The flip angle was {words}, and {given.get(preload, 'no preload was given')}."


def _clause(row: Quantity, settings: Mapping[str, Any]) -> str:
    """Clause of a map under the method that gives it."""
    method = settings["deconvolution_method"]
    times = settings.get("times_by", TIMES_BY)
    if row in (TMAX, DELAY) and times != TIMES_BY:
        method = times
    known = DECONVOLVERS.get(method)
    return row.sentence if known is None or known.central_volume else row.believed


def cautions_in(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reader has to know with every map that was made under the settings of a record."""
    return cautions(*(kind() for kind in _methods_in(settings)))


def _methods_in(settings: Mapping[str, Any]) -> list[type[Deconvolver]]:
    """Methods of flow and of times."""
    names = (settings.get("deconvolution_method"), settings.get("times_by", TIMES_BY))
    return [kind for name, kind in DECONVOLVERS.items() if name in names]


def _beside(record: Mapping[str, Any]) -> str:
    """Say what a posterior is with, and what stands beside the maps."""
    kinds = _methods_in(record["settings"])
    parts = [*cautions_in(record["settings"])]
    if made := SETTINGS["spread"].in_words(record):
        what = (
            "standard deviation and 16th and 84th percentile under the posterior"
            if any(not kind.central_volume for kind in kinds)
            else "how far noise alone moves a map, which tells nothing of its error"
        )
        parts.append(f"{made}: {what}.")
    return " ".join(parts)


def _of_times(settings: Mapping[str, Any]) -> str:
    """Parameters of a deconvolution for times alone."""
    values = settings.get(TIMES) or {}
    own = parameters_of(DECONVOLVERS[settings["times_by"]]) if values else {}
    told = [own[name].in_words(float(value)) for name, value in values.items()]
    return f", with {' and '.join(told)}" if told else ""


def _quality(record: Mapping[str, Any]) -> str:
    found = acceptance_of(record["quality"])
    if found.doubt:  # said before all else
        return ""
    return (
        f"Of {found.voxels:,} voxels of the brain {found.accepted:,} ({found.share:.1%}) were "
        "accepted by the criteria of quality."
    )


def _plausible(record: Mapping[str, Any]) -> str:
    """Say what the checks of plausibility found; of a record without them nothing."""
    findings = read_findings(record)
    if not findings:
        return ""
    found = told(findings)
    if not found:
        return "Checks of plausibility found nothing against it."
    return f"Checks of plausibility found: {' '.join(found)}"
