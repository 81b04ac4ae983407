"""A standard scale of blood volume as a file: JSON, made of scans of one's own."""

from pathlib import Path
from typing import Any

from napari_dsc.core.errors import DscError
from napari_dsc.core.tumour import PERCENTILES, StandardScale
from napari_dsc.io.atomic_files import read_json, write_json

__all__ = ["read_scale", "scale_as_json", "scale_from_json", "write_scale"]

FORMAT = "napari-dsc standard scale 1"
LARGEST = 2**16  # bytes
REMEDY = "Make it again with `napari-dsc scale`."


def write_scale(file: Path, scale: StandardScale, *, overwrite: bool = False) -> None:
    """Write a scale; it holds no name and no date.

    Raises
    ------
    DscError
        If a file stands there and may not be replaced.
    """
    if file.exists() and not overwrite:
        raise DscError(
            f"{file.name} must not exist yet, got one. Choose another name, or allow it to be "
            "overwritten."
        )
    write_json(file, {"scale": FORMAT, **scale_as_json(scale)})


def read_scale(file: Path) -> StandardScale:
    """Read a scale.

    Raises
    ------
    DscError
        If it cannot be read, or is none.
    """
    try:
        content = read_json(file, LARGEST)
    except OSError as error:
        raise DscError(
            f"{file.name} must be readable, got: {error.strerror}. Choose another file."
        ) from error
    if content.get("scale") != FORMAT:
        raise DscError(f"{file.name} must say {FORMAT!r}, got something else. {REMEDY}")
    return scale_from_json(content)


def scale_as_json(scale: StandardScale) -> dict[str, Any]:
    """Landmarks of a scale at their percentiles."""
    return {
        "percentiles": list(PERCENTILES),
        "landmarks": list(scale.landmarks),
        "scans": scale.scans,
    }


def scale_from_json(content: Any) -> StandardScale:
    """Scale from what `scale_as_json` made of it.

    Raises
    ------
    DscError
        If it is another.
    """
    try:
        if [float(one) for one in content["percentiles"]] != list(PERCENTILES):
            raise DscError(f"percentiles of a scale must be the usual ones, got others. {REMEDY}")
        marks = tuple(float(one) for one in content["landmarks"])
        return StandardScale(landmarks=marks, scans=int(content["scans"]))
    except (LookupError, TypeError, ValueError) as error:
        raise DscError(f"a scale must be whole, got {error}. {REMEDY}") from error
