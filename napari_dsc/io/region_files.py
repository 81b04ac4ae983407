"""Files of what was drawn on maps: regions, their names, and what is normal."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.provenance import Origin
from napari_dsc.core.quantities import QUANTITIES, RELATIVE
from napari_dsc.core.regions import Midline
from napari_dsc.core.tumour import TumourReading
from napari_dsc.core.types import FloatArray, ParameterMap
from napari_dsc.io.atomic_files import read_json, write_json, write_whole

__all__ = [
    "DRAWN",
    "FACTS",
    "NAMES",
    "REGIONS",
    "Drawn",
    "names_table",
    "read_facts",
    "read_names",
    "write_drawn",
]

REGIONS = "desc-regions_dseg.nii.gz"
NAMES, FACTS = "desc-regions_dseg.tsv", "desc-regions_dseg.json"
ENHANCEMENT, SPOTS = "desc-enhancement_mask.nii.gz", "desc-hotspots_dseg.nii.gz"
DRAWN = (  # how the names of these files end
    REGIONS,
    NAMES,
    FACTS,
    ENHANCEMENT,
    SPOTS,
    *(f"{row.stem}{end}" for row in RELATIVE.values() for end in (".nii.gz", ".json")),
)
LARGEST = 2**20  # bytes of names or facts
REMEDY = "Save the maps again, or copy the folder again."

Volume = Callable[[Path, NDArray[Any], FloatArray | None, str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """Regions on the axes of a scan's file.

    Parameters
    ----------
    labels : ndarray of int, shape (X, Y, Z)
        Regions: each positive number.
    names : mapping of int to str
        What some of them are called.
    reference : int or None
        The region that was taken as normal.
    relative : mapping of str to ParameterMap
        By symbol: maps over their means in the reference.
    midline : Midline or None
        Between the halves, where regions were mirrored.
    tumour : TumourReading or None
        What was read of what enhances.
    brought : str
        How they came from another space, in a sentence; empty: they were drawn on the scan.
    doubt : str
        What speaks against a reference that was proposed; empty: nothing does.
    origin, reference_origin, enhancement_origin : Origin or None
        How the regions, the one that was taken as normal, and what enhances were chosen; None:
        nobody knows.
    """

    labels: NDArray[np.integer[Any]]
    names: Mapping[int, str]
    reference: int | None = None
    relative: Mapping[str, ParameterMap] = field(default_factory=dict)
    midline: Midline | None = None
    tumour: TumourReading | None = None
    brought: str = ""
    doubt: str = ""
    origin: Origin | None = None
    reference_origin: Origin | None = None
    enhancement_origin: Origin | None = None


def write_drawn(
    take: Callable[[str], Path],
    drawn: Drawn,
    affine: FloatArray | None,
    write: Volume,
    described: Callable[[ParameterMap], Mapping[str, Any]],
) -> None:
    """Write what was drawn into a folder of results.

    Parameters
    ----------
    take : callable
        Gives the path for a name's ending.
    drawn : Drawn
        What to write.
    affine : ndarray, shape (4, 4), or None
        Where it lies.
    write : callable
        Writes a volume: path, values, affine, description.
    described : callable
        What a map's own JSON says.
    """
    write(take(REGIONS), drawn.labels, affine, "regions")
    table = names_table(drawn.labels, drawn.names)
    write_whole(take(NAMES), lambda path: _write(path, table))
    line = drawn.midline
    facts: dict[str, Any] = {
        "Description": "Regions of a reader; the reference is the label that was taken as normal",
        "ReferenceLabel": drawn.reference,
        "Midline": None if line is None else {"PointRAS": line.point, "NormalRAS": line.normal},
    }
    if drawn.brought:
        facts["BroughtOver"] = drawn.brought
    write_json(take(FACTS), facts)
    for symbol, one in drawn.relative.items():
        stem = QUANTITIES[symbol].stem
        write(take(f"{stem}.nii.gz"), one.values, affine, f"{one.name}, {one.units}")
        write_json(take(f"{stem}.json"), {**described(one), "ReferenceLabel": drawn.reference})
    if drawn.tumour is not None:
        write(take(ENHANCEMENT), drawn.tumour.enhancing, affine, "enhancement mask")
        if drawn.tumour.spots is not None:
            write(take(SPOTS), drawn.tumour.spots.labels, affine, "hot spots, 1 the hottest")


def names_table(labels: NDArray[np.integer[Any]], names: Mapping[int, str]) -> str:
    """What regions are called, as BIDS wants it; a name is one line without tabs."""
    found = [int(one) for one in np.unique(labels) if one > 0]
    names = {one: " ".join(names.get(one, f"Region {one}").split()) for one in found}
    return "".join(["index\tname\n", *(f"{one}\t{name}\n" for one, name in names.items())])


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def read_names(path: Path) -> dict[int, str]:
    """Names of labels, from a table with the columns index and name; none without a table.

    Raises
    ------
    DscError
        If it is none.
    """
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    try:
        if len(content) > LARGEST:
            raise ValueError("too long")
        rows = csv.DictReader(
            content.decode("utf-8-sig").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        named = {int(row["index"]): row["name"] or "" for row in rows}
    except (LookupError, TypeError, ValueError, csv.Error) as error:
        raise DscError(
            f"{NAMES} must have the columns index and name, got something else. {REMEDY}"
        ) from error
    return {label: name for label, name in named.items() if label > 0 and name}


def read_facts(path: Path) -> tuple[int | None, Midline | None]:
    """Reference and midline; neither without a file.

    Raises
    ------
    DscError
        If the file says something else.
    """
    if not path.is_file():
        return None, None
    facts = read_json(path, LARGEST)
    reference, line = facts.get("ReferenceLabel"), facts.get("Midline")
    if reference is not None and (type(reference) is not int or reference < 1):
        raise DscError(f"ReferenceLabel must be a label, got something else. {REMEDY}")
    if line is None:
        return reference, None
    try:
        x, y, z = map(float, line["PointRAS"])
        i, j, k = map(float, line["NormalRAS"])
    except (LookupError, OverflowError, TypeError, ValueError) as error:
        raise DscError(f"Midline must be two points, got something else. {REMEDY}") from error
    return reference, Midline(point=(x, y, z), normal=(i, j, k))
