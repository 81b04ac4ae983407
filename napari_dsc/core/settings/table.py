"""The table of settings: a row each; parameters of methods and scale as their classes declare."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any, cast, get_args

from napari_dsc.core.aif import MOST_SHIFT
from napari_dsc.core.deconvolution import (
    ANY_VOLUME,
    DECONVOLVERS,
    TIMES_WAYS,
    Method,
    deconvolver,
)
from napari_dsc.core.defaults import (
    AIF_AVERAGE,
    AIF_ECHO,
    AIF_GAMMA_VARIATE,
    AIF_SHIFT,
    BOLUS_MAPS,
    CBV_BY,
    DENOISE,
    LEAKAGE,
    LEAKAGE_TOLERANT,
    LEAKAGE_WHERE,
    METHOD,
    RECOVERY,
    SLICE_TIMING,
    SPREAD,
    TIMES_BY,
    TTP_FROM,
)
from napari_dsc.core.leakage import LEAKAGE_MODELS
from napari_dsc.core.left_out_volumes import in_runs, span_in_words
from napari_dsc.core.maps import CBV_WAYS, BolusShape, Scale
from napari_dsc.core.parameters import NO_CODE, Parameter, parameters_of
from napari_dsc.core.quantities import TTP
from napari_dsc.core.settings.setting import ALWAYS, Setting
from napari_dsc.core.settings.values import (
    AifEcho,
    LeakageChoice,
    LeakagePlace,
    Settings,
)
from napari_dsc.core.types import AifAverage, CbvBy, DenoisingWay, TtpOrigin

__all__ = ["SETTINGS", "TTP_CODES", "settings_from"]

TTP_CODES: Mapping[TtpOrigin, str] = MappingProxyType(
    {origin: str(TTP.code_under(origin)) for origin in get_args(TtpOrigin)}
)
# Parameters that records did not always name, and what held where they do not.
BEFORE: Mapping[str, float] = MappingProxyType(
    {"recovery": RECOVERY, "expected_volume": ANY_VOLUME}
)


def _of_class(kind: Any, owner: str) -> dict[str, Setting]:
    """Rows of the parameters that a class declares."""
    defaults = {one.name: one.default for one in fields(kind)}
    if MISSING in defaults.values():
        raise TypeError(f"every parameter of {kind.__name__} must have a default.")
    return {
        name: Setting(
            name=name,
            kind="number",
            key=("settings", KEYS.get(name, name)),
            label=one.label,
            unit=one.unit,
            option=f"--{name.replace('_', '-')}",
            help=f"{one.title}; {defaults[name]} by default",
            tooltip=one.tooltip,
            phrase=one.in_words,
            default=defaults[name],
            code=one.code,
            owner=owner,
            parameter=one,
            before=BEFORE.get(name, ALWAYS),
        )
        for name, one in parameters_of(kind).items()
    }


def _of_methods() -> dict[str, Setting]:
    """Rows of the parameters of every method; of two by one name the first."""
    rows: dict[str, Setting] = {}
    for kind in DECONVOLVERS.values():
        rows = {**_of_class(kind, "method"), **rows}
    return rows


def _method_words(name: str) -> str:
    return DECONVOLVERS[cast("Method", name)].sentence.format(cited=f"[@{name}]")


def _baseline_words(span: Sequence[int]) -> str:
    return f"the mean of {span_in_words(*span)} was the baseline (volumes count from 0)"


def _window_words(span: Sequence[int] | None) -> str:
    return "all retained volumes" if span is None else span_in_words(*span)


def _volumes_words(volumes: Sequence[int] | None) -> str:
    return "" if volumes is None else in_runs(volumes) or "none"


def _end_words(end: int | None) -> str:
    return "" if end is None else f"all from volume {end} on"


def _ttp_words(origin: TtpOrigin) -> str:
    return f"counted from the {origin}"


def _slice_words(corrected: bool) -> str:
    if corrected:
        return "; the arterial curve was brought to the times of each slice"
    return ", which was not corrected"


def _leakage_words(name: LeakageChoice) -> str:
    if name == "none":
        return "was not looked for"
    model = LEAKAGE_MODELS[name]
    return f"was found {model.sentence} ({model.code}) [@{name}]"


def _echo_words(echo: AifEcho) -> str:
    return {
        "as tissue": "of both echoes, as those of tissue",
        "short echo": "of the short echo alone, where the scan has two",
    }[echo]


def _place_words(place: LeakagePlace) -> str:
    return {
        "inside a region": "within a region that was given",
        "everywhere": "everywhere in the brain",
    }[place]


def _tolerant_words(tolerant: bool) -> str:
    if tolerant:
        return "slope and curvature of the reference were allowed for"
    return "no delay was allowed for"


def _spread_words(given: bool) -> str:
    return "Scatter or interval maps were made" if given else ""


def _vein_words(scaled: bool) -> str:
    return "was scaled to that of the venous output function" if scaled else ""


def _bolus_words(wanted: bool) -> str:
    return "read off the shape of the bolus, which needs no artery" if wanted else ""


def _cbv_words(by: CbvBy) -> str:
    if by == "integral":
        return "the ratio of the areas of tissue and artery"
    return (
        "the sum of the samples of the tissue's curve, weighted for the least expected error over "
        "model tissue of this artery (gamma-distributed transit times of 1.2 to 24 s, delays of "
        "-3 to 15 s) and the noise of the brain,"
    )


def _denoise_words(way: DenoisingWay) -> str:
    return {
        "none": "",
        "similar curves": "each was replaced by the mean of the curves around it (two voxels to "
        "either side in its slice, one across slices that were measured together), weighted by "
        "how little they differ from it beyond noise [@mendrik2011]",
    }[way]


def _times_words(by: str) -> str:
    if by == TIMES_BY:
        return ""
    return f" in a deconvolution of its own by {_method_words(by)}"


def _average_words(how: AifAverage) -> str:
    trimmed = "trimmed mean (a fifth of a sample's values left out at either end)"
    return trimmed if how == "trimmed mean" else how


def _gamma_words(on: bool) -> str:
    return "replaced by the gamma variate that fits its first pass [@thompson1964]" if on else ""


def _shift_words(shift: float) -> str:
    return f"shifted by {shift:g} s to later times" if shift else ""


SLICE_WORDS = "from START up to, not including, STOP, counted from 0"
# Of parameters that a record calls otherwise.
KEYS = {"density": "density_g_per_mL", "recovery": "recovery_s"}
ROWS = (
    Setting(
        name="deconvolution_method",
        kind="method",
        key=("settings", "deconvolution_method"),
        label="Deconvolution",
        unit=NO_CODE,
        option="--method",
        help=f"one of {', '.join(DECONVOLVERS)}",
        tooltip="How the residue function is found of the curves of tissue and artery.",
        phrase=_method_words,
        default=METHOD,
        owner="method",
        choices=tuple(DECONVOLVERS),
    ),
    *_of_methods().values(),
    *_of_class(Scale, "scale").values(),
    Setting(
        name="baseline",
        kind="span",
        key=("settings", "baseline_volumes"),
        label="Baseline",
        unit="volumes",
        option="--baseline",
        help=f"volumes before the bolus, {SLICE_WORDS}: 2:13 for volumes 2 to 12",
        tooltip="From the first volume of the steady state (earlier ones are discarded) to "
        "the last before the bolus. Can be dragged in the curves too.",
        phrase=_baseline_words,
        owner="baseline",
        report="Baseline volumes (from 0)",
    ),
    Setting(
        name="window",
        kind="span",
        key=("settings", "window_volumes"),
        label="CBV window",
        unit="volumes",
        option="--window",
        help="volumes over which CBV integrates, such as the first pass, "
        f"{SLICE_WORDS}; the whole scan by default",
        tooltip="Volumes over which the curves of tissue and AIF are integrated for CBV: the whole "
        "scan, or the first pass only. Can be dragged in the curves too.",
        phrase=_window_words,
        owner="window",
        report="CBV window (from 0)",
    ),
    Setting(
        name="leave_out",
        kind="volumes",
        key=("input", "left_out_by_user"),
        label="Leave out",
        unit="volumes",
        option="--leave-out",
        help="volumes that are not used, counted from 0, as 4,50-55; 'none': every one is used; "
        "those that seem blank or foreign by default",
        tooltip="Volumes that are not used, counted from 0, as 4, 50-55. A right click on the "
        "curves takes one out, or back in. What is written here is used instead of what the "
        "program proposes.",
        phrase=_volumes_words,
        report="Left out by the user (from 0)",
    ),
    Setting(
        name="end",
        kind="end",
        key=("input", "end_by_user"),
        label="End",
        unit="volume",
        option="--end",
        help="first volume that is not used, nor any after it; the whole scan",
        tooltip="First volume that is not used, nor any after it. Can be dragged in the curves "
        "too.",
        phrase=_end_words,
        report="First volume not used (from 0)",
    ),
    Setting(
        name="ttp_from",
        kind="choice",
        key=("settings", "ttp_counts_from"),
        label="TTP counts from",
        unit=NO_CODE,
        option="--ttp-from",
        help=f"from where TTP counts; {TTP_FROM.replace(' ', '-')}",
        tooltip="From the first volume of the scan, or from the arrival of the bolus in the "
        "brain's mean curve.",
        phrase=_ttp_words,
        default=TTP_FROM,
        code=" or ".join(TTP_CODES.values()),
        owner="ttp_from",
        choices=get_args(TtpOrigin),
    ),
    Setting(
        name="cbv",
        kind="choice",
        key=("settings", "cbv_by"),
        label="CBV by",
        unit=NO_CODE,
        option="--cbv",
        help=f"how CBV is read off a curve: {' or '.join(CBV_WAYS)}; {CBV_BY}",
        tooltip="integral: ratio of the areas of tissue and artery. weights: sum of the curve's "
        "samples with weights of the least expected error; less noise, and it depends little on "
        "where the scan ends.",
        phrase=_cbv_words,
        default=CBV_BY,
        owner="cbv",
        choices=CBV_WAYS,
        before="integral",
    ),
    Setting(
        name="spread",
        kind="switch",
        key=("settings", "spread"),
        label="Scatter or interval maps",
        unit=NO_CODE,
        option="--spread",
        help="write maps of scatter (linear methods) or of intervals (Posterior) too",
        tooltip="Further maps, hidden at first. Posterior: how far the true value may lie from the "
        "map (standard deviation; in files the 16th and 84th percentile too). sSVD, cSVD and every "
        "CBV: scatter, how far noise alone moves the map, not how wrong it is. Other methods tell "
        "neither.",
        phrase=_spread_words,
        default=SPREAD,
        owner="spread",
        report="Scatter or interval maps",
        before=False,
    ),
    Setting(
        name="times_by",
        kind="choice",
        key=("settings", "times_by"),
        label="Tmax and delay by",
        unit=NO_CODE,
        option="--times-by",
        help="deconvolution off which Tmax and delay are read: "
        f"{', '.join(TIMES_WAYS).replace(' ', '-').replace(',-', ', ')}",
        tooltip="Deconvolution off whose residue functions Tmax and delay are read. For a narrow "
        "artery at a long TR another one may tell times better than that of the flow.",
        phrase=_times_words,
        default=TIMES_BY,
        owner="times_by",
        choices=TIMES_WAYS,
        before="as flow",
    ),
    Setting(
        name="aif_average",
        kind="choice",
        key=("settings", "aif_average"),
        label="Average of the AIF",
        unit=NO_CODE,
        option="--aif-average",
        help=f"how the curves of arterial voxels become one; {AIF_AVERAGE}",
        tooltip="How the curves of its voxels become one, sample by sample. The median and the "
        "trimmed mean depend less on single voxels.",
        phrase=_average_words,
        default=AIF_AVERAGE,
        owner="aif_average",
        choices=get_args(AifAverage),
        before="mean",
    ),
    Setting(
        name="aif_gamma_variate",
        kind="switch",
        key=("settings", "aif_gamma_variate"),
        label="Gamma variate as AIF",
        unit=NO_CODE,
        option="--aif-gamma-variate",
        help="deconvolve with the gamma variate that fits the first pass of the AIF",
        tooltip="The maps are made with the gamma variate that fits the AIF's first pass, not "
        "with the AIF: recirculation, which the tissue's curves keep, leaves it.",
        phrase=_gamma_words,
        default=AIF_GAMMA_VARIATE,
        owner="aif_gamma_variate",
        before=False,
    ),
    Setting(
        name="aif_shift",
        kind="number",
        key=("settings", "aif_shift_s"),
        label="Shift of the AIF",
        unit="s",
        option="--aif-shift",
        help=f"time by which the AIF is moved to later times, s; {AIF_SHIFT:g}",
        tooltip="Moves the AIF to later times; below zero to earlier ones. Delay and Tmax become "
        "smaller by as much.",
        phrase=_shift_words,
        default=AIF_SHIFT,
        owner="aif_shift",
        parameter=Parameter(
            label="Shift of the AIF",
            unit="s",
            least=-MOST_SHIFT,
            most=MOST_SHIFT,
            step=0.1,
            phrase="{value} s",
            tooltip="Moves the AIF to later times.",
        ),
        before=0.0,
    ),
    Setting(
        name="denoise",
        kind="choice",
        key=("settings", "denoise"),
        label="Denoising",
        unit=NO_CODE,
        option="--denoise",
        help="by what the curves of tissue are denoised: none, or similar-curves, the mean of "
        f"those around each that are like it; {DENOISE}",
        tooltip="similar curves: each curve of tissue becomes the mean of those around it that "
        "differ from it by no more than noise. Edges stay; tissue of a voxel or two may be lost. "
        "The map Removed shows what went: noise has no shape.",
        phrase=_denoise_words,
        default=DENOISE,
        owner="denoise",
        choices=get_args(DenoisingWay),
        before=DENOISE,
    ),
    Setting(
        name="slice_timing",
        kind="switch",
        key=("settings", "slice_timing"),
        label="Correct slice times",
        unit=NO_CODE,
        option="--no-slice-timing",
        help="leave the times at which slices are measured as they are; corrected where known",
        tooltip="Slices are measured one after the other within TR. Where the file says when, "
        "the artery is brought to the times of each slice.",
        phrase=_slice_words,
        default=SLICE_TIMING,
        owner="slice_timing",
        report="Slice times corrected",
    ),
    Setting(
        name="leakage_model",
        kind="choice",
        key=("settings", "leakage_model"),
        label="Leakage",
        unit=NO_CODE,
        option="--leakage",
        help=f"model of leakage, of {', '.join(LEAKAGE_MODELS)}; {LEAKAGE} by default",
        tooltip="Contrast agent that leaves the vessels of a tumour changes its blood volume. BSW "
        "(Boxerman, Schmainda, Weisskoff): it stays outside; bidirectional: it comes back. K1, K2 "
        "and a corrected CBV are shown beside the CBV.",
        phrase=_leakage_words,
        default=LEAKAGE,
        code=" or ".join(one.code for one in LEAKAGE_MODELS.values()),
        owner="leakage_model",
        choices=get_args(LeakageChoice),
        before=LEAKAGE,
    ),
    Setting(
        name="leakage_where",
        kind="choice",
        key=("settings", "leakage_where"),
        label="Correct leakage",
        unit=NO_CODE,
        option="--leakage-where",
        help="where CBV is corrected: inside a region (--leakage-region), or everywhere; "
        f"{LEAKAGE_WHERE.replace(' ', '-')}",
        tooltip="Where the CBV is corrected. Tissue that is late, or slow, looks leaky too: inside "
        "a region of enhancement the correction is safe, everywhere it is not. K2 is shown "
        "everywhere.",
        phrase=_place_words,
        default=LEAKAGE_WHERE,
        owner="leakage_where",
        choices=get_args(LeakagePlace),
        before=LEAKAGE_WHERE,
    ),
    Setting(
        name="leakage_tolerant",
        kind="switch",
        key=("settings", "leakage_tolerant"),
        label="Tolerant of transit time",
        unit=NO_CODE,
        option="--no-leakage-tolerant",
        help="do not let a bolus come later, or stay longer, than in the reference: the model is "
        "then that of its paper, column by column",
        tooltip="Lets a bolus come later, or stay longer, than in the reference: else what is slow "
        "is taken for leakage, and a tumour of slow transit reads too low. Off, the model is that "
        "of its paper.",
        phrase=_tolerant_words,
        default=LEAKAGE_TOLERANT,
        owner="leakage_tolerant",
        before=False,
        beside="leakage_model",
    ),
    Setting(
        name="aif_echo",
        kind="choice",
        key=("settings", "aif_echo"),
        label="AIF from",
        unit=NO_CODE,
        option="--aif-echo",
        help=f"of two echoes, what the AIF is read from; {AIF_ECHO.replace(' ', '-')}",
        tooltip="Of a scan of two echoes: a dense bolus darkens an artery in the long echo into "
        "the noise. The short echo alone still shows its peak.",
        phrase=_echo_words,
        default=AIF_ECHO,
        owner="aif_echo",
        choices=get_args(AifEcho),
        before=AIF_ECHO,
    ),
    Setting(
        name="vein",
        kind="mask",
        key=("vof",),
        label="Scale AIF to VOF",
        unit=NO_CODE,
        option="--vof",
        help="mask of a vein, to whose area that of the AIF is scaled",
        tooltip="Scales the AIF's area to the VOF's: corrects an AIF that shares its voxels "
        "with tissue (partial volume). The factor is said when the maps are done, and stands "
        "in the record.",
        phrase=_vein_words,
    ),
    Setting(
        name="bolus_maps",
        kind="switch",
        key=("settings", "bolus_maps"),
        label="Shape of the bolus too",
        unit=NO_CODE,
        option="--bolus-maps",
        help="peak height, width, area, first moment, arrival and signal recovery too; without an "
        "AIF they are all that is computed",
        tooltip="Beside the maps of the deconvolution: area, peak height, width, first moment, "
        "arrival and signal recovery (PSR). They need no artery; without one they are all that "
        "is computed.",
        phrase=_bolus_words,
        default=BOLUS_MAPS,
        owner="bolus_maps",
        before=BOLUS_MAPS,
    ),
    *_of_class(BolusShape, "shape").values(),
)


def _table() -> Mapping[str, Setting]:
    """Rows by their names, which differ as their options do."""
    if len({one.name for one in ROWS}) < len(ROWS) or len({one.option for one in ROWS}) < len(ROWS):
        raise TypeError("every setting must have a name and an option of its own.")
    return MappingProxyType({one.name: one for one in ROWS})


SETTINGS = _table()


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Settings of some values, by the names of their rows.

    Parameters
    ----------
    values : mapping
        Those that are missing, or None, are as they are by default; rows that belong to the scan
        and parameters that the method does not have are passed over.

    Raises
    ------
    DscError
        If the method is unknown, or a value is out of its range.
    """
    given: dict[str, dict[str, Any]] = {"method": {}, "scale": {}, "shape": {}, "": {}}
    whole: dict[str, Any] = {}
    for name, value in values.items():
        owner = SETTINGS[name].owner
        if value is not None and owner == name:
            whole[name] = value
        elif value is not None:
            given[owner][name] = value
    method = given["method"].pop("deconvolution_method", METHOD)
    return Settings(
        method=deconvolver(method, **given["method"]),
        scale=Scale(**given["scale"]),
        shape=BolusShape(**given["shape"]),
        **whole,
    )
