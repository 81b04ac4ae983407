"""The shell: `napari-dsc`, `napari-dsc FILE`, `demo`, `maps`, `replay`, `methods`, `phantom`."""

import argparse
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast, get_type_hints

import numpy as np
from numpy.typing import NDArray

from napari_dsc import __version__
from napari_dsc.core.acceptance import USABLE, acceptance_of
from napari_dsc.core.colours import FAMILIES
from napari_dsc.core.deconvolution import DECONVOLVERS, deconvolver
from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.maps import Scale
from napari_dsc.core.origin import Kind, Origin, Origins
from napari_dsc.core.phantom import phantom
from napari_dsc.core.pipeline import Analysis, Settings, propose, stages
from napari_dsc.core.plausible import from_delta_r2_star
from napari_dsc.core.types import Progress, Series
from napari_dsc.io import read
from napari_dsc.io.dicom_out import KINDS, write_dicom
from napari_dsc.io.masks import read_mask
from napari_dsc.io.names import is_bids, prefix_of
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.io.paragraph import citations, methods_paragraph
from napari_dsc.io.record import RESEARCH_USE, fingerprint, input_fingerprint, make_record
from napari_dsc.io.replay import brought, read_record, replayed
from napari_dsc.io.results import RECORD, refuse_existing, write_results
from napari_dsc.report import make_report

__all__ = ["main"]

Result = TypeVar("Result")
FAMILY_WORDS = dict(zip(("rainbow", "uniform"), FAMILIES, strict=True))
DOUBTFUL = 3  # exit code: files were written, but not to be used as they are
CODES = (
    "Exit codes: 0 done; 2 nothing was done, one line says why; 3 done, but doubtful: fewer than "
    f"{USABLE:.0%} of the brain's voxels were accepted, or a replay is not as recorded."
)
SCAN = "4-D NIfTI, or the folder of a DICOM series"


def view(scan: Path | None, screenshot: Path | None) -> None:
    """Open the viewer with the panel docked, and a scan if one is named."""
    from napari_dsc.viewer.session import show

    show(scan, screenshot=screenshot)


def demo(screenshot: Path | None) -> None:
    """Open the digital patient: artery drawn, maps computed and shown."""
    from napari_dsc.viewer.session import show_demo

    show_demo(screenshot=screenshot)


def write_phantom(out: Path, snr: float, seed: int) -> None:
    """Write the digital patient: scan.nii.gz with its sidecar, masks, and the true maps."""
    patient = phantom(snr=snr, seed=seed)
    volumes: dict[str, NDArray[Any]] = {
        "aif": patient.artery,
        "brain": patient.brain,
        "tissue": patient.tissue,
    }
    volumes |= {f"true_{name}": values for name, values in patient.truth.items()}
    names = ["scan.nii.gz", "scan.json", *(f"{name}.nii.gz" for name in volumes)]
    if standing := [name for name in names if (out / name).exists()]:
        raise DscError(
            f"the folder must be free of another patient's files, got {', '.join(standing[:3])} "
            f"in {out}. Choose another folder."
        )
    out.mkdir(parents=True, exist_ok=True)
    write_series(out / "scan.nii.gz", patient.series)
    for name, values in volumes.items():
        write_nifti(out / f"{name}.nii.gz", values, patient.series.affine)
    print(f"Digital patient in {out}. {RESEARCH_USE}")


