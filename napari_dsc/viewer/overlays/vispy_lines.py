"""Drawing of outlines: an overlay of our own, which napari repeats in every cell of the grid."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import numpy as np
from napari.components.overlays import SceneOverlay
from vispy.gloo import VertexBuffer  # type: ignore[import-untyped]
from vispy.scene.visuals import create_visual_node  # type: ignore[import-untyped]
from vispy.scene.widgets import Grid  # type: ignore[import-untyped]
from vispy.visuals import Visual  # type: ignore[import-untyped]

from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.canvas_pixels import teach

__all__ = [
    "CELLS",
    "Color",
    "Outline",
    "OutlinesOverlay",
    "cell_layers",
    "teach_napari",
]

Color = tuple[float, ...]
LINE = 2.0  # px on the canvas
WHITE, BLACK = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 1.0)
RIMS = {2.0: BLACK, 1.0: WHITE}  # px beside a line: it stands out from any colour map
SMALL, LARGE = 3.0, 9.0  # px of a voxel at which borders are as thin, and as wide, as they get
HAIR = 0.5  # px: half a border's width on small voxels
RIM_OF_HAIR = 0.5  # px beside it, dark alone; a light one would fill the picture
FAINT = 0.5  # share of its opacity that is left of that rim there
CORNER = np.dtype(
    [
        ("here", "f4", 2),
        ("there", "f4", 2),
        ("reach", "f4"),
        ("least", "f4"),
        ("faint", "f4"),
        ("color", "f4", 4),
    ]
)  # of a band: its end of the line, the other end, half its width (px; the sign is the side) at
# most and on small voxels, the share of its opacity there, its colour
CORNERS = f"""
attribute vec2 here;
attribute vec2 there;
attribute float reach;
attribute float least;
attribute float faint;
attribute vec4 color;
varying vec4 shade;
void main() {{
    vec4 at = $to_canvas(vec4(here, 0.0, 1.0));
    vec2 whole = $to_canvas(vec4(there, 0.0, 1.0)).xy - at.xy;
    vec2 along = normalize(whole);
    float grown = clamp((length(whole) - {SMALL}) / {LARGE - SMALL}, 0.0, 1.0);
    float wide = mix(least, reach, grown);
    at.xy += wide * vec2(-along.y, along.x) - abs(wide) * along;
    gl_Position = $to_render(at);
    shade = vec4(color.rgb, color.a * mix(faint, 1.0, grown));
}}
"""
COLORS = """
varying vec4 shade;
void main() { gl_FragColor = shade; }
"""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """Segments as they are drawn: half their width, px, and how much of it small voxels leave.

    A border is a voxel long: how long that is on the canvas tells how large the voxels are there,
    whatever the zoom. What is longer is drawn at its full width, and so are letters.
    """

    segments: FloatArray
    half: float
    color: Color
    least: float
    faint: float = 1.0


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
        Whether it is a letter, and no border: with a dark rim only, above all borders.
    owner : object
        The scan's layer, on whose pictures it is drawn; None: on all.
    """

    segments: FloatArray
    color: Color
    thin: bool = False
    owner: Any = None


class OutlinesOverlay(SceneOverlay):  # type: ignore[misc]
    """What napari is to draw in every cell.

    Parameters
    ----------
    drawn : tuple of Outline
        The later lie above the earlier.
    owner_of : callable or None
        The scan's layer that a layer belongs to, while there are pictures of several scans: each
        cell then bears what is drawn for its own. None: every cell bears all.
    """

    drawn: Any = ()
    owner_of: Any = None


def teach_napari() -> bool:
    """Tell napari how outlines are drawn; False if it cannot be told."""
    return teach(OutlinesOverlay, Drawn)


def cell_layers(viewer: Any, node: Any) -> list[Any]:
    """Layers that are seen in the cell of a node; outside the grid all that are."""
    if viewer is None:
        return []
    layers, canvas = viewer.layers, viewer.canvas
    if not canvas.grid.enabled:
        return [one for one in layers if one.visible]
    box = node.parent.parent
    if not isinstance(box.parent, Grid):  # it has not been given its cell yet
        return []
    return [
        layers[at]
        for (row, column), inside in canvas.grid.iter_viewboxes(layers)
        if inside and box.parent[row, column] is box
        for at in inside
        if layers[at].visible
    ]


