"""Style of the curves in a report: alike on every machine, without a screen."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["drawing", "figure_of", "png_bytes"]

POINTS = 72.0  # per inch
DPI = 220
OWN: dict[Any, Any] = {  # of matplotlib's own parameters
    "font.family": ["DejaVu Sans"],  # matplotlib brings it
    "text.parse_math": False,  # a dollar sign is one
    "text.usetex": False,
    "axes.linewidth": 0.5,
    "hatch.linewidth": 0.4,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Matplotlib as it comes, whatever a user's own style is; never held over a `yield`."""
    import matplotlib as mpl
    from matplotlib import style

    with warnings.catch_warnings(), mpl.rc_context(), style.context("default"):
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        mpl.rcParams.update(OWN)
        yield


def figure_of(width: float, height: float) -> "Figure":
    """Make a white figure of a size in pt that no window belongs to."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / POINTS, height / POINTS), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def png_bytes(figure: "Figure") -> bytes:
    """Pixels of a figure, without a word on who made them, and when."""
    made = io.BytesIO()
    figure.savefig(made, format="png", dpi=DPI, metadata={"Software": None})
    return made.getvalue()
