"""All choices of an analysis, whoever made them: Python, the shell, or a file."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from operator import index
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias, cast

import numpy as np

from napari_dsc.analysis.inputs import INPUTS, Input
from napari_dsc.core.deconvolution import DECONVOLVERS, Method
from napari_dsc.core.errors import DscError
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.real_numbers import as_flag, as_number
from napari_dsc.core.settings import SETTINGS, Setting, Settings, settings_from
from napari_dsc.core.tumour import StandardScale
from napari_dsc.core.types import Aif
from napari_dsc.io import CHOICES

__all__ = ["CHOICE_ROWS", "Setup", "Spelling", "in_python", "in_shell", "row_of"]

CHOICE_ROWS: Mapping[str, Setting | Input] = MappingProxyType({**SETTINGS, **INPUTS})
Spelling: TypeAlias = Callable[[str], str]  # from the name of a row to how the user writes it


def in_python(name: str) -> str:
    """Spelling of a row in Python.

    Examples
    --------
    >>> in_python("aif_label")
    '`aif_label`'
    """
    return f"`{name}`"


def in_shell(name: str) -> str:
    """Spelling of a row, or of a choice of a scan, on the command line.

    Examples
    --------
    >>> in_shell("vein"), in_shell("aif_label")
    ('--vof', '--aif-label')
    """
    row = CHOICE_ROWS.get(name)
    return f"--{name.replace('_', '-')}" if row is None else row.option


def row_of(name: str) -> Setting | Input:
    """Row of something that can be chosen.

    Raises
    ------
    DscError
        If there is none by that name.
    """
    if name in CHOICE_ROWS:
        return CHOICE_ROWS[name]
    near = get_close_matches(str(name), list(CHOICE_ROWS), 1)
    remedy = f"Did you mean {near[0]}?" if near else "The names are those of SETTINGS and INPUTS."
    raise DscError(f"a choice must have a known name, got {name!r:.40}. {remedy}")


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """What was chosen for an analysis; what is not in it is proposed, or as by default.

    Parameters
    ----------
    values : mapping of str to object
        By the names of `SETTINGS` and `INPUTS`; None counts as not chosen.

    Raises
    ------
    DscError
        If a name is unknown, or a value is of another kind than its row says.

    Examples
    --------
    >>> Setup({"svd_threshold": 0.15}).replaced(aif="propose").values
    {'svd_threshold': 0.15, 'aif': 'propose'}
    """

    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checked = {
            name: _checked(row_of(name), value)
            for name, value in self.values.items()
            if value is not None
        }
        object.__setattr__(self, "values", checked)

    def replaced(self, **values: Any) -> "Setup":
        """Return this setup with other values; None takes one out.

        With another method go the parameters that it does not have, unless they are given anew.
        """
        kept = dict(self.values)
        if values.get("deconvolution_method") is not None:
            row = row_of("deconvolution_method")
            own = parameters_of(DECONVOLVERS[_checked(row, values["deconvolution_method"])])
            kept = {name: one for name, one in kept.items() if not _foreign(name, own)}
        return Setup({**kept, **values})

    def get(self, name: str) -> Any:
        """Value that was chosen; None if none was."""
        row_of(name)
        return self.values.get(name)

    @property
    def choices(self) -> dict[str, str]:
        """What was chosen for the scan to be read, as `read` takes it."""
        return {fact: self.values[fact] for fact in CHOICES if fact in self.values}

    def settings(self, spelled: Spelling = in_python) -> Settings:
        """Settings of the computation.

        Parameters
        ----------
        spelled : callable
            How the user writes the name of a row, for errors.

        Raises
        ------
        DscError
            If a value is out of its range, or the method has no such parameter.
        """
        given = {name: one for name, one in self.values.items() if name in SETTINGS}
        settings = settings_from({n: one for n, one in given.items() if SETTINGS[n].owner})
        method = given.get("deconvolution_method", SETTINGS["deconvolution_method"].default)
        own = parameters_of(DECONVOLVERS[cast("Method", method)])
        for name, value in given.items():
            if _foreign(name, own):
                raise DscError(
                    f"{spelled(name)} must belong to the method, got {value:g} for {method}, "
                    f"which has no {name}. Leave it out, or choose another "
                    f"{spelled('deconvolution_method')}."
                )
        return settings


def _foreign(name: str, own: Container[str]) -> bool:
    """Whether something is a parameter of methods that a method does not have."""
    row = SETTINGS.get(name)
    of_methods = row is not None and row.kind == "number" and row.owner == "method"
    return of_methods and name not in own


def _checked(row: Setting | Input, value: Any) -> Any:
    """Value of a row as it is kept; refused if it is of another kind."""
    return CHECKS[row.kind](row, value)


def _word(row: Setting | Input, value: Any) -> str:
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise DscError(f"{row.name} must be a word or a number, got {value!r:.40}. Write one.")


def _choice(row: Setting | Input, value: Any) -> str:
    known = {one.replace(" ", "-"): one for one in row.choices}
    found = known.get(value.replace(" ", "-")) if isinstance(value, str) else None
    if found is None:
        words = f"one of {', '.join(known)}" if len(known) > 2 else " or ".join(known)
        raise DscError(f"{row.name} must be {words}, got {value!r:.40}. Choose one.")
    return found


def _whole(row: Setting | Input, value: Any) -> int:
    try:
        if not isinstance(value, bool):
            return index(value)
    except TypeError:
        pass
    raise DscError(f"{row.name} must be a whole number, got {value!r:.40}. Write one.")


def _span(row: Setting | Input, value: Any) -> tuple[int, int]:
    try:
        start, stop = (index(one) for one in value)
    except (TypeError, ValueError):
        raise DscError(
            f"{row.name} must be two volumes, the first and the first after the last, got "
            f"{value!r:.40}. Write [3, 11]."
        ) from None
    return start, stop


def _volumes(row: Setting | Input, value: Any) -> str | tuple[int, ...]:
    if isinstance(value, str):
        return value
    try:
        return tuple(index(one) for one in value)
    except TypeError:
        raise DscError(
            f"{row.name} must be volumes counted from 0, got {value!r:.40}. Write [4, 50] or "
            "'4, 50-55'."
        ) from None


def _voxels(row: Setting | Input, value: Any) -> Any:
    """A file, or what holds voxels."""
    if isinstance(value, str | Path):
        if str(value).strip():
            return value
    elif isinstance(value, Aif | StandardScale) or np.ndim(value) > 0:
        return value
    raise DscError(f"{row.name} must be a file or voxels, got {value!r:.40}. Name the file.")


CHECKS: Mapping[str, Callable[[Setting | Input, Any], Any]] = {
    "method": _choice,
    "number": lambda row, value: as_number(row.name, value),
    "choice": _choice,
    "switch": lambda row, value: as_flag(row.name, value),
    "span": _span,
    "volumes": _volumes,
    "end": _whole,
    "count": _whole,
    "word": _word,
    "mask": _voxels,
    "vessel": _voxels,
}
