"""Scans of a cohort: in a BIDS data set, or in a plain folder of files and DICOM studies."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from napari_dsc.core.errors import DscError
from napari_dsc.io.dicom.discover import is_dicom
from napari_dsc.io.nifti import read_shape
from napari_dsc.io.nifti.axes import BOTH
from napari_dsc.io.nifti.echoes import files_of_echoes
from napari_dsc.io.readers import stem_of

__all__ = ["CohortScan", "find_scans", "without_prefix"]

DESCRIPTION = "dataset_description.json"
SUFFIXES = ("dsc", "DSC", "perf")
ENTITY = re.compile(r"([a-z]+)-([a-zA-Z0-9]+)")
ENTITIES = re.compile(r"sub-[a-zA-Z0-9]+(?:_[a-z]+-[a-zA-Z0-9]+)*")
VOLUMES = 10  # of a scan: fewer are no bolus
NOT_SCANS = ("derivatives", "sourcedata", "code")  # of a data set


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortScan:
    """One scan of a cohort.

    Parameters
    ----------
    path : Path
        Its file, or the folder of its DICOM.
    source : str
        Where it lies from the root of the cohort, with slashes.
    entities : tuple of (str, str)
        Of a BIDS name, in their order: ("sub", "01"), ("ses", "1"), ("run", "2").
    label : str
        How its results are called: its entities, or digits that its path gives.
    """

    path: Path
    source: str
    entities: tuple[tuple[str, str], ...]
    label: str

    def entity(self, name: str) -> str:
        """Value of an entity; empty without it."""
        return dict(self.entities).get(name, "")

    @property
    def root(self) -> Path:
        """Root of its cohort."""
        return self.path if self.source == "." else self.path.parents[self.source.count("/")]

    @property
    def echo(self) -> str:
        """Which of several echoes beside each other its file is; empty where there is one."""
        if self.path.is_dir() or not files_of_echoes(self.path):
            return ""
        return next(n for n, file in files_of_echoes(self.path).items() if file == self.path)

    @property
    def is_bids(self) -> bool:
        """Whether it is named as BIDS wants it."""
        return bool(self.entity("sub"))

    @property
    def folder(self) -> Path:
        """Where its results lie from the root of the results."""
        if not self.is_bids:
            return Path(self.label)
        session = self.entity("ses")
        return Path(f"sub-{self.entity('sub')}", *([f"ses-{session}"] if session else []), "perf")


def without_prefix(labels: Sequence[str], prefix: str) -> list[str]:
    """Labels as a user writes them, with or without "sub-".

    Examples
    --------
    >>> without_prefix(["sub-01", "02"], "sub-")
    ['01', '02']
    """
    return [label.removeprefix(prefix) for label in labels]


def find_scans(
    root: Path,
    *,
    participants: Sequence[str] = (),
    sessions: Sequence[str] = (),
    pattern: str = "",
    echo: str = "",
    leaving_out: Path | None = None,
) -> list[CohortScan]:
    """Find the scans of a cohort.

    Parameters
    ----------
    root : Path
        A BIDS data set (`dataset_description.json` stands in it): its
        `sub-*/[ses-*/]perf/*_{dsc,DSC,perf}.nii[.gz]` count. Or a plain folder: every 4-D NIfTI
        in it and below counts, and every folder of DICOM. Links are followed.
    participants, sessions : sequence of str
        Labels of those that are wanted, with or without "sub-" and "ses-"; none: all.
    pattern : str
        Only scans whose path from the root, or whose name, is like this (`*_run-1_*`).
    echo : str
        Of echoes that lie beside each other: the number of the one that is wanted, or "both" of
        two as one scan. Empty: each is a scan.
    leaving_out : Path, optional
        Folder of results, which are no scans.

    Returns
    -------
    list of CohortScan
        By their paths.

    Raises
    ------
    DscError
        If there is no such folder, a label is not among its scans, two scans would have one
        label, or no scan is found.
    """
    if not root.is_dir():
        raise DscError(f"a cohort must be a folder, got none at {root}. Check its name.")
    bids = (root / DESCRIPTION).is_file() or any(root.glob("sub-*"))
    found = list(_bids(root)) if bids else list(_plain(root, leaving_out))
    wanted = without_prefix(participants, "sub-"), without_prefix(sessions, "ses-")
    for names, entity in zip(wanted, ("sub", "ses"), strict=True):
        known = {one.entity(entity) for one in found}
        if missing := [name for name in names if name not in known]:
            raise DscError(
                f"{entity}-{missing[0]} must have a scan, got none in {root.name}. "
                "See what is there with --layout."
            )
        found = [one for one in found if not names or one.entity(entity) in names]
    if found and pattern:
        found = [
            one for one in found if fnmatch(one.source, pattern) or fnmatch(one.path.name, pattern)
        ]
        if not found:
            raise DscError(
                f"--pattern must be like the path of a scan, got {pattern!r:.60}, like none. See "
                "what is there with --layout."
            )
    found = list(_of_echo(found, echo))
    if not found:
        where = "sub-*/perf/*_dsc.nii.gz" if bids else "a 4-D NIfTI or DICOM"
        raise DscError(
            f"a cohort must hold a scan ({where}), got none in {root.name}. Check the folder."
        )
    _refuse_twice(found)
    return found


def _of_echo(found: Sequence[CohortScan], echo: str) -> Iterator[CohortScan]:
    """Of echoes that lie beside each other the one that is wanted, or two as one scan."""
    for one in found:
        if not echo or not one.echo or one.echo == echo:
            yield one
        elif echo == BOTH and one.echo == "1":
            rest = tuple(pair for pair in one.entities if pair[0] != "echo")
            label = "_".join(map("-".join, rest)) if rest else one.label
            yield replace(one, entities=rest, label=label)


def _refuse_twice(found: Sequence[CohortScan]) -> None:
    """Raise where the results of two scans would bear one name."""
    known: dict[str, CohortScan] = {}
    for one in found:
        other = known.setdefault(one.label, one)
        if other is not one:
            raise DscError(
                f"results of {one.label} must be of one scan, got two: {other.source} and "
                f"{one.source}. Choose with --pattern."
            )


def _bids(root: Path) -> Iterator[CohortScan]:
    for folder in sorted({*root.glob("sub-*/perf"), *root.glob("sub-*/ses-*/perf")}):
        for path in sorted(folder.glob("*.nii*")):
            stem = stem_of(path)
            name, _, suffix = stem.rpartition("_")
            if suffix not in SUFFIXES or not path.name.endswith((".nii", ".nii.gz")):
                continue
            source = path.relative_to(root).as_posix()
            entities = tuple(ENTITY.findall(name)) if ENTITIES.fullmatch(name) else ()
            if entities and f"sub-{entities[0][1]}" == source.partition("/")[0]:
                yield CohortScan(path=path, source=source, entities=entities, label=name)
            else:
                yield _nameless(path, source)


def _nameless(path: Path, source: str) -> CohortScan:
    """A scan whose name follows no rule: it may be a patient's, so it is not taken over.

    The same path has the same label, whatever is added beside it.
    """
    digest = hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest()
    return CohortScan(path=path, source=source, entities=(), label=f"scan-{digest[:10]}")


def _plain(root: Path, leaving_out: Path | None) -> Iterator[CohortScan]:
    """Scans of a folder without rules."""
    seen = set() if leaving_out is None else {leaving_out.resolve()}
    found = _below(root, root, seen)
    for path in sorted(found, key=lambda path: path.as_posix()):
        yield _nameless(path, path.relative_to(root).as_posix())


def _below(folder: Path, root: Path, seen: set[Path]) -> Iterator[Path]:
    """Scans of a folder, each folder once: links may lead in a circle."""
    if folder.resolve() in seen:
        return
    seen.add(folder.resolve())
    try:
        files = sorted(folder.iterdir())
    except OSError:
        if folder != root:  # its row says what is wrong
            yield folder
            return
        raise
    if any(is_dicom(one) for one in files if one.is_file()):
        yield folder
        return
    for path in files:
        if path.is_dir():
            if folder != root or path.name not in NOT_SCANS:
                yield from _below(path, root, seen)
        elif path.name.endswith((".nii", ".nii.gz")) and _may_be_scan(path):
            yield path


def _may_be_scan(path: Path) -> bool:
    """Whether a NIfTI has enough volumes; a damaged one counts: its row says what is wrong."""
    try:
        shape = read_shape(path)
    except (DscError, OSError):
        return True
    return len(shape) >= 4 and max(shape[3:]) >= VOLUMES
