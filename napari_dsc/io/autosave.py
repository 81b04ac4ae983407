"""Autosave of what was painted on a scan: it survives the end of the program, however it ends.

One JSON file for each scan, named by the scan's fingerprint. A mask is written as run lengths:
how many voxels are not marked, how many then are, how many then are not, and so on to the last
voxel, the first axis fastest, as in a NIfTI file. The first number may be 0. Nothing in a file
tells whose scan it is, where it lay or when it was made. Names are those that the program gives;
what a user calls a layer may be a patient's name, and is never written.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray
from napari_dsc.io.aif.curve_text import GivenCurve
from napari_dsc.io.aif.scan_fingerprint import refuse_fingerprint
from napari_dsc.io.atomic_files import read_json, write_json
from napari_dsc.io.mask_runs import MaskRuns
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.io.temporaries import TEMPORARY

__all__ = ["MOST_MASKS", "Autosave", "Saved", "is_own_name"]

FORMAT = "napari-dsc autosave 3"
WITHOUT_VOLUMES = "napari-dsc autosave 2"  # volumes that are left out were not kept
MASKS_ONLY = "napari-dsc autosave 1"
KEPT = re.compile(r"[0-9a-f]{64}\.(json|bad)")
NUMBER = r" [1-9][0-9]{0,2}"
NAME = re.compile(  # napari writes [1] behind a name that is taken
    rf"(Brain|Region)({NUMBER})?"
    rf"|(AIF|VOF)({NUMBER}| \(proposed\)| of the record)?( \(restored\)){{0,3}}( \[[1-9][0-9]?\])?"
)
MOST_MASKS = 2000  # all regions that there can be, and as many vessels
LARGEST = 64 * 2**20  # bytes of one file; a speckled mask of 256 x 256 x 30 takes 4 MB
OLDEST = 90 * 86400  # s
MOST_FILES = 200
LEFT_OVER = 60  # s after which a temporary is nobody's; writing one takes less than one


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """What was painted.

    Parameters
    ----------
    masks : mapping of str to ndarray of bool, shape (X, Y, Z)
        Marked voxels on the file's axes, by what they are.
    baseline : tuple of int, or None
        First volume of the baseline and the first after it; None: the proposal.
    curves : mapping of str to GivenCurve
        Curves that were loaded as an AIF, likewise; one that has voxels too was painted over.
    at_hand : tuple of str
        Names of the AIF and the VOF that were chosen, of those that were kept.
    leave_out, end : tuple of int, int, or None
        Volumes that the user left out, as `Series.leaving_out` takes them; None: as found.
    """

    masks: Mapping[str, BoolArray]
    baseline: tuple[int, int] | None
    curves: Mapping[str, GivenCurve] = field(default_factory=dict)
    at_hand: tuple[str, ...] = ()
    leave_out: tuple[int, ...] | None = None
    end: int | None = None


class Autosave:
    """A folder of what was painted, one file for each scan, for its owner's eyes only.

    Parameters
    ----------
    directory : Path, optional
        Where; made when it is first needed. By default the folder that the system gives each
        user for the state of programs.

    Attributes
    ----------
    directory : Path
        Where.
    """

    def __init__(self, directory: Path | None = None) -> None:
        standard = user_state_path("napari-dsc", appauthor=False) / "autosave"
        self.directory = standard if directory is None else directory
        self._failing = False

    def save(
        self,
        fingerprint: str,
        masks: Mapping[str, BoolArray],
        baseline: tuple[int, int] | None,
        curves: Mapping[str, GivenCurve] | None = None,
        at_hand: tuple[str, ...] = (),
        leave_out: tuple[int, ...] | None = None,
        end: int | None = None,
    ) -> bool:
        """Keep what is painted on a scan, in place of what was kept of it before.

        Parameters
        ----------
        fingerprint : str
            Of the scan: 64 hexadecimal digits.
        masks : mapping of str to ndarray of bool, shape (X, Y, Z)
            On the file's axes, by what the program calls them (`is_own_name`) and not by what
            somebody does: "AIF", "VOF", "Brain" or "Region", "AIF 2" to "AIF 999", "AIF
            (proposed)".
        baseline : tuple of int, or None
            First volume of the baseline and the first after it.
        curves : mapping of str to GivenCurve, optional
            Curves that were loaded as an AIF, by the names of their masks.
        at_hand : tuple of str
            Which of these names were chosen.
        leave_out, end : tuple of int, int, or None
            Volumes that the user left out, as `Series.leaving_out` takes them.

        Returns
        -------
        bool
            Whether it is on the disk now.

        Raises
        ------
        DscError
            If a name, a fingerprint or a shape cannot be, always; if the disk does not take it,
            once: the next failures only return False, until one has succeeded.
        """
        path = self._path(fingerprint)
        saved = Saved(masks, baseline, curves or {}, at_hand, leave_out, end)
        content = _content(fingerprint, saved)
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_json(path, content, mode=0o600, indent=None, largest=LARGEST)
        except (OSError, DscError) as error:
            if self._failing:
                return False
            self._failing = True
            said = (error.strerror or "a failure") if isinstance(error, OSError) else "too much"
            raise DscError(
                f"the autosave must be written, got: {said}. Save the AIF to a file; what is "
                "painted from now on is lost if the program ends."
            ) from error
        self._failing = False
        return True

    def load(
        self, fingerprint: str, shape: tuple[int, ...]
    ) -> tuple[Saved | None, tuple[str, ...]]:
        """Return what was kept of a scan.

        Parameters
        ----------
        fingerprint : str
            Of the scan: 64 hexadecimal digits.
        shape : tuple of int
            Of one of its volumes, (X, Y, Z).

        Returns
        -------
        saved : Saved or None
            None if nothing was kept, or nothing that can be used.
        notices : tuple of str
            What a reader should know: a file that makes no sense was set aside, as `.bad`.

        Raises
        ------
        DscError
            If the fingerprint is none.
        """
        path = self._path(fingerprint)
        try:
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise DscError("the autosave must be a plain file, got something else.")
            return _saved(read_json(path, LARGEST), fingerprint, shape), ()
        except FileNotFoundError:
            return None, ()
        except OSError as error:
            return None, (f"What was painted on this scan cannot be read: {error.strerror}.",)
        except DscError:
            with suppress(OSError):
                path.replace(path.with_suffix(".bad"))
            words = "What was painted on this scan was kept in a file that is damaged: set aside."
            return None, (words,)

    def forget(self, fingerprint: str) -> None:
        """Remove what was kept of a scan.

        Raises
        ------
        DscError
            If the fingerprint is none, or the file cannot be removed.
        """
        path = self._path(fingerprint)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise DscError(
                f"the autosave must be removable, got: {error.strerror}. It will be offered again."
            ) from error

    def sweep(self) -> None:
        """Remove what a crash left half written, and what is older than 90 days or 200 files.

        Touches nothing but its own files; what cannot be removed stays.
        """
        now = time.time()
        files = sorted(_files(self.directory), key=lambda one: one[0], reverse=True)
        kept = [one for one in files if KEPT.fullmatch(one[1].name)]
        for place, (when, path) in enumerate(kept):
            if place >= MOST_FILES or now - when > OLDEST:
                _remove(path)
        for when, path in files:
            if path.name.startswith(TEMPORARY) and now - when > LEFT_OVER:
                _remove(path)

    def _path(self, fingerprint: str) -> Path:
        """File of a scan: its name can be nothing but a fingerprint."""
        refuse_fingerprint(fingerprint)
        return self.directory / f"{fingerprint}.json"


def is_own_name(name: str) -> bool:
    """Whether a layer is called as the program calls one: such a name tells nothing of anybody."""
    return NAME.fullmatch(name) is not None


def _content(fingerprint: str, saved: Saved) -> dict[str, Any]:
    """JSON of what is painted, from which `_saved` makes the same again."""
    masks, baseline = saved.masks, saved.baseline
    held = masks if isinstance(masks, MaskRuns) else MaskRuns(masks)
    if len(masks) > MOST_MASKS:
        raise DscError(f"masks must be at most {MOST_MASKS}, got {len(masks)}.")
    if not all(map(is_own_name, masks)):
        raise DscError("masks must be named AIF, VOF, Brain or Region, got another name.")
    if not masks.keys() >= {*saved.curves, *saved.at_hand}:
        raise DscError("curves and what is at hand must have a mask each, got one without.")
    return {
        "record": FORMAT,
        "statement": RESEARCH_USE,
        "sha256": fingerprint,
        "shape": None if held.shape is None else list(held.shape),
        "masks": held.runs(),
        "curves": {name: curve.as_json() for name, curve in saved.curves.items()},
        "at_hand": list(saved.at_hand),
        "baseline": None if baseline is None else [int(one) for one in baseline],
        "leave_out": None if saved.leave_out is None else [int(one) for one in saved.leave_out],
        "end": None if saved.end is None else int(saved.end),
    }


def _saved(content: dict[str, Any], fingerprint: str, shape: tuple[int, ...]) -> Saved:
    masks, baseline = content.get("masks"), content.get("baseline")
    known = (
        content.get("record") in (FORMAT, WITHOUT_VOLUMES, MASKS_ONLY)
        and content.get("sha256") == fingerprint
        and isinstance(masks, dict)
        and len(masks) <= MOST_MASKS
        and all(map(is_own_name, masks))
        and (not masks or content.get("shape") == list(shape))
    )
    if not (known and isinstance(masks, dict)):
        raise DscError("the autosave must be one of this scan, got something else.")
    if baseline is not None and not _is_baseline(baseline):
        raise DscError("baseline must be two volumes, got something else.")
    earlier = content["record"] == MASKS_ONLY
    curves, at_hand = ({}, []) if earlier else (content.get("curves"), content.get("at_hand"))
    if not isinstance(curves, dict) or not masks.keys() >= curves.keys():
        raise DscError("curves must have a mask each, got something else.")
    if not isinstance(at_hand, list) or not all(type(one) is str for one in at_hand):
        raise DscError("what was at hand must be names, got something else.")
    leave_out, end = content.get("leave_out"), content.get("end")
    if leave_out is not None and not _are_volumes(leave_out):
        raise DscError("volumes left out must be numbers from 0, got something else.")
    if end is not None and not _are_volumes([end]):
        raise DscError("the end must be a volume, got something else.")
    if not masks.keys() >= set(at_hand):
        raise DscError("what was at hand must have been kept, got something else.")
    return Saved(
        masks=MaskRuns.of_json(masks, shape),
        baseline=None if baseline is None else (baseline[0], baseline[1]),
        curves={name: GivenCurve.of_json(curve) for name, curve in curves.items()},
        at_hand=tuple(at_hand),
        leave_out=None if leave_out is None else tuple(leave_out),
        end=end,
    )


def _are_volumes(value: Any) -> bool:
    return isinstance(value, list) and all(type(one) is int and one >= 0 for one in value)


def _is_baseline(value: Any) -> bool:
    numbers = isinstance(value, list) and all(type(one) is int for one in value)
    return numbers and len(value) == 2 and 0 <= value[0] < value[1]


def _files(directory: Path) -> Iterator[tuple[float, Path]]:
    """Time of the last change, s, and path of the files in a folder; none if there is none."""
    with suppress(OSError):
        for path in directory.iterdir():
            with suppress(OSError):
                yield path.lstat().st_mtime, path


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
