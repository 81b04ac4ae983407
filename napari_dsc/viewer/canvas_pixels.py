"""Pixels of our own on napari's canvas: one picture of bytes, on two triangles, and one program."""

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy.gloo import Texture2D, VertexBuffer  # type: ignore[import-untyped]
from vispy.scene.visuals import create_visual_node  # type: ignore[import-untyped]
from vispy.visuals import Visual  # type: ignore[import-untyped]

__all__ = ["Pixels", "teach"]

log = logging.getLogger(__name__)

PLACE = np.dtype([("corner", "f4", 2), ("share", "f4", 2)])  # on the canvas, and of the picture
CORNERS = """
attribute vec2 corner;
attribute vec2 share;
varying vec2 at;
void main() {
    gl_Position = $to_render(vec4(corner, 0.0, 1.0));
    at = share;
}
"""
COLORS = """
uniform sampler2D levels;
varying vec2 at;
void main() { gl_FragColor = texture2D(levels, at); }
"""


class PixelsVisual(Visual):  # type: ignore[misc]
    """A picture of bytes, each a rectangle."""

    def __init__(self) -> None:
        super().__init__(CORNERS, COLORS)
        self._buffer = VertexBuffer()
        self._texture = Texture2D((1, 1, 4), interpolation="nearest", resizable=True)
        self.shared_program["levels"] = self._texture
        self.ready: Any = None  # whether there is something to draw; asked before each picture
        # Colours are multiplied by how opaque they are.
        self.set_gl_state(
            blend=True,
            blend_func=("one", "one_minus_src_alpha"),
            depth_test=False,
            cull_face=False,
        )
        self._draw_mode = "triangles"

    def lay(self, pixels: NDArray[np.uint8], corners: Any) -> None:
        """Draw these from now on.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (R, C, 4)
            Red, green and blue, multiplied by how opaque they are, and that.
        corners : array-like, shape (2, 2)
            Row and column of the first pixel's outer corner and of the last one's.
        """
        (top, left), (bottom, right) = corners
        made = np.zeros(6, PLACE)
        xs, ys = np.array([0, 1, 0, 1, 1, 0]), np.array([0, 0, 1, 0, 1, 1])
        made["share"] = np.stack([xs, ys], axis=1)
        made["corner"][:, 0] = np.where(xs, right, left)
        made["corner"][:, 1] = np.where(ys, bottom, top)
        self._buffer.set_data(made)
        self.shared_program.bind(self._buffer)
        self._texture.set_data(pixels)
        self.update()

    def _prepare_draw(self, view: Any = None) -> bool:  # noqa: ARG002  (vispy's name)
        return self.ready is None or bool(self.ready())

    def _prepare_transforms(self, view: Any) -> None:  # vispy's name
        view.view_program.vert["to_render"] = view.transforms.get_transform("visual", "render")


Pixels = create_visual_node(PixelsVisual)


def teach(overlay: type, drawn: type) -> bool:
    """Tell napari how an overlay of ours is drawn; False, and a line in the log, if it cannot be.

    napari has no public way to do so: `overlay_to_visual` is the one private name of it that is
    used. A napari without it loses what is drawn so and nothing else.
    """
    try:
        from napari._vispy.utils.visual import overlay_to_visual
    except ImportError:
        log.warning("This napari draws no overlays of plugins: %s is not drawn.", overlay.__name__)
        return False
    overlay_to_visual[overlay] = drawn
    return True
