"""Leakage of contrast agent out of vessels: found in every voxel, corrected where it is wanted.

`models` is the table of models, `base` fits one to many curves, `integrals` holds the leakage
term, `correct` the public function, `reference` proposes tissue that does not leak.
"""

from napari_dsc.core.leakage.base import Bound, Found, LeakageModel
from napari_dsc.core.leakage.correct import Leakage, correct_leakage
from napari_dsc.core.leakage.models import (
    BSW,
    FASTEST,
    LEAKAGE_MODELS,
    Bidirectional,
    ModelName,
    leakage_model,
)
from napari_dsc.core.leakage.reference import LEAKAGE_REFERENCE_NAME, Shapes, proposed_tissue

__all__ = [
    "BSW",
    "FASTEST",
    "LEAKAGE_MODELS",
    "LEAKAGE_REFERENCE_NAME",
    "Bidirectional",
    "Bound",
    "Found",
    "Leakage",
    "LeakageModel",
    "ModelName",
    "Shapes",
    "correct_leakage",
    "leakage_model",
    "proposed_tissue",
]
