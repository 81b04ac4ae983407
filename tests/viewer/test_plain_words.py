"""Words that a reader of scans did not understand stand in no text of the program."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import napari_dsc
from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.regions import HIR, HIR_WORDS
from napari_dsc.core.settings import SETTINGS
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


OF_CODE = {  # on screen; what a programmer types may be called so
    "labels layer": "mask",
    "Labels layer": "mask",
    "affine": "header",
    "the rail": "the steps",
    "CAPLEX": "nothing: the code stands in the methods",
    "opt-in": "what it does",
    "by evidence": "how it chooses",
    "atoms": "what they are",
}
ONE_WORD = {  # of two for one thing
    "uncleaned": "before cleaning",
    "late echo": "long echo",
    "own share": "uncertainty from its voxels",
    "Numbers … ": "the page Regions",
}
CUT_OFF = re.compile(r"\b(is|are|the|a|an|and|or|not)$")


def tooltip_of(kind: type) -> str:
    """What the form says of a method."""
    return (kind.__doc__ or "").split("\n")[0]


@cache
def texts(path: Path) -> tuple[str, ...]:
    """Strings of a module, put together, but for its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = [body for node in ast.walk(tree) if isinstance(body := getattr(node, "body", 0), list)]
    docs = {id(part.value) for body in bodies for part in body if isinstance(part, ast.Expr)}
    nodes = (one for one in ast.walk(tree) if isinstance(one, ast.Constant) and id(one) not in docs)
    return tuple(one.value for one in nodes if isinstance(one.value, str))


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


SHOWN = [
    *sorted((ROOT / "viewer").rglob("*.py")),
    *sorted((ROOT / "core" / "settings").rglob("*.py")),
]


@pytest.mark.parametrize("word", OF_CODE)
def test_fault_422_no_text_on_screen_uses_a_name_of_the_code(word):
    """A radiologist reads what the thing is."""
    hints = [hint for row in SETTINGS.values() for hint in (row.label, row.tooltip)]
    hints += [tooltip_of(kind) for kind in DECONVOLVERS.values()]
    found = [text for path in SHOWN for text in texts(path) if word in text and " " in text]
    refused = [one for one in (*found, *hints) if word in one]
    assert not refused, f"say {OF_CODE[word]!r}: {refused}"


@pytest.mark.parametrize("word", ONE_WORD)
def test_fault_423_one_thing_has_one_word(word):
    """Screen, report and command line say the same of it."""
    found = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in sorted(ROOT.rglob("*.py"))
        for text in texts(path)
        if word in text and " " in text
    ]
    assert not found, f"say {ONE_WORD[word]!r}: {found}"


def test_fault_421_no_label_is_half_a_sentence():
    """Neither that of a setting, which Undo quotes, nor that of a button."""
    assert CUT_OFF.search("Region does not")
    named = [row.label for row in SETTINGS.values()] + list(BUTTON_KEYS)
    assert [name for name in named if CUT_OFF.search(name)] == []


@pytest.mark.parametrize("name", DECONVOLVERS)
def test_fault_424_a_method_says_in_a_whole_sentence_what_it_does(name):
    """The first line of its class is its tooltip: nothing of it is on a second one."""
    line = tooltip_of(DECONVOLVERS[name])
    assert re.fullmatch(r"[A-Z].*[a-z]\.", line)
    assert re.search(r"delay", line)


def test_fault_420_where_a_region_is_chosen_is_called_as_its_page_is():
    """Each page that a text names is a page of the dock of measurements."""
    pages = texts(ROOT / "viewer" / "review" / "review_dock.py")
    named = {
        page
        for path in SHOWN
        for text in texts(path)
        for page in re.findall(r"on the page ([A-Z]\w+(?: [a-z]+)?)", text)
    }
    assert "Regions" in named
    assert {one for one in named if one not in pages and one.split()[0] not in pages} == set()


def test_fault_372_no_size_of_a_piece_is_capped():
    """A head has no larger piece than the largest that may be typed."""
    from napari_dsc.viewer.regions.late_tissue_tab import LARGEST

    assert LARGEST > 2000
