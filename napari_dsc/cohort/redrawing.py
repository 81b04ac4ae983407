"""Maps of an AIF that a reader has redrawn, saved in the place of those of the cohort."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from napari_dsc.cohort.looking import Look, Source, is_as_looked_at
from napari_dsc.cohort.one_scan import DONE, facts_fingerprint
from napari_dsc.cohort.places import Places
from napari_dsc.cohort.redrawn import OF_AIF, keep_redrawn, marked, short_code
from napari_dsc.cohort.writing import write
from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.quantities import RELATIVE
from napari_dsc.core.regions import normalised
from napari_dsc.core.types import Progress, Series
from napari_dsc.io.judgements import read_late
from napari_dsc.io.record import fingerprint, make_record
from napari_dsc.io.region_files import NAMES, Drawn, read_names

__all__ = ["RECOMPUTED", "saving_redrawn"]

RECOMPUTED = (
    "{} was computed again since it was put on screen: what is seen are its earlier maps. Open it "
    "again."
)


def saving_redrawn(
    look: Look, series: Series, analysis: Analysis, out: Path, reviewer: str
) -> Generator[Progress, None, Look]:
    """Save maps of another AIF in the place of those of the cohort, marked as such.

    The AIF is kept first: whatever ends this early, the next run of the cohort computes the scan
    with it.

    Parameters
    ----------
    look : Look
        What the reader looks at.
    series : Series
        The scan as it was computed.
    analysis : Analysis
        Maps, of voxels that the reader has drawn.
    out : Path
        Root of the results.
    reviewer : str
        Code of the reader; empty: none.

    Yields
    ------
    Progress
        Before each step.

    Returns
    -------
    Look
        The same scan with its new maps.

    Raises
    ------
    DscError
        If the scan was computed again meanwhile, the AIF has no voxels, or nothing can be written.
    """
    start = perf_counter()
    source, results = look.source, look.results
    if source is None or results is None:
        raise DscError("an AIF is redrawn on a scan, got none. Say where the scans lie.")
    if not is_as_looked_at(look):
        raise DscError(RECOMPUTED.format(look.scan.label))
    if not analysis.aif.voxels.any():
        raise DscError("a redrawn AIF must have voxels, got a loaded curve. Draw it on the scan.")
    places = Places(out, source.scan)
    yield Progress("Saving the redrawn AIF", 0.0)
    redrawn = marked(analysis, reviewer)
    with _kept(places, redrawn, source, reviewer):
        yield Progress("Saving the maps", 0.1)
        late = read_late(results.record)
        drawn = _regions(look, redrawn)
        record = make_record(
            series,
            redrawn,
            results.replay.sha256,
            None if late is None else late.cleaning,
            drawn=drawn,
        )
        known = places.read_status()
        told = write(
            redrawn, record, drawn, source.scan, places, report=bool(known.get("report_sha256"))
        )
    yield Progress("Writing its log", 0.9)
    told = {
        "state": DONE,
        **told,
        "aif_looked_at": True,
        "aif_redrawn": {"reviewer": short_code(reviewer)},
        **_setup(known, places),
        "label": source.scan.label,
        "seconds": round(perf_counter() - start, 3),
    }
    places.write_status(told)
    group = replace(look.scan, told=told)
    return replace(look, scan=group, record_sha256=told["record_sha256"])


@contextmanager
def _kept(places: Places, analysis: Analysis, source: Source, reviewer: str) -> Iterator[None]:
    """Keep the AIF; where the maps cannot be saved, what was there before stays."""
    before = places.redrawn.read_bytes() if places.redrawn.is_file() else None
    keep_redrawn(places, analysis.aif.voxels, source.file, reviewer)
    stood = places.record.is_file()
    try:
        yield
    except (DscError, OSError):
        if stood and places.record.is_file():
            if before is None:
                places.redrawn.unlink(missing_ok=True)
            else:
                places.redrawn.write_bytes(before)
        raise


def _regions(look: Look, analysis: Analysis) -> Drawn | None:
    """Regions of the scan, and what is relative to one of them in its new maps."""
    if look.results is None or look.scan.record is None or look.results.drawn is None:
        return None
    drawn, record = look.results.drawn, look.scan.record
    table = record.with_name(record.name.removesuffix("record.json") + NAMES)
    names = read_names(table)
    relative = {}
    if drawn.reference is not None:
        region = drawn.labels == drawn.reference
        words = names.get(drawn.reference, f"Region {drawn.reference}")
        for symbol, row in RELATIVE.items():
            if row.symbol in drawn.relative:
                one = next(one for one in analysis.maps if one.symbol == symbol)
                relative[row.symbol] = normalised(one, region, words)
    return replace(drawn, names=names, relative=relative)


def _setup(known: Mapping[str, Any], places: Places) -> dict[str, Any]:
    """What is chosen for the scan from now on: as before, but for the AIF.

    A log of an earlier version does not tell it: the next run computes the scan again.
    """
    before = known.get("setup")
    if not isinstance(before, Mapping):
        return {"setup": None, "setup_sha256": None}
    facts = {name: one for name, one in before.items() if name not in OF_AIF}
    facts = {**facts, "aif": [fingerprint(places.redrawn)]}
    return {"setup": facts, "setup_sha256": facts_fingerprint(facts)}
