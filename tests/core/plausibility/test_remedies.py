"""Each finding says what to do about it, in words of the program that there are."""

import re
from pathlib import Path

import pytest

from napari_dsc import Finding
from napari_dsc.cli import main
from napari_dsc.core.plausibility import REMEDIES, findings
from napari_dsc.core.settings import SETTINGS


def keys() -> set[str]:
    """Every key that a rule gives: named in the docstring of a finding, and in the source."""
    doc = Finding.__doc__ or ""
    return set(re.findall(r'"([a-z ]+)"', doc.split("level : str")[0]))


def test_fault_378_every_rule_has_a_remedy():
    """And what is good has none."""
    assert set(REMEDIES) == keys()
    source = Path(findings.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r'key="([a-z ]+)"', source)) <= keys()
    for key, words in REMEDIES.items():
        assert Finding(key=key, level="doubtful", words="It is.").remedy == words
        assert Finding(key=key, level="good", words="It is.").remedy == ""
        assert words.endswith(".")
    assert Finding(key="of a later version", level="note", words="It is.").remedy == ""


def test_fault_378_what_a_remedy_names_is_there(capsys):
    """Options of the command line, labels of the form, buttons of the screen."""
    with pytest.raises(SystemExit):
        main(["maps", "--help"])
    known = capsys.readouterr().out
    words = " ".join(REMEDIES.values())
    for option in set(re.findall(r"--[a-z-]+", words)):
        assert option in known
    labels = {row.label for row in SETTINGS.values()}
    assert {"CBV window", "Leakage", "Tmax and delay by"} <= labels
    for label in (
        "CBV window (--window)",
        "Leakage (--leakage)",
        "Tmax and delay by (--times-by)",
    ):
        assert label in words
