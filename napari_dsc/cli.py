"""The shell: `napari-dsc`, `napari-dsc FILE`, `demo`, `maps`, `replay`, `methods`, `phantom`."""

import argparse
import signal
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast, get_args

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.acceptance import USABLE, acceptance_of
from napari_dsc.core.deconvolution import DECONVOLVERS, Method
from napari_dsc.core.defaults import (
    COLOUR_FAMILY,
    CONTENT,
    PHANTOM_SEED,
    PHANTOM_SNR,
)
from napari_dsc.core.errors import NO_MEMORY, ChoiceNeededError, DscError
from napari_dsc.core.masks import Mask, Several
from napari_dsc.core.orientation import FACT, as_codes, stated
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.phantom import Anatomy, Lesion, phantom
from napari_dsc.core.pipeline import (
    Analysis,
    Proposal,
    prepare,
    propose,
    several_boluses,
    stages,
    with_vessels,
)
from napari_dsc.core.plausibility import told
from napari_dsc.core.provenance import Kind, Origin, Origins
from napari_dsc.core.quantities import FAMILIES
from napari_dsc.core.scan_checks import from_delta_r2_star
from napari_dsc.core.settings import SETTINGS, settings_from
from napari_dsc.core.time_units import refuse_step
from napari_dsc.core.types import Aif, BoolArray, Content, Progress, Series
from napari_dsc.io import CHOICES, UnaskedChoiceError, read
from napari_dsc.io.aif import AnotherScan, GivenCurve, is_mask, read_given
from napari_dsc.io.dicom_out import KINDS, STATED_REASON, write_dicom
from napari_dsc.io.judgements import read_findings, read_late
from napari_dsc.io.mask_files import read_mask
from napari_dsc.io.methods_text import citations, methods_paragraph
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.io.read_record import brought, read_record, replayed
from napari_dsc.io.readers import help_words, reader_by_name
from napari_dsc.io.record import RESEARCH_USE, fingerprint, input_fingerprint, make_record
from napari_dsc.io.replay_differences import ANOTHER_PROCESSOR, Recorded, apart
from napari_dsc.io.result_names import is_bids, named, prefix_of, scan_file
from napari_dsc.io.results_folder import RECORD, refuse_existing, write_results
from napari_dsc.io.temporaries import sweep_all
from napari_dsc.report import make_report
from napari_dsc.terminal import EndedError, catching_signals, one_line, say, spell_out
from napari_dsc.version import __version__

__all__ = ["main"]

Result = TypeVar("Result")
CONTENT_WORDS: Mapping[Content, str] = {"signal": "signal", "delta R2*": "delta-r2"}
FAMILY_WORDS = dict(zip(("rainbow", "uniform", "colour-blind"), FAMILIES, strict=True))
ROLES = {"aif": "AIF", "vof": "VOF", "brain": "brain"}  # options of masks, and what they mark
NOTHING = 2  # exit code: nothing was done
DOUBTFUL = 3  # exit code: files were written, but not to be used as they are
STOPPED = 128  # and the number of the signal
CODES = (
    "Exit codes: 0 done; 2 nothing was done, one line says why; 3 done, but doubtful: fewer than "
    f"{USABLE:.0%} of the brain's voxels were accepted, or a replay is not as recorded."
)
SCAN = help_words()


def view(scan: Sequence[Path], screenshot: Path | None) -> None:
    """Open the viewer with the panel docked, and the scans that are named."""
    from napari_dsc.viewer.window import show

    show(*scan, screenshot=screenshot)


def demo(screenshot: Path | None) -> None:
    """Open the digital patient: artery drawn, maps computed and shown."""
    from napari_dsc.viewer.window import show_demo

    show_demo(screenshot=screenshot)


def write_phantom(
    out: Path, snr: float, seed: int, anatomy: Anatomy, lesion: Lesion | None
) -> None:
    """Write the digital patient: scan.nii.gz with its sidecar, masks, and the true maps."""
    patient = phantom(snr=snr, seed=seed, anatomy=anatomy, lesion=lesion)
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
    say(f"Digital patient in {one_line(out)}. {RESEARCH_USE}")


