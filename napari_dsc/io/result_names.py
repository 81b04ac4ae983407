"""Names of results: after the scan, by a fixed pattern, or as the user says.

A folder's name is never used: it may be the patient's.
"""

import re
from pathlib import Path

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Series
from napari_dsc.io.readers import stem_of

__all__ = ["is_bids", "named", "prefix_of", "scan_file"]

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
    safe = _safe(stem)
    return f"{safe}_" if safe else ""


def _safe(words: str) -> str:
    return re.sub(r"(?:[^\w-]|_)+", "_", words).strip("_-")[:LONGEST]


def named(name: str) -> Path:
    """Stand-in for the file of a scan whose results a user names.

    Raises
    ------
    DscError
        If nothing of the name can stand in the name of a file.

    Examples
    --------
    >>> prefix_of(named("case 7: left"))
    'case_7_left_'
    """
    if not _safe(name):
        raise DscError(
            f"the name must hold letters or digits, got {name!r:.40}. Give another, such as case7."
        )
    return Path(f"{name.replace('/', '_')}.nii")


def scan_file(path: Path | None, series: Series) -> Path | None:
    """File after which the results of a scan are called: never a folder.

    Of DICOM it is the number and the description of the series, unless the scan is one file that
    was opened; of a folder that file in it that holds the scan, or the first of its volumes without
    its number.

    Parameters
    ----------
    path : Path or None
        What was opened; None: the scan was read before, and knows its files.
    series : Series
        The scan that was read from it.

    Examples
    --------
    >>> import numpy as np
    >>> facts = {"signal": np.ones((2, 20)), "time": None, "echo_time": None, "affine": None}
    >>> prefix_of(scan_file(Path("DOE^JOHN"), Series(**facts, name="5_DSC", dicom=True)))
    '5_DSC_'
    >>> volumes = (Path("DOE^JOHN/vol_01.nii"), Path("DOE^JOHN/vol_02.nii"))
    >>> prefix_of(scan_file(Path("DOE^JOHN"), Series(**facts, files=volumes)))
    'vol_'
    >>> prefix_of(scan_file(None, Series(**facts, files=(Path("DOE^JOHN/scan.nii"),))))
    'scan_'
    """
    if series.dicom and series.files != (path,):
        return Path(f"{series.name or 'dicom'}.nii")
    if not series.files or path in series.files:
        return path
    first = series.files[0]
    if len({stem_of(one) for one in series.files}) == 1:
        return first
    return Path(re.sub(r"[\W_]*\d+$", "", stem_of(first)) or "scan").with_suffix(".nii")
