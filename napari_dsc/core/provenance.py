"""Origin of an AIF, a VOF or a brain: proposed, drawn, from a file or from Python."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError

__all__ = ["BY_DEFAULT", "KINDS", "UNSEEN", "Kind", "Origin", "Origins"]

UNSEEN = "proposed, not looked at"  # of an AIF or a region, in a line
BY_DEFAULT = "what enhances, as no other region was chosen"  # note of where leakage is corrected

Kind: TypeAlias = Literal[
    "proposed",  # by the program
    "drawn",  # by hand: painted, clicked
    "mask file",
    "array",  # given from Python: nobody has said how it came about
    "saved AIF",  # a file of the program's own, with voxels
    "curve file",
    "automatic copy",  # kept before a crash, without what had been known of it
    "record",  # of earlier maps, that does not say more
    "whole image",  # no brain mask
]
KINDS: tuple[Kind, ...] = get_args(Kind)
SHORT: Mapping[Kind, str] = {"drawn": "drawn by hand", "array": "given as an array"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How the voxels, or the curve, of an AIF, a VOF or a brain were chosen.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    added, removed : int
        Voxels that were added and removed afterwards.
    region : bool
        Whether a proposal was looked for within a region only.
    notes : tuple of str
        What was decided of a file: which label, where it was cut.
    unseen : bool
        Whether it was proposed and used by the program, and nobody has looked at it.

    Raises
    ------
    DscError
        If the kind is unknown, or a number of voxels is negative.
    """

    kind: Kind
    added: int = 0
    removed: int = 0
    region: bool = False
    notes: tuple[str, ...] = ()
    unseen: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DscError(
                f"kind must be one of {', '.join(KINDS)}, got {self.kind!s:.40}. Say how it was "
                "chosen."
            )
        for name, count in (("added", self.added), ("removed", self.removed)):
            if count < 0:
                raise DscError(f"{name} must not be negative, got {count}. Count voxels.")

    @property
    def words(self) -> str:
        """How it was chosen, in a few words, such as "proposed, 3 voxels added"."""
        if self.unseen:
            return UNSEEN
        how = SHORT.get(self.kind, self.kind)
        counts = ((self.added, "added"), (self.removed, "removed"))
        edits = [f"{n:,} voxel{'s' * (n > 1)} {word}" for n, word in counts if n]
        return ", ".join((how, *edits))

    def edited(self, was: NDArray[np.bool_], now: NDArray[np.bool_]) -> "Origin":
        """Return this origin of a mask that has been edited since.

        Parameters
        ----------
        was, now : ndarray of bool, shape (...)
            Voxels as they were first, and as they are. Where none of the first is left, the mask
            was drawn.
        """
        kept = int(np.count_nonzero(was & now))
        added, removed = int(np.count_nonzero(now)) - kept, int(np.count_nonzero(was)) - kept
        if not kept and (added or removed):
            return Origin(kind="drawn")
        unseen = self.unseen and not (added or removed)
        return replace(
            self, added=self.added + added, removed=self.removed + removed, unseen=unseen
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """How the masks of one analysis were chosen; None: nobody has said.

    Parameters
    ----------
    aif, vof, brain : Origin or None
        Of each.
    """

    aif: Origin | None = None
    vof: Origin | None = None
    brain: Origin | None = None
