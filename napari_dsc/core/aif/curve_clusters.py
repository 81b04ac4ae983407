"""Groups of curves of like shape."""

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.parallel_blocks import workers
from napari_dsc.core.types import FloatArray

__all__ = ["earliest", "like_shapes"]

GROUPS = 5
FEWEST = 4 * GROUPS  # curves that are still worth parting
MOST_TURNS = 100
MOST_SEEDED = 10_000  # curves that the groups are found with; all are sorted into them


def like_shapes(
    curves: FloatArray, moments: FloatArray, groups: int = GROUPS, turns: int = MOST_TURNS
) -> NDArray[np.intp]:
    """Group curves by k-means, seeded by the quantiles of their first moments.

    The seeds make it deterministic: each is the mean of the curves between two quantiles. Of more
    than 10,000 curves every second, third, … finds the groups, and all are sorted into them.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Curves of unit area.
    moments : ndarray, shape (V,)
        Their first moments, s.
    groups : int
        How many; no more than V.
    turns : int
        Of reassignment, at most.

    Returns
    -------
    ndarray of int, shape (V,)
        Group of each, 0 to `groups` − 1.

    References
    ----------
    .. [1] Lloyd SP (1982). IEEE Trans Inf Theory 28(2):129-137.

    Examples
    --------
    >>> curves = np.array([[1.0, 0, 0], [0.9, 0.1, 0], [0, 0.1, 0.9], [0, 0, 1.0]])
    >>> like_shapes(curves, np.array([0.0, 0.1, 1.9, 2.0]), groups=2).tolist()
    [0, 0, 1, 1]
    """
    some = slice(None, None, max(1, -(-len(curves) // MOST_SEEDED)))
    sample = curves[some]
    order = np.argsort(moments[some], kind="stable")
    centres = np.stack([sample[rows].mean(axis=0) for rows in np.array_split(order, groups)])
    with workers():  # one BLAS thread: the same bytes on any number of cores
        group = _nearest(sample, centres)
        for _ in range(turns):
            member = np.arange(groups)[:, None] == group
            count = member.sum(axis=1)
            means = member.astype(curves.dtype) @ sample / np.maximum(count, 1)[:, None]
            centres = np.where(count[:, None] > 0, means, centres)
            again = _nearest(sample, centres)
            if np.array_equal(again, group):
                break
            group = again
        return _nearest(curves, centres)


def _nearest(curves: FloatArray, centres: FloatArray) -> NDArray[np.intp]:
    """Centre that each curve is nearest to."""
    # The squared distance, but for the curve's own square: that is the same for every centre.
    squares = np.einsum("kt,kt->k", centres, centres)
    return np.asarray((squares - 2 * curves @ centres.T).argmin(axis=1))


def earliest(
    curves: FloatArray, moments: FloatArray, rounds: int = 2
) -> tuple[NDArray[np.intp], ...]:
    """Rows of the group with the lowest mean first moment, grouped again and again.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Curves of unit area.
    moments : ndarray, shape (V,)
        Their first moments, s.
    rounds : int
        How often; fewer than 20 curves are not parted any more.

    Returns
    -------
    tuple of ndarray of int
        What each round kept, the last one first, and at the end all rows; each ascending.
    """
    kept = [np.arange(len(curves))]
    for _ in range(rounds):
        rows = kept[0]
        if rows.size < FEWEST:
            break
        group = like_shapes(curves[rows], moments[rows])
        means = [
            moments[rows[group == number]].mean() if (group == number).any() else np.inf
            for number in range(GROUPS)
        ]
        kept.insert(0, rows[group == int(np.argmin(means))])
    return tuple(kept)
