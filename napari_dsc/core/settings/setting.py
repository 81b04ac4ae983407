"""Setting of an analysis as every place knows it: names, unit, default, code and words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from napari_dsc.core.deconvolution import DECONVOLVERS, Method
from napari_dsc.core.parameters import NO_CODE, Parameter, parameters_of
from napari_dsc.core.settings.values import Settings

__all__ = ["ALWAYS", "Kind", "Setting"]

ALWAYS = "always in a record"

Kind: TypeAlias = Literal["method", "number", "choice", "switch", "span", "volumes", "end", "mask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What can be chosen of an analysis, for every place that asks for it or tells it.

    Parameters
    ----------
    name : str
        Of the argument in Python.
    kind : str
        What its values are: the name of a method, a number, one of several words, true or false,
        a first volume and the first after the last ("span"), some volumes, the first volume that
        is not used ("end"), or voxels of a vessel ("mask").
    key : tuple of str
        Where the record keeps it, from the outside in.
    label, unit : str
        What the form calls it; no unit: "none".
    option, help : str
        Of the command line.
    tooltip : str
        Of the form.
    phrase : callable
        From its value in a record to its words in the methods paragraph.
    default : object
        What holds where nobody has said otherwise; None: what is proposed, or nothing.
    code : str
        Of the OSIPI lexicon (CAPLEX), or "none".
    owner : str
        Field of `Settings` that it is, or is a part of; empty: it belongs to the scan.
    report : str
        What the report calls it, if not as the form does.
    parameter : Parameter or None
        Range and step, of a number.
    choices : tuple of str
        Of one of several words.
    before : object
        What holds where a record does not name it: records name it only where it is another.
        `ALWAYS`: every record has to name it.
    beside : str
        Name of another one, by which something has to be asked for before this one says anything:
        records name it then, whatever it is, and else not.
    """

    name: str
    kind: Kind
    key: tuple[str, ...]
    label: str
    unit: str
    option: str
    help: str
    tooltip: str
    phrase: Callable[[Any], str]
    default: Any = None
    code: str = NO_CODE
    owner: str = ""
    report: str = ""
    parameter: Parameter | None = None
    choices: tuple[str, ...] = ()
    before: Any = ALWAYS
    beside: str = ""

    @property
    def title(self) -> str:
        """Label and unit."""
        return self.label if self.unit == NO_CODE else f"{self.label} ({self.unit})"

    def in_record(self, record: Mapping[str, Any]) -> Any:
        """Value in a record; None of a parameter that its method does not have."""
        found: Any = record
        for key in self.key:
            found = None if found is None else found.get(key)
        if found is None and self.before != ALWAYS:
            return self.before if self._belongs(record) else None
        return found is not None if self.kind == "mask" else found

    def _belongs(self, record: Mapping[str, Any]) -> bool:
        """Whether it is no parameter of a method, or one of that of a record."""
        if self.owner != "method" or self.kind != "number":
            return True
        kind = DECONVOLVERS.get(record["settings"]["deconvolution_method"])
        return kind is not None and self.name in parameters_of(kind)

    def in_words(self, record: Mapping[str, Any], method: str = "") -> str:
        """Words of the methods paragraph for the value in a record.

        Parameters
        ----------
        record : mapping
            From `make_record`.
        method : str
            A key of `DECONVOLVERS`: of a parameter that has other words in another method.
        """
        value = self.in_record(record)
        if method:
            return parameters_of(DECONVOLVERS[cast("Method", method)])[self.name].in_words(value)
        return self.phrase(value)

    def as_json(self, settings: Settings) -> Any:
        """Value that settings have, as a record keeps it."""
        held = getattr(settings, self.owner)
        value = held if self.owner == self.name else getattr(held, self.name)
        return list(value) if isinstance(value, tuple) else value
