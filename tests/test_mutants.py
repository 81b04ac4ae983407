"""The list of deliberate faults stays true while the code moves on."""

from pathlib import Path

import pytest

from scripts import mutants

ROOT = Path(__file__).parents[1]


def test_there_are_enough_of_them():
    """At least twenty, none twice."""
    assert len({fault.what for fault in mutants.FAULTS}) == len(mutants.FAULTS) >= 20


@pytest.mark.parametrize("fault", mutants.FAULTS, ids=lambda fault: fault.what)
def test_a_fault_can_still_be_planted(fault):
    """The core holds what it turns wrong, and the wrong line is still Python."""
    text = (ROOT / "napari_dsc" / "core" / fault.file).read_text()
    assert fault.right in text
    changed = text.replace(fault.right, fault.wrong)
    assert changed != text
    compile(changed, fault.file, "exec")
