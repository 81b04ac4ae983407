"""A standard scale of blood volume, made of folders of results."""

from collections.abc import Generator, Sequence
from pathlib import Path

from napari_dsc.core.errors import DscError
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.tumour import StandardScale, make_standard_scale
from napari_dsc.core.types import Progress
from napari_dsc.io.results_folder import RECORD
from napari_dsc.report.read_results import reading_results

__all__ = ["making_scale", "results_below", "scale_words"]

MOST, DEEPEST = 1000, 4  # results, and folders below the one that is named


def making_scale(results: Sequence[Path]) -> Generator[Progress, None, StandardScale]:
    """Make a standard scale of the blood volume of several results.

    Parameters
    ----------
    results : sequence of Path
        Folders of results, or the records of scans of a cohort; each is read once.

    Yields
    ------
    Progress
        While they are read.

    Raises
    ------
    DscError
        If there are fewer than two, or one cannot be read or holds no blood volume to match.
    """
    scans = []
    for at, one in enumerate(results):
        work = part_of_whole(reading_results(one), at / len(results), (at + 1) / len(results))
        found = yield from work
        scans.append((found.maps, found.brain))
    return make_standard_scale(scans)


def results_below(folder: Path) -> list[Path]:
    """Records of the results in a folder and in those below it, by their paths.

    Raises
    ------
    DscError
        If there are more than a thousand.
    """
    found: list[Path] = []
    level = [folder]
    for _ in range(DEEPEST + 1):
        found += [one for at in level for one in sorted(at.glob(f"*{RECORD}")) if one.is_file()]
        level = [one for at in level for one in sorted(at.iterdir()) if one.is_dir()]
        if len(found) > MOST or len(level) > MOST:
            raise DscError(f"a scale must be made of at most {MOST} results, got more. Use fewer.")
    return sorted(found)


def scale_words(scale: StandardScale, file: str) -> str:
    """What was made, in a sentence."""
    return f"A scale of {scale.scans} scans in {file}."
