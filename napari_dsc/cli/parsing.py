"""Words of a command line: how they are read, and how they are refused in one line."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from napari_dsc.analysis import CHOICE_ROWS, Input, Setup, in_shell
from napari_dsc.cli.codes import CODES, NOTHING
from napari_dsc.core.settings import Setting
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.terminal import one_line, say

__all__ = [
    "VERBOSE",
    "Commands",
    "Parser",
    "add_choices",
    "add_naming",
    "chosen_of",
    "in_shell",
    "naming",
    "path_of",
]

VERBOSE = "--verbose"


class Parser(argparse.ArgumentParser):
    """One that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Say it, and leave."""
        self.exit(NOTHING, f"{self.prog}: {one_line(message)}\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print help on stdout and errors on stderr, whoever has stopped reading."""
        say(message.removesuffix("\n"), error=file is not sys.stdout)


class Commands:
    """The commands of a program, each added by its own module.

    Parameters
    ----------
    parser : Parser
        Of the program.
    """

    def __init__(self, parser: Parser) -> None:
        self._parsers = parser.add_subparsers(metavar="COMMAND")

    @property
    def names(self) -> Sequence[str]:
        """How they are called."""
        return list(self._parsers.choices)

    @property
    def parsers(self) -> Mapping[str, argparse.ArgumentParser]:
        """What reads the words of each, by its name."""
        return self._parsers.choices

    def add(self, name: str, run: Callable[..., int | None]) -> argparse.ArgumentParser:
        """Add a command; what it does is said by the function that runs it."""
        words = run.__doc__ or ""
        command = self._parsers.add_parser(name, help=words, description=f"{words} {RESEARCH_USE}")
        command.epilog = CODES  # unlike a help, no template
        command.set_defaults(run=run)
        command.add_argument(
            VERBOSE, action="store_true", help="tell on stderr what is done; the log keeps the most"
        )
        return command


def add_naming(command: argparse.ArgumentParser) -> None:
    """Add what lets a report say whose scan it is: nothing does unless it is asked for."""
    command.add_argument(
        "--named",
        dest="with_name",
        action="store_true",
        help="put how the names of the results begin, and a date, on the report; neither by "
        "default, as a name of a file may tell whose scan it is",
    )


def naming(with_name: bool) -> str | None:
    """Name, and date, as `make_report` takes them: None is that of the results, "" is none."""
    return None if with_name else ""


def path_of(text: str) -> Path:
    """File or folder by its name: an empty one, as of an unset variable, is not this folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError(
            f"must be the name of a file or folder, got {text!r}. For this folder write a dot"
        )
    return Path(text)


def add_choices(parser: argparse.ArgumentParser, names: Sequence[str] | None = None) -> None:
    """Add an option for each row of settings and inputs, or for some of them."""
    for name in CHOICE_ROWS if names is None else names:
        row = CHOICE_ROWS[name]
        parser.add_argument(row.option, dest=name, help=row.help, **_reading(row))


def _reading(row: Setting | Input) -> dict[str, Any]:
    """How the words of an option are read; what is not said is None."""
    options: dict[str, dict[str, Any]] = {
        "method": {},
        "number": {"type": float},
        "choice": {"type": _choice(row.choices), "metavar": "WORD"},
        "switch": {"action": "store_const", "const": not row.option.startswith("--no-")},
        "span": {"type": _volumes, "metavar": "START:STOP"},
        "volumes": {"metavar": "LIST"},
        "end": {"type": int, "metavar": "N"},
        "count": {"type": int, "metavar": "N"},
        "word": {"metavar": "N"},
        "mask": {"type": path_of, "metavar": "FILE"},
        "vessel": {"type": path_of, "metavar": "FILE"},
    }
    return options[row.kind]


def chosen_of(words: Mapping[str, Any], setup: Setup | None = None) -> Setup:
    """What was chosen on a command line, over what a file says."""
    given = {name: words[name] for name in CHOICE_ROWS if words.get(name) is not None}
    return (Setup() if setup is None else setup).replaced(**given)


def _volumes(words: str) -> tuple[int, int]:
    try:
        start, stop = (int(word) for word in words.split(":"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be START:STOP, got {words!r}") from None
    return start, stop


def _choice(choices: Sequence[str]) -> Callable[[str], str]:
    """Reader of one of several words, which may be written with hyphens."""

    def read_choice(words: str) -> str:
        known = {one.replace(" ", "-"): one for one in choices}
        if words.replace(" ", "-") not in known:
            raise argparse.ArgumentTypeError(f"must be {' or '.join(known)}, got {words!r}")
        return known[words.replace(" ", "-")]

    return read_choice
