"""The table of settings: a row each; parameters of methods and scale as their classes declare."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any, cast, get_args

from napari_dsc.core.deconvolution import DECONVOLVERS, Method, deconvolver
from napari_dsc.core.defaults import METHOD, SLICE_TIMING, TTP_FROM
from napari_dsc.core.left_out_volumes import in_runs, span_in_words
from napari_dsc.core.maps import Scale
from napari_dsc.core.parameters import NO_CODE, parameters_of
from napari_dsc.core.quantities import TTP
from napari_dsc.core.settings.setting import Setting
from napari_dsc.core.settings.values import Settings
from napari_dsc.core.types import TtpOrigin

__all__ = ["SETTINGS", "TTP_CODES", "settings_from"]

TTP_CODES: Mapping[TtpOrigin, str] = MappingProxyType(
    {origin: str(TTP.code_under(origin)) for origin in get_args(TtpOrigin)}
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


def _vein_words(scaled: bool) -> str:
    return "was scaled to that of the venous output function" if scaled else ""


KEYS = {"density": "density_g_per_mL"}  # of parameters that a record calls otherwise
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
        help="volumes before the bolus",
        tooltip="From the first volume of the steady state (earlier ones are discarded) to "
        "the first of the bolus. Can be dragged in the curves too.",
        phrase=_baseline_words,
        owner="baseline",
        report="Baseline volumes (from 0)",
    ),
    Setting(
        name="window",
        kind="span",
        key=("settings", "window_volumes"),
        label="Window",
        unit="volumes",
        option="--window",
        help="volumes over which CBV integrates, such as the first pass; the whole scan",
        tooltip="Volumes over which CBV integrates, tissue and AIF alike: the whole scan, or "
        "the first pass only. Can be dragged in the curves too.",
        phrase=_window_words,
        owner="window",
        report="Integration window (from 0)",
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
        "curves takes one out, or back in. What is written here goes over what was found.",
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
        tooltip="From the start of the scan TTP is CAPLEX Q.CD1.003, from bolus arrival "
        "Q.CD1.010; the arrival is that of the brain's mean curve.",
        phrase=_ttp_words,
        default=TTP_FROM,
        code=" or ".join(TTP_CODES.values()),
        owner="ttp_from",
        choices=get_args(TtpOrigin),
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
    given: dict[str, dict[str, Any]] = {"method": {}, "scale": {}, "": {}}
    whole: dict[str, Any] = {}
    for name, value in values.items():
        owner = SETTINGS[name].owner
        if value is not None and owner == name:
            whole[name] = value
        elif value is not None:
            given[owner][name] = value
    method = given["method"].pop("deconvolution_method", METHOD)
    return Settings(
        method=deconvolver(method, **given["method"]), scale=Scale(**given["scale"]), **whole
    )
