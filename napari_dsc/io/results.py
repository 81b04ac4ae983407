"""A folder of results: maps, quality, and the record that says they are complete."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_dsc.core.errors import DscError
from napari_dsc.core.quality import WORDS
from napari_dsc.core.types import DSCPerfusionMaps
from napari_dsc.io.files import write_json
from napari_dsc.io.nifti import write_nifti

__all__ = ["RECORD", "existing_results", "refuse_existing", "write_results"]

RECORD = "record.json"
NAMES = ("cbv", "cbf", "mtt", "ttp", "tmax", "delay")


def existing_results(directory: Path) -> list[str]:
    """Names of the files that writing results there would replace."""
    wanted = [f"{name}.nii.gz" for name in (*NAMES, "quality")] + [RECORD]
    return [name for name in wanted if (directory / name).exists()]


def refuse_existing(directory: Path, overwrite: bool) -> None:
    """Raise `DscError` if writing there would replace results that may not be replaced."""
    standing = existing_results(directory)
    if standing and not overwrite:
        raise DscError(
            f"the folder must be free of earlier results, got {', '.join(standing[:3])} in "
            f"{directory.name}. Choose another folder, or allow them to be overwritten."
        )


def write_results(
    directory: Path, maps: DSCPerfusionMaps, record: Mapping[str, Any], overwrite: bool = False
) -> list[Path]:
    """Write maps as NIfTI and their record as JSON, the record last: it says all is there.

    Parameters
    ----------
    directory : Path
        Made if it does not exist.
    maps : DSCPerfusionMaps
        What to write: cbv, cbf, mtt, ttp, tmax, delay, quality `.nii.gz`.
    record : mapping
        From `make_record`.
    overwrite : bool
        Whether results that stand there may be replaced.

    Returns
    -------
    list of Path
        The files, in the order in which they were written.

    Raises
    ------
    DscError
        If results stand there and may not be replaced, or the folder cannot be written to.
    """
    refuse_existing(directory, overwrite)
    written: list[Path] = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / RECORD).unlink(missing_ok=True)  # what follows is not complete yet
        for name in NAMES:
            one = getattr(maps, name)
            path = directory / f"{name}.nii.gz"
            if one is None:
                path.unlink(missing_ok=True)
            else:
                write_nifti(path, one.values, one.affine, f"{one.name}, {one.units}")
                written.append(path)
        if maps.quality is not None:
            path = directory / "quality.nii.gz"
            write_nifti(path, maps.quality, maps.cbv.affine, "Quality flags (bits), record.json")
            written.append(path)
        bits = {str(int(flag)): words for flag, words in WORDS.items()}
        write_json(directory / RECORD, {**record, "quality_bits": bits})
        written.append(directory / RECORD)
    except OSError as error:
        raise DscError(
            f"the folder must be writable, got: {error.strerror}. Choose another folder; what "
            "stands there without a record.json is incomplete."
        ) from error
    return written
