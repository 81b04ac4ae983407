"""Write the commands of napari's palette into napari.yaml: `python -m scripts.palette`.

Each button of the panel and each key of the pictures is one, with its words; and the methods among
which napari's preferences let choose. All else of the file stays as it is.
"""

import re
import sys
from pathlib import Path

import napari_dsc
from napari_dsc import DECONVOLVERS
from napari_dsc.core.defaults import METHOD
from napari_dsc.viewer.commands import COMMANDS

MANIFEST = Path(napari_dsc.__file__).with_name("napari.yaml")
BEGIN = "    # Buttons of the panel, and keys of the pictures: titles are theirs.\n"
END = "  widgets:\n"


def commands() -> str:
    """Every command, as the manifest has it."""
    return "".join(
        f"    - id: napari-dsc.{name}\n"
        f"      python_name: napari_dsc.viewer.commands:{name}\n"
        f'      title: "{title}"\n'
        for name, title in COMMANDS.items()
    )


def main() -> int:
    """Write them."""
    text = MANIFEST.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    methods = f"default: {METHOD}\n          enum: [{', '.join(DECONVOLVERS)}]"
    after = re.sub(rf"default: {METHOD}\n +enum: \[.+\]", methods, after)
    MANIFEST.write_text(before + BEGIN + commands() + END + after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
