"""One scan of a cohort brought together for a reader: its maps as they lie there, and its source.

It can be done ahead of the reader, on another thread: nothing here knows a screen.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from napari_dsc.analysis import read_setup
from napari_dsc.cohort.group import GroupScan, read_again
from napari_dsc.cohort.scans import CohortScan, find_scans
from napari_dsc.core.errors import DscError
from napari_dsc.core.orientation import FACT, stated
from napari_dsc.core.pipeline import Analysis, Proposal, prepare
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.types import Aif, BolusMaps, DSCPerfusionMaps, Progress, Series
from napari_dsc.io import UnaskedChoiceError, reading
from napari_dsc.io.atomic_files import read_json
from napari_dsc.io.judgements import read_findings
from napari_dsc.io.read_record import brought
from napari_dsc.io.record import LARGEST_RECORD, fingerprint, input_fingerprint
from napari_dsc.report.read_results import Results, reading_results

__all__ = ["Look", "Source", "find_sources", "is_as_looked_at", "looking", "source_root"]

STUDY, DESCRIPTION = "study.toml", "dataset_description.json"
NOT_NAMED = (
    "Nobody has said where the scans of this cohort lie: its maps can be looked at, without AIF. "
    "To see and redraw it, press Folder of scans …, or start with `--scans FOLDER`."
)
NOT_FOUND = (
    "The scan of {} was not found where the scans of this cohort lie: its maps can be looked at. "
    "If it was moved, press Folder of scans …."
)
UNUSABLE = "Its maps can be looked at, but not its scan: {}"
FAILED = (
    "This scan has no maps. Exclude it, or compute it again: `napari-dsc cohort … participant`."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """The scan that maps were made from, as it was taken then.

    Parameters
    ----------
    scan : CohortScan
        Where it lies, and how its results are called.
    file : Series
        As its file gives it.
    series : Series
        As its record says: turned, moved, its times settled.
    proposal : Proposal
        Brain and baseline of the record.
    analysis : napari_dsc.core.pipeline.Analysis
        The maps that lie there, with the curves that they were made from.
    """

    scan: CohortScan
    file: Series
    series: Series
    proposal: Proposal
    analysis: Analysis


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """What a reader looks at.

    Parameters
    ----------
    scan : GroupScan
        Which scan.
    record_sha256 : str
        Of its record; empty: it has no maps.
    results : Results or None
        Its maps; None: it has none, or they are not as recorded.
    source : Source or None
        Its scan; None: `why` says why not.
    why : str
        In a sentence, what cannot be shown and what helps; empty: all is there.
    """

    scan: GroupScan
    record_sha256: str = ""
    results: Results | None = None
    source: Source | None = None
    why: str = ""


def source_root(out: Path) -> Path | None:
    """Folder of the scans of a cohort, where its results say it; None: they do not."""
    try:
        link = read_json(out / DESCRIPTION, LARGEST_RECORD)["DatasetLinks"]["raw"]
    except (OSError, DscError, LookupError, TypeError):
        return None
    if not isinstance(link, str) or link in ("", ".") or ":" in link:
        return None
    root = out / link
    return root.resolve() if root.is_dir() else None


def find_sources(root: Path | None, out: Path) -> dict[str, CohortScan]:
    """Scans of a cohort by their labels; none without a folder.

    Raises
    ------
    DscError
        As `find_scans`.
    """
    if root is None:
        return {}
    try:
        echo = read_setup(out / STUDY).get("echo") or ""
    except DscError:  # of an earlier version, or gone
        echo = ""
    found = find_scans(root.absolute(), echo=echo, leaving_out=out)
    return {one.label: one for one in found}


def is_as_looked_at(look: Look) -> bool:
    """Whether the maps of a scan are still those that are looked at."""
    if look.scan.record is None or not look.record_sha256:
        return True
    try:
        return fingerprint(look.scan.record) == look.record_sha256
    except OSError:
        return False


def looking(
    out: Path, one: GroupScan, sources: Mapping[str, CohortScan], *, named: bool
) -> Generator[Progress, None, Look]:
    """Bring together what a reader looks at.

    Parameters
    ----------
    out : Path
        Root of the results.
    one : GroupScan
        Which scan; its log is read once more.
    sources : mapping of str to CohortScan
        From `find_sources`.
    named : bool
        Whether somebody has said where the scans lie.

    Yields
    ------
    Progress
        Often enough to be stopped within a second.
    """
    yield Progress("Reading the maps", 0.0)
    one = read_again(out, one)
    if not one.done or one.record is None:
        return Look(scan=one, why=FAILED)
    sha256 = str(one.told["record_sha256"])
    try:
        results = yield from part_of_whole(reading_results(one.record), 0.0, 0.3)
    except (DscError, OSError) as error:
        return Look(scan=one, why=f"{FAILED} {error}")
    found = sources.get(one.label)
    if found is None or not found.path.exists():
        why = NOT_FOUND.format(one.label) if named else NOT_NAMED
        return Look(scan=one, record_sha256=sha256, results=results, why=why)
    try:
        source = yield from part_of_whole(_source(found, results), 0.3, 1.0)
    except (DscError, OSError) as error:
        why = UNUSABLE.format(error)
        return Look(scan=one, record_sha256=sha256, results=results, why=why)
    return Look(scan=one, record_sha256=sha256, results=results, source=source)


def _source(scan: CohortScan, results: Results) -> Generator[Progress, None, Source]:
    """Read a scan as its maps were made from it, and the curves of its brain."""
    record = results.replay
    file = yield from part_of_whole(_read(scan.path, record.choices), 0.0, 0.5)
    codes = record.choices.get(FACT)
    turned = file if codes is None else stated(file, codes)
    settled = record.of(turned, input_fingerprint(file, scan.path))
    series = yield from part_of_whole(brought(record, settled), 0.5, 0.6)
    proposal = Proposal(
        brain=record.brain,
        baseline=record.settings.baseline or (0, 1),
        left_out=record.left_out,
    )
    analysis = yield from part_of_whole(_analysis(series, results), 0.6, 1.0)
    # The analysis has been told what is left out; on screen it is a fact of its own.
    shown = replace(turned, signal=series.signal, moves=series.moves)
    return Source(scan=scan, file=file, series=shown, proposal=proposal, analysis=analysis)


def _read(path: Path, chosen: Mapping[str, str]) -> Generator[Progress, None, Series]:
    """Read a scan as it was read for its record, as its file lies."""
    choices = {fact: one for fact, one in chosen.items() if fact != FACT}
    try:
        return (yield from reading(path, **choices))
    except UnaskedChoiceError as error:  # chosen of a folder, or by an earlier version
        left = {fact: one for fact, one in choices.items() if fact not in error.facts}
        return (yield from reading(path, **left))


def _analysis(series: Series, results: Results) -> Generator[Progress, None, Analysis]:
    """Maps as they lie there, with the curves and the AIF that they were made from."""
    record = results.replay
    prepared = yield from prepare(series, record.brain, record.settings.baseline)
    known = prepared.under(record.settings)
    if record.artery is None:
        aif = Aif.none(known.time.size, record.brain.shape)
    else:
        aif = replace(known.arterial_input(record.artery, record.vein), origin=record.origins.aif)
    maps = dict(results.maps.items())
    kind = BolusMaps if record.artery is None else DSCPerfusionMaps
    notices = record.content.get("notices", ())
    return Analysis(
        maps=kind.from_keys(maps, quality=results.quality),
        aif=aif,
        settings=record.settings,
        prepared=known,
        notices=tuple(one for one in notices if _is_plain(one)),
        vein=record.vein,
        origins=record.origins,
        findings=read_findings(record.content),
    )


def _is_plain(words: Any) -> bool:
    return isinstance(words, str) and words.isprintable()
