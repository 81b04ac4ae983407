"""Cache of the search in the text of shaders, which vispy repeats for each picture of each cell.

Six tiles with names, colours and outlines are some thirty programs on the graphics card, of five
texts. vispy looks for the variables of each by a pattern that takes longer than compiling it. What
a pattern finds in a text is always the same, so it is remembered; nothing else of vispy changes.
"""

import logging
import re
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

__all__ = ["remember_shaders"]

log = logging.getLogger(__name__)
TEXTS = 256  # that are remembered


@lru_cache(TEXTS)
def _sub(pattern: str, replacement: str, text: str, flags: int) -> str:
    return re.sub(pattern, replacement, text, flags=flags)


@lru_cache(8 * TEXTS)
def _found(pattern: Any, text: str) -> tuple[re.Match[str], ...]:
    return tuple(re.finditer(pattern, text))


def _sub_once(pattern: str, replacement: str, text: str, flags: int = 0) -> str:
    return _sub(pattern, replacement, text, int(flags))


def remember_shaders() -> bool:
    """Have vispy search each text once; return whether it does, now or since before."""
    try:
        from vispy.gloo import program  # type: ignore[import-untyped]
    except ImportError:
        return False
    if getattr(program, "re", None) is not re:  # done, or a vispy that works otherwise
        return isinstance(getattr(program, "re", None), SimpleNamespace)
    program.re = SimpleNamespace(**vars(re) | {"sub": _sub_once, "finditer": _found})
    return True
