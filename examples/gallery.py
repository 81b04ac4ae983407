"""What the examples are, and how one of them is run."""

import importlib
from pathlib import Path

__all__ = ["EXAMPLES", "picture_of", "run_example", "title_of"]

HERE = Path(__file__).parent
EXAMPLES = sorted(path for path in HERE.glob("*/*.py") if path.name != "__init__.py")


def run_example(path: Path, picture: Path) -> None:
    """Run an example, which writes its picture."""
    name = ".".join(("examples", *path.relative_to(HERE).with_suffix("").parts))
    importlib.import_module(name).main(picture)


def picture_of(path: Path, folder: Path) -> Path:
    """Where the picture of an example goes."""
    return folder / f"{path.parent.name}-{path.stem}.png"


def title_of(path: Path) -> str:
    """First sentence of what an example says of itself."""
    name = ".".join(("examples", *path.relative_to(HERE).with_suffix("").parts))
    return str(importlib.import_module(name).__doc__).split("\n")[0].rstrip(".")
