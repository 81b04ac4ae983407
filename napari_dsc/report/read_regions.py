"""Regions that somebody has drawn beside the maps, read back with what is relative to them."""

from collections.abc import Generator
from pathlib import Path

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.quantities import RELATIVE
from napari_dsc.core.types import BoolArray, FloatArray, ParameterMap, Progress
from napari_dsc.io.drawn_json import chosen_in
from napari_dsc.io.region_files import FACTS, NAMES, REGIONS, Drawn, read_facts, read_names
from napari_dsc.report.checked_folder import REMEDY, Folder, checking_folder, volume_file
from napari_dsc.report.safe_text import cut, plain

__all__ = ["drawn_beside", "read_drawn"]

LEFT_OUT = "Regions that lie beside the maps could not be read and were left out."
LONGEST = 80  # letters of a name
MOST = 1000  # regions, and the highest number of one that has a name
ALONE = (
    "The regions of these maps do not lie beside the record as it says, and were not restored: {}"
)


def read_drawn(
    folder: Folder, affine: FloatArray | None, accepted: BoolArray
) -> tuple[Drawn | None, tuple[str, ...]]:
    """Read the regions of a folder, if there are any.

    Parameters
    ----------
    folder : Folder
        They need not be listed by its record: they may be drawn after the maps were saved.
    affine : ndarray, shape (4, 4), or None
        Where the maps lie.
    accepted : ndarray of bool, shape (X, Y, Z)
        Voxels whose answers stand.

    Returns
    -------
    drawn : Drawn or None
        None: there are none.
    notices : tuple of str
        What was left out.

    Raises
    ------
    DscError
        If the record lists them and they cannot be read. If it does not, they are left out.
    """
    if not folder.path(REGIONS).is_file():
        return None, ()
    try:
        return _read(folder, affine, accepted), ()
    except DscError:
        if folder.lists(REGIONS):
            raise
        return None, (LEFT_OUT,)


def _read(folder: Folder, affine: FloatArray | None, accepted: BoolArray) -> Drawn:
    values = folder.on_grid(REGIONS, affine)
    with np.errstate(all="ignore"):
        labels = values.astype(np.int64)
    if not np.array_equal(labels, values):
        raise DscError(f"{REGIONS} must hold whole numbers, got others. {REMEDY}")
    if (count := np.unique(labels).size) > MOST:
        raise DscError(f"{REGIONS} must hold at most {MOST} regions, got {count}. {REMEDY}")
    named = {
        label: cut(plain(name), LONGEST)
        for label, name in read_names(folder.path(NAMES)).items()
        if label <= MOST
    }
    reference, midline = read_facts(folder.path(FACTS))
    return Drawn(
        labels=labels,
        names={label: name for label, name in named.items() if name},
        reference=reference,
        midline=midline,
        **chosen_in(folder.replay.content),
        relative={
            row.symbol: ParameterMap(
                values=folder.on_grid(f"{row.stem}.nii.gz", affine).astype(np.float64, copy=False),
                name=row.report_name,
                symbol=row.symbol,
                units=row.units,
                affine=affine,
                quality_mask=accepted,
            )
            for row in RELATIVE.values()
            if folder.lists(f"{row.stem}.nii.gz")
        },
    )


def drawn_beside(record: Path) -> Generator[Progress, None, tuple[Drawn | None, tuple[str, ...]]]:
    """Read what lies beside a record; a record without its files has nothing drawn, and says so.

    Parameters
    ----------
    record : Path
        A `record.json`.

    Yields
    ------
    Progress
        Before each file.
    """
    try:
        folder = yield from checking_folder(record.parent, record.name)
        values, affine = folder.volume(volume_file(folder.replay.files))
        return read_drawn(folder, affine, np.isfinite(values))
    except (DscError, OSError) as error:
        return None, (ALONE.format(error),)
