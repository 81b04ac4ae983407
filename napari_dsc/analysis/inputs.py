"""Table of the inputs of an analysis beside its settings: a row each for Python, shell and file."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from napari_dsc.core.defaults import (
    BURDEN,
    CONTENT,
    HOT_SPOT,
    HOT_SPOTS,
    SMALLEST_LATE,
    VESSEL,
)
from napari_dsc.core.types import Content
from napari_dsc.io import CHOICES

__all__ = ["CONTENT_WORDS", "INPUTS", "NO_ARTERY", "PRELOADS", "PROPOSE", "Input", "InputKind"]

PROPOSE = "propose"  # instead of a vessel or a region: the program looks for it
NO_ARTERY = "none"  # instead of an artery: there is to be none
CONTENT_WORDS: Mapping[Content, str] = MappingProxyType(
    {"signal": "signal", "delta R2*": "delta-r2"}
)
PRELOADS = ("yes", "no")
InputKind: TypeAlias = Literal["vessel", "mask", "word", "number", "count", "switch", "choice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One thing that an analysis is made from.

    Parameters
    ----------
    name : str
        Of the argument in Python.
    kind : str
        What its values are: a vessel (a file, voxels, a curve, or "propose"), a mask (a file, or
        voxels), a word, a number, a whole number, true or false, or one of several words.
    option, help : str
        Of the command line.
    unit : str
        Of a number.
    choices : tuple of str
        Of one of several words.
    """

    name: str
    kind: InputKind
    option: str
    help: str
    unit: str = "none"
    choices: tuple[str, ...] = ()


ROWS = (
    Input(
        name="aif",
        kind="vessel",
        option="--aif",
        help="mask of arterial voxels; or a curve as .csv, .tsv or .txt (s and 1/s); or an AIF "
        f"that was saved as .json; or '{PROPOSE}'; or '{NO_ARTERY}', as where none is named: then "
        "only the shape of the bolus is measured",
    ),
    Input(
        name="aif_label",
        kind="word",
        option="--aif-label",
        help="which of several labels in the mask is the AIF; half: values of at least half the "
        "full one",
    ),
    Input(
        name="aif_curve",
        kind="switch",
        option="--aif-curve",
        help="take the curve of a saved AIF, not its voxels: also of another scan",
    ),
    Input(
        name="aif_within",
        kind="mask",
        option="--aif-within",
        help="mask of where a proposed AIF is looked for; everywhere in the brain",
    ),
    Input(
        name="vof_label",
        kind="word",
        option="--vof-label",
        help="which of several labels in the mask is the VOF; half: as for --aif-label",
    ),
    Input(name="brain", kind="mask", option="--brain", help="mask; proposed if none is given"),
    Input(
        name="brain_label",
        kind="word",
        option="--brain-label",
        help="which of several labels in the mask is the brain; all by default; half: as for "
        "--aif-label",
    ),
    Input(
        name="resample_masks",
        kind="switch",
        option="--resample-masks",
        help="read masks that lie on another grid at the nearest voxel; refused by default",
    ),
    Input(
        name="repetition_time",
        kind="number",
        unit="s",
        option="--tr",
        help="repetition time, s; overrides the file's",
    ),
    Input(
        name="echo_time",
        kind="number",
        unit="s",
        option="--te",
        help="echo time, s; overrides the file's",
    ),
    Input(
        name="flip_angle",
        kind="number",
        unit="degrees",
        option="--flip-angle",
        help="flip angle, degrees; overrides the file's",
    ),
    Input(
        name="preload",
        kind="choice",
        option="--preload",
        choices=PRELOADS,
        help="whether agent was given before the scan, yes or no; no file tells it",
    ),
    Input(
        name="leakage_region",
        kind="mask",
        option="--leakage-region",
        help="mask of what enhances: there CBV is corrected for leakage",
    ),
    Input(
        name="leakage_reference",
        kind="mask",
        option="--leakage-reference",
        help="mask of tissue that does not leak; proposed if none is given",
    ),
    Input(
        name="bolus",
        kind="count",
        option="--bolus",
        help="which of several passages of a bolus is analysed, from 1; asked if there are more",
    ),
    Input(
        name="quantity",
        kind="choice",
        option="--quantity",
        choices=tuple(CONTENT_WORDS.values()),
        help="what the scan holds: signal, or ΔR2* (1/s) that was computed already; "
        f"{CONTENT_WORDS[CONTENT]}",
    ),
    Input(
        name="motion",
        kind="switch",
        option="--motion",
        help="bring every volume onto the baseline first, rigidly; needs SimpleITK",
    ),
    Input(
        name="checked",
        kind="switch",
        option="--checked",
        help="compute although something seems odd: no bolus, a signal that rises, volumes out of "
        "order",
    ),
    Input(
        name="regions",
        kind="mask",
        option="--regions",
        help="label map: its regions are measured, and stand in the report; a .tsv beside it "
        "names them",
    ),
    Input(
        name="regions_anatomy",
        kind="mask",
        option="--regions-anatomy",
        help="anatomy (NIfTI) in whose space the regions were drawn: it is registered to the scan, "
        "rigidly, and brings them along; needs SimpleITK",
    ),
    Input(
        name="reference",
        kind="word",
        option="--reference",
        help=f"which label of --regions is normal white matter; or '{PROPOSE}'",
    ),
    Input(
        name="normalise",
        kind="switch",
        option="--normalise",
        help="write CBV and CBF relative to the reference too; without --reference one is proposed",
    ),
    Input(
        name="smallest_late",
        kind="number",
        unit="mL",
        option="--smallest-late",
        help=f"pieces of late tissue below this are not counted, mL; {SMALLEST_LATE:g}",
    ),
    Input(
        name="enhancement",
        kind="mask",
        option="--enhancement",
        help="mask of what enhances: relative blood volume, tumour burden and hot spots are read "
        "there",
    ),
    Input(
        name="t1_before",
        kind="mask",
        option="--t1-before",
        help="T1 before contrast, NIfTI: with --t1-after it is registered to the scan, and what "
        "enhances is proposed; needs SimpleITK",
    ),
    Input(name="t1_after", kind="mask", option="--t1-after", help="T1 after contrast, NIfTI"),
    Input(
        name="burden_above",
        kind="word",
        option="--burden-above",
        help="thresholds of normalised rCBV of the tumour burden; "
        f"{','.join(f'{one:g}' for one in BURDEN)}",
    ),
    Input(
        name="hot_spot",
        kind="number",
        unit="mm",
        option="--hot-spot",
        help=f"diameter of each of the {HOT_SPOTS} hottest spots, mm; {HOT_SPOT:g}",
    ),
    Input(
        name="vessel_times",
        kind="number",
        unit="ratio",
        option="--vessel-times",
        help="voxels of so many times the brain's median blood volume are left out as vessels; "
        f"{VESSEL:g}",
    ),
    Input(
        name="standard_scale",
        kind="mask",
        option="--standard-scale",
        help="scale that `napari-dsc scale` has made of your own scans: blood volume where it "
        "enhances is read on it too",
    ),
    *(
        Input(name=fact, kind="word", option=f"--{fact}", help=words)
        for fact, words in CHOICES.items()
    ),
)
INPUTS: Mapping[str, Input] = MappingProxyType({row.name: row for row in ROWS})
