"""End of a command: its exit code, its words on stderr, and the progress before."""

import logging
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from typing import Any, TypeVar, cast

from napari_dsc.core.acceptance import USABLE, acceptance_of
from napari_dsc.core.plausibility import Finding, told
from napari_dsc.core.types import Progress
from napari_dsc.io.judgements import read_findings
from napari_dsc.terminal import one_line, say

__all__ = [
    "CODES",
    "DOUBTFUL",
    "NOTHING",
    "STOPPED",
    "code_of",
    "doubts_of",
    "followed",
    "note",
    "to_do",
]

Result = TypeVar("Result")
log = logging.getLogger(__name__)
NOTHING = 2  # exit code: nothing was done
DOUBTFUL = 3  # exit code: files were written, but not to be used as they are
STOPPED = 128  # and the number of the signal
CODES = (
    "Exit codes: 0 done; 2 nothing was done, one line says why; 3 done, but doubtful: fewer than "
    f"{USABLE:.0%} of the brain's voxels were accepted, a replay is not as "
    "recorded, a scan of a cohort failed, or an installation does not give the stored figures."
)


def doubts_of(record: Mapping[str, Any]) -> list[str]:
    """Sentences on what speaks against maps, and that they are not usable, if they are not."""
    doubt = acceptance_of(record["quality"]).doubt
    return [*told(read_findings(record)), *([doubt] if doubt else [])]


def to_do(findings: Iterable[Finding]) -> list[str]:
    """What to do about findings, each once."""
    return [f"To do: {words}" for words in dict.fromkeys(one.remedy for one in findings) if words]


def note(*notices: str) -> None:
    """Say on stderr what somebody should know, each on a line."""
    for notice in notices:
        say(f"Note: {one_line(notice)}", error=True)


def code_of(record: Mapping[str, Any]) -> int:
    """Exit code for results: 3 where they are doubtful."""
    return DOUBTFUL if acceptance_of(record["quality"]).doubt else 0


def followed(work: Generator[Progress, None, Result]) -> Result:
    """Run work to its end under a progress bar, which shows on a terminal only."""
    from tqdm import tqdm

    words = "{desc}: {bar} {n:.0f} %"
    hidden = True if sys.stderr is None else None  # None: unless it is a terminal
    stage = ""
    with closing(work), tqdm(total=100, disable=hidden, leave=False, bar_format=words) as bar:
        while True:
            try:
                step = next(work)
            except StopIteration as done:
                return cast("Result", done.value)
            if step.stage != stage:
                stage = step.stage
                log.debug("%s", stage)
            bar.set_description_str(stage)
            bar.update(100 * step.fraction - bar.n)
