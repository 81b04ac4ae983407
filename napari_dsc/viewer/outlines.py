"""Outlines of marked voxels, on the scan and on every map, in one picture and in the grid.

In the grid each layer has a cell of its own, and so the AIF is not on the scan. napari repeats
what lies in `viewer.scene.overlays` in every cell, above the layers, and draws it into every
saved picture: an overlay of our own needs no further layers, which would take cells themselves.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.components.overlays import SceneOverlay
from vispy.gloo import VertexBuffer  # type: ignore[import-untyped]
from vispy.scene.visuals import create_visual_node  # type: ignore[import-untyped]
from vispy.visuals import Visual  # type: ignore[import-untyped]

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray, FloatArray

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["SOLID", "Marks", "Outline", "OutlinesOverlay", "voxel_edges", "world_of"]

log = logging.getLogger(__name__)

Color = tuple[float, ...]
Pattern = tuple[int, int]
SOLID: Pattern = (1, 1)
OVERLAY = "napari_dsc_outlines"  # its key in viewer.scene.overlays
LINE = 2.0  # px on the canvas
WHITE, BLACK = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 1.0)
RIMS = {2.0: BLACK, 1.0: WHITE}  # px beside a line: it stands out from any colour map
CORNER = np.dtype(
    [("here", "f4", 2), ("there", "f4", 2), ("reach", "f4"), ("color", "f4", 4)]
)  # of a band: its end of the line, the other end, half its width (px; the sign is the side)
CORNERS = """
attribute vec2 here;
attribute vec2 there;
attribute float reach;
attribute vec4 color;
varying vec4 shade;
void main() {
    vec4 at = $to_canvas(vec4(here, 0.0, 1.0));
    vec2 along = normalize($to_canvas(vec4(there, 0.0, 1.0)).xy - at.xy);
    at.xy += reach * vec2(-along.y, along.x) - abs(reach) * along;
    gl_Position = $to_render(at);
    shade = color;
}
"""
COLORS = """
varying vec4 shade;
void main() { gl_FragColor = shade; }
"""


def voxel_edges(plane: BoolArray) -> FloatArray:
    """Borders between the marked voxels of a slice and the others.

    Parameters
    ----------
    plane : ndarray of bool, shape (R, C)
        Marked voxels; beyond the slice none is.

    Returns
    -------
    ndarray, shape (S, 2, 2)
        Ends (row, column) of each border, one voxel long; voxel (r, c) reaches from r - 0.5 to
        r + 0.5. Borders between two marked voxels are left out.

    Examples
    --------
    >>> len(voxel_edges(np.array([[True, True, False]])))
    6
    """
    padded = np.pad(plane, 1)
    level = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1]) - 0.5
    upright = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1]) - 0.5
    across, down = np.array([0.0, 1.0]), np.array([1.0, 0.0])
    return np.concatenate(
        [np.stack([level, level + across], axis=1), np.stack([upright, upright + down], axis=1)]
    )


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """Lines of one colour on the slice on screen.

    Parameters
    ----------
    segments : ndarray, shape (S, 2, 2)
        Ends (row, column) of each line in the displayed world, in its units.
    color : tuple of float
        Red, green, blue and opacity, 0 to 1.
    thin : bool
        Whether it is a letter, and no border: with a dark rim only.
    """

    segments: FloatArray
    color: Color
    thin: bool = False


class OutlinesOverlay(SceneOverlay):  # type: ignore[misc]
    """What napari is to draw in every cell.

    Parameters
    ----------
    drawn : tuple of Outline
        The later lie above the earlier.
    """

    drawn: Any = ()


class Marks:
    """Marked voxels outlined on the slice on screen, whatever covers or hides their layer.

    Follows the sliders, the order of the axes and the units. In 3-D, and while time is one of
    the displayed axes, there are no outlines.

    Parameters
    ----------
    viewer : ViewerModel
        In whose scene they lie. It does not keep this object: its owner does.
    """

    def __init__(self, viewer: "ViewerModel") -> None:
        self._viewer = viewer
        self._marks: dict[str, tuple[BoolArray, Layer, Color, Pattern]] = {}
        self._lines: dict[str, Outline] = {}
        self._overlay = OutlinesOverlay(visible=True)
        self._can_be_drawn = _teach_napari()

    def show(
        self,
        name: str,
        mask: BoolArray | None,
        layer: "Layer",
        color: Color,
        pattern: Pattern = SOLID,
    ) -> None:
        """Outline voxels, in place of those that were outlined under that name.

        Parameters
        ----------
        name : str
            Whose voxels they are.
        mask : ndarray of bool, shape (Z, Y, X), or None
            Marked voxels, as on screen; it is copied. None takes the outlines of that name away.
        layer : Layer
            On whose last three axes the mask lies; once it is removed, so are the outlines.
        color : tuple of float
            Red, green, blue and opacity, 0 to 1.
        pattern : tuple of int
            How many borders of how many are drawn: (1, 2) is dotted.

        Raises
        ------
        DscError
            If the mask does not have the shape of the layer's volumes.
        """
        if mask is None:
            self._marks.pop(name, None)
        elif mask.shape != layer.data.shape[-3:]:
            raise DscError(
                f"mask {name!r} must have the shape of the volumes of layer {layer.name!r}, "
                f"{layer.data.shape[-3:]}, got {mask.shape}. Turn it to the screen first."
            )
        else:
            self._marks[name] = (np.array(mask, dtype=bool), layer, color, pattern)
        if self._marks:
            self._listen()
        self._redraw()

    def draw(self, name: str, segments: FloatArray | None, color: Color) -> None:
        """Draw lines that are no outline of voxels, in place of those of that name.

        Parameters
        ----------
        name : str
            Whose lines they are.
        segments : ndarray, shape (S, 2, 2), or None
            Ends (row, column) of each in the displayed world. None takes them away.
        color : tuple of float
            Red, green, blue and opacity, 0 to 1.
        """
        if segments is None:
            self._lines.pop(name, None)
        else:
            self._lines[name] = Outline(segments, color, thin=True)
            self._listen()
        self._redraw()

    def clear(self) -> None:
        """Take all outlines away, and stop listening to the viewer."""
        self._marks.clear()
        self._lines.clear()
        self._redraw()
        for emitter, hear in self._signals():
            emitter.disconnect(hear)
        overlays = self._viewer.scene.overlays
        if overlays.get(OVERLAY) is self._overlay:
            del overlays[OVERLAY]

    def _listen(self) -> None:
        overlays = self._viewer.scene.overlays
        if overlays.get(OVERLAY) is self._overlay or not self._can_be_drawn:
            return
        overlays[OVERLAY] = self._overlay
        for emitter, hear in self._signals():
            emitter.connect(hear)

    def _signals(self) -> list[tuple[Any, Any]]:
        dims, layers = self._viewer.dims.events, self._viewer.layers.events
        moved = (dims.point, dims.order, dims.ndisplay, dims.range, dims.units, layers.units)
        return [*((one, self._redraw) for one in moved), (layers.removed, self._on_removed)]

    def _on_removed(self, event: Any) -> None:
        self._marks = {
            name: mark for name, mark in self._marks.items() if mark[1] is not event.value
        }
        self._redraw()

    def _redraw(self, _event: Any = None) -> None:
        drawn = (
            *self._lines.values(),
            *(
                Outline(segments, color)
                for mask, layer, color, pattern in self._marks.values()
                if (segments := self._on_screen(mask, layer, pattern)).size
            ),
        )
        if not _same(drawn, self._overlay.drawn):  # each assignment draws the canvas anew
            self._overlay.drawn = drawn

    def _on_screen(self, mask: BoolArray, layer: "Layer", pattern: Pattern) -> FloatArray:
        """Outlines of the slice on screen, in the displayed world, shape (S, 2, 2)."""
        none = np.empty((0, 2, 2))
        dims = self._viewer.dims
        rows, columns = (axis - dims.ndim + 3 for axis in dims.displayed[-2:])  # of z, y and x
        if dims.ndisplay != 2 or min(rows, columns) < 0 or layer not in self._viewer.layers:
            return none
        steps, origin = world_of(layer, self._viewer.dims.units)
        across = 3 - rows - columns
        point = np.asarray(dims.point[-3:])
        at = int(np.round(np.linalg.solve(steps, point - origin))[across])
        if not 0 <= at < mask.shape[across]:
            return none
        plane = np.moveaxis(mask, (across, rows, columns), (0, 1, 2))[at]
        shown = [rows, columns]
        edges = voxel_edges(plane)
        drawn, period = pattern
        if drawn < period:
            edges = edges[np.floor(edges.mean(axis=1).sum(axis=1)) % period < drawn]
        return edges @ steps[np.ix_(shown, shown)].T + origin[shown]


def world_of(layer: "Layer", units: Any) -> tuple[FloatArray, FloatArray]:
    """Last three axes of a layer in the units of the world: steps (3, 3) and origin (3,).

    Beside a layer in µm the world is in µm; while the units differ in kind it has none.
    """
    scale = [
        float((1 * ours).to(theirs).magnitude) if ours.is_compatible_with(theirs) else 1.0
        for ours, theirs in zip(layer.units[-3:], (units or layer.units)[-3:], strict=True)
    ]
    zero = np.zeros(layer.ndim)
    origin = np.asarray(layer.data_to_world(zero))
    ends = [np.asarray(layer.data_to_world(one)) for one in np.eye(layer.ndim)[-3:]]
    steps = np.stack([end - origin for end in ends], axis=1)[-3:]
    return steps * np.array(scale)[:, None], origin[-3:] * scale


def _same(some: tuple[Outline, ...], others: tuple[Outline, ...]) -> bool:
    return len(some) == len(others) and all(
        one.color == other.color and np.array_equal(one.segments, other.segments)
        for one, other in zip(some, others, strict=True)
    )


def _teach_napari() -> bool:
    """Tell napari how the overlay is drawn; False, and a line in the log, if it cannot be told.

    napari has no public way to do so: `overlay_to_visual` is the one private name of it that is
    used. A napari without it loses the outlines and nothing else.
    """
    try:
        from napari._vispy.utils.visual import overlay_to_visual
    except ImportError:
        log.warning("This napari draws no overlays of plugins: AIF and VOF are not outlined.")
        return False
    overlay_to_visual[OutlinesOverlay] = Drawn
    return True


class BandsVisual(Visual):  # type: ignore[misc]
    """Lines as wide on the canvas at any zoom: two triangles each, laid out on the GPU.

    GL's own lines may be no wider than a pixel, and a `Mesh` compiles its shader anew at each
    change, which costs more than the picture.
    """

    def __init__(self) -> None:
        super().__init__(CORNERS, COLORS)
        self._buffer = VertexBuffer()
        self.set_gl_state("translucent", depth_test=False, cull_face=False)
        self._draw_mode = "triangles"

    def lay(self, strokes: list[tuple[FloatArray, float, Color]]) -> None:
        """Draw segments (row, column), half as wide as given in px, the later above the earlier."""
        parts = []
        for segments, half, color in strokes:
            corners = np.zeros((len(segments), 4), CORNER)
            ends = segments[..., ::-1]  # (x, y)
            corners["here"] = ends[:, [0, 0, 1, 1]]
            corners["there"] = ends[:, [1, 1, 0, 0]]
            corners["reach"] = half, -half, half, -half
            corners["color"] = color
            parts.append(corners[:, [0, 1, 2, 0, 2, 3]].ravel())
        self._buffer.set_data(np.concatenate(parts))
        self.shared_program.bind(self._buffer)
        self.update()

    def _prepare_transforms(self, view: Any) -> None:  # vispy's name
        transform = view.transforms.get_transform
        view.view_program.vert["to_canvas"] = transform("visual", "canvas")
        view.view_program.vert["to_render"] = transform("canvas", "render")


Bands = create_visual_node(BandsVisual)


class Drawn:
    """The outlines in one cell: what napari makes of the overlay, with the members it uses."""

    def __init__(self, *, overlay: OutlinesOverlay, parent: Any, **_: Any) -> None:
        self.overlay = overlay
        self.node = Bands(parent=parent)
        self.node.order = overlay.order  # above the layers
        overlay.events.drawn.connect(self._draw)
        self._draw()

    def close(self) -> None:
        """Leave the cell."""
        self.overlay.events.drawn.disconnect(self._draw)
        self.node.parent = None

    def _draw(self) -> None:
        drawn = self.overlay.drawn
        self.node.visible = bool(drawn)
        if drawn:
            rims = [(LINE / 2 + rim, color) for rim, color in RIMS.items()]
            bold = [one for one in drawn if not one.thin]
            strokes = [(one.segments, LINE, BLACK) for one in drawn if one.thin]
            strokes += [(one.segments, half, color) for half, color in rims for one in bold]
            lines = [(one.segments, LINE / (3 if one.thin else 2), one.color) for one in drawn]
            self.node.lay(strokes + lines)
