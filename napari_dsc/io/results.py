"""A folder of results: maps, quality, and the record that says they are complete."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
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
    blocked = [name for name in existing_results(directory) if (directory / name).is_dir()]
    if blocked:
        raise DscError(
            f"the folder must take files named like the results, got a folder named {blocked[0]}. "
            "Choose another folder."
        )
    bits = {str(int(flag)): words for flag, words in WORDS.items()}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".napari-dsc-", dir=directory) as staging:
            names = _write_maps(Path(staging), maps)
            (directory / RECORD).unlink(missing_ok=True)  # what follows is not complete yet
            for name in existing_results(directory):
                (directory / name).unlink()
            for name in names:
                (Path(staging) / name).replace(directory / name)
        write_json(directory / RECORD, {**record, "quality_bits": bits})
    except OSError as error:
        raise DscError(
            f"the folder must be writable, got: {error.strerror}. Choose another folder; what "
            "stands there without a record.json is incomplete."
        ) from error
    return [directory / name for name in (*names, RECORD)]


def _write_maps(directory: Path, maps: DSCPerfusionMaps) -> list[str]:
    """Write every map that was computed, and the quality; return the names of the files."""
    names: list[str] = []
    for key in NAMES:
        one = getattr(maps, key)
        if one is not None:
            names.append(f"{key}.nii.gz")
            write_nifti(directory / names[-1], one.values, one.affine, f"{one.name}, {one.units}")
    if maps.quality is not None:
        names.append("quality.nii.gz")
        words = "Quality flags (bits), record.json"
        write_nifti(directory / names[-1], maps.quality, maps.cbv.affine, words)
    return names
