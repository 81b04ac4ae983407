"""Facts that the header of an image tells of its slices, volumes and times; none of the patient."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from napari_dsc.core.time_units import LARGEST_DOSE
from napari_dsc.io.dicom.frames import MAGNITUDE, Frame, Header
from napari_dsc.io.dicom.header_values import (
    clock_seconds,
    first_item,
    items,
    milliseconds,
    number,
    numbers,
    whole,
    whole_at,
    words,
)
from napari_dsc.io.dicom.tiles import (
    GRID_COUNT,
    PRIVATE_TAGS,
    Tiles,
    Untold,
    acquired_matrix,
    tiles_of,
)

__all__ = ["TAGS", "facts_of"]

TEMPORAL_INDEX = 0x00209128
GE_TIMER, GE_COMPONENT = 0x0021105E, 0x0043102F
LABEL_TYPE, PHILIPS_FRAME = 0x20051429, 0x2005140F
CREATORS = [0x00190010, 0x00210010, 0x00290010, 0x00430010, 0x00650010, 0x20050010, 0x20050014]
TAGS: list[str | int] = [
    "ASLContext", "AcquisitionDateTime", "AcquisitionMatrix", "AcquisitionNumber",
    "AcquisitionTime", "ArterialSpinLabelingContrast", "Columns", "ComplexImageComponent",
    "ContrastBolusTotalDose", "ContrastBolusVolume",
    "ContentTime", "DimensionIndexSequence", "EchoNumbers", "EchoTime",
    "ImageOrientationPatient", "ImagePositionPatient",
    "ImageType", "InstanceNumber", "MRAcquisitionType", "Manufacturer", "Modality",
    "NumberOfFrames", "NumberOfTemporalPositions", "PerFrameFunctionalGroupsSequence",
    "PixelSpacing", "RepetitionTime", "Rows", "SOPClassUID", "SOPInstanceUID", "SeriesDescription",
    "SeriesInstanceUID", "SeriesNumber", "SharedFunctionalGroupsSequence", "SliceThickness",
    "SpacingBetweenSlices", "StudyInstanceUID", "TemporalPositionIdentifier", "TriggerTime",
    GE_TIMER, GE_COMPONENT, LABEL_TYPE, *CREATORS, *PRIVATE_TAGS,
]  # fmt: skip
COMPONENTS = {  # words for what a voxel holds, and what they mean
    "PHASE": "phase", "PHASE MAP": "phase", "P": "phase", "P_FFE": "phase", "P_SE": "phase",
    "REAL": "real", "R": "real", "R_FFE": "real", "R_SE": "real",
    "IMAGINARY": "imaginary", "I": "imaginary", "I_FFE": "imaginary", "I_SE": "imaginary",
}  # fmt: skip
GE_COMPONENTS = {1: "phase", 2: "real", 3: "imaginary"}
GROUPS = (  # of facts of an enhanced image
    "FrameContentSequence", "MREchoSequence", "MRArterialSpinLabelingSequence",
    "MRImageFrameTypeSequence", "MRTimingAndRelatedParametersSequence",
    "PixelMeasuresSequence", "PlaneOrientationSequence", "PlanePositionSequence",
)  # fmt: skip
LABELS = ("LABEL", "CONTROL", "ASL", "M_ZERO_SCAN")  # of arterial spin labelling


def facts_of(path: Path, data: Any, bare: bool) -> Header:
    """Facts of a file whose header was read.

    Parameters
    ----------
    path : Path
        The file.
    data : pydicom.Dataset
        Its elements, those of `TAGS`.
    bare : bool
        Whether it has no preamble.
    """
    image = str(data.get("Modality", "")) == "MR" and "Rows" in data and "Columns" in data
    shared = first_item(data, "SharedFunctionalGroupsSequence")
    groups = items(data, "PerFrameFunctionalGroupsSequence")
    description = str(data.get("SeriesDescription", ""))[:60]
    tiles, untold = _tiles(data) if image and groups is None else (None, "")
    if groups is not None:
        common = {name: first_item(shared, name) for name in GROUPS}
        place = _index_of_time(data)
        frames = [_enhanced(common, one, data, at, place) for at, one in enumerate(groups)]
    else:
        frames = [_classic(data)] if tiles is None else _tiled(_classic(data), tiles)
    return Header(
        path=path,
        image=str(data.get("SOPInstanceUID", "")),
        series=str(data.get("SeriesInstanceUID", "")),
        study=str(data.get("StudyInstanceUID", "")),
        number=whole(data, "SeriesNumber") or 0,
        description=description if description.isprintable() else "",  # it swallowed others
        matrix=(whole(data, "Rows") or 0, whole(data, "Columns") or 0)
        if tiles is None
        else tiles.size,
        measured=acquired_matrix(data),
        volumetric=words(data, "MRAcquisitionType") == ("3D",),
        tiled=tiles is not None,
        unspelt=tiles is not None and tiles.grid and not _is_spelt(data),
        untold=untold,
        enhanced=groups is not None,
        bare=bare,
        dose=_dose(data),
        frames=frames if image else [],
    )


def _dose(data: Any) -> float | None:
    """Agent that was given, mL: undiluted, or else the volume of what was injected."""
    told = (number(data, name) for name in ("ContrastBolusTotalDose", "ContrastBolusVolume"))
    return next((one for one in told if one is not None and 0 < one <= LARGEST_DOSE), None)


def _is_spelt(data: Any) -> bool:
    """Whether a grid tells the kinds of its private elements, and how many slices it has."""
    return GRID_COUNT in data and not data.original_encoding[0]


def _tiles(data: Any) -> tuple[Tiles | None, str]:
    try:
        return tiles_of(data), ""
    except Untold as reason:
        return None, str(reason)


def _tiled(whole_image: Frame, tiles: Tiles) -> list[Frame]:
    """Slices of an image that holds several side by side."""
    return [
        replace(
            whole_image,
            corner=one.corner,
            position=one.position,
            offset=one.offset,
            seconds=whole_image.seconds if one.seconds is None else one.seconds,
        )
        for one in tiles.each
    ]


def _classic(data: Any) -> Frame:
    trigger = number(data, "TriggerTime")
    acquired = clock_seconds(data.get("AcquisitionTime", None))
    if acquired is None:
        acquired = clock_seconds(str(data.get("AcquisitionDateTime", None) or "")[8:])
    return Frame(
        echo=whole(data, "EchoNumbers") or 0,
        echo_time=milliseconds(data, "EchoTime"),
        repetition_time=milliseconds(data, "RepetitionTime"),
        orientation=numbers(data, "ImageOrientationPatient", 6),
        position=numbers(data, "ImagePositionPatient", 3),
        spacing=numbers(data, "PixelSpacing", 2),
        thickness=number(data, "SliceThickness"),
        temporal=whole(data, "TemporalPositionIdentifier"),
        temporal_count=whole(data, "NumberOfTemporalPositions"),
        acquisition=whole(data, "AcquisitionNumber"),
        seconds=acquired,
        content=clock_seconds(data.get("ContentTime", None)),
        trigger=None if trigger is None else trigger / 1000,
        timer=number(data, GE_TIMER) if _is_ge(data) else None,
        instance=whole(data, "InstanceNumber"),
        component=_component(data, words(data, "ImageType")),
        label=_label(data, words(data, "ImageType")),
    )


def _index_of_time(data: Any) -> int | None:
    """Which index of a frame is that of its temporal position, if time is a dimension."""
    dimensions = items(data, "DimensionIndexSequence") or ()
    pointers = [number(one, "DimensionIndexPointer") for one in dimensions]
    return pointers.index(TEMPORAL_INDEX) if TEMPORAL_INDEX in pointers else None


def _is_ge(data: Any) -> bool:
    return " ".join(words(data, "Manufacturer")).startswith("GE ")


def _component(data: Any, kinds: tuple[str, ...]) -> str:
    """What the voxels of an image hold, by what its header calls it."""
    told = words(data, "ComplexImageComponent")
    if told and told[0] in COMPONENTS:
        return COMPONENTS[told[0]]
    if _is_ge(data):
        return GE_COMPONENTS.get(whole(data, GE_COMPONENT) or 0, MAGNITUDE)
    return next((COMPONENTS[one] for one in kinds[2:] if one in COMPONENTS), MAGNITUDE)


def _label(data: Any, kinds: tuple[str, ...]) -> str:
    """Part of an image in arterial spin labelling; nothing if it has none."""
    if data is None:
        return next((told.lower() for told in kinds if told in LABELS), "")
    for told in (*words(data, "ASLContext"), *words(data, LABEL_TYPE), *kinds):
        if told in LABELS:
            return told.replace("_", " ").lower()
    return "asl" if words(data, "ArterialSpinLabelingContrast") else ""


def _enhanced(
    common: Mapping[str, Any], own: Any, data: Any, index: int, place: int | None
) -> Frame:
    """Frame of an enhanced image: each fact is its own, or common to all."""

    def group(name: str) -> Any:
        return first_item(own, name) or common[name]

    content, timing = group("FrameContentSequence"), group("MRTimingAndRelatedParametersSequence")
    echo, plane = group("MREchoSequence"), group("PlanePositionSequence")
    measures, kind = group("PixelMeasuresSequence"), group("MRImageFrameTypeSequence")
    labelling = group("MRArterialSpinLabelingSequence")
    kinds = words(data, "ImageType") if kind is None else words(kind, "FrameType")
    when = None
    if content is not None:
        when = content.get("FrameAcquisitionDateTime", None)
        when = content.get("FrameReferenceDateTime", None) if when is None else when
    return Frame(
        index=index,
        echo_time=milliseconds(echo, "EffectiveEchoTime"),
        repetition_time=milliseconds(timing, "RepetitionTime"),
        orientation=numbers(group("PlaneOrientationSequence"), "ImageOrientationPatient", 6),
        position=numbers(plane, "ImagePositionPatient", 3),
        spacing=numbers(measures, "PixelSpacing", 2),
        thickness=number(measures, "SliceThickness"),
        temporal=whole(content, "TemporalPositionIndex"),
        ordinal=None if place is None else whole_at(content, "DimensionIndexValues", place),
        acquisition=whole(content, "FrameAcquisitionNumber"),
        seconds=clock_seconds(None if when is None else str(when)[8:]),
        instance=whole(data, "InstanceNumber"),
        component=_component(data if kind is None else kind, kinds),
        label=_label(labelling, kinds) or _label(first_item(own, PHILIPS_FRAME), ()),
    )
