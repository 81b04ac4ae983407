"""Folder of the scans of a cohort, kept among the user's own state and never among its results.

A folder may be called as a patient is, so that results outside a data set do not say where their
scans lie; whoever has computed or reviewed them on this machine is not asked again.
"""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_state_path

from napari_dsc.io.atomic_files import write_json

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
    known, key, value = _known(), str(out.absolute()), str(scans.absolute())
    if known.get(key) == value:
        return
    others = {name: one for name, one in known.items() if name != key}
    kept = dict(list({key: value, **others}.items())[:MOST])
    with contextlib.suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        write_json(_file(), kept)


def scans_of(out: Path) -> Path | None:
    """Folder of the scans of a cohort, if it is known and there; else None."""
    found = _known().get(str(out.absolute()))
    return Path(found) if isinstance(found, str) and Path(found).is_dir() else None


def _file() -> Path:
    return user_state_path("napari-dsc") / FILE


def _known() -> Mapping[str, object]:
    try:
        found = json.loads(_file().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
