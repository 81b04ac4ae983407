"""Places of results: the folder, how their names begin, and what stands there already."""

import argparse
from pathlib import Path

from napari_dsc.cli.parsing import path_of
from napari_dsc.io.readers import reader_by_name
from napari_dsc.io.result_names import is_bids, named, prefix_of
from napari_dsc.io.results_folder import refuse_existing

__all__ = ["add_places", "is_bids_name", "refuse_existing_early"]


def add_places(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the options of where results go."""
    parser.add_argument("--out", type=path_of, required=required, help="folder for maps and record")
    parser.add_argument("--overwrite", action="store_true", help="replace earlier results")
    parser.add_argument(
        "--name",
        help="how the names of the results begin; that of the scan's file by default, or the "
        "number and description of a DICOM series",
    )


def refuse_existing_early(out: Path, overwrite: bool, scan: Path, name: str | None) -> None:
    """Refuse earlier results before the scan is read, where their names are known by then."""
    known = scan if name is None else named(name)
    if name is not None or reader_by_name(scan) is not None:
        refuse_existing(out, overwrite, prefix_of(known))


def is_bids_name(called: Path | None) -> bool:
    """Whether results are called after a scan that is named as BIDS wants it."""
    return called is not None and is_bids(called)
