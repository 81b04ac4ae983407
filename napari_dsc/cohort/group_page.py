"""Page of a cohort: one file with its pictures in it, nothing fetched; only labels name a scan."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from napari_dsc.cohort.group import GroupScan
from napari_dsc.cohort.order import UNITS, in_order, known_number, numbers_of
from napari_dsc.cohort.outliers import FEWEST, LIMIT, Outlier
from napari_dsc.cohort.telling import doubts_of, findings_of, redrawn_by
from napari_dsc.cohort.thumbnails import Curve, Picture, curve_of, pictures_of
from napari_dsc.cohort.verdicts import ACCEPT
from napari_dsc.core.errors import DscError
from napari_dsc.core.number_words import unit_words, voxel_words
from napari_dsc.core.quantities import CBF, TMAX
from napari_dsc.io.atomic_files import write_whole
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.report.safe_text import plain

__all__ = ["PAGE", "write_page"]

PAGE = "group_dsc.html"
TITLE = "DSC-MRI perfusion of a cohort"
ACCEPTED = "Accepted"
LEAST_SPAN = 0.1  # of the median: a strip shows no smaller differences as large ones
PICTURED = (CBF.symbol, TMAX.symbol)
LEFT, RIGHT, BASE, LEVELS = 10.0, 790.0, 26.0, 9  # of a strip
EARLIER = "The verdict was given on earlier maps: it was computed again since."
MISSING = (
    "a page of a cohort needs jinja2, got none installed. Install it with "
    "pip install 'napari-dsc[report]'."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A scan as a row of the page."""

    label: str
    state: str
    excluded: bool
    report: str
    look: Sequence[tuple[str, str]]
    aif: str
    aif_value: float | str
    curve: Curve | None
    pictures: Mapping[str, Picture]
    cells: Sequence[tuple[float | str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A scan in a strip."""

    label: str
    x: str
    y: str
    odd: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """One number across all scans."""

    name: str
    unit: str
    low: str
    high: str
    middle: str
    dots: Sequence[Dot]


def write_page(out: Path, scans: Sequence[GroupScan]) -> Path:
    """Write the page of a cohort: the same results give the same bytes.

    Parameters
    ----------
    out : Path
        Root of its results.
    scans : sequence of GroupScan
        From `read_group`.

    Returns
    -------
    Path
        `group_dsc.html`.

    Raises
    ------
    DscError
        If the extra `report` is not installed.
    """
    try:
        import jinja2
    except ImportError as error:
        raise DscError(MISSING) from error
    ordered = in_order(scans)
    numbers, odd = ordered.numbers, ordered.odd
    script = _own("group.js")
    told = [numbers_of(one.told) for one in ordered.scans if one.done]
    known = {name: unit for name, unit in UNITS.items() if any(name in one for one in told)}
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    text = environment.from_string(_own("group.html")).render(
        title=TITLE,
        statement=RESEARCH_USE,
        summary=_summary(scans, odd),
        limit=LIMIT,
        fewest=FEWEST,
        digest=b64encode(sha256(script.encode()).digest()).decode(),
        script=script,
        columns=_columns(known),
        pictured=PICTURED,
        scans=[_row(one, out, odd.get(one.label, []), known) for one in ordered.scans],
        strips=[
            strip
            for name, unit in UNITS.items()
            if (strip := _strip(name, unit, numbers, odd)) is not None
        ],
    )
    write_whole(out / PAGE, lambda path: _write(path, text))
    return out / PAGE


def _own(name: str) -> str:
    return files("napari_dsc.cohort").joinpath(name).read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _summary(scans: Sequence[GroupScan], odd: Mapping[str, Any]) -> str:
    doubtful = sum(one.done and bool(doubts_of(one.told)) for one in scans)
    excluded = sum(one.excluded for one in scans)
    failed = sum(not one.done for one in scans)
    return (
        f"{len(scans)} scans: {sum(one.counted for one in scans)} count, {doubtful} doubtful, "
        f"{len(odd)} unlike the others, {failed} failed, {excluded} excluded by a reader."
    )


def _columns(known: Mapping[str, str]) -> list[tuple[str, str]]:
    """Heads of the table, and how each is sorted; empty: it is not.

    Of the numbers only those that a scan has.
    """
    return [
        ("#", "number"),
        ("Scan", "word"),
        ("State", "word"),
        ("Look at", "number"),
        ("AIF", "number"),
        *((symbol, "") for symbol in PICTURED),
        (f"{ACCEPTED}, %", "number"),
        *(
            (", ".join(filter(None, (name, unit_words(unit)))), "number")
            for name, unit in known.items()
        ),
    ]


def _row(one: GroupScan, out: Path, odd: Sequence[Outlier], known: Mapping[str, str]) -> Row:
    told, record = one.told, one.record if one.done else None
    look = [("doubtful", plain(words)) for words in doubts_of(told)]
    look += [("outlier", outlier.words) for outlier in odd]
    there = {words for _, words in look}
    look += [("note", plain(w)) for w in findings_of(told) if plain(w) not in there]
    if not one.done:
        look = [("doubtful", plain(told.get("reason") or "no reason is known"))]
    if one.of_earlier_maps:
        look.append(("reader", EARLIER))
    if one.note:
        look.append(("reader", f"Reader: {plain(one.note)}"))
    aif = told.get("aif") or {}
    peak = known_number(aif.get("peak"))
    looked = told.get("aif_looked_at")
    voxels = known_number(aif.get("voxels"))
    size = voxel_words(int(voxels)) if voxels else "curve"
    words = f"{size} ({plain(aif.get('chosen') or 'unknown')}"
    looked_words = "" if looked else ", not looked at"
    if one.verdict == ACCEPT and not one.of_earlier_maps:  # who accepts has looked at the AIF
        looked_words = ", accepted by a reader"
    if redrawn_by(told) is not None:
        looked_words = ", redrawn by a reviewer"
    words += f"{looked_words})"
    if record is not None and peak is None:
        words = "none"
    share = known_number((told.get("brain") or {}).get("accepted_share"))
    numbers = numbers_of(told)
    cells: list[tuple[float | str, str]] = [
        ("", "") if share is None else (share, f"{100 * share:.1f}")
    ]
    cells += [(numbers[n], f"{numbers[n]:.3g}") if n in numbers else ("", "") for n in known]
    return Row(
        label=plain(one.label),
        state=" ".join(part for part in (plain(told.get("state")), plain(one.verdict)) if part),
        excluded=one.excluded,
        report=_report(one, out),
        look=look,
        aif=words if record is not None else "",
        aif_value="" if peak is None or record is None else peak,
        curve=None if record is None else curve_of(record),
        pictures={} if record is None else pictures_of(record),
        cells=cells if record is not None else [("", "")] * (len(known) + 1),
    )


def _report(one: GroupScan, out: Path) -> str:
    """Way to its report from the page; empty where there is none."""
    if one.record is None or not one.done:
        return ""
    path = one.record.with_name(one.record.name.removesuffix("record.json") + "report.html")
    return quote(path.relative_to(out).as_posix()) if path.is_file() else ""


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Ends of the line of a strip: of the numbers, but a tenth of their median apart at least."""
    low, high = min(values), max(values)
    middle, span = (low + high) / 2, LEAST_SPAN * abs(float(np.median(values)))
    return (low, high) if high - low >= span else (middle - span / 2, middle + span / 2)


def _strip(
    name: str,
    unit: str,
    numbers: Mapping[str, Mapping[str, float]],
    odd: Mapping[str, Sequence[Outlier]],
) -> Strip | None:
    """One number of each scan along a line; None where no scan has it."""
    values = {label: own[name] for label, own in numbers.items() if name in own}
    if not values:
        return None
    low, high = _ends(list(values.values()))

    def across(value: float) -> str:
        share = (value - low) / (high - low) if high > low else 0.5
        return f"{LEFT + share * (RIGHT - LEFT):.1f}"

    return Strip(
        name=name,
        unit=unit_words(unit),
        low=f"{low:.3g}",
        high=f"{high:.3g}",
        middle=across(float(np.median(list(values.values())))),
        dots=[
            Dot(
                label=label,
                x=across(value),
                y=f"{BASE - 2.5 * (at * 4 % LEVELS):.1f}",  # apart from their neighbours
                odd=any(one.name == name for one in odd.get(label, [])),
                words=f"{value:.3g} {unit_words(unit)}".rstrip(),
            )
            for at, (label, value) in enumerate(values.items())
        ],
    )
