"""Words on a scan without the names of its files and folders: a log goes to others."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from napari_dsc.cohort.scans import CohortScan
from napari_dsc.io.readers import stem_of
from napari_dsc.terminal import one_line

__all__ = ["nameless"]

SHORTEST = 3  # letters of a name
MOST = 10_000  # files whose names are looked for
PLAIN = frozenset({"scan", "scans", "data", "mask", "file", "files", "perf", "the", "and", "dsc"})
QUOTED = re.compile(r"""got (?:'[^']*'|"[^"]*")""")


def nameless(words: str, scan: CohortScan, out: Path) -> str:
    """Words without paths, names of files and folders, and what was quoted of a file.

    Parameters
    ----------
    words : str
        Of an error.
    scan : CohortScan
        Whose. Names that BIDS gives are labels, and stay.
    out : Path
        Root of the results.

    Returns
    -------
    str
        One line.
    """
    for path in (*scan.path.parents, scan.path, out, *out.parents):
        if len(path.parts) > 1:
            for spelled in (str(path), str(path.absolute())):
                words = words.replace(spelled, "")
    for name in sorted(set(_names(scan)), key=len, reverse=True):
        words = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "the file", words)
    words = QUOTED.sub("got another", words)
    return one_line(" ".join(words.split()))


def _names(scan: CohortScan) -> Iterator[str]:
    """Names that may be a person's: of the scan, of the folders above it, of files beside it."""
    folder = scan.path if scan.path.is_dir() else scan.path.parent
    own = [Path(part) for part in (*Path(scan.source).parts, *scan.root.absolute().parts[1:])]
    beside = () if scan.is_bids else islice(folder.rglob("*"), MOST)
    for path in (*own, *beside):
        for name in (path.name, stem_of(path), Path(path.name).stem):
            if len(name) >= SHORTEST and name.lower() not in PLAIN and not _is_label(scan, name):
                yield name


def _is_label(scan: CohortScan, name: str) -> bool:
    """Whether BIDS gave a name: it is a label that the results bear, too."""
    return scan.is_bids and name.startswith(("sub-", "ses-"))
