"""Run every example, and leave their pictures in a folder: `python -m examples FOLDER`."""

import sys
from pathlib import Path

from examples.gallery import EXAMPLES, picture_of, run_example


def main() -> int:
    """Run them one after the other."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    for path in EXAMPLES:
        run_example(path, picture_of(path, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
