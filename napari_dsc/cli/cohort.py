"""The command `cohort`: many scans, as a BIDS app."""

import argparse
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

from napari_dsc.analysis import (
    CHOICE_ROWS,
    NO_ARTERY,
    PROPOSE,
    Setup,
    in_shell,
    read_setup,
    write_setup,
)
from napari_dsc.cli.codes import DOUBTFUL, note
from napari_dsc.cli.parsing import Commands, add_choices, chosen_of, path_of
from napari_dsc.cohort.engine import running
from napari_dsc.cohort.group import read_group, write_tables
from napari_dsc.cohort.group_page import write_page
from napari_dsc.cohort.limits import Limits
from napari_dsc.cohort.looking import source_root
from napari_dsc.cohort.one_scan import DONE, FAILED, Job
from napari_dsc.cohort.places import prepare_folder
from napari_dsc.cohort.scans import CohortScan, find_scans
from napari_dsc.cohort.telling import brief, is_doubtful
from napari_dsc.cohort.whereabouts import keep_scans_of
from napari_dsc.core.errors import DscError
from napari_dsc.io.aif import is_mask
from napari_dsc.io.atomic_files import write_whole
from napari_dsc.io.readers import stem_of
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.terminal import one_line, plainly, say

__all__ = ["add_commands"]

# What differs from scan to scan: masks that were drawn on one.
OF_ONE_SCAN = (
    *("aif_label", "aif_within", "brain", "brain_label", "regions", "regions_anatomy"),
    "vof_label",
    *("leakage_region", "leakage_reference"),
)
OWN = "derivatives"  # instead of a file: each scan's own
OWN_ANATOMY = "anat"  # likewise: in the folder of that name
NEEDED = ("matplotlib", "jinja2")  # by a report
LIMITS = Limits()


def add_commands(commands: Commands) -> None:
    """Add `cohort`."""
    parser = commands.add("cohort", cohort)
    parser.add_argument(
        "scans", type=path_of, help="BIDS data set; or a folder of NIfTI scans or DICOM studies"
    )
    parser.add_argument("out", type=path_of, help="folder for the results: a BIDS derivative")
    parser.add_argument(
        "level",
        choices=["participant", "group"],
        help="participant: maps of each scan; group: tables and a page of all",
    )
    _add_selection(parser)
    _add_resources(parser)
    parser.add_argument(
        "--layout", action="store_true", help="print which scans were found, and where results go"
    )
    parser.add_argument("--dry-run", action="store_true", help="the same; nothing is computed")
    parser.add_argument("--again", action="store_true", help="compute what was computed before too")
    parser.add_argument("--no-report", action="store_true", help="write no report of each scan")
    parser.add_argument(
        "--config", type=path_of, metavar="TOML", help="choices in a file; options go over it"
    )
    _add_regions(parser)
    add_choices(parser, [name for name in CHOICE_ROWS if name not in OF_ONE_SCAN])


def _add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the options that pick scans by their names."""
    parser.add_argument(
        "--participant-label", nargs="+", default=[], metavar="SUB", help="only these"
    )
    parser.add_argument("--session-label", nargs="+", default=[], metavar="SES", help="only these")
    parser.add_argument(
        "--pattern", default="", help="only scans whose name or path is like this: '*_run-1_*'"
    )


def _add_resources(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what a scan may use, and who computes which."""
    parser.add_argument("--nprocs", type=int, default=1, metavar="N", help="scans side by side; 1")
    parser.add_argument(
        "--mem-mb",
        type=float,
        default=LIMITS.megabytes,
        metavar="M",
        help=f"memory that one scan may use, MB; {LIMITS.megabytes:g}",
    )
    parser.add_argument(
        "--time-s",
        type=float,
        default=LIMITS.seconds,
        metavar="S",
        help=f"time that one scan may take, s; {LIMITS.seconds:g}",
    )
    parser.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="of a dask cluster that runs already"
    )
    parser.add_argument(
        "--shard",
        type=_shard,
        default=(1, 1),
        metavar="I/N",
        help="only every N-th scan, from the I-th: for the tasks of an array job",
    )


