"""Folder of the scans of a cohort, kept among the user's own state and never among its results.

A folder may be called as a patient is, so that results outside a data set do not say where their
scans lie; whoever has computed or reviewed them on this machine is not asked again.
"""

from pathlib import Path

from napari_dsc.io.user_state import keep_state, kept_state

__all__ = ["keep_scans_of", "scans_of"]

FILE = "cohorts.json"
MOST = 20  # cohorts


def keep_scans_of(out: Path, scans: Path) -> None:
    """Keep where the scans of a cohort lie; where nothing can be kept, they are asked for.

    Parameters
    ----------
    out : Path
        Root of its results.
    scans : Path
        Folder of its scans.
    """
    known, key, value = kept_state(FILE), str(out.absolute()), str(scans.absolute())
    if known.get(key) == value:
        return
    others = {name: one for name, one in known.items() if name != key}
    kept = dict(list({key: value, **others}.items())[:MOST])
    keep_state(FILE, kept)


def scans_of(out: Path) -> Path | None:
    """Folder of the scans of a cohort, if it is known and there; else None."""
    found = kept_state(FILE).get(str(out.absolute()))
    return Path(found) if isinstance(found, str) and Path(found).is_dir() else None
