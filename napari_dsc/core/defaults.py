"""Defaults: what holds where nobody has said otherwise, for Python, form and command line alike.

Each stands here once. The method's class, the signatures of the public functions, the form and the
options of the command line import it. Types are literal where a name is one of several.
"""

from typing import Final

__all__ = [
    "COLOUR_FAMILY",
    "CONTENT",
    "DECONVOLVE",
    "DENSITY",
    "FILL_HOLES",
    "HEMATOCRIT_RATIO",
    "METHOD",
    "OSCILLATION_INDEX",
    "PHANTOM_SEED",
    "PHANTOM_SNR",
    "SLICE_AXIS",
    "SLICE_TIMING",
    "SMALLEST_LATE",
    "SVD_THRESHOLD",
    "TTP_FROM",
]

METHOD: Final = "oSVD"  # a key of DECONVOLVERS
DECONVOLVE: Final = True
SVD_THRESHOLD: Final = 0.2  # of the largest singular value
OSCILLATION_INDEX: Final = 0.035
DENSITY: Final = 1.04  # g/mL, of brain
HEMATOCRIT_RATIO: Final = 0.73  # kH: haematocrit of 0.45 in large vessels, 0.25 in small ones
TTP_FROM: Final = "start of scan"
SLICE_TIMING: Final = True  # corrected where the scan tells the times of its slices
SLICE_AXIS: Final = 2  # of a volume, along which slices lie
SMALLEST_LATE: Final = 1.0  # mL: a smaller piece of late tissue is a speck
FILL_HOLES: Final = True  # of late tissue, up to the same volume
CONTENT: Final = "signal"  # what a scan holds
PHANTOM_SNR: Final = 100.0  # grey matter over noise
PHANTOM_SEED: Final = 0
COLOUR_FAMILY: Final = "Clinical rainbow"  # a key of FAMILIES