def maps(
    scan: Path,
    aif: Path,
    out: Path,
    brain: Path | None,
    method: str,
    tr: float | None,
    te: float | None,
    baseline: tuple[int, int] | None,
    window: tuple[int, int] | None,
    vof: Path | None,
    overwrite: bool,
    series: str | None,
    echo: str | None,
    axis: str | None,
    quantity: str,
    checked: bool,
    slice_timing: bool,
    dicom: str | None,
    **parameters: float | None,
) -> int:
    """Compute the maps of a scan without a screen."""
    given = {name: value for name, value in parameters.items() if value is not None}
    own = {field.name: given[field.name] for field in fields(Scale) if field.name in given}
    settings = Settings(
        method=deconvolver(method, **given),
        scale=Scale(**own),
        baseline=baseline,
        window=window,
        slice_timing=slice_timing,
    )
    refuse_existing(out, overwrite, prefix_of(scan))
    opened = _read(scan, series=series, echo=echo, axis=axis)
    settled = replace(opened.settled(repetition_time=tr, echo_time=te), checked=checked)
    if quantity != "signal":
        settled = from_delta_r2_star(settled)
    if dicom is not None and not settled.dicom:
        raise DscError(
            "--dicom needs a scan that came from DICOM, got another. Leave it out, or give the "
            "folder of the DICOM series."
        )
    if settled.time is None:
        said = "; ".join(f"{key}: {words}" for key, words in settled.sources.items()) or "nothing"
        raise DscError(
            f"the repetition time must be known, got from the file: {said}. Give it with --tr in "
            "seconds."
        )
    artery = read_mask(aif, settled)
    vein = None if vof is None else read_mask(vof, settled)
    drawn = None if brain is None else read_mask(brain, settled)
    proposal = propose(settled, drawn)
    if proposal.questions and not checked:
        raise DscError(f"{proposal.questions[0]} If it is right, give --checked.")
    voxels = proposal.brain
    if drawn is None:  # an artery that the user marked is computed
        voxels = voxels | artery if vein is None else voxels | artery | vein
    origins = Origins(
        aif=_origin_of(aif),
        vof=None if vof is None else _origin_of(vof),
        brain=(
            Origin(kind="proposed").edited(proposal.brain, voxels)
            if brain is None
            else _origin_of(brain)
        ),
    )
    analysis = _followed(stages(settled, artery, voxels, settings, vein=vein, origins=origins))
    record = make_record(settled, analysis, input_fingerprint(settled, scan))
    written = write_results(
        out, analysis, record, overwrite, prefix=prefix_of(scan), bids=is_bids(scan)
    )
    if dicom is not None:
        words = methods_paragraph(record)
        written += write_dicom(
            out / "dicom",
            analysis.maps,
            settled,
            kind=dicom,
            overwrite=overwrite,
            description=words,
        )
    notices = settled.notices + _unused(method, given)
    for notice in (*notices, *analysis.notices):
        print(f"Note: {notice}", file=sys.stderr)
    print(_summary(analysis, record))
    print(f"{len(written)} files in {out}. {RESEARCH_USE}")
    return _code(record)


def replay(
    record: Path,
    scan: Path,
    out: Path,
    overwrite: bool,
    series: str | None,
    echo: str | None,
    axis: str | None,
) -> int:
    """Make the maps of a record.json again, from its scan, and say whether they are the same."""
    known = read_record(record)
    refuse_existing(out, overwrite, prefix_of(scan))
    chosen = {"series": series, "echo": echo, "axis": axis}
    given = {fact: one for fact, one in chosen.items() if one is not None}
    opened = _read(scan, **{**known.choices, **given})
    sha256 = input_fingerprint(opened, scan)
    settled = _followed(brought(known, known.of(opened, sha256)))
    analysis = _followed(replayed(known, settled))
    prefix = prefix_of(scan)
    again = make_record(settled, analysis, sha256)
    written = write_results(out, analysis, again, overwrite, prefix=prefix, bids=is_bids(scan))
    volumes = [path for path in written if path.name.endswith(".nii.gz")]
    before = known.files
    differing = [
        path.name
        for path in volumes
        if before.get(path.name.removeprefix(prefix)) != fingerprint(path)
    ]
    for notice in known.notices:
        print(f"Note: {notice}", file=sys.stderr)
    _warn(again)
    if differing:
        print(f"Note: not as recorded: {', '.join(differing)}.", file=sys.stderr)
    same = len(volumes) - len(differing)
    print(f"{same} of {len(volumes)} volumes are the same to the byte. {RESEARCH_USE}")
    return DOUBTFUL if differing else _code(again)


def report(results: Path, out: Path, colours: str, overwrite: bool) -> int:
    """Put a folder of results on one page: pictures, curves, table, settings, methods."""
    _followed(make_report(results, out, family=FAMILY_WORDS[colours], overwrite=overwrite))
    print(f"Report in {out}. {RESEARCH_USE}")
    content = read_record(results / RECORD).content
    _warn(content)
    return _code(content)


def methods(record: Path) -> int:
    """Print what was done, from a record.json, as a paragraph with its references."""
    content = read_record(record).content
    print("\n\n".join([methods_paragraph(content), *citations(content)]))
    _warn(content)
    return _code(content)


