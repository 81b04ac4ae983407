"""What results are called: after the scan, by a fixed pattern."""

import re
from pathlib import Path

from napari_dsc.io.readers import stem_of

__all__ = ["is_bids", "prefix_of"]

BIDS = re.compile(r"(sub-[A-Za-z0-9]+(?:_[a-z]+-[A-Za-z0-9]+)*)_[A-Za-z0-9]+")
LONGEST = 80  # letters


def is_bids(scan: Path) -> bool:
    """Whether a scan is named as BIDS wants it.

    Examples
    --------
    >>> is_bids(Path("sub-01_ses-2_dsc.nii.gz")), is_bids(Path("scan.nii"))
    (True, False)
    """
    return bool(scan.name) and BIDS.fullmatch(stem_of(scan)) is not None


def prefix_of(scan: Path | None) -> str:
    """How the names of a scan's results begin: its entities, or its stem made safe.

    The stem is the user's own; it stands in names of files, and nowhere within them.

    Examples
    --------
    >>> prefix_of(Path("sub-01_ses-2_task-rest_dsc.nii.gz"))
    'sub-01_ses-2_task-rest_'
    >>> prefix_of(Path("../My scan (2).nii"))
    'My_scan_2_'
    >>> prefix_of(None)
    ''
    """
    if scan is None or not scan.name:
        return ""
    stem = stem_of(scan)
    if found := BIDS.fullmatch(stem):
        return f"{found[1]}_"
    safe = re.sub(r"(?:[^\w-]|_)+", "_", stem).strip("_-")[:LONGEST]
    return f"{safe}_" if safe else ""
