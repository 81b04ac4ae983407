"""Results of one scan of a cohort written to their places: maps, tables, record, report."""

from collections.abc import Mapping
from typing import Any

from napari_dsc.analysis.telling import as_json
from napari_dsc.cohort.places import Places, facts_of
from napari_dsc.cohort.scans import CohortScan
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.progress import finished
from napari_dsc.io.record import fingerprint
from napari_dsc.io.region_files import Drawn
from napari_dsc.io.results_folder import write_results

__all__ = ["write"]


def write(
    analysis: Analysis,
    record: Mapping[str, Any],
    drawn: Drawn | None,
    scan: CohortScan,
    places: Places,
    *,
    report: bool,
) -> dict[str, Any]:
    """Write maps and tables, the record last, and the report of them.

    Parameters
    ----------
    analysis : Analysis
        What was computed.
    record : mapping
        From `make_record`.
    drawn : Drawn or None
        Regions, and what is relative to one of them.
    scan : CohortScan
        Of which scan.
    places : Places
        Where to.
    report : bool
        Whether a report is written.

    Returns
    -------
    dict
        For its log, JSON-ready: what `as_json` tells, and by which hashes record and report are
        known again.

    Raises
    ------
    DscError
        If the folder cannot be written to, or somebody else is writing there.
    """
    write_results(
        places.folder,
        analysis,
        record,
        overwrite=True,
        prefix=places.prefix,
        drawn=drawn,
        called=places.record.name,
        facts=facts_of(scan),
        table=True,
    )
    if report:
        from napari_dsc.report import make_report

        finished(make_report(places.record, places.report, overwrite=True))
    return {
        **as_json(analysis, record),
        "record_sha256": fingerprint(places.record),
        "report_sha256": fingerprint(places.report) if report else None,
    }
