"""Defaults: what holds where nobody has said otherwise, for Python, form and command line alike.

Each stands here once. The method's class, the signatures of the public functions, the form and the
options of the command line import it. Types are literal where a name is one of several.
"""

from typing import Final

__all__ = [
    "AIF_AVERAGE",
    "AIF_ECHO",
    "AIF_GAMMA_VARIATE",
    "AIF_SHIFT",
    "BOLUS_MAPS",
    "BURDEN",
    "CBV_BY",
    "COLOUR_FAMILY",
    "CONTENT",
    "DECONVOLVE",
    "DENOISE",
    "DENSITY",
    "ENHANCEMENT",
    "EXPECTED_VOLUME",
    "FILL_HOLES",
    "HEMATOCRIT_RATIO",
    "HOT_SPOT",
    "HOT_SPOTS",
    "LEAKAGE",
    "LEAKAGE_MODEL",
    "LEAKAGE_TOLERANT",
    "LEAKAGE_WHERE",
    "METHOD",
    "OSCILLATION_INDEX",
    "PAPER",
    "PHANTOM_SEED",
    "PHANTOM_SNR",
    "READING",
    "RECOVERY",
    "SLICE_AXIS",
    "SLICE_TIMING",
    "SMALLEST_LATE",
    "SPREAD",
    "SVD_THRESHOLD",
    "TIMES_BY",
    "TTP_FROM",
    "VESSEL",
]

METHOD: Final = "oSVD"  # a key of DECONVOLVERS
DECONVOLVE: Final = True
SVD_THRESHOLD: Final = 0.2  # of the largest singular value
OSCILLATION_INDEX: Final = 0.035
EXPECTED_VOLUME: Final = 5.0  # mL/100g, of tissue and vessels, before a curve is seen
DENSITY: Final = 1.04  # g/mL, of brain
HEMATOCRIT_RATIO: Final = 0.73  # kH: haematocrit of 0.45 in large vessels, 0.25 in small ones
TTP_FROM: Final = "start of scan"
BOLUS_MAPS: Final = False  # of the bolus's shape, beside those of a deconvolution
RECOVERY: Final = 20.0  # s at the end of the scan over which signal recovery is read
DENOISE: Final = "none"  # by what curves are denoised: they stay as they were measured
SPREAD: Final = False  # scatter or intervals beside the maps
CBV_BY: Final = "integral"  # how CBV is read off a curve
TIMES_BY: Final = "as flow"  # which deconvolution Tmax and delay are read off
AIF_AVERAGE: Final = "mean"  # how curves of voxels become that of the artery
AIF_GAMMA_VARIATE: Final = False  # the AIF is what was measured, no fit of it
AIF_SHIFT: Final = 0.0  # s, by which the AIF is moved to later times
SLICE_TIMING: Final = True  # corrected where the scan tells the times of its slices
SLICE_AXIS: Final = 2  # of a volume, along which slices lie
SMALLEST_LATE: Final = 1.0  # mL: a smaller piece of late tissue is a speck
ENHANCEMENT: Final = 0.2  # of the brain's signal on T1: a larger rise after contrast enhances
BURDEN: Final = (1.0, 1.75)  # of normalised blood volume: shares above them are told
HOT_SPOT: Final = 6.0  # mm across
HOT_SPOTS: Final = 5  # are proposed
VESSEL: Final = 5.0  # times the brain's median blood volume: a voxel above is a vessel
FILL_HOLES: Final = True  # of late tissue, up to the same volume
CONTENT: Final = "signal"  # what a scan holds
PHANTOM_SNR: Final = 100.0  # grey matter over noise
PHANTOM_SEED: Final = 0
COLOUR_FAMILY: Final = "Clinical rainbow"  # a key of FAMILIES
READING: Final = "stroke"  # a key of READINGS: what a scan is read for
PAPER: Final = "A4"  # a key of PAPERS: what a report is printed on
AIF_ECHO: Final = "as tissue"  # of two echoes: what the curve of the AIF is read from
LEAKAGE: Final = "none"  # the model by which an analysis corrects leakage: nobody has asked for it
LEAKAGE_MODEL: Final = "BSW"  # a key of LEAKAGE_MODELS: of the function that corrects curves
LEAKAGE_WHERE: Final = "inside a region"  # where leakage is corrected
LEAKAGE_TOLERANT: Final = True  # of a bolus that comes later or stays longer
