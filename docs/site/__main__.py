"""Build the site: `python -m docs.site FOLDER`. A warning is an error."""

import subprocess
import sys
from pathlib import Path

from docs.site.from_tables import write_pages

DOCS = Path(__file__).parents[1]


def main() -> int:
    """Write the pages of the tables, and run sphinx over all."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "build/site")
    write_pages(DOCS / "made")
    words = ["-b", "html", "-W", "--keep-going", "-q", "-E", "-c", str(DOCS / "site")]
    command = [sys.executable, "-m", "sphinx", *words, str(DOCS), str(out)]
    return subprocess.run(command, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
