"""The command `replay`: maps made again from their record, and compared with it."""

from pathlib import Path

from napari_dsc.cli.codes import DOUBTFUL, code_of, doubts_of, followed, note
from napari_dsc.cli.parsing import Commands, add_choices, in_shell, path_of
from napari_dsc.cli.places import add_places, is_bids_name, refuse_existing_early
from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.types import Series
from napari_dsc.io import CHOICES, UnaskedChoiceError, read
from napari_dsc.io.read_record import brought, read_record, replayed, tumour_again
from napari_dsc.io.readers import help_words
from napari_dsc.io.record import RESEARCH_USE, fingerprint, input_fingerprint, make_record
from napari_dsc.io.replay_differences import ANOTHER_PROCESSOR, Recorded, apart
from napari_dsc.io.result_names import named, prefix_of, scan_file
from napari_dsc.io.results_folder import RECORD, refuse_existing, write_results
from napari_dsc.terminal import say

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add `replay`."""
    again = commands.add("replay", replay)
    again.add_argument("record", type=path_of, help=f"{RECORD} of earlier results")
    again.add_argument("scan", type=path_of, help=help_words())
    add_places(again)
    add_choices(again, list(CHOICES))


def replay(
    record: Path,
    scan: Path,
    out: Path,
    overwrite: bool,
    name: str | None = None,
    **facts: str | None,
) -> int:
    """Make the maps of a record.json again, from its scan, and say whether they are the same."""
    choices = {fact: one for fact, one in facts.items() if one is not None}
    known = read_record(record)
    refuse_existing_early(out, overwrite, scan, name)
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
    settled = followed(brought(known, known.of(opened, sha256)))
    analysis = followed(replayed(known, settled))
    again = make_record(settled, analysis, sha256, tumour=tumour_again(known, analysis))
    written = write_results(
        out, analysis, again, overwrite, prefix=prefix, bids=is_bids_name(called)
    )
    volumes = [path for path in written if path.name.endswith(".nii.gz")]
    before = known.files
    differing = [
        path for path in volumes if before.get(path.name.removeprefix(prefix)) != fingerprint(path)
    ]
    found = apart(recorded, differing, prefix)
    note(*known.notices)
    note(*doubts_of(again))
    if small := [one for one in found if one.small]:
        limit = f"within the {ANOTHER_PROCESSOR:g} that another processor may cause"
        note(f"as recorded, {limit}: {', '.join(map(str, small))}.")
    if far := [one for one in found if not one.small]:
        note(f"not as recorded: {', '.join(map(str, far))}.")
    same = len(volumes) - len(differing)
    say(f"{same} of {len(volumes)} volumes are the same to the byte. {RESEARCH_USE}")
    return DOUBTFUL if far else code_of(again)


def _same_folder(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _read(scan: Path, **choices: str) -> Series:
    """Read a scan; what has to be chosen is named with its option."""
    try:
        return read(scan, **choices)
    except ChoiceNeededError as error:
        raise DscError(f"{error} Give it with {in_shell(error.fact)}.") from error
