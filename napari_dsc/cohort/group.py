"""Tables of a cohort, made of its results alone: a row for each scan, and each region and map."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from napari_dsc.cohort.one_scan import DONE, FAILED
from napari_dsc.cohort.telling import doubts_of, findings_of, late_mL, redrawn_by
from napari_dsc.cohort.verdicts import EXCLUDE, Verdict, last_verdicts
from napari_dsc.core.errors import DscError
from napari_dsc.core.quantities import CBV, CBV_CORRECTED, RELATIVE
from napari_dsc.io.atomic_files import read_json, write_whole
from napari_dsc.io.judgements import tmax_by_in
from napari_dsc.io.record import LARGEST_RECORD, fingerprint
from napari_dsc.io.region_table import COLUMNS

__all__ = ["GroupScan", "read_again", "read_group", "refuse_without_results", "write_tables"]

SCANS, REGIONS = "group_scans.tsv", "group_dsc.tsv"
NONE = "n/a"
ABOUT = (
    "scan", "state", "verdict", "reviewer", "aif", "aif_looked_at", "aif_redrawn", "aif_finding",
    "accepted_share", "tr_s", "tmax_above_6_mL", "hir", "enhancement_mL",
    "enhancement_looked_at", "rcbv_enhancing", "burden", "hot_spots_rcbv",
    "corrected_rcbv_enhancing", "corrected_burden", "findings", "doubts", "reason",
)  # fmt: skip
NO_RESULTS = "a cohort must have results, got none in {}. Run `participant` first."
NO_LOG = "its log is missing or damaged: run `participant` again"
NOT_RECORDED = "its results are not those of its log: run `participant` again"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupScan:
    """What is known of one scan of a cohort.

    Parameters
    ----------
    label : str
        How its results are called.
    told : mapping
        Its log: what became of it.
    record : Path or None
        Its record; None: there is none.
    said : Verdict or None
        Last verdict and note of a reader; None: none yet.
    """

    label: str
    told: Mapping[str, Any]
    record: Path | None
    said: Verdict | None = None

    @property
    def verdict(self) -> str:
        """Last verdict of a reader; empty: none yet."""
        return "" if self.said is None else self.said.verdict

    @property
    def note(self) -> str:
        """Note beside it."""
        return "" if self.said is None else self.said.note

    @property
    def excluded(self) -> bool:
        """Whether a reader has excluded it."""
        return self.verdict == EXCLUDE

    @property
    def of_earlier_maps(self) -> bool:
        """Whether its verdict was given on maps that do not stand any more."""
        judged = "" if self.said is None or not self.said.verdict else self.said.record
        return bool(judged) and self.done and judged != self.told.get("record_sha256")

    @property
    def done(self) -> bool:
        """Whether its maps stand."""
        return self.told.get("state") == DONE and self.record is not None

    @property
    def counted(self) -> bool:
        """Whether it counts in tables: its maps stand, and no reader has excluded it."""
        return self.done and not self.excluded

    @property
    def row(self) -> dict[str, str]:
        """Its row among the scans."""
        told, late = self.told, self.told.get("late_tissue") or {}
        aif = [one["words"] for one in told.get("findings", []) if one["key"] == "aif"]
        values = {
            "scan": self.label,
            "state": told.get("state"),
            "verdict": self.verdict,
            "reviewer": "" if self.said is None else self.said.reviewer,
            "aif": (told.get("aif") or {}).get("chosen"),
            "aif_looked_at": {True: "yes", False: "no"}.get(told.get("aif_looked_at", "")),
            "aif_redrawn": "yes" if redrawn_by(told) is not None else "no",
            "aif_finding": aif[0] if aif else None,
            "accepted_share": (told.get("brain") or {}).get("accepted_share"),
            "tr_s": told.get("repetition_time_s"),
            "tmax_above_6_mL": late_mL(told),
            "hir": None if tmax_by_in(told) else late.get("hir"),
            **_tumour(told),
            "findings": len(findings_of(told)) if self.done else None,
            "doubts": len(doubts_of(told)) if self.done else None,
            "reason": told.get("reason"),
        }
        return {name: _cell(value) for name, value in values.items()}


def _tumour(log: Mapping[str, Any]) -> dict[str, Any]:
    """What was read of a tumour: volume, mean rCBV, shares above each threshold, hot spots."""
    told = log.get("tumour") or {}
    limits, maps = (told.get("choice") or {}).get("thresholds") or [], told.get("maps") or {}
    corrected = (told.get("corrected") or {}).get("burden")
    looked = {True: "yes", False: "no"}.get(log.get("enhancement_looked_at", ""))
    return {
        "enhancement_mL": told.get("enhancement_mL"),
        "enhancement_looked_at": looked,
        "rcbv_enhancing": (maps.get(RELATIVE[CBV.symbol].symbol) or {}).get("mean"),
        "burden": _shares(limits, told.get("burden")),
        "hot_spots_rcbv": (told.get("hot_spots") or {}).get("mean"),
        "corrected_rcbv_enhancing": (maps.get(RELATIVE[CBV_CORRECTED.symbol].symbol) or {}).get(
            "mean"
        ),
        "corrected_burden": _shares(limits, corrected),
    }


def _shares(limits: Sequence[float], burden: Mapping[str, Any] | None) -> str | None:
    """Shares above thresholds in words; None where there are none."""
    shares = (burden or {}).get("above") or []
    pairs = [(a, b) for a, b in zip(limits, shares, strict=False) if b is not None]
    return "; ".join(f"above {a:g}: {b:.3g}" for a, b in pairs) or None


def read_group(out: Path, verdicts: Mapping[str, Verdict] | None = None) -> list[GroupScan]:
    """Read what became of the scans of a cohort.

    Parameters
    ----------
    out : Path
        Root of its results.
    verdicts : mapping of str to Verdict, optional
        Of readers, by label; None: those of `review.tsv`.

    Returns
    -------
    list of GroupScan
        By their labels.

    Raises
    ------
    DscError
        If there are none, or `review.tsv` is damaged.
    """
    said = last_verdicts(out) if verdicts is None else verdicts
    records = {path.name.removesuffix("_record.json"): path for path in _records(out)}
    logs = {path.stem: path for path in (out / "log").glob("*.json")}
    found = []
    for label in sorted({*records, *logs}):
        record = records.get(label)
        told = _told(logs.get(label), record)
        found.append(GroupScan(label=label, told=told, record=record, said=said.get(label)))
    if not found:
        raise DscError(NO_RESULTS.format(out.name))
    return found


def refuse_without_results(out: Path) -> None:
    """Raise `DscError` for a folder that holds no results of a cohort."""
    if not any((out / "log").glob("*.json")) and not any(_records(out)):
        raise DscError(NO_RESULTS.format(out.absolute().name))


def read_again(out: Path, one: GroupScan) -> GroupScan:
    """Read once more what became of a scan; the verdict stays as it was known."""
    record = one.record
    if record is None or not record.is_file():
        name = f"{one.label}_record.json"
        record = next((path for path in _records(out) if path.name == name), None)
    log = out / "log" / f"{one.label}.json"
    return replace(one, record=record, told=_told(log if log.is_file() else None, record))


def _told(log: Path | None, record: Path | None) -> Mapping[str, Any]:
    """What a log says; where results and log do not belong together, that they do not."""
    try:
        told = read_json(log, LARGEST_RECORD) if log is not None else {}
    except (OSError, DscError):
        told = {}
    if told.get("state") not in (DONE, FAILED):
        return {"state": FAILED, "reason": NO_LOG}
    if told["state"] == DONE and (record is None or not _is_of(record, told)):
        return {"state": FAILED, "reason": NOT_RECORDED}
    return told


def _is_of(record: Path, told: Mapping[str, Any]) -> bool:
    try:
        return fingerprint(record) == told.get("record_sha256")
    except OSError:
        return False


def _records(out: Path) -> Iterator[Path]:
    yield from out.glob("sub-*/perf/*_record.json")
    yield from out.glob("sub-*/ses-*/perf/*_record.json")
    yield from out.glob("scan-*/*_record.json")


def write_tables(out: Path, scans: Sequence[GroupScan]) -> list[Path]:
    """Write the tables of a cohort.

    Parameters
    ----------
    out : Path
        Root of its results.
    scans : sequence of GroupScan
        From `read_group`.

    Returns
    -------
    list of Path
        A row for each scan; and a row for each scan, region and map of those that count.
    """
    rows: list[tuple[str, ...]] = [ABOUT]
    rows += [tuple(one.row[name] for name in ABOUT) for one in scans]
    cells: list[tuple[str, ...]] = [("scan", *COLUMNS)]
    for one in scans:
        if one.counted and one.record is not None:
            cells += [(one.label, *line) for line in _regions(one.record)]
    written = [out / SCANS, out / REGIONS]
    _write(written[0], rows)
    _write(written[1], cells)
    return written


def _write(path: Path, table: Sequence[Sequence[str]]) -> None:
    text = "".join("\t".join(line) + "\n" for line in table)
    write_whole(path, partial(_put, text=text))


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _regions(record: Path) -> list[list[str]]:
    """Rows of a scan's table of regions."""
    path = record.with_name(record.name.removesuffix("record.json") + "regions.tsv")
    if not path.is_file():
        return []
    head, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
    missing = [NONE] * (len(COLUMNS) - len(head.split("\t")))  # of an earlier version
    return [[*line.split("\t"), *missing] for line in lines]


def _cell(value: Any) -> str:
    """A cell of a table: n/a where nothing is known, one line without tabs."""
    if value is None or value == "":
        return NONE
    return " ".join(str(value).split())