class BandsVisual(Visual):  # type: ignore[misc]
    """Lines as wide on the canvas at any zoom: two triangles each, laid out on the GPU.

    GL's own lines may be no wider than a pixel, and a `Mesh` compiles its shader anew at each
    change, which costs more than the picture.
    """

    def __init__(self) -> None:
        super().__init__(CORNERS, COLORS)
        self._buffer = VertexBuffer()
        self.ready: Any = None  # whether there is something to draw; asked before each picture
        self.set_gl_state("translucent", depth_test=False, cull_face=False)
        self._draw_mode = "triangles"

    def lay(self, strokes: list[Stroke]) -> None:
        """Draw segments (row, column), the later above the earlier."""
        parts = []
        for one in strokes:
            corners = np.zeros((len(one.segments), 4), CORNER)
            ends = one.segments[..., ::-1]  # (x, y)
            corners["here"] = ends[:, [0, 0, 1, 1]]
            corners["there"] = ends[:, [1, 1, 0, 0]]
            corners["reach"] = np.array([1, -1, 1, -1]) * one.half
            corners["least"] = np.array([1, -1, 1, -1]) * one.least
            corners["faint"] = one.faint
            corners["color"] = one.color
            parts.append(corners[:, [0, 1, 2, 0, 2, 3]].ravel())
        self._buffer.set_data(np.concatenate(parts))
        self.shared_program.bind(self._buffer)
        self.update()

    def _prepare_draw(self, view: Any = None) -> bool:  # noqa: ARG002  (vispy's name)
        return self.ready is None or bool(self.ready())

    def _prepare_transforms(self, view: Any) -> None:  # vispy's name
        transform = view.transforms.get_transform
        view.view_program.vert["to_canvas"] = transform("visual", "canvas")
        view.view_program.vert["to_render"] = transform("canvas", "render")


Bands = create_visual_node(BandsVisual)
CELLS: "WeakSet[Drawn]" = WeakSet()  # outlines of all cells that there are


class Drawn:
    """The outlines in one cell: what napari makes of the overlay, with the members it uses."""

    def __init__(
        self, *, overlay: OutlinesOverlay, parent: Any, viewer: Any = None, **_: Any
    ) -> None:
        self.overlay, self._viewer = overlay, viewer
        self._laid: tuple[Outline, ...] = ()
        self.node = Bands(parent=parent)
        self.node.order = overlay.order  # above the layers
        self.node.ready = self._is_ready
        for event in (overlay.events.drawn, overlay.events.owner_of):
            event.connect(self._draw)
        self._draw()
        CELLS.add(self)

    def close(self) -> None:
        """Leave the cell."""
        CELLS.discard(self)
        self.node.ready = None
        for event in (self.overlay.events.drawn, self.overlay.events.owner_of):
            event.disconnect(self._draw)
        self.node.parent = None

    @property
    def layers(self) -> list[Any]:
        """Layers that are seen in the cell; outside the grid all that are."""
        return cell_layers(self._viewer, self.node)

    @property
    def own(self) -> tuple[Outline, ...]:
        """What is to be drawn in the cell."""
        owner_of = self.overlay.owner_of
        if owner_of is None:
            return tuple(self.overlay.drawn)
        owners = [owner_of(layer) for layer in self.layers]
        return tuple(
            one
            for one in self.overlay.drawn
            if one.owner is None or any(one.owner is owner for owner in owners)
        )

    def _is_ready(self) -> bool:
        """Follow what the cell shows now: napari gives it other layers without a word."""
        if self.overlay.owner_of is not None:
            self._lay(self.own)
        return bool(self._laid)

    def _draw(self) -> None:
        self.node.visible = bool(self.overlay.drawn)
        if self.overlay.owner_of is None:
            self._lay(self.own)
        else:  # laid when it is drawn: until then napari may be moving cells
            self.node.update()

    def _lay(self, drawn: tuple[Outline, ...]) -> None:
        if len(drawn) == len(self._laid) and all(map(operator.is_, drawn, self._laid)):
            return
        self._laid = drawn
        if drawn:
            self.node.lay(strokes_of(drawn))


def strokes_of(drawn: Sequence[Outline]) -> list[Stroke]:
    """Lines of outlines with their rims, letters above all of them."""
    bold, thin = ([one for one in drawn if one.thin is kind] for kind in (False, True))
    strokes = [
        Stroke(
            one.segments,
            LINE / 2 + rim,
            color,
            HAIR + RIM_OF_HAIR if color is BLACK else 0.0,
            FAINT,
        )
        for rim, color in RIMS.items()
        for one in bold
    ]
    strokes += [Stroke(one.segments, LINE / 2, one.color, HAIR) for one in bold]
    strokes += [Stroke(one.segments, LINE, BLACK, LINE) for one in thin]
    return strokes + [Stroke(one.segments, LINE / 3, one.color, LINE / 3) for one in thin]
