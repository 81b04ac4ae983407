"""What the five cards of the tour say."""

from typing import TYPE_CHECKING

from napari_dsc.viewer.room.bar import Bar
from napari_dsc.viewer.room.tour import Card

if TYPE_CHECKING:
    from napari_dsc.viewer.snapshot import Screen

__all__ = ["cards"]


def cards(screen: "Screen", bar: Bar) -> list[Card]:
    """From a scan to a report, in five steps."""
    return [
        Card(
            "Open a scan",
            "Drag a 4-D NIfTI file or a folder of DICOM into the window, or File > Open Sample > "
            "Digital patient. What the file does not say, such as TR, is asked for here.",
            lambda: screen.series.native,
        ),
        Card(
            "Look at the proposals",
            "The brain is a layer that you can paint on. The baseline ends before the bolus: drag "
            "it here or in the curves below.",
            lambda: screen.baseline.native,
        ),
        Card(
            "Choose the artery",
            "Press Propose AIF, paint on the AIF layer, or Shift+click voxels on the picture. "
            "Hold Q and move over a vessel to see what it would do.",
            lambda: screen.propose.native,
        ),
        Card(
            "Compute",
            "Six maps in fixed windows, with a reason for every voxel without an answer. With "
            "Live on, every change of the artery becomes maps at once.",
            lambda: screen.compute.native,
        ),
        Card(
            "Read",
            "Grid, overlay or single; regions and the other side; volumes of late tissue; a "
            "report of one page. Press ? for all keys.",
            lambda: bar,
        ),
    ]
