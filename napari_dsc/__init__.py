"""DSC-MRI perfusion maps: CBV, CBF, MTT, TTP, Tmax and delay. Research use only.

The public names stand in `public`, and are loaded when the first of them is asked for: shell and
screen need few of them, and start sooner. Importing this loads neither Qt nor napari.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_dsc.public import *  # noqa: F403 (type checkers read them there)
    from napari_dsc.public import __all__ as __all__
else:
    from importlib import import_module

    def __getattr__(name):
        """One of the public names, or their list; a private name loads nothing."""
        if not name.startswith("_") or name in ("__all__", "__version__"):
            public = import_module("napari_dsc.public")
            if name == "__all__" or name in public.__all__:
                return getattr(public, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *import_module("napari_dsc.public").__all__})
