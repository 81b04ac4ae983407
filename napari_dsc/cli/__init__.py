"""The shell: `napari-dsc`, `napari-dsc FILE`, and one module for each command.

`viewing` opens windows, `maps` computes, `replay` computes again, `reading` makes reports and
methods of results, `scale` a standard scale of them, `patient` writes the digital patient, `cohort`
computes many scans, `verify` tries the installation, `schema` says what a record holds,
`diagnosing` tells what helps whoever is asked for help. `parsing` reads words, `codes` says how a
command ends, `places` where results go.
"""

import json
import logging
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NoReturn

from napari_dsc.cli import (
    cohort,
    diagnosing,
    maps,
    patient,
    reading,
    replay,
    scale,
    schema,
    verify,
    viewing,
)
from napari_dsc.cli.codes import CODES, NOTHING, STOPPED
from napari_dsc.cli.parsing import VERBOSE, Commands, Parser
from napari_dsc.core.errors import NO_MEMORY, DscError
from napari_dsc.io.log_file import TOLD, hide, keep_log, speak
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.io.temporaries import sweep_all
from napari_dsc.terminal import EndedError, catching_signals, one_line, say, spell_out
from napari_dsc.version import __version__

__all__ = ["main", "make_parser"]

NAMES = ("name", "pattern", "participant_label", "session_label")  # words that may be a person's
log = logging.getLogger(__name__)


def make_parser() -> tuple[Parser, Commands]:
    """Parser of the program, and its commands."""
    parser = Parser(
        prog="napari-dsc",
        description=f"DSC-MRI perfusion maps. {RESEARCH_USE}",
        epilog=f"`napari-dsc FILE` opens a scan; without any word the viewer opens empty. {CODES}",
    )
    parser.add_argument(VERBOSE, action="store_true", help="as of each command")
    parser.add_argument("--version", action="version", version=f"napari-dsc {__version__}")
    commands = Commands(parser)
    modules = (viewing, patient, maps, replay, reading, scale, cohort, verify, schema, diagnosing)
    for module in modules:
        module.add_commands(commands)
    return parser, commands


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line: what a user can mend is one line and exit code 2.

    Returns
    -------
    int
        0; or 3 where files were written that are not to be used as they are.
    """
    spell_out()
    parser, commands = make_parser()
    command, *rest = _arranged(sys.argv[1:] if words is None else words, commands)
    chosen = vars(parser.parse_args([command, *rest]))
    as_json, run = bool(chosen.get("json")), chosen.pop("run")
    _begin_log(chosen, command)
    begun = perf_counter()
    try:
        with catching_signals(_end):
            sweep_all()
            code: int = run(**chosen) or 0
        log.info("%s ended: code %d, %.1f s", command, code, perf_counter() - begun)
        return code
    except (DscError, OSError) as error:
        log.warning("refused: %s", error, extra=TOLD)
        _refuse(parser, one_line(error), as_json=as_json)
    except MemoryError:
        _refuse(parser, NO_MEMORY, as_json=as_json)
    except KeyboardInterrupt:
        parser.exit(STOPPED + signal.SIGINT)
    except EndedError as ended:
        parser.exit(STOPPED + ended.number)
    except Exception:  # a fault of ours: Python prints it
        log.exception("napari-dsc failed:", extra=TOLD)
        raise
    return NOTHING  # not reached: all have left


def _arranged(words: Sequence[str], commands: Commands) -> list[str]:
    """Words with their command first: a file alone is viewed."""
    spoken = [one for one in words[:1] if one == VERBOSE]
    rest = list(words[len(spoken) :])
    if not rest or (rest[0] not in commands.names and not rest[0].startswith("-")):
        rest.insert(0, "view")
    return [*rest[:1], *spoken, *rest[1:]]


def _begin_log(chosen: dict[str, Any], name: str) -> None:
    """Write the log from now on, without the names that were typed."""
    hide(*_typed(chosen))
    keep_log()
    if chosen.pop("verbose"):
        speak()
    log.info("napari-dsc %s, Python %s: %s", __version__, sys.version.split()[0], name)


def _typed(chosen: Mapping[str, Any]) -> Iterator[object]:
    """Paths and names among what was typed."""
    for name, value in chosen.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, Path) or (name in NAMES and one is not None):
                yield one


def _refuse(parser: Parser, words: str, *, as_json: bool) -> NoReturn:
    """Leave with one line; for a program it stands on stdout too."""
    if as_json:
        say(json.dumps({"error": words, "code": NOTHING}))
    parser.exit(NOTHING, f"napari-dsc: {words}\n")


def _end(number: int) -> NoReturn:
    raise EndedError(number)
