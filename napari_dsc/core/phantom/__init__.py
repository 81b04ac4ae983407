"""A digital patient of known truth: the demo, the tests' and the documents' yardstick."""

from napari_dsc.core.phantom.artefacts import Artefacts
from napari_dsc.core.phantom.grid import midline_of
from napari_dsc.core.phantom.leaky_tissue import (
    GREY,
    WHITE,
    Acquisition,
    LeakyScan,
    LeakyTissue,
    leaky_scan,
)
from napari_dsc.core.phantom.lesions import LESIONS, Lesion
from napari_dsc.core.phantom.patient import Anatomy, phantom
from napari_dsc.core.phantom.record import GREY_SIGNAL, Phantom, Tissue
from napari_dsc.core.phantom.t1_weighted import t1_weighted
from napari_dsc.core.phantom.two_echoes import ECHO_TIMES, two_echo_phantom

__all__ = [
    "ECHO_TIMES",
    "GREY",
    "GREY_SIGNAL",
    "LESIONS",
    "WHITE",
    "Acquisition",
    "Anatomy",
    "Artefacts",
    "LeakyScan",
    "LeakyTissue",
    "Lesion",
    "Phantom",
    "Tissue",
    "leaky_scan",
    "midline_of",
    "phantom",
    "t1_weighted",
    "two_echo_phantom",
]
