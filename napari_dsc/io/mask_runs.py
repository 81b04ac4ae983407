"""Many masks of one volume in little room: each as its run lengths, until somebody looks at it."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray
from napari_dsc.io.mask_files import mask_of, runs_of

__all__ = ["MaskRuns", "runs_of_labels"]


class MaskRuns(MutableMapping[str, BoolArray]):
    """Masks by their names; a thousand regions take no more room than one volume.

    Parameters
    ----------
    masks : mapping of str to ndarray of bool, shape (X, Y, Z)
        What it holds at first.

    Attributes
    ----------
    shape : tuple of int, or None
        Of the masks; None as long as there is none.
    """

    def __init__(self, masks: Mapping[str, BoolArray] | None = None) -> None:
        self.shape: tuple[int, ...] | None = None
        self._held: dict[str, list[int] | BoolArray] = {}
        if isinstance(masks, MaskRuns):
            self.shape, self._held = masks.shape, dict(masks._held)
        else:
            self.update(masks or {})

    def runs(self) -> dict[str, list[int]]:
        """Run lengths of each, as `runs_of` makes them: what was put in as a mask is turned now."""
        made = {}
        for name, one in list(self._held.items()):
            made[name] = self._held[name] = one if isinstance(one, list) else runs_of(one)
        return made

    @classmethod
    def of_json(cls, runs: Mapping[str, Any], shape: tuple[int, ...]) -> "MaskRuns":
        """Take run lengths that a file holds.

        Raises
        ------
        DscError
            If they are none, or do not add up to the shape.
        """
        made = cls()
        for name, one in runs.items():
            mask_of(one, shape)  # raises for what is none
            made._held[name] = one
        made.shape = shape if runs else None
        return made

    def __getitem__(self, name: str) -> BoolArray:
        one = self._held[name]
        if not isinstance(one, list):
            return one
        return mask_of(one, self.shape or ())

    def __setitem__(self, name: str, mask: BoolArray) -> None:
        self._refuse_other(mask.shape)
        self._held[name] = mask

    def __delitem__(self, name: str) -> None:
        del self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, name: object) -> bool:
        return name in self._held

    def add_labels(self, prefix: str, labels: NDArray[Any], highest: int) -> int:
        """Add a mask for each positive label of a volume, named by its number.

        Returns
        -------
        int
            How many labels are above `highest`, and were not added.
        """
        self._refuse_other(labels.shape)
        found = runs_of_labels(labels)
        for one, runs in found.items():
            if one <= highest:
                self._held[f"{prefix} {one}"] = runs
        return sum(one > highest for one in found)

    def _refuse_other(self, shape: tuple[int, ...]) -> None:
        if self.shape is not None and shape != self.shape:
            raise DscError("masks must have one shape, got 2 shapes.")
        self.shape = shape


def runs_of_labels(labels: NDArray[Any]) -> dict[int, list[int]]:
    """Run lengths of the mask of each positive label, in one pass over the volume.

    Parameters
    ----------
    labels : ndarray of int, shape (X, Y, Z)
        Any volume of whole numbers.

    Returns
    -------
    dict of int to list of int
        By label; each as `runs_of(labels == label)`.
    """
    flat = labels.ravel(order="F")
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])[: flat.size]
    stops = np.append(starts[1:], flat.size)
    values = flat[starts]
    order = np.argsort(values, kind="stable")
    order = order[values[order] > 0]
    ends = np.flatnonzero(np.diff(values[order])) + 1
    made = {}
    for part in np.split(order, ends) if order.size else []:
        bounds = np.stack([starts[part], stops[part]], axis=1).ravel()
        runs = np.diff(bounds, prepend=0, append=flat.size).tolist()
        made[int(values[part[0]])] = runs if runs[-1] else runs[:-1]
    return made