def _warn(record: Mapping[str, Any]) -> None:
    """Say on stderr that maps are not usable, if they are not."""
    if doubt := acceptance_of(record["quality"]).doubt:
        print(f"Note: {doubt}", file=sys.stderr)


def _code(record: Mapping[str, Any]) -> int:
    """Exit code for results: 3 where they are doubtful."""
    return DOUBTFUL if acceptance_of(record["quality"]).doubt else 0


def _origin_of(file: Path) -> Origin:
    """How an AIF, a VOF or a brain was chosen that came from a file."""
    kinds: Mapping[str, Kind] = {
        ".json": "saved AIF",
        ".csv": "curve file",
        ".tsv": "curve file",
        ".txt": "curve file",
    }
    return Origin(kind=kinds.get(file.suffix.lower(), "mask file"))


def _summary(analysis: Analysis, record: Mapping[str, Any]) -> str:
    """What was computed and from what, in one line: for a loop over many scans."""
    series, found = analysis.prepared.series, acceptance_of(record["quality"])
    start, stop = analysis.prepared.baseline
    voxels, aif = len(record["aif"]["voxels"]), analysis.origins.aif
    how = "" if aif is None else f" ({aif.kind})"
    medians = []
    for one in (analysis.maps.cbf, analysis.maps.cbv, analysis.maps.mtt):
        values = one.values[one.quality_mask & analysis.brain]
        if values.size:
            medians.append(f"{one.symbol} {float(np.median(values)):.3g} {one.units}")
    words = [
        f"TR {series.repetition_time:g} s",
        f"baseline volumes {start} to {stop - 1}",
        f"AIF of {voxels} voxel{'s' * (voxels != 1)}{how}" if voxels else f"AIF: a curve{how}",
        f"{found.share:.1%} of {found.voxels:,} voxels accepted",
    ]
    told = f"; medians {', '.join(medians)}" if medians else ""
    return f"{', '.join(words)}{told}."


def _read(scan: Path, **choices: str | None) -> Series:
    """Read a scan; what has to be chosen is named with its option."""
    try:
        return read(scan, **{fact: one for fact, one in choices.items() if one is not None})
    except ChoiceNeededError as error:
        raise DscError(f"{error} Give it with --{error.fact}.") from error


def _unused(method: str, given: Mapping[str, float]) -> tuple[str, ...]:
    """Say which parameters were given that the method does not have."""
    own = {field.name for kind in (DECONVOLVERS[method], Scale) for field in fields(kind)}
    return tuple(f"{method} has no {name}: it was not used." for name in given if name not in own)


def _followed(work: Generator[Progress, None, Result]) -> Result:
    """Run work to its end under a progress bar, which shows on a terminal only."""
    from tqdm import tqdm

    with tqdm(total=100, disable=None, leave=False, bar_format="{desc}: {bar} {n:.0f} %") as bar:
        while True:
            try:
                step = next(work)
            except StopIteration as done:
                return cast("Result", done.value)
            bar.set_description_str(step.stage)
            bar.update(100 * step.fraction - bar.n)


