"""Verdicts of readers on the scans of a cohort: `review.tsv`, to which each verdict adds a line."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic, sleep

from napari_dsc.core.errors import DscError
from napari_dsc.io.atomic_files import write_whole
from napari_dsc.io.file_locks import only_writer

__all__ = ["ACCEPT", "EXCLUDE", "REVIEW", "Verdict", "add_verdict", "last_verdicts"]

REVIEW = "review.tsv"
ACCEPT, EXCLUDE = "accept", "exclude"
COLUMNS = ("scan", "verdict", "when", "reviewer", "note", "record_sha256")
NEEDED = ("scan", "verdict")
LARGEST = 64 * 2**20  # bytes
PATIENCE, PAUSE = 5.0, 0.05  # s: another reader writes one line
DAMAGED = (
    f"{REVIEW} must be a table with the columns scan and verdict, got {{}}. Mend it, or move it "
    "away: no verdict is written until then."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reader has said of one scan.

    Parameters
    ----------
    scan : str
        Its label.
    verdict : str
        "accept", "exclude", or empty: a note alone. Others are what somebody has written by hand.
    when : str
        Date and time of the verdict, as "2026-11-30T02:05:00Z"; empty: not said.
    reviewer : str
        Code that the reader has typed; empty: none.
    note : str
        In one line.
    record : str
        SHA-256 of the record of the maps that were looked at; empty: not said.
    """

    scan: str
    verdict: str = ""
    when: str = ""
    reviewer: str = ""
    note: str = ""
    record: str = ""


def last_verdicts(out: Path) -> dict[str, Verdict]:
    """Last verdict on each scan, and the last note.

    Parameters
    ----------
    out : Path
        Root of the results of a cohort.

    Returns
    -------
    dict of str to Verdict
        By label. A line without a verdict leaves the one before it; one without a note likewise.

    Raises
    ------
    DscError
        If `review.tsv` is no such table.
    """
    found: dict[str, Verdict] = {}
    for row in _read(out / REVIEW)[1]:
        one = _verdict(row)
        before = found.get(one.scan)
        if before is not None and not one.verdict:
            one = Verdict(
                scan=one.scan,
                verdict=before.verdict,
                when=before.when,
                reviewer=before.reviewer,
                note=one.note or before.note,
                record=before.record,
            )
        found[one.scan] = one
    return found


def add_verdict(out: Path, verdict: Verdict) -> None:
    """Add a line to `review.tsv`; what others have written meanwhile stays.

    Parameters
    ----------
    out : Path
        Root of the results of a cohort.
    verdict : Verdict
        What was said.

    Raises
    ------
    DscError
        If the file is damaged: it stays as it is. Or if it cannot be written.
    """
    path = out / REVIEW
    try:
        with _in_turn(path):
            head, rows = _read(path)
            head = [*head, *(name for name in COLUMNS if name not in head)]
            told = {
                "scan": verdict.scan,
                "verdict": verdict.verdict,
                "when": verdict.when,
                "reviewer": verdict.reviewer,
                "note": verdict.note,
                "record_sha256": verdict.record,
            }
            lines = [head, *([row.get(name, "") for name in head] for row in (*rows, told))]
            text = "".join("\t".join(map(_cell, line)) + "\n" for line in lines)
            write_whole(path, partial(_put, text=text))
    except OSError as error:
        raise DscError(
            f"{REVIEW} must be writable, got: {error.strerror}. The verdict was not kept: make "
            "room, or ask who owns the folder."
        ) from error


@contextmanager
def _in_turn(path: Path) -> Iterator[None]:
    """Hold the file for one reader; wait for another one, who needs a moment."""
    until = monotonic() + PATIENCE
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(only_writer(path, REVIEW))
                break
            except DscError:
                if monotonic() > until:
                    raise
                sleep(PAUSE)
        yield


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows; the usual columns, and no row, where there is no file."""
    if not path.is_file():
        return list(COLUMNS), []
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise DscError(DAMAGED.format("one of more than 64 MiB"))
    try:
        text = content.decode("utf-8-sig")
        if "\0" in text:
            raise DscError(DAMAGED.format("bytes that are no text"))
        lines = list(csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DscError(DAMAGED.format("bytes that are no text")) from error
    head = [name.strip() for name in lines[0]] if lines else list(COLUMNS)
    rows = [dict(zip(head, line, strict=False)) for line in lines[1:] if any(line)]
    if len(set(head)) < len(head):
        raise DscError(DAMAGED.format("two columns of one name"))
    if rows and any(name not in head for name in NEEDED):
        raise DscError(DAMAGED.format("others"))
    return head, rows


def _verdict(row: Mapping[str, str]) -> Verdict:
    said = row.get("verdict", "").strip()
    return Verdict(
        scan=row.get("scan", "").strip(),
        verdict=said.lower() if said.lower() in (ACCEPT, EXCLUDE) else said,
        when=row.get("when", ""),
        reviewer=row.get("reviewer", ""),
        note=row.get("note", ""),
        record=row.get("record_sha256", ""),
    )


def _cell(value: str) -> str:
    """A cell of a table: one line without tabs."""
    return " ".join(value.split())


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
