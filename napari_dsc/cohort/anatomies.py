"""Anatomies of a data set: regions drawn on them, and T1 before and after contrast."""

from pathlib import Path

from napari_dsc.cohort.scans import CohortScan

__all__ = ["on_anatomy", "t1_pair"]

ANATOMIES = ("T1w", "FLAIR", "T2w")  # the first that there is
ENDINGS = (".nii.gz", ".nii")
T1, CONTRAST = "T1w", "ce"  # suffix, and the entity that names a contrast agent


def on_anatomy(scan: CohortScan) -> tuple[Path | None, Path | None]:
    """Label map on the anatomy of a scan, and that anatomy; None where either is missing.

    Parameters
    ----------
    scan : CohortScan
        Of a BIDS data set. Its anatomy lies in `anat/` beside `perf/`, and the label map
        (`*_dseg`) in `anat/` of any derivative.
    """
    if not scan.is_bids:
        return None, None
    place = scan.folder.parent / "anat"
    anatomy = _first(scan.root / place, ANATOMIES)
    if anatomy is None:
        return None, None
    for folder in sorted(scan.root.glob(f"derivatives/*/{place.as_posix()}")):
        labels = _first(folder, ("desc-regions_dseg", "dseg"))
        if labels is not None:
            return labels, anatomy
    return None, None


def t1_pair(scan: CohortScan) -> tuple[Path | None, Path | None]:
    """T1 before and after contrast of a scan, None for both where either is missing.

    Parameters
    ----------
    scan : CohortScan
        Of a BIDS data set. T1 lies in `anat/` beside `perf/`; the one after contrast has an entity
        `ce-`, such as `ce-gadolinium`, and the one before it has none. Of several, the pair that
        differs in nothing else comes first, then that of the shortest names.
    """
    folder = scan.root / scan.folder.parent / "anat"
    if not scan.is_bids or not folder.is_dir():
        return None, None
    found: dict[frozenset[str], Path] = {}
    for path in sorted(folder.iterdir(), key=lambda one: (len(one.name), one.name)):
        stem = next((path.name[: -len(end)] for end in ENDINGS if path.name.endswith(end)), "")
        *entities, suffix = stem.split("_")
        if suffix == T1:
            found.setdefault(frozenset(entities), path)
    marked = [one for one in found if any(part.startswith(f"{CONTRAST}-") for part in one)]
    plain = [one for one in found if one not in marked]
    for after in marked:
        alike = frozenset(part for part in after if not part.startswith(f"{CONTRAST}-"))
        if alike in found:
            return found[alike], found[after]
    return (found[plain[0]], found[marked[0]]) if plain and marked else (None, None)


def _first(folder: Path, suffixes: tuple[str, ...]) -> Path | None:
    """First file by its name whose name ends so; the first suffix is looked for first."""
    if not folder.is_dir():
        return None
    names = sorted(path.name for path in folder.iterdir())
    for suffix in suffixes:
        for name in names:
            if name.endswith(tuple(f"_{suffix}{end}" for end in ENDINGS)):
                return folder / name
    return None
