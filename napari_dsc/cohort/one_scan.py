"""One scan of a cohort: from its file to maps, report and table, or to the reason why not."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from napari_dsc.analysis import PROPOSE, Analysis, Opened, Setup, analysing, in_shell, opening
from napari_dsc.analysis.tumour import PAIR, is_asked
from napari_dsc.cohort.anatomies import on_anatomy, t1_pair
from napari_dsc.cohort.nameless import nameless
from napari_dsc.cohort.places import Places, names_beside
from napari_dsc.cohort.redrawn import OF_AIF, marked, reviewer_of
from napari_dsc.cohort.scans import CohortScan
from napari_dsc.cohort.writing import write
from napari_dsc.core.defaults import LEAKAGE
from napari_dsc.core.errors import NO_MEMORY, ChoiceNeededError, DscError
from napari_dsc.core.plausibility import NOTE
from napari_dsc.core.progress import finished
from napari_dsc.io.atomic_files import read_json
from napari_dsc.io.readers import stem_of
from napari_dsc.io.record import LARGEST_RECORD, fingerprint, input_fingerprint

__all__ = [
    "DONE",
    "FAILED",
    "SKIPPED",
    "Job",
    "facts_fingerprint",
    "run_scan",
    "setup_facts",
    "setup_fingerprint",
    "write_down",
]

DONE, FAILED, SKIPPED = "done", "failed", "skipped"
MORE_MEMORY = "Or give it more with --mem-mb."
NO_PAIR = "T1 before and after contrast could not be used: no tumour was read."
T1_WORDS = {PAIR[0]: "T1 before contrast", PAIR[1]: "T1 after contrast"}
NO_REGIONS = "No regions were found for this scan: the table is of the whole brain."


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be done with one scan; it can be sent to another process.

    Parameters
    ----------
    scan : CohortScan
        Which.
    out : Path
        Root of the results.
    values : mapping
        What was chosen, as `Setup` takes it: of files and plain values.
    report : bool
        Whether a report is written.
    own_regions : bool
        Whether the label map of each scan is looked for among the derivatives.
    own_anatomy : bool
        Whether regions are taken from the space of each scan's own anatomy, where none lie in the
        scan's.
    again : bool
        Whether it is computed although the same was computed before.
    """

    scan: CohortScan
    out: Path
    values: Mapping[str, Any]
    report: bool = True
    own_regions: bool = False
    own_anatomy: bool = False
    again: bool = False


def setup_facts(setup: Setup) -> dict[str, Any]:
    """What was chosen, JSON-ready: of files that are named their content counts."""
    told: dict[str, Any] = {}
    for name, value in sorted(setup.values.items()):
        path = Path(value) if isinstance(value, str | Path) else None
        if path is not None and path.is_file():
            table = path.parent / f"{stem_of(path)}.tsv"  # names of a label map
            told[name] = [fingerprint(one) for one in (path, table) if one.is_file()]
        else:
            told[name] = list(value) if isinstance(value, tuple) else value
    return told


def setup_fingerprint(setup: Setup) -> str:
    """SHA-256 of what was chosen: of files that are named their content counts."""
    return facts_fingerprint(setup_facts(setup))


def facts_fingerprint(told: Mapping[str, Any]) -> str:
    """SHA-256 of what was chosen, from `setup_facts`."""
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()


def run_scan(job: Job) -> dict[str, Any]:
    """Compute one scan, and write what belongs to it.

    Parameters
    ----------
    job : Job
        What is to be done.

    Returns
    -------
    dict
        What became of it, JSON-ready: "state" ("done", "skipped" or "failed"), the reason, seconds,
        and what `as_json` tells. No name, date or path is in it.
    """
    places, start = Places(job.out, job.scan), perf_counter()
    try:
        told = _computed(job, places)
    except (DscError, OSError) as error:
        told = {"state": FAILED, "reason": nameless(_words(error), job.scan, job.out)}
    except MemoryError:
        told = {"state": FAILED, "reason": f"{NO_MEMORY} {MORE_MEMORY}"}
    except Exception as error:  # a fault of the program is a row too, and stops no other scan
        words = nameless(f"{type(error).__name__}: {error}", job.scan, job.out)
        told = {"state": FAILED, "reason": f"a fault of this program, {words}. Please report it."}
    if told["state"] != SKIPPED:
        told |= {"label": job.scan.label, "seconds": round(perf_counter() - start, 3)}
        write_down(told, places)
    return told


