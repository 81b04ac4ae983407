"""The command `schema`: what a record says, for programs that read it."""

import json

from napari_dsc.cli.parsing import Commands
from napari_dsc.io.record_schema import record_schema
from napari_dsc.terminal import say

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add `schema`."""
    commands.add("schema", schema)


def schema() -> None:
    """Print the JSON Schema of record.json: for a program that reads records."""
    say(json.dumps(record_schema(), indent=1))
