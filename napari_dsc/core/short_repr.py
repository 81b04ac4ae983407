"""Short representations of arrays for printing: kind, shape and range, not the numbers."""

from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

__all__ = ["brief", "in_brief"]

Kind = TypeVar("Kind")
FEW = 8  # numbers that are shown themselves
MOST = 1_000_000  # samples that are looked at for a range
LONGEST = 80  # characters of a value that is no array


def brief(kind: type[Kind]) -> type[Kind]:
    """Give a dataclass a representation that fits on a screen."""
    kind.__repr__ = _represented  # type: ignore[method-assign]
    return kind


def _represented(self: Any) -> str:
    told = ", ".join(f"{one.name}={in_brief(getattr(self, one.name))}" for one in fields(self))
    return f"{type(self).__name__}({told})"


def in_brief(value: Any) -> str:
    """What a value is in a few words.

    Examples
    --------
    >>> in_brief(np.linspace(0, 90, 60))
    '<float64 (60,): 0 to 90, median 45>'
    >>> in_brief(np.arange(20).reshape(4, 5) > 4)
    '<bool (4, 5): 15 True>'
    """
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, tuple | list) and len(value) > FEW:
        return f"<{type(value).__name__} of {len(value)}>"
    if isinstance(value, dict) or (hasattr(value, "items") and hasattr(value, "keys")):
        told = ", ".join(f"{key!r}: {in_brief(one)}" for key, one in list(value.items())[:FEW])
        return f"{{{told}{', …' if len(value) > FEW else ''}}}"
    words = repr(value)
    own = hasattr(type(value), "__dataclass_fields__")
    return words if own or len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _array(array: np.ndarray[Any, Any]) -> str:
    what = f"{array.dtype} {array.shape}"
    if array.dtype == np.bool_:
        return f"<{what}: {int(np.count_nonzero(array))} True>"
    if array.size <= FEW and array.ndim <= 1:
        return f"<{array.dtype} {np.asarray(array).tolist()}>"
    if array.dtype.kind not in "iuf":
        return f"<{what}>"
    some = np.asarray(array).ravel()[:: 1 + array.size // MOST] if array.size <= MOST else None
    if some is None:  # a whole scan: its numbers are not read for a word
        return f"<{what}>"
    finite = some[np.isfinite(some)]
    if not finite.size:
        return f"<{what}: no finite number>"
    gone = f", {some.size - finite.size} not finite" if finite.size < some.size else ""
    middle = f"{finite.min():.4g} to {finite.max():.4g}, median {np.median(finite):.4g}"
    return f"<{what}: {middle}{gone}>"