def _words(error: Exception) -> str:
    """Words of an error; of a choice the question alone: options may be called after a patient."""
    asked = error.__cause__
    if not isinstance(asked, ChoiceNeededError):
        return str(error)
    count = len(asked.options)
    return f"{asked.question} There are {count}: choose one with {in_shell(asked.fact)}."


def write_down(told: dict[str, Any], places: Places) -> None:
    """Write what became of a scan; where that cannot be written, the reason says so too.

    Of a scan that failed no results stand: those of other choices are not to be taken for it.
    """
    try:
        if told["state"] == FAILED:
            places.record.unlink(missing_ok=True)
            places.report.unlink(missing_ok=True)
        places.write_status(told)
    except (OSError, DscError, ValueError) as error:  # a number that JSON has not among them
        before = f"{told['reason']} " if told["state"] == FAILED else ""
        why = getattr(error, "strerror", None) or str(error).rstrip(".")
        told |= {"state": FAILED, "reason": f"{before}Its log was not written: {why}."}


def _computed(job: Job, places: Places) -> dict[str, Any]:
    scan = job.scan
    setup, redrawn = _chosen(job, places)
    facts = setup_facts(setup)
    opened = finished(opening(scan.path, setup, spelled=in_shell))
    known = places.read_status()
    sha256 = input_fingerprint(opened.series, opened.path)
    chosen = facts_fingerprint(facts)
    same = known.get("setup_sha256") == chosen and known.get("input_sha256") == sha256
    if same and not job.again and known.get("state") == DONE and _is_whole(places, known, job):
        return {**known, "state": SKIPPED}
    analysis, unread = _analysed(opened, setup, job)
    if redrawn is not None:
        analysis = replace(analysis, core=marked(analysis.core, redrawn))
    told = write(analysis.core, analysis.record, analysis.drawn, scan, places, report=job.report)
    if job.own_regions and setup.get("regions") is None:
        note = {"key": "regions", "level": NOTE, "words": NO_REGIONS}
        told["findings"] = [*told["findings"], note]
    if unread:
        words = nameless(unread, scan, job.out)
        told["findings"] = [*told["findings"], {"key": "t1", "level": NOTE, "words": words}]
    own = {} if redrawn is None else {"aif_redrawn": {"reviewer": redrawn}}
    return {
        "state": DONE,
        **told,
        "aif_looked_at": setup.get("aif") != PROPOSE,
        **({} if analysis.tumour is None else {"enhancement_looked_at": _is_drawn(setup)}),
        **own,
        "setup": facts,
        "setup_sha256": chosen,
    }


def _analysed(opened: Opened, setup: Setup, job: Job) -> tuple[Analysis, str]:
    """Compute a scan; where its T1 cannot be used, without it, and say why in a sentence."""
    try:
        return finished(analysing(opened, setup, spelled=in_shell)), ""
    except DscError as error:
        pair = dict.fromkeys(PAIR)
        if _is_drawn(setup) or is_asked(Setup(job.values)):
            raise
        without = finished(analysing(opened, setup.replaced(**pair), spelled=in_shell))
        words = str(error)
        for name in PAIR:  # what a file is called is nobody's business
            words = words.replace(Path(setup.get(name)).name, T1_WORDS[name])
        return without, f"{NO_PAIR} {words}"


def _is_drawn(setup: Setup) -> bool:
    """Whether somebody has drawn what enhances, or nobody has asked for it."""
    return setup.get(PAIR[0]) is None


