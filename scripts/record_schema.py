"""Write the JSON Schema of records beside the pages: `python -m scripts.record_schema`."""

import json
import sys
from pathlib import Path

from napari_dsc import record_schema

PAGE = Path(__file__).parents[1] / "docs" / "record.schema.json"


def main() -> int:
    """Write it as the tables of the program make it."""
    PAGE.write_text(json.dumps(record_schema(), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
