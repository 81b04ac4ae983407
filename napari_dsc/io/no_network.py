"""Guard against a library that opens a socket when it is imported.

pydicom imports `requests` if it is there, for sample images that it may download; with it comes
urllib3, which binds a socket to find out whether this machine has IPv6. A program that holds
images of patients opens none unasked: pydicom does without `requests`, everybody else has it.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType

__all__ = ["keep_pydicom_off_the_network"]

LIBRARY, ASKED_BY = "requests", "pydicom.data.download"


class _Finder(MetaPathFinder):
    """Finds nothing; and says that there is no `requests` to the one module that asks for it."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        del path, target
        if fullname == LIBRARY and _is_importing(ASKED_BY):
            raise ModuleNotFoundError(f"{ASKED_BY} does without {LIBRARY}", name=LIBRARY)
        return None


def _is_importing(module: str) -> bool:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__") == module:
            return True
        frame = frame.f_back
    return False


def keep_pydicom_off_the_network() -> None:
    """Install the guard, once: before anything of ours imports pydicom."""
    if not any(isinstance(one, _Finder) for one in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
