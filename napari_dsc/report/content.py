"""All that the page says in words and numbers, once, for HTML and PDF alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_dsc.core.orientation import BY_USER, FACT, as_codes, codes_in_words
from napari_dsc.core.plausibility import told
from napari_dsc.core.quantities import TMAX
from napari_dsc.core.regions import HIR
from napari_dsc.core.settings import SETTINGS
from napari_dsc.io.judgements import read_findings
from napari_dsc.io.methods_text import citations, methods_paragraph
from napari_dsc.report.measurements import Region, late_of, quality_counts, region_rows
from napari_dsc.report.orientation import View
from napari_dsc.report.pictures import REGIONS_ON
from napari_dsc.report.read_results import Results
from napari_dsc.report.safe_text import cut, plain
from napari_dsc.version import __version__

__all__ = ["TITLE", "Page", "page_of"]

TITLE = "DSC-MRI perfusion report"
LONGEST = 4000  # letters of what a stranger wrote
NONE = "–"
LEGEND = (
    "Dark grey: no answer (NaN). Black: outside the brain. Windows are fixed; beyond them the "
    "colour of the end. Rejected voxels without tissue are blank: the scan shows through. Slices "
    "count from 0."
)
NAMES = {
    **{row.key[-1]: row.report or row.title for row in SETTINGS.values()},
    "discarded_volumes": "Discarded volumes",  # they follow from the baseline
}

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Text of a report, without control characters and not escaped.

    Parameters
    ----------
    identity : rows of (name, words)
        Whose scan it is; empty unless the caller says it.
    facts : rows of (name, words)
        Of the scan.
    sha256 : str
        Of the input, whole.
    columns : tuple of str
        Head of the table of regions.
    regions : tuple of tuple of str
        Its rows.
    late, settings, quality : rows of (name, words)
        Late tissue, the settings, and the flags.
    notices : tuple of str
        Warnings.
    legend : str
        What the pictures show.
    methods : str
        The paragraph.
    references : tuple of str
        Its references.
    versions : str
        Of what computed.
    """

    identity: Rows
    facts: Rows
    sha256: str
    columns: tuple[str, ...]
    regions: tuple[tuple[str, ...], ...]
    late: Rows
    settings: Rows
    quality: Rows
    notices: tuple[str, ...]
    legend: str
    methods: str
    references: tuple[str, ...]
    versions: str


def page_of(results: Results, view: View, identity: Mapping[str, str]) -> Page:
    """Put a folder of results into words.

    Parameters
    ----------
    results : Results
        The folder.
    view : View
        How it is shown.
    identity : mapping of str to str
        Whose scan it is.
    """
    record = results.record
    versions = record.get("versions", {})
    rows = region_rows(results)
    return Page(
        identity=tuple((_told(key), _told(words)) for key, words in identity.items()),
        facts=_facts(results, view),
        sha256=_sha256(record),
        columns=_columns(results),
        regions=tuple(_region(results, row) for row in rows),
        late=_late(results),
        settings=tuple((_named(key), _setting(key, one)) for key, one in _settings(record)),
        quality=_quality(results, rows[0]),
        notices=tuple(_told(one) for one in _warnings(results)),
        legend=_legend(results),
        methods=plain(methods_paragraph(record)),
        references=tuple(plain(one) for one in citations(record)),
        versions=", ".join(_told(f"{name} {one}") for name, one in versions.items())
        + f"; report: napari-dsc {__version__}",
    )


def _legend(results: Results) -> str:
    words = [LEGEND]
    if results.drawn is not None:
        words.append(f"Regions are outlined on {REGIONS_ON}, with their numbers.")
        if results.drawn.relative and results.drawn.reference is not None:
            names = " and ".join(results.drawn.relative)
            words.append(f"{names}: over the mean of region {results.drawn.reference}.")
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
    said = [words for name, words in scan.get("sources", {}).items() if name.startswith(fact)]
    known = "unknown" if value is None else f"{factor * float(value):.6g} {unit}"
    return f"{known} (source: {_told('; '.join(map(str, said)) or 'not recorded')})"


def _columns(results: Results) -> tuple[str, ...]:
    maps = (f"{one.symbol} ({one.units})" for one in results.maps)
    return ("Region", "Accepted / voxels", "mL", *maps, *_relative(results))


def _relative(results: Results) -> tuple[str, ...]:
    """Symbols of maps over their means in a reference."""
    return () if results.drawn is None else tuple(results.drawn.relative)


def _region(results: Results, row: Region) -> tuple[str, ...]:
    cells = []
    for symbol in (*(one.symbol for one in results.maps), *_relative(results)):
        found = None if row.statistics is None else row.statistics.maps[symbol]
        if found is None or not found.n:
            cells.append(NONE)
            continue
        fewer = f" n={found.n:,}" if found.n != row.accepted else ""
        cells.append(
            f"{_number(found.mean)} ± {_number(found.sd)} ({_number(found.median)}){fewer}"
        )
    name = f"{row.label} · {row.name}" if row.label else row.name
    return (name, f"{row.accepted:,} / {row.voxels:,}", _number(row.volume), *cells)


def _number(value: float) -> str:
    """A number to about three digits."""
    if not np.isfinite(value):
        return NONE
    return f"{value:.{2 if abs(value) < 10 else 1}f}".replace("-", "−")


def _warnings(results: Results) -> tuple[str, ...]:
    """What speaks against the analysis, then its notices, then what was left out of the folder."""
    notices = results.record.get("notices", ())
    return (*told(read_findings(results.record)), *notices, *results.notices)


def _late(results: Results) -> Rows:
    late = late_of(results)
    if late is None:
        return ((TMAX.symbol, "not computed"),)
    rows = [(one.name, one.words) for one in late.rows]
    return (*rows, (HIR, late.ratio_words), ("Volumes", late.cleaning.words))


def _settings(record: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Every setting of the record, and what the user chose of the scan."""
    chosen = [(row, row.in_record(record)) for row in SETTINGS.values() if not row.owner]
    return [
        *((str(key), one) for key, one in record["settings"].items()),
        *((row.key[-1], one) for row, one in chosen if one is not None),
    ]


def _named(key: str) -> str:
    return NAMES.get(key, _told(key.replace("_", " ")))


def _setting(key: str, value: Any) -> str:
    if key == SETTINGS["leave_out"].key[-1]:
        return _told(SETTINGS["leave_out"].phrase(value))
    if key.endswith("_volumes") and isinstance(value, list):
        return f"{int(value[0])} to {int(value[1]) - 1}"
    if value is None:
        return "all retained volumes" if key == "window_volumes" else "none"
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
