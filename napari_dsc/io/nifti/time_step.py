"""The time step of a scan: what every source says of it, and what has to be asked."""

from collections.abc import Sequence

import numpy as np

from napari_dsc.core.time_units import PLAUSIBLE_STEP, odd_step, remedy
from napari_dsc.core.types import FloatArray

__all__ = ["DISAGREE", "settle", "step_of"]

DISAGREE = 0.01  # relative difference of two sources
JITTER = 0.2  # relative deviation from the median step up to which a list of times has one step


def step_of(times: FloatArray, others: Sequence[float]) -> float:
    """Time step of a list of times: the median, or the mean where only that is what others say.

    Steps that alternate have a median that is one of the two; where a volume is late it is the
    mean that is off. A scan of several speeds, or with gaps, has no one step: what all others say
    of it is right if it lies among its steps.

    Examples
    --------
    >>> step_of(np.array([0, 1.6, 3, 4.6, 6]), [1.5])
    1.5
    >>> step_of(np.array([0, 1, 2, 3, 6, 9, 12, 15.0]), [1.0])
    1.0
    """
    steps = np.diff(times)
    median = float(np.median(steps))
    if others and abs(steps / median - 1).max() > JITTER:
        least, most = (1 - DISAGREE) * steps.min(), (1 + DISAGREE) * steps.max()
        alike = max(others) / min(others) - 1 <= DISAGREE
        return others[0] if alike and least <= others[0] <= most else median
    mean = float((times[-1] - times[0]) / (len(times) - 1))
    near = [all(abs(one / told - 1) <= DISAGREE for told in others) for one in (median, mean)]
    return mean if near == [False, True] else median


def settle(claims: dict[str, float]) -> tuple[float | None, dict[str, str], tuple[str, ...]]:
    """Time step that every source agrees on, what each says, and what has to be asked."""
    if not claims:
        question = "The file does not say its repetition time: enter it in seconds."
        return None, {}, (question,)
    trusted = next(iter(claims.values()))
    agreed = all(abs(claim / trusted - 1) <= DISAGREE for claim in claims.values())
    if not agreed:
        said = ", ".join(f"{claim:g} s ({source})" for source, claim in claims.items())
        question = f"Sources disagree on the repetition time: {said}. Enter the right one."
        rows = {f"Repetition time ({key})": f"{claim:g} s" for key, claim in claims.items()}
        return None, rows, (question,)
    words = {"Repetition time": f"{trusted:g} s ({' and '.join(claims)})"}
    if odd_step(trusted):
        low, high = PLAUSIBLE_STEP
        question = (
            f"A repetition time of {trusted:g} s is outside {low:g} to {high:g} s: it may be that "
            f"of one slice or shot. {remedy(trusted)} Enter the right one; if it is this one, "
            "enter it and confirm it."
        )
        return None, words, (question,)
    return trusted, words, ()