def _add_regions(parser: argparse.ArgumentParser) -> None:
    """Add the label maps of all scans, or of each its own."""
    parser.add_argument(
        "--regions",
        type=path_of,
        metavar="FILE",
        help=f"label map of all scans; or '{OWN}': of each scan its own *_desc-regions_dseg.nii.gz "
        "or *_dseg.nii.gz there; a .tsv beside it names them (index, name)",
    )
    parser.add_argument(
        "--regions-anatomy",
        type=path_of,
        metavar="FILE",
        help=f"{CHOICE_ROWS['regions_anatomy'].help}; or '{OWN_ANATOMY}': of each scan its own "
        f"anat/*_T1w.nii.gz, with the *_dseg.nii.gz in anat/ of a derivative (--regions {OWN})",
    )


def cohort(
    scans: Path,
    out: Path,
    level: str,
    participant_label: Sequence[str],
    session_label: Sequence[str],
    pattern: str,
    nprocs: int,
    mem_mb: float,
    time_s: float,
    scheduler: str,
    shard: tuple[int, int],
    layout: bool,
    dry_run: bool,
    again: bool,
    no_report: bool,
    config: Path | None,
    regions: Path | None,
    regions_anatomy: Path | None,
    **chosen: Any,
) -> int:
    """Compute the maps of many scans, or the tables of all."""
    if level == "group":
        _refuse_selection(participant_label, session_label, pattern, shard)
        return _group(out, dry=layout or dry_run)
    limits = _limits(nprocs, mem_mb, time_s)
    setup = chosen_of(chosen, None if config is None else read_setup(config))
    own_regions = regions == Path(OWN)
    own_anatomy = regions_anatomy == Path(OWN_ANATOMY)
    setup = _with_regions(setup, regions, regions_anatomy)
    setup.settings(in_shell)
    _refuse_missing(setup)
    if not (no_report or layout or dry_run):
        _refuse_without_report()
    setup = setup.replaced(**{name: path.absolute() for name, path in _files(setup).items()})
    found = find_scans(
        scans.absolute(),
        participants=participant_label,
        sessions=session_label,
        pattern=pattern,
        echo=setup.get("echo") or "",
        leaving_out=out,
    )
    first, every = shard
    found = found[first - 1 :: every]
    if layout or dry_run:
        return _tell_layout(found)
    prepare_folder(out, scans, bids=any(one.is_bids for one in found))
    _keep_choices(out, setup)
    if source_root(out) is None:  # the results do not say it: a folder's name may be a patient's
        keep_scans_of(out, scans)
    jobs = [
        Job(
            scan=one,
            out=out.absolute(),
            values=setup.values,
            report=not no_report,
            own_regions=own_regions,
            own_anatomy=own_anatomy,
            again=again,
        )
        for one in found
    ]
    return _run(jobs, limits, nprocs, scheduler)


def _refuse_selection(
    participants: Sequence[str], sessions: Sequence[str], pattern: str, shard: tuple[int, int]
) -> None:
    """Raise for options that take some of the scans, where tables of all are made."""
    some = {
        "--participant-label": participants,
        "--session-label": sessions,
        "--pattern": pattern,
        "--shard": shard != (1, 1),
    }
    if given := [option for option, value in some.items() if value]:
        raise DscError(
            f"group makes tables of all scans, got {given[0]}, which takes some. Leave it out; "
            "review.tsv excludes scans."
        )


def _with_regions(setup: Setup, regions: Path | None, anatomy: Path | None) -> Setup:
    """Choices with one label map, and its anatomy, for all scans; of its own each finds them."""
    own_regions, own_anatomy = regions == Path(OWN), anatomy == Path(OWN_ANATOMY)
    if anatomy is not None and not own_anatomy:
        setup = setup.replaced(regions_anatomy=anatomy)
    if own_anatomy and not own_regions:
        raise DscError(
            f"--regions-anatomy {OWN_ANATOMY} must come with --regions {OWN}, got another: a "
            "label map for all lies on no patient's own anatomy. Name one anatomy, or "
            f"--regions {OWN}."
        )
    return setup if regions is None else setup.replaced(regions=None if own_regions else regions)


def _refuse_without_report() -> None:
    """Raise where the libraries of a report are not installed."""
    if any(find_spec(one) is None for one in NEEDED):
        raise DscError(
            "a report needs matplotlib and jinja2, got them not installed. Install them with "
            "pip install 'napari-dsc[report]', or give --no-report."
        )


def _tell_layout(found: Sequence[CohortScan]) -> int:
    """Say which scans were found, and where their results would go."""
    for one in found:
        say(one_line(f"{one.source} -> {(one.folder / one.label).as_posix()}_*"))
    say(f"{len(found)} scans. Nothing was computed.")
    return 0


