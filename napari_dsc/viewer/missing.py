"""What stands between the user and Compute, in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import several_boluses
from napari_dsc.core.types import Aif
from napari_dsc.viewer.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Labels

__all__ = ["LOOKING", "what_is_missing"]

OPEN_ONE = "Open a 4-D scan: File > Open, or File > Open Sample > Digital patient."
LOOKING = "Looking for the brain and the baseline …"
WHICH = "Choose it under Bolus; or press I have checked this to analyse the largest."
CHECK = "If all is right as it is, press I have checked this."
DRAW = (
    "Draw the artery: paint on the AIF layer, Shift+click voxels on the picture, or press "
    "Propose AIF."
)


def what_is_missing(
    scan: Scan | None, artery_layer: "Labels | None", brain_layer: "Labels | None"
) -> str:
    """Say in words what stands between the user and Compute; empty if nothing does."""
    try:
        return next(_obstacles(scan, artery_layer, brain_layer), "")
    except DscError as error:  # a layer of another shape
        return str(error)


def _obstacles(
    scan: Scan | None, artery_layer: "Labels | None", brain_layer: "Labels | None"
) -> Iterator[str]:
    if scan is None:
        yield OPEN_ONE
        return
    if not scan.proposed:
        yield LOOKING
    if scan.undecided:
        yield f"{several_boluses(scan.boluses)} {WHICH}"
    if scan.doubts:
        yield f"{scan.doubts[0]} {CHECK}"
    if scan.settled.time is None:
        yield next(iter(scan.settled.questions), "Enter the repetition time TR, in seconds.")
    if artery_layer is None:
        yield "Choose the labels layer that holds the artery."
    if artery_layer is brain_layer:
        yield "Artery and brain must be two layers: choose another for one of them."
    artery, brain = scan.input_of(artery_layer), scan.mask(brain_layer)
    if artery is None or not (isinstance(artery, Aif) or artery.any()):
        yield DRAW
    if brain is not None and not brain.any():
        yield "The brain is empty: paint it, or choose no layer for the whole image."
