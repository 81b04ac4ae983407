"""Parameters of a method or a scale: fields of its class, with all that forms and texts say."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

__all__ = ["NO_CODE", "Parameter", "parameters_of"]

NO_CODE = "none"  # of a parameter, a setting or a method: the OSIPI lexicon has no term for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number that a class takes, as its field is annotated: `Annotated[float, Parameter(...)]`.

    The field gives the name (of the Python argument, the option and the key in the record) and the
    default; the class refuses what is out of range.

    Parameters
    ----------
    label, unit : str
        What the form and the report call it; of a ratio the unit says of what, or "1".
    least, most, step : float
        Range and step of the form, in that unit.
    phrase : str
        For the methods of a paper, with ``{value}``; empty: another sentence tells it.
    tooltip : str
        Sentence for the form: what a larger value does.
    code : str
        Of the OSIPI lexicon (CAPLEX), or "none".
    for_times : float or None
        Value with which a method tells Tmax and delay beside the flow of another; None: that which
        the other has, or the default.
    """

    label: str
    unit: str
    least: float
    most: float
    step: float
    phrase: str
    tooltip: str
    code: str = NO_CODE
    for_times: float | None = None

    @property
    def title(self) -> str:
        """Label and unit."""
        return f"{self.label} ({self.unit})"

    def in_words(self, value: float) -> str:
        """Phrase of the methods paragraph for a value."""
        return self.phrase.format(value=f"{value:g}")


def parameters_of(kind: Any) -> Mapping[str, Parameter]:
    """Parameters of a frozen dataclass, or of one of its values, by the names of its fields.

    Raises
    ------
    TypeError
        If a field is not annotated with a `Parameter`: found at import, not in a viewer.
    """
    cls = kind if isinstance(kind, type) else type(kind)
    hints = get_type_hints(cls, include_extras=True)
    found: dict[str, Parameter] = {}
    for field in fields(cls):
        notes = getattr(hints[field.name], "__metadata__", ())
        known = [one for one in notes if isinstance(one, Parameter)]
        if not known:
            raise TypeError(f"{cls.__name__}.{field.name} must be annotated with a Parameter.")
        found[field.name] = known[0]
    return found
