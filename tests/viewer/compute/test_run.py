"""How long gestures wait for their slice, and what is worked out beside the window's thread."""

from itertools import pairwise
from threading import current_thread, main_thread

from napari_dsc.core import regions
from napari_dsc.viewer.compute.run import PATIENCE, Patience
from napari_dsc.viewer.maps import map_layers


def waits(patience: Patience, *came: bool) -> list[bool]:
    """Whether each of some gestures waits, the slice of those that do coming or not."""
    found = []
    for one in came:
        found.append(patience.next() > 0)
        if found[-1]:
            patience.learn(one)
    return found


def test_gestures_wait_as_long_as_slices_come():
    patience = Patience()
    assert patience.next() == PATIENCE
    assert all(waits(patience, *[True] * 5))


def test_in_vain_they_wait_less_and_less_often():
    """After one in vain one passes, then two, four, eight, and no more."""
    found = waits(Patience(), *[False] * 40)
    at = [number for number, waited in enumerate(found) if waited]
    assert [later - sooner for sooner, later in pairwise(at)] == [2, 3, 5, 9, 9, 9]


def test_a_slow_start_is_forgotten():
    """One slice that comes, and all wait again; two in vain, and two do not."""
    patience = Patience()
    assert waits(patience, False, True, True, True) == [True, False, True, True]
    assert waits(patience, False, True, False, True, True) == [True, False, True, False, False]


def test_fault_491_what_pictures_leave_blank_is_worked_out_beside_the_window(
    opened, patient, monkeypatch
):
    """On a large scan it takes a tenth of a second, in which the window would hear nothing."""
    threads = []

    def noted(*inputs, **facts):
        threads.append(current_thread())
        return regions.blank_voxels(*inputs, **facts)

    monkeypatch.setattr(map_layers, "blank_voxels", noted)
    opened.draw(patient)
    opened.compute()
    assert opened.panel.scan.layers.maps
    assert threads
    assert main_thread() not in threads
