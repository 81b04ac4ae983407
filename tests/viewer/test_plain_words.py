"""Words that a reader of scans did not understand stand in no text of the program."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import napari_dsc
from napari_dsc.core.regions import HIR, HIR_WORDS
from napari_dsc.viewer.button_keys import BUTTON_KEYS
from napari_dsc.viewer.regions.late_tissue_tab import COLUMNS

ROOT = Path(napari_dsc.__file__).parent
UNCLEAR = {
    "speck": "small piece",
    "answer stands": "accepted voxel",
    "answer that stands": "accepted",
    "stands against": "objection",
    "goes over": "is used instead of",
    "hang less on": "depend less on",
    "likewise.": "in the same way",
}


def texts(path: Path) -> Iterator[str]:
    """Strings of a module, put together, but for its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = [body for node in ast.walk(tree) if isinstance(body := getattr(node, "body", 0), list)]
    docs = {id(part.value) for body in bodies for part in body if isinstance(part, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@pytest.mark.parametrize("word", UNCLEAR)
def test_fault_379_no_text_holds_a_word_that_nobody_understands(word):
    """Another says it plainly: the message of a failure names it."""
    found = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in sorted(ROOT.rglob("*.py"))
        for text in texts(path)
        if word in text and " " in text
    ]
    assert not found, f"say {UNCLEAR[word]!r}: {found}"


def test_fault_379_hir_is_never_told_without_its_words():
    """Wherever a text names it, it is spelled out in the same breath."""
    assert HIR.startswith("Hypoperfusion intensity ratio (HIR: > 10 s over > 6 s)")
    assert HIR_WORDS.lower() == HIR.lower()
    for path in sorted(ROOT.rglob("*.py")):
        if path.name == "judgements.py":
            continue  # a file on disk keeps its words
        for text in texts(path):
            if re.search(r"\bHIR\b[ :]", text):
                assert "ypoperfusion intensity ratio" in text, (path, text)


def test_fault_379_a_button_says_what_it_does():
    """No verb alone, without what it is done to; no heading without its unit."""
    assert "Show" not in BUTTON_KEYS
    assert "Clean" not in BUTTON_KEYS
    numbers = [one for one in COLUMNS if one not in ("Tmax", "pieces")]
    assert all(one.endswith(", mL") for one in numbers)
    assert all(len(words) > len(name) for name, words in COLUMNS.items())


def test_fault_372_no_size_of_a_piece_is_capped():
    """A head has no larger piece than the largest that may be typed."""
    from napari_dsc.viewer.regions.late_tissue_tab import LARGEST

    assert LARGEST > 2000
