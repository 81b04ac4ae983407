"""Gallery of a report: all its pictures, in the order in which they are read."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

from napari_dsc.core.quantities import CBV, RELATIVE
from napari_dsc.core.reading_orders import READINGS
from napari_dsc.core.summary import Compared
from napari_dsc.core.tumour import ENHANCEMENT_NAME
from napari_dsc.core.types import ParameterMap, Progress
from napari_dsc.report.measurements import Measured
from napari_dsc.report.orientation import Plane, View, view_for
from napari_dsc.report.picture import Picture
from napari_dsc.report.pictures import Artist, Look, regions_on, vessel_slice
from napari_dsc.report.read_results import Results
from napari_dsc.report.sheet import Place
from napari_dsc.report.slices import areas_in, slices_that_matter, slices_that_show

__all__ = ["COLUMNS", "Gallery", "choosing_slices", "drawing_all"]

COLUMNS = 4  # slices beside each other: large enough to be read
FIRST = 4  # maps of other planes: those that are read first


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gallery:
    """Pictures of a page.

    Parameters
    ----------
    maps : tuple of Picture
        Each map on the slices that matter, what is read first at the beginning.
    regions : tuple of Picture
        Further slices, on which the regions are that none of these shows.
    planes : tuple of (str, tuple of Picture)
        Other planes, by their names.
    scan : Picture
        The scan with its vessels.
    """

    maps: tuple[Picture, ...]
    regions: tuple[Picture, ...]
    planes: tuple[tuple[str, tuple[Picture, ...]], ...]
    scan: Picture


def drawing_all(
    results: Results,
    found: Measured,
    look: Look,
    *,
    planes: Sequence[Plane],
    place: Place,
    scan: Place,
) -> Generator[Progress, None, Gallery]:
    """Draw the maps of a folder, its regions, other planes, and the scan.

    Parameters
    ----------
    results : Results
        The folder.
    found : Measured
        What was measured in it: lesions and regions choose the slices.
    look : Look
        Colours of the maps, and in which order they are read.
    planes : sequence of str
        "coronal", "sagittal": further planes; none while the orientation is unknown.
    place, scan : Place
        Room for a row of slices, and for the scan.

    Yields
    ------
    Progress
        Before each picture.
    """
    view = view_for(results)
    artist = _artist(results, found, look, view)
    every = _in_order(results, look)
    slices = _slices(results, found, view, look.reading)
    maps, on = [], (regions_on(results), RELATIVE[CBV.symbol].symbol)
    for at, one in enumerate(every):
        yield Progress("Drawing the maps", 0.6 * at / len(every))
        maps.append(_row(artist, one, slices, place, on))
    yield Progress("Drawing the regions", 0.6)
    regions = _further(results, artist, slices, place)
    others = []
    for at, plane in enumerate(planes if view.turns is not None else ()):
        other = view_for(results, plane)
        beside, shown = (
            _artist(results, found, look, other),
            _slices(results, found, other, look.reading),
        )
        rows = []
        for number, one in enumerate(every[:FIRST]):
            part = (at + number / FIRST) / max(1, len(planes))
            yield Progress("Drawing other planes", 0.65 + 0.3 * part)
            rows.append(_row(beside, one, shown, place, on))
        others.append((plane, tuple(rows)))
    yield Progress("Drawing the scan", 0.95)
    return Gallery(
        maps=tuple(maps), regions=regions, planes=tuple(others), scan=artist.draw_scan(scan)
    )


def _artist(results: Results, found: Measured, look: Look, view: View) -> Artist:
    labels = found.summary.lesion_labels
    return Artist(results, view, look, factors=found.factors, lesions=labels)


def _in_order(results: Results, look: Look) -> list[ParameterMap]:
    """Every map, also those over the mean of a reference, as they are read."""
    drawn = results.drawn
    every = {one.symbol: one for one in results.maps}
    every |= {} if drawn is None else dict(drawn.relative)
    return [every[symbol] for symbol in READINGS[look.reading].ordered(every)]


def _slices(results: Results, found: Measured, view: View, reading: str) -> tuple[int, ...]:
    """Slices that show lesions and regions; of none, those through the brain and the AIF."""
    drawn, labels = results.drawn, found.summary.lesion_labels
    regions = {} if drawn is None else areas_in(view.stack(drawn.labels))
    lesions = {} if labels is None else areas_in(view.stack(labels))
    reference = None if drawn is None else drawn.reference
    marked = choosing_slices(found.summary.compared, reference, reading)
    areas = [(lesions if one.is_lesion else regions)[one.label] for one in marked]
    needed = None if areas else vessel_slice(results, view)
    return slices_that_matter(view.stack(results.brain), areas, COLUMNS, needed=needed)


def choosing_slices(
    compared: Iterable[Compared], reference: int | None, reading: str
) -> list[Compared]:
    """Lesions and regions that choose the slices of a page.

    Parameters
    ----------
    compared : iterable of Compared
        What was found and drawn, what matters most first.
    reference : int or None
        Label of the region that was taken as normal: it chooses none.
    reading : str
        A key of `READINGS`. Where a tumour is read, what enhances chooses alone, or else what a
        reader has drawn: late tissue elsewhere takes no slice from it.
    """
    marked = [one for one in compared if one.is_lesion or one.label != reference]
    if reading != "tumour":
        return marked
    painted = [one for one in marked if not one.is_lesion]
    enhancing = [one for one in painted if one.name == ENHANCEMENT_NAME]
    return enhancing or painted or marked


def _row(
    artist: Artist, one: ParameterMap, slices: Sequence[int], place: Place, outlined: Sequence[str]
) -> Picture:
    return artist.draw_map(one, slices, place, regions=one.symbol in outlined)


def _further(
    results: Results, artist: Artist, slices: Sequence[int], place: Place
) -> tuple[Picture, ...]:
    """Rows of the map that regions are outlined on, until each of them is seen."""
    if results.drawn is None:
        return ()
    left = slices_that_show(artist.view.stack(results.drawn.labels), slices)
    one = next(one for one in results.maps if one.symbol == regions_on(results))
    rows = (left[at : at + COLUMNS] for at in range(0, len(left), COLUMNS))
    return tuple(artist.draw_map(one, row, place, regions=True) for row in rows)
