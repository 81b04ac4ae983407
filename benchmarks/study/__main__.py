"""Run the study, print its tables, write docs/study.md and docs/study.png, judge the bars."""

import sys
from pathlib import Path

from benchmarks.study.bars import bars
from benchmarks.study.measures import study
from benchmarks.study.page import page, tables, verdicts
from benchmarks.study.picture import draw

DOCS = Path(__file__).parents[2] / "docs"


def main() -> int:
    """Exit code: 1 if a bar fails that the page does not name as missed."""
    found = study()
    judged = bars(found)
    for heading, one in tables(found).items():
        print(f"{heading}\n{one}\n")
    print(verdicts(judged))
    draw(found, DOCS / "study.png")
    (DOCS / "study.md").write_text(page(found, judged), encoding="utf-8")
    return 0 if all(bar.stands for bar in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
