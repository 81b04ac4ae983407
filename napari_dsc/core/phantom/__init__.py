"""A digital patient of known truth: the demo, the tests' and the documents' yardstick."""

from napari_dsc.core.phantom.artefacts import Artefacts
from napari_dsc.core.phantom.grid import midline_of
from napari_dsc.core.phantom.lesions import LESIONS, Lesion
from napari_dsc.core.phantom.patient import Anatomy, phantom
from napari_dsc.core.phantom.record import GREY_SIGNAL, Phantom, Tissue

__all__ = [
    "GREY_SIGNAL",
    "LESIONS",
    "Anatomy",
    "Artefacts",
    "Lesion",
    "Phantom",
    "Tissue",
    "midline_of",
    "phantom",
]
