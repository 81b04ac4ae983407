"""A digital patient of known truth: the demo, the tests' and the documents' yardstick."""

from napari_dsc.core.phantom.artefacts import Artefacts
from napari_dsc.core.phantom.patient import phantom
from napari_dsc.core.phantom.record import Phantom, Tissue

__all__ = ["Artefacts", "Phantom", "Tissue", "phantom"]
