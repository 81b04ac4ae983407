"""What is worked out once for an object is given again, and goes with it."""

import gc
from weakref import ref

from napari_dsc.core.once import once


class Thing:
    """Something to be asked of."""


def test_each_object_is_worked_out_once_and_by_itself():
    asked = []

    @once
    def number(thing: Thing) -> int:
        asked.append(thing)
        return len(asked)

    one, other = Thing(), Thing()
    assert [number(one), number(other), number(one), number(other)] == [1, 2, 1, 2]
    assert asked == [one, other]


def test_nothing_is_kept_of_an_object_that_has_gone():
    answers = []

    @once
    def answer(_: Thing) -> Thing:
        made = Thing()
        answers.append(ref(made))
        return made

    thing = Thing()
    answer(thing)
    gone = ref(thing)
    del thing
    gc.collect()
    assert (gone(), answers[0]()) == (None, None)


def test_an_error_is_no_answer():
    tried = []

    @once
    def fails(thing: Thing) -> str:
        tried.append(thing)
        if len(tried) == 1:
            raise ValueError
        return "second"

    thing = Thing()
    for _ in range(2):
        try:
            found = fails(thing)
        except ValueError:
            found = "error"
    assert found == "second"