def _limits(nprocs: int, mem_mb: float, time_s: float) -> Limits:
    """Limits of a scan; refused if nothing could run within them."""
    if nprocs < 1:
        raise DscError(f"--nprocs must be 1 or more, got {nprocs}. Write another.")
    for option, value in (("--mem-mb", mem_mb), ("--time-s", time_s)):
        if not 0 < value < float("inf"):
            raise DscError(f"{option} must be above 0, got {value:g}. Write another.")
    return Limits(seconds=time_s, megabytes=mem_mb)


def _files(setup: Setup) -> dict[str, Path]:
    """Files that were named for all scans, by their rows."""
    kinds = ("mask", "vessel")
    values = {name: setup.get(name) for name, row in CHOICE_ROWS.items() if row.kind in kinds}
    return {
        name: Path(value)
        for name, value in values.items()
        if isinstance(value, str | Path) and str(value) not in (PROPOSE, NO_ARTERY)
    }


def _refuse_missing(setup: Setup) -> None:
    """Raise for a file that is not there, before each scan fails for it."""
    for name, path in _files(setup).items():
        if not path.is_file():
            raise DscError(f"{in_shell(name)} must be a file, got none at {path}. Check its name.")


def _keep_choices(out: Path, setup: Setup) -> None:
    """Keep what was chosen with the results, and the files with it: for the same once more."""
    kept: dict[str, Any] = {"aif": PROPOSE if setup.get("aif") is None else setup.get("aif")}
    for name, path in _files(setup).items():
        (out / "code").mkdir(exist_ok=True)
        ending = path.name.removeprefix(stem_of(path)) if is_mask(path) else path.suffix
        kept[name] = out / "code" / f"{name}{ending}"
        write_whole(kept[name], partial(_copy, source=path))
        table = path.parent / f"{stem_of(path)}.tsv"
        if name == "regions" and table.is_file():
            write_whole(out / "code" / f"{name}.tsv", partial(_copy, source=table))
    write_setup(out / "study.toml", setup.replaced(**kept), overwrite=True, beside=True)


def _copy(path: Path, source: Path) -> None:
    path.write_bytes(source.read_bytes())


def _run(jobs: Sequence[Job], limits: Limits, nprocs: int, scheduler: str) -> int:
    """Run the scans, and say of each what became of it."""
    start, counts = perf_counter(), {"done": 0, "skipped": 0, "failed": 0}
    doubtful = unusable = 0
    for number, (job, told) in enumerate(
        running(jobs, limits, nprocs=nprocs, scheduler=scheduler), 1
    ):
        counts[told["state"]] += 1
        doubtful += is_doubtful(told)
        unusable += bool(told.get("doubt"))
        words = told["reason"] if told["state"] == FAILED else brief(told)
        passed = perf_counter() - start
        left = passed / number * (len(jobs) - number)
        rate = f"{60 * number / passed:.0f} scans/min, {_time(left)} left"
        state = "" if told["state"] == DONE else f" {told['state']}:"
        say(plainly(f"{number}/{len(jobs)} {job.scan.label}:{state} {words} [{rate}]"))
    say(
        f"{counts['done']} computed, {counts['skipped']} as before, {counts['failed']} failed, "
        f"{doubtful} doubtful, in {_time(perf_counter() - start)}. {RESEARCH_USE}"
    )
    return DOUBTFUL if counts["failed"] or unusable else 0


def _group(out: Path, *, dry: bool) -> int:
    """Make the tables, and the page; or say of how many scans they would be."""
    scans = read_group(out)
    if dry:
        counted = sum(one.counted for one in scans)
        say(f"{counted} of {len(scans)} scans count. Nothing was written.")
        return 0
    written = write_tables(out, scans)
    try:
        written.append(write_page(out, scans))
    except DscError as error:  # the extra is not there: the tables stand
        note(str(error))
    counted = sum(one.counted for one in scans)
    say(f"{counted} of {len(scans)} scans in {', '.join(path.name for path in written)}.")
    say(f"{len(written)} files in {one_line(out)}. {RESEARCH_USE}")
    return 0 if all(one.done for one in scans) else DOUBTFUL


def _time(seconds: float) -> str:
    """Seconds as a person says them.

    Examples
    --------
    >>> _time(50), _time(300), _time(9000)
    ('50 s', '5 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _shard(words: str) -> tuple[int, int]:
    try:
        first, every = (int(word) for word in words.split("/"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be I/N, got {words!r}") from None
    if not 1 <= first <= every:
        raise argparse.ArgumentTypeError(f"must be from 1/N to N/N, got {words!r}")
    return first, every
