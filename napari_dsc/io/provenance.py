"""Origin of an AIF, a VOF and a brain in a record, written and read back."""

from dataclasses import asdict
from typing import Any

from napari_dsc.core.errors import DscError
from napari_dsc.core.provenance import KINDS, Kind, Origin

__all__ = ["LONGEST_NOTE", "MOST_NOTES", "origin_as_json", "read_origin"]

MOST_NOTES, LONGEST_NOTE = 20, 300
REMEDY = "Choose a record.json that napari-dsc has written."


def origin_as_json(origin: Origin | None) -> dict[str, Any] | None:
    """Put an origin into a record; None: nobody has said.

    "unseen" stands there only where it is true.
    """
    if origin is None:
        return None
    told = {**asdict(origin), "notes": list(origin.notes)}
    return told if told.pop("unseen") is False else {**told, "unseen": True}


def read_origin(value: Any) -> Origin | None:
    """Read what `origin_as_json` made.

    Raises
    ------
    DscError
        If it is none.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise DscError(f"an origin must be a mapping, got something else. {REMEDY}")
    kind, notes = value.get("kind"), value.get("notes", [])
    if kind not in KINDS:
        raise DscError(f"the kind of an origin must be known, got something else. {REMEDY}")
    known: Kind = KINDS[KINDS.index(kind)]
    whole = all(type(value.get(key, 0)) is int for key in ("added", "removed"))
    flags = (value.get("region", False), value.get("unseen", False))
    if not whole or not all(type(one) is bool for one in flags):
        raise DscError(f"an origin must count voxels, got something else. {REMEDY}")
    if not isinstance(notes, list) or len(notes) > MOST_NOTES or not all(map(_is_plain, notes)):
        raise DscError(f"notes of an origin must be short lines, got something else. {REMEDY}")
    return Origin(
        kind=known,
        added=value.get("added", 0),
        removed=value.get("removed", 0),
        region=value.get("region", False),
        notes=tuple(notes),
        unseen=value.get("unseen", False),
    )


def _is_plain(note: Any) -> bool:
    return isinstance(note, str) and note.isprintable() and len(note) <= LONGEST_NOTE
