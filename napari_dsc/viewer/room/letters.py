"""Letters of orientation on the picture: which side is the patient's right, and which the front."""

from typing import TYPE_CHECKING

from napari.components.overlays import TextOverlay

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Letters"]

# Towards the end of each axis of the world (z, y, x), which is LPS, and towards its beginning.
ENDS = (("S", "I"), ("P", "A"), ("L", "R"))
PLACES = ("middle_left", "middle_right", "top_center", "bottom_center")
UNKNOWN = "?"  # where the file does not say where its voxels lie
KEY = "napari_dsc_side_"
LARGE, SMALL = 12, 8  # pt, in one picture and in the grid


class Letters:
    """Four letters at the edges of the picture, in every cell of the grid its left and right.

    They follow the order of the axes, and the side from which one looks.

    Parameters
    ----------
    viewer : ViewerModel
        On whose canvas they stand. It does not keep this object: its owner does.
    """

    def __init__(self, viewer: "ViewerModel") -> None:
        self._viewer = viewer
        self._known: bool | None = None
        for place in PLACES:
            viewer.canvas.overlays.setdefault(
                f"{KEY}{place}", TextOverlay(position=place, box=True, visible=False)
            )
        for emitter in (
            viewer.dims.events.order,
            viewer.dims.events.ndisplay,
            viewer.canvas.grid.events.enabled,
            viewer.scene.camera.events.orientation,
        ):
            emitter.connect(self.refresh)

    def show(self, known: bool | None) -> None:
        """Show the letters of a scan whose orientation is known, or not; None: of no scan."""
        self._known = known
        self.refresh()

    @property
    def shown(self) -> dict[str, str]:
        """The letters that are on screen, by their places."""
        overlays = {place: self._viewer.canvas.overlays[f"{KEY}{place}"] for place in PLACES}
        return {place: one.text for place, one in overlays.items() if one.visible}

    def refresh(self, _event: object = None) -> None:
        """Write what is true now."""
        viewer, grid = self._viewer, self._viewer.canvas.grid.enabled
        letters = self._letters()
        for place in PLACES:
            one = viewer.canvas.overlays[f"{KEY}{place}"]
            wanted = {
                "text": letters.get(place, ""),
                # A cell has its name above: left and right are what can be mistaken.
                "visible": place in letters and not (grid and place.endswith("center")),
                "gridded": grid,
                "box": not grid,  # each box costs a picture two programs
                "font_size": SMALL if grid else LARGE,
            }
            for name, value in wanted.items():
                if getattr(one, name) != value:  # each assignment draws the canvas anew
                    setattr(one, name, value)

    def _letters(self) -> dict[str, str]:
        dims, camera = self._viewer.dims, self._viewer.scene.camera
        if self._known is None or dims.ndisplay != 2 or dims.ndim < 3:
            return {}
        rows, columns = (axis - dims.ndim + 3 for axis in dims.displayed[-2:])
        if min(rows, columns) < 0:
            return {}
        down, right = (str(one) for one in camera.orientation2d)
        if not self._known:
            return dict.fromkeys(PLACES[:2], UNKNOWN)
        across = ENDS[columns] if right == "right" else ENDS[columns][::-1]
        along = ENDS[rows] if down == "down" else ENDS[rows][::-1]
        letters = (across[1], across[0], along[1], along[0])
        return dict(zip(PLACES, letters, strict=True))
