"""Check of an installation: a stored digital patient against stored figures.

`figures` says what is kept of maps and how two are compared, `stored` reads the patient and the
figures that come with the program, `methods` computes each method, `parts` tries files and extras,
`result` holds what was found, and `page` puts it on a page.
"""

from collections.abc import Generator

from napari_dsc.core.progress import finished
from napari_dsc.core.types import Progress
from napari_dsc.installation.methods import method_checks
from napari_dsc.installation.parts import part_checks
from napari_dsc.installation.result import Check, Verification
from napari_dsc.installation.stored import opened_patient
from napari_dsc.io.temporaries import temporary_folder

__all__ = ["Check", "Verification", "verify", "verifying"]


def verify() -> Verification:
    """Compute the stored digital patient by every method, and try what is installed.

    On the kind of machine on which the figures were made the maps have to be the same to the byte;
    elsewhere within 1e-5 of a map's largest value.

    Returns
    -------
    Verification
        What was found, part by part; `right` says whether all of it is as it should be, and
        printing it gives a line for each part.

    Examples
    --------
    >>> found = verify()
    >>> found.right
    True
    """
    return finished(verifying())


def verifying() -> Generator[Progress, None, Verification]:
    """Do what `verify` does, step by step.

    Yields
    ------
    Progress
        Before each part.

    Returns
    -------
    Verification
        As `verify` does.
    """
    checks: list[Check] = []
    with temporary_folder() as folder:
        patient = opened_patient()
        for work in (method_checks(patient), part_checks(patient, folder)):
            for step in work:
                if isinstance(step, Check):
                    checks.append(step)
                else:
                    yield step
    return Verification(tuple(checks))
