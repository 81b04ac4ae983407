"""Options of a report: colours, order, paper, planes."""

from dataclasses import dataclass, field

from napari_dsc.core.defaults import PAPER
from napari_dsc.report.orientation import Plane
from napari_dsc.report.pictures import Look

__all__ = ["FURTHER", "PAPERS", "Options"]

FURTHER: tuple[Plane, ...] = ("coronal", "sagittal")  # planes beside the axial one
PAPERS = {"A4": (595.28, 841.89), "Letter": (612.0, 792.0)}  # width and height, pt


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a page is made.

    Parameters
    ----------
    look : Look
        Colours and order of the maps.
    paper : str
        A key of `PAPERS`: of the PDF, and of an HTML page that is printed.
    planes : tuple of str
        Of `FURTHER`: which are shown beside the axial one.
    absolute : bool
        Whether amounts are shown absolute even where absolute values do not hold.
    """

    look: Look = field(default_factory=Look)
    paper: str = PAPER
    planes: tuple[Plane, ...] = ()
    absolute: bool = False
