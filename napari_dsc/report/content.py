"""Words and numbers of a report, made once for HTML and PDF alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from napari_dsc.core.acceptance import acceptance_of
from napari_dsc.core.number_words import NO_NUMBER, number_words, size_words, with_unit
from napari_dsc.core.orientation import BY_USER, FACT, as_codes, codes_in_words
from napari_dsc.core.plausibility import GOOD, NORMAL, told
from napari_dsc.core.quantities import TMAX
from napari_dsc.core.regions import ABOVE, HIR, LATE, LIMITS
from napari_dsc.core.settings import SETTINGS
from napari_dsc.core.summary import Compared, compared_maps
from napari_dsc.core.types import BolusMaps
from napari_dsc.io.judgements import read_findings
from napari_dsc.io.methods_text import (
    cautions_in,
    citations,
    methods_paragraph,
    slice_times_missing,
)
from napari_dsc.io.record import TIMES
from napari_dsc.io.tumour_json import read_tumour_lines
from napari_dsc.report.measurements import Measured, Region, quality_counts
from napari_dsc.report.options import Options
from napari_dsc.report.orientation import View
from napari_dsc.report.pictures import regions_on
from napari_dsc.report.read_results import Results
from napari_dsc.report.safe_text import cut, plain
from napari_dsc.version import __version__

__all__ = ["AGAINST", "RATIO", "TITLE", "UNANSWERED", "WHERE", "Heading", "Page", "page_of"]

TITLE = "DSC-MRI perfusion report"
LONGEST = 4000  # letters of what a stranger wrote
LONG_NAME = 200
RATIO = "ratio"
AGAINST = ("mean", "mirror", RATIO)  # columns of each map that is compared
BESIDE = " beside it"  # which the name of its row says
WHERE = ("Lesion or region", "mL", "Side", "No answer, mL")  # columns before them
UNANSWERED = (
    "Mirror: the mean on the other side. Means and ratios are over accepted voxels. No answer: "
    "voxels in the region that were rejected, and late ones beside it; they are in no mean and no "
    "ratio, and those beside it in no volume."
)
REFERENCE = ": the reference"
LEGEND = (
    "Dark grey: no answer (NaN). Black: outside the brain. Windows are fixed; beyond them the "
    "colour of the end. Slices count from 0."
)
BLANK = "Rejected voxels without tissue are blank: the scan shows through."
STEPS = f"{TMAX.symbol} in steps: above {', '.join(f'{one:g}' for one in ABOVE)} s; below, "
OUTLINED = (
    f"White line: {TMAX.symbol} > {LATE:g} s, cleaned as its volume is; gaps that were filled lie "
    "within."
)
NO_PLANES = (
    "Coronal and sagittal pictures need a scan that says which way its axes lie: there are none."
)
NAMES = {
    **{row.key[-1]: row.report or row.title for row in SETTINGS.values()},
    "discarded_volumes": "Discarded volumes",  # they follow from the baseline
    TIMES: "Parameters of Tmax and delay",
}

NEEDING_AN_ARTERY = (
    *("method", "scale", "cbv", "spread", "times_by", "aif_average", "aif_gamma_variate"),
    *("aif_shift", "aif_echo", "leakage_model", "leakage_where", "leakage_tolerant"),
)

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What stands at the top, if the caller says it: nothing of it is in a folder of results.

    Parameters
    ----------
    name : str
        Of the scan's file.
    date : str
        Of the analysis, in words.
    identity : mapping of str to str
        Whose scan it is.
    """

    name: str = ""
    date: str = ""
    identity: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Text of a report, without control characters and not escaped, in the order of reading.

    Parameters
    ----------
    name, date : str
        Of the scan's file, and of the analysis; empty unless the caller says it.
    identity : rows of (name, words)
        Whose scan it is; empty unless the caller says it.
    lines : tuple of str
        The findings in three sentences.
    late : rows of (name, words)
        Late tissue by its limits.
    compared_maps : tuple of str
        Maps that are compared with the other side, each in the columns `AGAINST`.
    compared : tuple of tuple of str
        Name, volume, side, what has no answer, and these columns, of every lesion and region; none
        without sides.
    unasked : set of int
        Which of these rows are the reference, that others are compared with: nobody asks for it.
    legend : str
        What the pictures show.
    left_out : str
        Which pictures there are not, and why; empty if there are all.
    columns : tuple of str
        Head of the table of regions.
    regions : tuple of tuple of str
        Its rows.
    verdicts : tuple of str
        What was found of the analysis, the AIF first.
    warnings : tuple of str
        What speaks against the analysis: as many as the sentences count.
    notices : tuple of str
        What is to be noted of scan, analysis and folder.
    facts, settings, quality : rows of (name, words)
        Of the scan, the settings, and the flags.
    methods : str
        The paragraph.
    references : tuple of str
        Its references.
    versions : str
        Of what computed.
    sha256 : str
        Of the input, whole.
    """

    name: str
    date: str
    identity: Rows
    lines: tuple[str, ...]
    late: Rows
    compared_maps: tuple[str, ...]
    compared: tuple[tuple[str, ...], ...]
    unasked: frozenset[int]
    legend: str
    left_out: str
    columns: tuple[str, ...]
    regions: tuple[tuple[str, ...], ...]
    verdicts: tuple[str, ...]
    warnings: tuple[str, ...]
    notices: tuple[str, ...]
    facts: Rows
    settings: Rows
    quality: Rows
    methods: str
    references: tuple[str, ...]
    versions: str
    sha256: str


def page_of(
    results: Results, found: Measured, view: View, heading: Heading, options: Options
) -> Page:
    """Put a folder of results into words.

    Parameters
    ----------
    results : Results
        The folder.
    found : Measured
        What was measured in it.
    view : View
        How it is shown.
    heading : Heading
        Whose scan it is.
    options : Options
        How the pictures are made.
    """
    record = results.record
    versions = record.get("versions", {})
    compared = found.summary.compared if found.summary.midline is not None else ()
    return Page(
        name=cut(plain(heading.name), LONG_NAME),
        date=cut(plain(heading.date), LONG_NAME),
        identity=tuple((_told(key), _told(words)) for key, words in heading.identity.items()),
        lines=tuple(_told(one) for one in _lines(results, found, options.look.reading)),
        late=_late(found),
        compared_maps=tuple(
            with_unit(one.symbol, one.units) for one in compared_maps(results.maps) if compared
        ),
        compared=tuple(_against(results, one) for one in compared),
        unasked=frozenset(at for at, one in enumerate(compared) if _is_reference(results, one)),
        legend=_legend(results, found, steps=options.look.in_steps),
        left_out=NO_PLANES if options.planes and view.turns is None else "",
        columns=_columns(results),
        regions=tuple(_region(results, row) for row in found.rows),
        verdicts=tuple(_told(one.words) for one in read_findings(record)),
        warnings=tuple(_told(one) for one in _warnings(results)),
        notices=tuple(_told(one) for one in _notices(results)),
        facts=_facts(results, view),
        settings=tuple((_named(key), _setting(key, one, record)) for key, one in _settings(record)),
        quality=_quality(results, found.rows[0]),
        methods=plain(methods_paragraph(record)),
        references=tuple(plain(one) for one in citations(record)),
        versions=", ".join(_told(f"{name} {one}") for name, one in versions.items())
        + f"; report: napari-dsc {__version__}",
        sha256=_sha256(record),
    )


def _lines(results: Results, found: Measured, reading: str) -> tuple[str, ...]:
    """The findings; those on a tumour first where a tumour is read."""
    summary, tumour = found.summary.lines_of(reading), read_tumour_lines(results.record)
    return (*tumour, *summary) if reading == "tumour" else (*summary, *tumour)


def _legend(results: Results, found: Measured, *, steps: bool) -> str:
    words = [LEGEND, *([] if results.baseline is None else [BLANK])]
    words += cautions_in(results.record["settings"])
    if steps and results.maps.tmax is not None:
        doubt = "" if found.late is None else found.late.limits_words
        limits = f"; {doubt}" if doubt else ""
        words.append(f"{STEPS}{'black' if results.baseline is None else 'the scan'}{limits}.")
    labels = found.summary.lesion_labels
    if labels is not None and labels.any():
        words.append(OUTLINED)
    if found.factors:
        names = " and ".join(found.factors)
        words.append(
            f"{names} are shown over their means in {NORMAL} that seems normal, as proposed: "
            "absolute values do not hold. Tables hold absolute values."
        )
    drawn = results.drawn
    if drawn is not None and drawn.labels.any():
        words.append(f"Regions are outlined on {regions_on(results)}, with their numbers.")
        if drawn.relative and drawn.reference is not None:
            names = " and ".join(drawn.relative)
            words.append(f"{names}: over the mean of region {drawn.reference}.")
    return " ".join(words)


def _told(words: object) -> str:
    return cut(plain(words), LONGEST)


def _sha256(record: Mapping[str, Any]) -> str:
    return str(record["input"]["sha256"] or "")


def _facts(results: Results, view: View) -> Rows:
    scan = results.record["input"]
    sha256 = _sha256(results.record)
    size = " × ".join(f"{one:.3g}" for one in _stored_size(results))
    rows = [
        ("Input SHA-256", f"{sha256[:12]}…" if sha256 else "none: the scan came from no file"),
        ("Software", f"napari-dsc {_told(results.record['versions']['napari-dsc'])}"),
        ("TR", _time(scan, "repetition_time_s", "Repetition time", 1, "s")),
        ("TE", _time(scan, "echo_time_s", "Echo time", 1000, "ms")),
        ("Shape", " × ".join(str(one) for one in results.replay.shape)),
        ("Voxels", f"{size} mm" if size else "size unknown"),
        ("Pictures", view.words),
    ]
    if codes := results.replay.choices.get(FACT):
        rows.append(("Orientation", f"{BY_USER}: {codes_in_words(as_codes(codes))}"))
    if scan["quantity"] != "signal":
        rows.append(("Scan holds", _told(scan["quantity"])))
    if isinstance(results.maps, BolusMaps):
        rows.append(("Artery (AIF)", "none: only the shape of the bolus was measured"))
    if results.replay.moves is not None:
        rows.append(("Motion", "corrected before"))
    return tuple(rows)


def _stored_size(results: Results) -> tuple[float, ...]:
    if results.affine is None:
        return ()
    return tuple(np.sqrt(np.square(results.affine[:3, :3]).sum(axis=0)).tolist())


def _time(scan: Mapping[str, Any], key: str, fact: str, factor: float, unit: str) -> str:
    """A time, and what each source says of it."""
    value = scan[key]
    if value is None:
        return "unknown"
    said = [words for name, words in scan.get("sources", {}).items() if name.startswith(fact)]
    known = f"{factor * float(value):.6g} {unit}"
    return f"{known} (source: {_told('; '.join(map(str, said)) or 'not recorded')})"


def _columns(results: Results) -> tuple[str, ...]:
    maps = (with_unit(one.symbol, one.units) for one in results.maps)
    beside = (with_unit(one.symbol, one.units) for one in results.beside.values())
    return ("Region", "Accepted / voxels", "mL", *maps, *_relative(results), *beside)


def _relative(results: Results) -> tuple[str, ...]:
    """Symbols of maps over their means in a reference."""
    return () if results.drawn is None else tuple(results.drawn.relative)


def _against(results: Results, one: Compared) -> tuple[str, ...]:
    """A row of means, means of the mirror image, and ratios."""
    cells = []
    for each in compared_maps(results.maps):
        sides = one.maps[each.symbol]
        cells += [_number(sides.mean), _number(sides.mirror), _number(sides.ratio)]
    name = one.name if one.is_lesion else f"{one.label} · {one.name}"
    name += REFERENCE if _is_reference(results, one) else ""
    place = (size_words(one.volume), one.side or NO_NUMBER, _lacking(one))
    return (cut(name, LONG_NAME), *place, *cells)


def _is_reference(results: Results, one: Compared) -> bool:
    """Whether it is the region that others are compared with."""
    label = None if results.drawn is None else results.drawn.reference
    return not one.is_lesion and one.label == label


def _lacking(one: Compared) -> str:
    """What has no answer in a region and beside it, in the two words that a column has room for."""
    return one.unanswered.replace(" mL", "").replace(" it", "") or NO_NUMBER


def _region(results: Results, row: Region) -> tuple[str, ...]:
    cells = []
    own = (one.symbol for one in results.maps)
    for symbol in (*own, *_relative(results), *results.beside):
        found = None if row.statistics is None else row.statistics.maps[symbol]
        if found is None or not found.n:
            cells.append(NO_NUMBER)
            continue
        fewer = f" n={found.n:,}" if found.n != row.accepted else ""
        cells.append(
            f"{_number(found.mean)} ± {_number(found.sd)} ({_number(found.median)}){fewer}"
        )
    name = f"{row.label} · {row.name}" if row.label else row.name
    volume = size_words(row.volume)
    return (cut(name, LONG_NAME), f"{row.accepted:,} / {row.voxels:,}", volume, *cells)


def _number(value: float) -> str:
    """A number as every display writes it, with the sign that is printed."""
    return number_words(value).replace("-", "−")


def _warnings(results: Results) -> tuple[str, ...]:
    """What speaks against the analysis."""
    doubt = acceptance_of(results.record["quality"]).doubt
    found = (one for one in read_findings(results.record) if one.level != GOOD)
    words = (f"{one.words} To do: {one.remedy}" if one.remedy else one.words for one in found)
    return (*words, *([doubt] if doubt else []))


def _notices(results: Results) -> tuple[str, ...]:
    """Notices of the analysis, then what was left out of the folder; no warning once more."""
    notices = results.record.get("notices", ())
    known = {*told(read_findings(results.record)), *_warnings(results)}
    return tuple(one for one in (*notices, *results.notices) if one not in known)


def _late(found: Measured) -> Rows:
    late = found.late
    if late is None:
        return ((TMAX.symbol, "not computed"),)
    first = [(LIMITS, late.limits_words)] if late.tmax_by else []  # in place of a finding
    rows = [*first, *((one.name, one.words) for one in late.told)]
    if late.uncounted:
        words = late.uncounted_words.replace(BESIDE, "")
        rows.append((f"Beside {TMAX.symbol} > {LATE:g} s", words))
    return (*rows, (HIR, late.ratio_words), ("Volumes", late.cleaning_words))


def _settings(record: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Every setting of the record that had an effect, and what the user chose of the scan."""
    idle = _idle(record)
    chosen = [(row, row.in_record(record)) for row in SETTINGS.values() if not row.owner]
    return [
        *((str(key), one) for key, one in record["settings"].items() if key not in idle),
        *((row.key[-1], one) for row, one in chosen if one is not None and row.key[-1] not in idle),
    ]


