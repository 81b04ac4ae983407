"""Pieces of late tissue as regions: each is measured and mirrored as if it had been painted."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from napari_dsc.core.regions import LATE, Cleaning, Lesion, lesions
from napari_dsc.viewer.layers import KEY, to_screen
from napari_dsc.viewer.regions.late_summary import halved_at
from napari_dsc.viewer.regions.region_layer import free_label

if TYPE_CHECKING:
    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["MOST", "forget_lesions", "is_lesion", "lay_lesions", "lesions_on", "lie_as_laid"]

MOST = 20  # the largest; without cleaning there may be a thousand small ones
NAME = "Lesion"
NAMED = re.compile(rf"{NAME}( [1-9][0-9]*)?")


def is_lesion(name: str) -> bool:
    """Whether a region bears the name of a lesion, which nobody has changed."""
    return NAMED.fullmatch(name) is not None


def lesions_on(
    scan: "Scan", cleaning: Cleaning | None = None
) -> tuple[NDArray[np.int32], tuple[Lesion, ...]]:
    """Pieces of late tissue of a scan's last run, on the axes of the file.

    Parameters
    ----------
    scan : Scan
        Whose they are.
    cleaning : Cleaning, optional
        How late tissue is cleaned; None: as it is now.

    Raises
    ------
    DscError
        If there is no run, or it has no Tmax.
    """
    if scan.results.run is None:
        return np.zeros(scan.shape, np.int32), ()
    analysis = scan.results.run[1]
    return lesions(
        analysis.maps,
        analysis.brain,
        cleaning=scan.layers.cleaning if cleaning is None else cleaning,
        midline=halved_at(scan),
        slice_axis=scan.facts.series.slice_axis,
    )


def lie_as_laid(
    scan: "Scan", layer: Labels, labels: NDArray[np.int32], found: Sequence[Lesion]
) -> bool:
    """Whether regions of lesions are there, and nobody has changed them since they were laid.

    Parameters
    ----------
    scan, layer, labels, found
        As in `lay_lesions`.
    """
    data: NDArray[Any] = np.asarray(layer.data)
    names: dict[int, str] = layer.metadata[KEY]["names"]
    laid = {name: label for label, name in names.items() if is_lesion(name)}
    if not laid:
        return False
    shown = np.asarray(to_screen(labels, scan.place))
    free = (data == 0) | np.isin(data, list(laid.values()))
    expected = {_name(one, found): (shown == one.number) & free for one in found[:MOST]}
    expected = {name: mask for name, mask in expected.items() if mask.any()}
    return laid.keys() == expected.keys() and all(
        np.array_equal(data == laid[name], mask) for name, mask in expected.items()
    )


def lay_lesions(
    scan: "Scan", layer: Labels, labels: NDArray[np.int32], found: Sequence[Lesion]
) -> tuple[list[int], str]:
    """Put lesions onto the layer of regions, in place of those that were there.

    Parameters
    ----------
    scan : Scan
        Whose they are.
    layer : Labels
        Its regions. What is painted on it stays.
    labels, found : ndarray of int, sequence of Lesion
        From `lesions_on`.

    Returns
    -------
    given : list of int
        Their numbers among the regions, the largest lesion first.
    words : str
        What was done.
    """
    names = layer.metadata[KEY]["names"]
    data = np.array(layer.data)
    before = [label for label, name in names.items() if is_lesion(name)]
    data[np.isin(data, before)] = 0
    for label in before:
        del names[label]
    shown = np.asarray(to_screen(labels, scan.place))
    free, given = data == 0, []
    for one in found[:MOST]:
        label, here = free_label(data), (shown == one.number) & free
        if label is None:
            break
        if here.any():
            data[here] = label
            names[label] = _name(one, found)
            given.append(label)
    layer.data = data
    return given, _words(len(given), len(found))


def forget_lesions(scan: "Scan") -> bool:
    """Take the names of lesions away whose voxels are gone; return whether there were any."""
    layer = scan.layers.regions
    if layer is None:
        return False
    names: dict[int, str] = layer.metadata[KEY]["names"]
    known = [label for label, name in names.items() if is_lesion(name)]
    if not known:
        return False
    data: NDArray[Any] = np.asarray(layer.data)
    counts = np.bincount(data.ravel(), minlength=max(known) + 1)
    gone = [label for label in known if not counts[label]]
    for label in gone:
        del names[label]
    return bool(gone)


def _name(one: Lesion, found: Sequence[Lesion]) -> str:
    return f"{NAME} {one.number}" if len(found) > 1 else NAME


def _words(taken: int, found: int) -> str:
    """What was done, in words."""
    if not taken:
        return "No region was made: all of it lies under other regions."
    made = "1 region was made" if taken == 1 else f"{taken} regions were made"
    undo = "takes it back" if taken == 1 else "takes them back"
    most = f": the largest of {found} pieces" if found > taken else ""
    return f"{made} of Tmax > {LATE:g} s{most}. Undo {undo}."
