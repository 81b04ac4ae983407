"""The commands that read results: `report` and `methods`."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_dsc.cli.codes import NOTHING, code_of, doubts_of, followed, note
from napari_dsc.cli.parsing import Commands, add_naming, naming, path_of
from napari_dsc.core.defaults import COLOUR_FAMILY, PAPER, READING
from napari_dsc.core.quantities import FAMILIES
from napari_dsc.core.reading_orders import READINGS
from napari_dsc.io.methods_text import citations, methods_paragraph
from napari_dsc.io.read_record import read_record
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.io.results_folder import RECORD
from napari_dsc.report import FURTHER, PAPERS, make_report
from napari_dsc.terminal import one_line, say

__all__ = ["FAMILY_WORDS", "add_commands"]

FAMILY_WORDS: Mapping[str, str] = dict(
    zip(("rainbow", "uniform", "colour-blind"), FAMILIES, strict=True)
)


def add_commands(commands: Commands) -> None:
    """Add `report` and `methods`."""
    _add_report_options(commands.add("report", report))
    telling = commands.add("methods", methods)
    telling.add_argument("record", type=path_of, help=f"{RECORD} of results")


def _add_report_options(reporting: argparse.ArgumentParser) -> None:
    """What may be chosen of a report."""
    reporting.add_argument(
        "results", type=path_of, help="folder that `maps` has written, or a record in one of many"
    )
    reporting.add_argument("--out", type=path_of, required=True, help="FILE.html or FILE.pdf")
    usual = next(word for word, family in FAMILY_WORDS.items() if family == COLOUR_FAMILY)
    reporting.add_argument(
        "--colours", choices=list(FAMILY_WORDS), default=usual, help=f"of the maps; {usual}"
    )
    reporting.add_argument(
        "--reading",
        choices=list(READINGS),
        default=READING,
        help=f"what the scan is read for: which maps come first; {READING}",
    )
    reporting.add_argument(
        "--paper", choices=list(PAPERS), default=PAPER, help=f"of the PDF; {PAPER}"
    )
    reporting.add_argument(
        "--planes",
        nargs="+",
        choices=FURTHER,
        default=(),
        help="further planes beside the axial one",
    )
    reporting.add_argument(
        "--absolute",
        action="store_true",
        help="show CBV and CBF absolute even where absolute values do not hold; relative to white "
        "matter by default then",
    )
    add_naming(reporting)
    reporting.add_argument(
        "--anonymous", action="store_true", help="name nothing; as by default, over --named"
    )
    reporting.add_argument("--overwrite", action="store_true", help="replace an earlier report")


def report(
    results: Path,
    out: Path,
    colours: str,
    overwrite: bool,
    reading: str,
    paper: str,
    planes: Sequence[Any],
    absolute: bool,
    with_name: bool,
    anonymous: bool,
) -> int:
    """Make a report of a folder of results: findings first, then maps, numbers, methods."""
    followed(
        make_report(
            results,
            out,
            family=FAMILY_WORDS[colours],
            reading=reading,
            paper=paper,
            planes=planes,
            absolute=absolute,
            name=naming(with_name and not anonymous),
            date=naming(with_name and not anonymous),
            overwrite=overwrite,
        )
    )
    say(f"Report in {one_line(out)}. {RESEARCH_USE}")
    content = read_record(results if results.is_file() else results / RECORD).content
    note(*doubts_of(content))
    return code_of(content)


def methods(record: Path) -> int:
    """Print what was done, from a record.json, as a paragraph with its references."""
    content = read_record(record).content
    paragraphs = map(one_line, [methods_paragraph(content), *citations(content)])
    written = say("\n\n".join(paragraphs))
    note(*doubts_of(content))
    return code_of(content) if written else NOTHING