def _idle(record: Mapping[str, Any]) -> set[str]:
    """Keys of settings that nothing was computed by: those of an artery, where there was none."""
    if record["aif"]["curve"] is not None:
        return set()
    rows = (row for row in SETTINGS.values() if row.owner in NEEDING_AN_ARTERY)
    return {"vof", *(row.key[-1] for row in rows)}


def _named(key: str) -> str:
    return NAMES.get(key, _told(key.replace("_", " ")))


def _setting(key: str, value: Any, record: Mapping[str, Any]) -> str:
    if key == SETTINGS["slice_timing"].key[-1] and value and (why := slice_times_missing(record)):
        return f"no: slice times are {why}"
    if key == SETTINGS["leave_out"].key[-1]:
        return _told(SETTINGS["leave_out"].phrase(value))
    if key.endswith("_volumes") and isinstance(value, list):
        return f"{int(value[0])} to {int(value[1]) - 1}"
    if isinstance(value, dict):
        return ", ".join(f"{NAMES.get(name, name)} {float(one):g}" for name, one in value.items())
    if value is None:
        return "all retained volumes" if key == "window_volumes" else "none"
    return _plain(value)


def _plain(value: Any) -> str:
    """One value as a reader writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else _told(value)


def _quality(results: Results, brain: Region) -> Rows:
    counts = quality_counts(results)
    share = f" ({brain.accepted / brain.voxels:.1%})"
    first = ("Accepted voxels of the brain", f"{brain.accepted:,} of {brain.voxels:,}{share}")
    if counts is None:
        return (first, ("Flags", "none were saved"))
    return (first, *((words, f"{count:,}") for words, count in counts.items()))