def maps(
    scan: Path,
    aif: Path,
    out: Path,
    brain: Path | None,
    tr: float | None,
    te: float | None,
    overwrite: bool,
    choices: Mapping[str, str],
    aif_curve: bool,
    quantity: str,
    checked: bool,
    dicom: str | None,
    bolus: int | None,
    aif_label: str | None = None,
    vof_label: str | None = None,
    brain_label: str | None = None,
    resample_masks: bool = False,
    name: str | None = None,
    **chosen: Any,
) -> int:
    """Compute the maps of a scan without a screen."""
    baseline, vof = chosen["baseline"], chosen["vein"]
    if quantity != "signal" and te is not None:
        raise DscError(
            f"--te must be left out for ΔR2* that was computed already, got {te:g}: no echo time "
            "has a part in it. Leave it out."
        )
    settings = settings_from({name: chosen[name] for name, row in SETTINGS.items() if row.owner})
    _refuse_unused(chosen)
    _refuse_existing_early(out, overwrite, scan, name)
    codes = _stated_codes(choices, dicom is not None)
    opened = _read(scan, **{fact: one for fact, one in choices.items() if fact != FACT})
    called = scan_file(scan, opened) if name is None else named(name)
    refuse_existing(out, overwrite, prefix_of(called))
    settled = _settled(opened, tr, te, checked)
    settled = _computable(settled, quantity, dicom is not None)
    settled = _leaving_out(settled, chosen["leave_out"], chosen["end"])
    labels = {"aif": aif_label, "vof": vof_label, "brain": brain_label}
    paths = {"aif": aif if is_mask(aif) else None, "vof": vof, "brain": brain}
    masks = _masks(paths, labels, settled, resample_masks)  # they lie on the file as it is
    settled = settled if codes is None else stated(settled, codes)
    artery = masks["aif"].voxels if "aif" in masks else _given(aif, settled, scan, aif_curve)
    if aif_curve and not isinstance(artery, GivenCurve):
        raise DscError(f"--aif-curve must come with a saved AIF, got the mask {aif.name!r}.")
    vein = masks["vof"].voxels if "vof" in masks else None
    drawn = masks["brain"].voxels if "brain" in masks else None
    proposal = _proposed(settled, drawn, bolus, baseline is not None)
    if bolus is not None or (proposal.boluses and baseline is None):
        settled = replace(settled, left_out=proposal.left_out)
        settings = replace(settings, baseline=baseline or proposal.baseline)
    voxels = proposal.brain
    if drawn is None:  # vessels that the user marked are computed, unless they lie in air
        marked = [one for one in (artery, vein) if isinstance(one, np.ndarray)]
        voxels = with_vessels(settled, voxels, *marked) if marked else voxels
    known = None
    if isinstance(artery, GivenCurve):  # its times are those of the volumes that are used
        known = _followed(prepare(settled, voxels, settings.baseline))
        settings = replace(settings, baseline=known.baseline)
        arterial: BoolArray | Aif = artery.over(known.time, settled)
    else:
        arterial = artery
    origins = Origins(
        aif=_origin_of(aif),
        vof=None if vof is None else _origin_of(vof),
        brain=(
            Origin(kind="proposed").edited(proposal.brain, voxels)
            if brain is None
            else _origin_of(brain)
        ),
    )
    analysis = _followed(
        stages(settled, arterial, voxels, settings, known=known, vein=vein, origins=origins)
    )
    of_masks = tuple(notice for one in masks.values() for notice in one.notices)
    analysis = replace(analysis, notices=(*of_masks, *analysis.notices))
    record = make_record(settled, analysis, input_fingerprint(settled, scan))
    written = write_results(
        out, analysis, record, overwrite, prefix=prefix_of(called), bids=_bids(called)
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
    _note(*settled.notices, *analysis.warnings)
    say(one_line(_summary(analysis, record)))
    say(f"{len(written)} files in {one_line(out)}. {RESEARCH_USE}")
    return _code(record)


def replay(
    record: Path,
    scan: Path,
    out: Path,
    overwrite: bool,
    choices: Mapping[str, str],
    name: str | None = None,
) -> int:
    """Make the maps of a record.json again, from its scan, and say whether they are the same."""
    known = read_record(record)
    _refuse_existing_early(out, overwrite, scan, name)
    try:
        opened = _read(scan, **{**known.choices, **choices})
    except UnaskedChoiceError as error:  # chosen for the record, of a folder or by an older version
        if set(error.facts) & set(choices):
            raise
        left = {fact: one for fact, one in known.choices.items() if fact not in error.facts}
        opened = _read(scan, **{**left, **choices})
    called = scan_file(scan, opened) if name is None else named(name)
    prefix = prefix_of(called)
    refuse_existing(out, overwrite, prefix)
    sha256 = input_fingerprint(opened, scan)
    recorded = Recorded(record.parent, known.files, hold=_same_folder(record.parent, out))
    settled = _followed(brought(known, known.of(opened, sha256)))
    analysis = _followed(replayed(known, settled))
    again = make_record(settled, analysis, sha256)
    written = write_results(out, analysis, again, overwrite, prefix=prefix, bids=_bids(called))
    volumes = [path for path in written if path.name.endswith(".nii.gz")]
    before = known.files
    differing = [
        path for path in volumes if before.get(path.name.removeprefix(prefix)) != fingerprint(path)
    ]
    found = apart(recorded, differing, prefix)
    _note(*known.notices)
    _warn(again)
    if small := [one for one in found if one.small]:
        limit = f"within the {ANOTHER_PROCESSOR:g} that another processor may cause"
        _note(f"as recorded, {limit}: {', '.join(map(str, small))}.")
    if far := [one for one in found if not one.small]:
        _note(f"not as recorded: {', '.join(map(str, far))}.")
    same = len(volumes) - len(differing)
    say(f"{same} of {len(volumes)} volumes are the same to the byte. {RESEARCH_USE}")
    return DOUBTFUL if far else _code(again)


def _same_folder(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _refuse_existing_early(out: Path, overwrite: bool, scan: Path, name: str | None) -> None:
    """Refuse earlier results before the scan is read, where their names are known by then."""
    known = scan if name is None else named(name)
    if name is not None or reader_by_name(scan) is not None:
        refuse_existing(out, overwrite, prefix_of(known))


def _bids(called: Path | None) -> bool:
    return called is not None and is_bids(called)


def report(results: Path, out: Path, colours: str, overwrite: bool) -> int:
    """Put a folder of results on one page: pictures, curves, table, settings, methods."""
    _followed(make_report(results, out, family=FAMILY_WORDS[colours], overwrite=overwrite))
    say(f"Report in {one_line(out)}. {RESEARCH_USE}")
    content = read_record(results / RECORD).content
    _warn(content)
    return _code(content)


def methods(record: Path) -> int:
    """Print what was done, from a record.json, as a paragraph with its references."""
    content = read_record(record).content
    paragraphs = map(one_line, [methods_paragraph(content), *citations(content)])
    written = say("\n\n".join(paragraphs))
    _warn(content)
    return _code(content) if written else NOTHING


def _warn(record: Mapping[str, Any]) -> None:
    """Say on stderr what speaks against maps, and that they are not usable, if they are not."""
    _note(*told(read_findings(record)))
    if doubt := acceptance_of(record["quality"]).doubt:
        _note(doubt)


def _note(*notices: str) -> None:
    """Say on stderr what somebody should know, each on a line."""
    for notice in notices:
        say(f"Note: {one_line(notice)}", error=True)


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
    medians_told = f"; medians {', '.join(medians)}" if medians else ""
    late = read_late(record)
    volumes = "." if late is None else f"; {late.words}"
    return f"{', '.join(words)}{medians_told}{volumes}"


def _read(scan: Path, **choices: str) -> Series:
    """Read a scan; what has to be chosen is named with its option."""
    try:
        return read(scan, **choices)
    except ChoiceNeededError as error:
        raise DscError(f"{error} Give it with --{error.fact}.") from error


def _stated_codes(choices: Mapping[str, str], dicom: bool) -> str | None:
    """Orientation that the user states; None: that of the file. Refused with DICOM out."""
    codes = as_codes(choices[FACT]) if FACT in choices else None
    if codes is not None and dicom:
        raise DscError(f"{STATED_REASON} Leave out --dicom.")
    return codes


def _computable(series: Series, quantity: str, dicom: bool) -> Series:
    """Take a scan as what it holds; refuse one without a time step, or DICOM out of none."""
    if quantity != "signal":
        series = from_delta_r2_star(series)
    if dicom and not series.dicom:
        raise DscError(
            "--dicom needs a scan that came from DICOM, got another. Leave it out, or give the "
            "folder of the DICOM series."
        )
    if series.time is None:
        said = "; ".join(f"{key}: {words}" for key, words in series.sources.items()) or "nothing"
        raise DscError(
            f"the repetition time must be known, got from the file: {said}. Give it with --tr in "
            "seconds."
        )
    return series


def _masks(
    paths: Mapping[str, Path | None],
    labels: Mapping[str, str | None],
    series: Series,
    resample: bool,
) -> dict[str, Mask]:
    """Read the masks that were named; a label without its mask is refused."""
    for option, label in labels.items():
        if label is not None and paths[option] is None:
            raise DscError(
                f"--{option}-label must come with a mask as --{option}, got it alone. Name the "
                "mask, or leave it out."
            )
    return {
        option: _mask(path, series, option, labels[option], resample)
        for option, path in paths.items()
        if path is not None
    }


def _mask(path: Path, series: Series, option: str, label: str | None, resample: bool) -> Mask:
    """Read a mask; of several labels one is asked for, with its option; of a brain all count."""
    several: Several = "all" if option == "brain" else "ask"
    role = f"{ROLES[option]} mask"
    try:
        return read_mask(path, series, role, label=label, several=several, resample=resample)
    except ChoiceNeededError as error:
        raise DscError(f"{error} Give it with --{option}-{error.fact}.") from error


def _proposed(series: Series, brain: BoolArray | None, bolus: int | None, given: bool) -> Proposal:
    """Propose brain and baseline; what is odd has to be confirmed, of several boluses one chosen.

    `given` says whether the user has named the baseline, and with it the bolus.
    """
    proposal = propose(series, brain, None if bolus is None else bolus - 1)
    asked = several_boluses(proposal.boluses) if proposal.boluses else ""
    if asked and bolus is None and not series.checked and not given:
        raise DscError(f"{asked} Give --bolus 1 for the first, 2 for the second.")
    odd = [question for question in proposal.questions if question != asked]
    if odd and not series.checked:
        raise DscError(f"{odd[0]} If it is right, give --checked.")
    return proposal


def _given(aif: Path, series: Series, scan: Path, as_curve: bool) -> BoolArray | GivenCurve:
    """Read an AIF that is no mask; one of another scan is named with the option that takes it."""
    try:
        return read_given(aif, series, scan, as_curve=as_curve)
    except AnotherScan as error:
        raise DscError(f"{error} Take it with --aif-curve.") from error


def _settled(series: Series, tr: float | None, te: float | None, checked: bool) -> Series:
    """Take the times that were given; an odd one has to be confirmed, and the words say how."""
    if tr is not None and not checked and 0 < tr < float("inf"):
        refuse_step("--tr", tr, "If it is right, give --checked.")
    return series.settled(repetition_time=tr, echo_time=te, checked=checked)


def _leaving_out(series: Series, leave_out: str | None, end: int | None) -> Series:
    """Leave out the volumes that were named; nothing said leaves the scan as it is."""
    if leave_out is None and end is None:
        return series
    return series.leaving_out(leave_out, end=end)


def _refuse_unused(chosen: Mapping[str, Any]) -> None:
    """Raise `DscError` for a parameter that was given and the method does not have."""
    method = chosen["deconvolution_method"]
    own = parameters_of(DECONVOLVERS[cast("Method", method)])
    for name, row in SETTINGS.items():
        of_methods = row.kind == "number" and row.owner == "method"
        if of_methods and chosen[name] is not None and name not in own:
            raise DscError(
                f"{row.option} must belong to the method, got {chosen[name]:g} for {method}, which "
                f"has no {name}. Leave it out, or choose another --method."
            )


def _followed(work: Generator[Progress, None, Result]) -> Result:
    """Run work to its end under a progress bar, which shows on a terminal only."""
    from tqdm import tqdm

    words = "{desc}: {bar} {n:.0f} %"
    hidden = True if sys.stderr is None else None  # None: unless it is a terminal
    with closing(work), tqdm(total=100, disable=hidden, leave=False, bar_format=words) as bar:
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
        self.exit(NOTHING, f"{self.prog}: {one_line(message)}\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print help on stdout and errors on stderr, whoever has stopped reading."""
        say(message.removesuffix("\n"), error=file is not sys.stdout)


def _choice(choices: Sequence[str]) -> Callable[[str], str]:
    """Reader of one of several words, which may be written with hyphens."""

    def read_choice(words: str) -> str:
        known = {one.replace(" ", "-"): one for one in choices}
        if words.replace(" ", "-") not in known:
            raise argparse.ArgumentTypeError(f"must be {' or '.join(known)}, got {words!r}")
        return known[words.replace(" ", "-")]

    return read_choice


def _path(text: str) -> Path:
    """A file or folder by its name: an empty one, as of an unset variable, is not this folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError(
            f"must be the name of a file or folder, got {text!r}. For this folder write a dot"
        )
    return Path(text)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """One option for each setting, from its row: name, default and words."""
    for name, row in SETTINGS.items():
        options: dict[str, dict[str, Any]] = {
            "method": {"default": row.default},
            "number": {"type": float},
            "choice": {"type": _choice(row.choices), "metavar": "WORD"},
            "switch": {"action": "store_false"},
            "span": {"type": _volumes, "metavar": "START:STOP"},
            "volumes": {"metavar": "LIST"},
            "end": {"type": int, "metavar": "N"},
            "mask": {"type": _path},
        }
        parser.add_argument(row.option, dest=name, help=row.help, **options[row.kind])


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
    viewing.add_argument(
        "scan", type=_path, nargs="*", help=f"{SCAN}; for a second one it is asked where to"
    )
    for command in (viewing, add("demo", demo)):
        command.add_argument(
            "--screenshot", type=_path, metavar="PNG", help="save the window there, and exit"
        )
    writing = add("phantom", write_phantom)
    writing.add_argument("out", type=_path, help="folder for the scan, masks and true maps")
    writing.add_argument(
        "--snr",
        type=float,
        default=PHANTOM_SNR,
        help=f"grey matter over noise; {PHANTOM_SNR:g}",
    )
    writing.add_argument(
        "--seed",
        type=int,
        default=PHANTOM_SEED,
        help=f"the same seed gives the same scan; {PHANTOM_SEED}",
    )
    writing.add_argument(
        "--anatomy",
        choices=get_args(Anatomy),
        default="blocks",
        help="blocks: a schematic head; realistic: cortex, vessels and voxels that tissues share",
    )
    writing.add_argument(
        "--lesion",
        choices=get_args(Lesion),
        help="of the realistic patient; stroke if nothing is said",
    )
    computing = add("maps", maps)
    computing.add_argument("scan", type=_path, help=SCAN)
    computing.add_argument(
        "--aif",
        type=_path,
        required=True,
        help="mask of arterial voxels; or a curve as .csv, .tsv or .txt (s and 1/s); or an AIF "
        "that was saved as .json",
    )
    computing.add_argument(
        "--aif-curve",
        action="store_true",
        help="take the curve of a saved AIF, not its voxels: also of another scan",
    )
    computing.add_argument("--out", type=_path, required=True, help="folder for maps and record")
    computing.add_argument("--brain", type=_path, help="mask; proposed if none is given")
    _add_settings(computing)
    computing.add_argument("--tr", type=float, help="repetition time, s; overrides the file's")
    computing.add_argument("--te", type=float, help="echo time, s; overrides the file's")
    computing.add_argument(
        "--bolus",
        type=int,
        metavar="N",
        help="which of several passages of a bolus is analysed, from 1; asked if there are more",
    )
    computing.add_argument(
        "--quantity",
        choices=list(CONTENT_WORDS.values()),
        default=CONTENT_WORDS[CONTENT],
        help="what the scan holds: signal, or ΔR2* (1/s) that was computed already; "
        + CONTENT_WORDS[CONTENT],
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
    for option, name in ROLES.items():
        computing.add_argument(
            f"--{option}-label",
            metavar="N",
            help=f"which of several labels in the mask is the {name}"
            + ("; all by default" if option == "brain" else "")
            + "; half: values of at least half the full one",
        )
    computing.add_argument(
        "--resample-masks",
        action="store_true",
        help="read masks that lie on another grid at the nearest voxel; refused by default",
    )
    again = add("replay", replay)
    again.add_argument("record", type=_path, help=f"{RECORD} of earlier results")
    again.add_argument("scan", type=_path, help=SCAN)
    again.add_argument("--out", type=_path, required=True, help="folder for maps and record")
    for command in (computing, again):
        command.add_argument("--overwrite", action="store_true", help="replace earlier results")
        command.add_argument(
            "--name",
            help="how the names of the results begin; that of the scan's file by default, or the "
            "number and description of a DICOM series",
        )
        for fact, words in CHOICES.items():
            command.add_argument(f"--{fact}", help=words)
    reporting = add("report", report)
    reporting.add_argument("results", type=_path, help="folder that `maps` has written")
    reporting.add_argument("--out", type=_path, required=True, help="FILE.html or FILE.pdf")
    usual = next(word for word, family in FAMILY_WORDS.items() if family == COLOUR_FAMILY)
    reporting.add_argument(
        "--colours", choices=list(FAMILY_WORDS), default=usual, help=f"of the maps; {usual}"
    )
    reporting.add_argument("--overwrite", action="store_true", help="replace an earlier report")
    add("methods", methods).add_argument("record", type=_path, help=f"{RECORD} of results")
    return parser, commands.choices


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line: what a user can mend is one line and exit code 2.

    Returns
    -------
    int
        0; or 3 where files were written that are not to be used as they are.
    """
    arguments = list(sys.argv[1:] if words is None else words)
    spell_out()
    parser, commands = _parser()
    if not arguments or (arguments[0] not in commands and not arguments[0].startswith("-")):
        arguments.insert(0, "view")
    chosen = vars(parser.parse_args(arguments))
    facts = {fact: chosen.pop(fact) for fact in CHOICES if fact in chosen}
    if facts:
        chosen["choices"] = {fact: one for fact, one in facts.items() if one is not None}
    try:
        with catching_signals(_end):
            sweep_all()
            return chosen.pop("run")(**chosen) or 0
    except (DscError, OSError) as error:
        parser.exit(NOTHING, f"napari-dsc: {one_line(error)}\n")
    except MemoryError:
        parser.exit(NOTHING, f"napari-dsc: {NO_MEMORY}\n")
    except KeyboardInterrupt:
        parser.exit(STOPPED + signal.SIGINT)
    except EndedError as ended:
        parser.exit(STOPPED + ended.number)
    return NOTHING  # not reached: all have left


def _end(number: int) -> NoReturn:
    raise EndedError(number)
