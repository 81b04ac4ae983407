"""The command `diagnostics`: what helps whoever is asked for help."""

from napari_dsc.cli.parsing import Commands
from napari_dsc.io.diagnostics import diagnostics
from napari_dsc.terminal import say

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add `diagnostics`."""
    commands.add("diagnostics", diagnose)


def diagnose() -> None:
    """Print versions, machine and the last lines of the log: for a report of a fault."""
    say(diagnostics().rstrip("\n"))