def _chosen(job: Job, places: Places) -> tuple[Setup, str | None]:
    """What is chosen for a scan, and the code of the reader who has redrawn its AIF, or None.

    An AIF that a reader has redrawn comes before any other; then one that somebody drew for this
    scan, unless one AIF is named for all.
    """
    scan, setup = job.scan, Setup(job.values)
    redrawn = reviewer_of(places)
    if redrawn is not None:
        setup = setup.replaced(**dict.fromkeys(OF_AIF), aif=places.redrawn)
    elif setup.get("aif") in (None, PROPOSE):
        drawn = _beside(scan, job.out, ("desc-AIF_mask",))
        setup = setup.replaced(aif=PROPOSE if drawn is None else drawn)
    setup = _with_enhancement(setup, job)
    if job.own_regions:
        setup = setup.replaced(regions=_beside(scan, job.out, ("desc-regions_dseg", "dseg")))
    if job.own_anatomy:
        drawn, anatomy = setup.get("regions"), None
        if drawn is None:
            drawn, anatomy = on_anatomy(scan)
        setup = setup.replaced(regions=drawn, regions_anatomy=anatomy)
    if scan.echo and setup.get("echo") is None:
        setup = setup.replaced(echo=scan.echo)
    return _with_leakage(setup, job), redrawn


def _with_enhancement(setup: Setup, job: Job) -> Setup:
    """Take what somebody drew as enhancing; else T1 before and after contrast, if there are both.

    Only where blood volume is normalised or corrected for leakage.
    """
    corrected = setup.get("leakage_model") not in (None, LEAKAGE)
    if is_asked(setup) or not (setup.get("normalise") or corrected):
        return setup
    drawn = _beside(job.scan, job.out, ("desc-enhancing_mask",))
    if drawn is not None:
        return setup.replaced(enhancement=drawn) if setup.get("normalise") else setup
    before, after = t1_pair(job.scan)
    return setup if after is None else setup.replaced(t1_before=before, t1_after=after)


def _with_leakage(setup: Setup, job: Job) -> Setup:
    """Take the masks that somebody drew for a correction of leakage, if one is asked for."""
    if setup.get("leakage_model") in (None, LEAKAGE):
        return setup
    region = None
    if setup.get("leakage_where") != "everywhere":
        region = _beside(job.scan, job.out, ("desc-enhancing_mask", "desc-leakage_mask"))
    reference = _beside(job.scan, job.out, ("desc-leakagereference_mask",))
    return setup.replaced(leakage_region=region, leakage_reference=reference)


def _beside(scan: CohortScan, out: Path, ends: tuple[str, ...]) -> Path | None:
    """What somebody drew for a scan, among its derivatives or beside it.

    What is written here is called `desc-aif`: names are compared by the letter. Regions that stand
    among the results are those of an earlier run, and are not looked at.
    """
    own = [out / scan.folder] if "desc-AIF_mask" in ends else []
    among = [
        folder
        for folder in sorted(scan.root.glob(f"derivatives/*/{scan.folder.as_posix()}"))
        if folder.resolve() != (out / scan.folder).resolve()
    ]
    for folder in (*own, *among, scan.path.parent):
        held = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        for name in names_beside(scan, ends):
            if name in held:
                return folder / name
    return None


def _is_whole(places: Places, known: Mapping[str, Any], job: Job) -> bool:
    """Whether record, report and each map are as they were written last."""
    try:
        if fingerprint(places.record) != known.get("record_sha256"):
            return False
        if job.report and fingerprint(places.report) != known.get("report_sha256"):
            return False
        files = read_json(places.record, LARGEST_RECORD)["files"]
        held = {end: places.folder / f"{places.prefix}{end}" for end in files}
        return all(fingerprint(path) == files[end] for end, path in held.items())
    except (OSError, DscError, LookupError, TypeError):
        return False