def _volumes(words: str) -> tuple[int, int]:
    try:
        start, stop = (int(word) for word in words.split(":"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be START:STOP, got {words!r}") from None
    return start, stop


class _Parser(argparse.ArgumentParser):
    """One that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _add_parameters(parser: argparse.ArgumentParser, kinds: Iterable[type]) -> None:
    """One option for each parameter of some methods: name, default and words are the method's."""
    known: set[str] = set()
    for kind in kinds:
        hints = get_type_hints(kind, include_extras=True)
        for field in fields(kind):
            if field.name in known:
                continue
            known.add(field.name)
            label = hints[field.name].__metadata__[0]["label"]
            parser.add_argument(
                f"--{field.name.replace('_', '-')}",
                type=float,
                help=f"{label}; {field.default} by default",
            )


def _parser() -> tuple[argparse.ArgumentParser, dict[str, Any]]:
    parser = _Parser(
        prog="napari-dsc",
        description=f"DSC-MRI perfusion maps. {RESEARCH_USE}",
        epilog="`napari-dsc FILE` opens a scan; without any word the viewer opens empty. "
        + CODES.replace("%", "%%"),
    )
    parser.add_argument("--version", action="version", version=f"napari-dsc {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND")

    def add(name: str, run: Callable[..., int | None]) -> argparse.ArgumentParser:
        words = run.__doc__ or ""
        command = commands.add_parser(name, help=words, description=f"{words} {RESEARCH_USE}")
        command.epilog = CODES.replace("%", "%%")
        command.set_defaults(run=run)
        return command

    viewing = add("view", view)
    viewing.add_argument("scan", type=Path, nargs="?", help=SCAN)
    for command in (viewing, add("demo", demo)):
        command.add_argument(
            "--screenshot", type=Path, metavar="PNG", help="save the window there, and exit"
        )
    writing = add("phantom", write_phantom)
    writing.add_argument("out", type=Path, help="folder for the scan, masks and true maps")
    writing.add_argument("--snr", type=float, default=100.0, help="grey matter over noise; 100")
    writing.add_argument("--seed", type=int, default=0, help="the same seed gives the same scan; 0")
    computing = add("maps", maps)
    computing.add_argument("scan", type=Path, help=SCAN)
    computing.add_argument("--aif", type=Path, required=True, help="mask of arterial voxels")
    computing.add_argument("--out", type=Path, required=True, help="folder for maps and record")
    computing.add_argument("--brain", type=Path, help="mask; proposed if none is given")
    computing.add_argument("--method", default="oSVD", help=f"one of {', '.join(DECONVOLVERS)}")
    _add_parameters(computing, [*DECONVOLVERS.values(), Scale])
    computing.add_argument("--tr", type=float, help="repetition time, s; overrides the file's")
    computing.add_argument("--te", type=float, help="echo time, s; overrides the file's")
    computing.add_argument(
        "--baseline", type=_volumes, metavar="START:STOP", help="volumes before the bolus"
    )
    computing.add_argument(
        "--window",
        type=_volumes,
        metavar="START:STOP",
        help="volumes over which CBV integrates, such as the first pass; the whole scan",
    )
    computing.add_argument(
        "--quantity",
        choices=("signal", "delta-r2"),
        default="signal",
        help="what the scan holds: signal, or ΔR2* (1/s) that was computed already; signal",
    )
    computing.add_argument(
        "--no-slice-timing",
        dest="slice_timing",
        action="store_false",
        help="leave the times at which slices are measured as they are; corrected where known",
    )
    computing.add_argument(
        "--dicom",
        choices=list(KINDS),
        help="write DICOM too, into OUT/dicom, for a scan that came from DICOM: it carries the "
        "patient's identity",
    )
    computing.add_argument(
        "--checked",
        action="store_true",
        help="compute although something seems odd: no bolus, a signal that rises, volumes out of "
        "order",
    )
    computing.add_argument("--vof", type=Path, help="mask of a vein: scales the AIF's area to its")
    again = add("replay", replay)
    again.add_argument("record", type=Path, help=f"{RECORD} of earlier results")
    again.add_argument("scan", type=Path, help=SCAN)
    again.add_argument("--out", type=Path, required=True, help="folder for maps and record")
    for command in (computing, again):
        command.add_argument("--overwrite", action="store_true", help="replace earlier results")
        command.add_argument("--series", help="which series of a DICOM folder, from 1")
        command.add_argument("--echo", help="which echo of several, from 1; or both")
        command.add_argument("--axis", help="which axis of a scan of five is time, 4 or 5")
    reporting = add("report", report)
    reporting.add_argument("results", type=Path, help="folder that `maps` has written")
    reporting.add_argument("--out", type=Path, required=True, help="FILE.html or FILE.pdf")
    reporting.add_argument(
        "--colours", choices=list(FAMILY_WORDS), default="rainbow", help="of the maps; rainbow"
    )
    reporting.add_argument("--overwrite", action="store_true", help="replace an earlier report")
    add("methods", methods).add_argument("record", type=Path, help=f"{RECORD} of results")
    return parser, commands.choices


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line: what a user can mend is one line and exit code 2.

    Returns
    -------
    int
        0; or 3 where files were written that are not to be used as they are.
    """
    arguments = list(sys.argv[1:] if words is None else words)
    parser, commands = _parser()
    if not arguments or (arguments[0] not in commands and not arguments[0].startswith("-")):
        arguments.insert(0, "view")
    chosen = vars(parser.parse_args(arguments))
    try:
        return chosen.pop("run")(**chosen) or 0
    except (DscError, OSError) as error:
        parser.exit(2, f"napari-dsc: {error}\n")
    except KeyboardInterrupt:
        parser.exit(130)
    return 2  # not reached: both have left
