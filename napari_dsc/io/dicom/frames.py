"""Frames of a series: one slice each, and the file that holds it, without facts of the patient."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

__all__ = ["MAGNITUDE", "FileFrame", "Frame", "Header"]

MAGNITUDE = "magnitude"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One slice of a series: a file, a frame of one, or a tile of an image.

    Parameters
    ----------
    index : int
        Which frame of its file, from 0.
    corner : (int, int), or None
        Row and column of its first pixel, where an image holds several slices side by side.
    echo : int
        Number of its echo; 0 if none is told.
    echo_time, repetition_time : float or None
        Seconds.
    orientation, position : tuple of float, or None
        As the header gives them, LPS, mm.
    spacing : tuple of float, or None
        From row to row, and from column to column, mm.
    thickness : float or None
        Of the slice, mm.
    temporal, temporal_count : int or None
        Its temporal position, and how many there should be.
    ordinal : int or None
        Which temporal position that is by the index of its file's dimensions.
    acquisition : int or None
        Number of its acquisition.
    seconds, content, trigger, timer : float or None
        When it was measured, and when its content began: seconds after midnight; after a trigger,
        s; and by the timer of a real-time scan, in the unit of that.
    offset : float or None
        When it was measured after its volume began, s.
    instance : int or None
        Its number within the series.
    component : str
        What its voxels hold: magnitude, phase, real, imaginary.
    label : str
        Its part in arterial spin labelling, if it has one.
    """

    index: int = 0
    corner: tuple[int, int] | None = None
    echo: int = 0
    echo_time: float | None = None
    repetition_time: float | None = None
    orientation: tuple[float, ...] | None = None
    position: tuple[float, ...] | None = None
    spacing: tuple[float, ...] | None = None
    thickness: float | None = None
    temporal: int | None = None
    temporal_count: int | None = None
    ordinal: int | None = None
    acquisition: int | None = None
    seconds: float | None = None
    content: float | None = None
    trigger: float | None = None
    timer: float | None = None
    offset: float | None = None
    instance: int | None = None
    component: str = MAGNITUDE
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the header of a file says; nothing of the patient.

    Parameters
    ----------
    path : Path
        The file.
    image, series, study : str
        UIDs of the image, its series and its study.
    number : int
        Number of its series.
    description : str
        Of its series.
    matrix : tuple of int
        Rows and columns of a slice.
    measured : tuple of int
        Samples along the two directions of a slice, where they are told.
    volumetric : bool
        Whether it was measured as a volume (3D), and not slice by slice.
    tiled : bool
        Whether the image is a whole volume, slice beside slice.
    unspelt : bool
        Whether the kinds of its private elements are not told (implicit VR), by which dcm2niix
        would know a grid.
    untold : str
        Why the slices of such an image cannot be told, in words; nothing if they can.
    enhanced : bool
        Whether the file may hold several frames, which tell their own order.
    bare : bool
        Whether the file has no preamble.
    deflated : bool
        Whether the file is compressed as a whole.
    dose : float or None
        Agent of the bolus, mL; None: the file does not say.
    frames : list of Frame
        One, unless the file holds several.
    """

    path: Path
    image: str = ""
    series: str
    study: str = ""
    number: int
    description: str
    matrix: tuple[int, int]
    measured: tuple[int, ...] = ()
    volumetric: bool = False
    tiled: bool = False
    unspelt: bool = False
    untold: str = ""
    enhanced: bool = False
    bare: bool = False
    deflated: bool = False
    dose: float | None = None
    frames: list[Frame] = field(default_factory=list)


FileFrame: TypeAlias = tuple[int, Frame]  # the number of a file, and a frame that it holds
