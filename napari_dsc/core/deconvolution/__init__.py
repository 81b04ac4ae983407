"""Deconvolution: from Ct = Ca ⊗ R to the residue function R.

A deconvolver is a frozen value; bound to an arterial input it is an `Inverse`, whose matrices are
built once in float64, so that a voxel costs a row of a matrix product or two. `base` says what
travels, `standard`, `circulant`, `tikhonov` and `posterior` hold the methods; beneath the last,
`transit_prior` holds its atoms, `atom_curves` their curves, `posterior_sums` what is summed,
`posterior_answers` what is told of the sums.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, cast, get_args

from napari_dsc.core.deconvolution.base import Answers, Deconvolver, Estimate, Inverse, Residues
from napari_dsc.core.deconvolution.circulant import (
    CirculantSvd,
    OscillationSvd,
    oscillation_index,
)
from napari_dsc.core.deconvolution.posterior import ANY_VOLUME, Posterior
from napari_dsc.core.deconvolution.standard import StandardSvd
from napari_dsc.core.deconvolution.tikhonov import Tikhonov
from napari_dsc.core.defaults import TIMES_BY
from napari_dsc.core.errors import DscError
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.real_numbers import as_number, refuse_unknown_word

__all__ = [
    "ANY_VOLUME",
    "DECONVOLVERS",
    "TIMES_WAYS",
    "Answers",
    "CirculantSvd",
    "Deconvolver",
    "Estimate",
    "Inverse",
    "Method",
    "OscillationSvd",
    "Posterior",
    "Residues",
    "StandardSvd",
    "Tikhonov",
    "cautions",
    "deconvolver",
    "method_name",
    "oscillation_index",
    "other_tmax",
    "refuse_other_parameters",
    "times_method",
]

Method: TypeAlias = Literal["sSVD", "cSVD", "oSVD", "Tikhonov", "Posterior"]

DECONVOLVERS: Mapping[Method, type[Deconvolver]] = MappingProxyType(
    {
        "sSVD": StandardSvd,
        "cSVD": CirculantSvd,
        "oSVD": OscillationSvd,
        "Tikhonov": Tikhonov,
        "Posterior": Posterior,
    }
)

TIMES_WAYS: tuple[str, ...] = (TIMES_BY, *DECONVOLVERS)  # to Tmax and delay


def _refuse_incomplete() -> None:
    """Raise at import for a method whose name, words, citation or parameters are missing."""
    if set(get_args(Method)) != set(DECONVOLVERS):
        raise TypeError("Method must name the keys of DECONVOLVERS, no more and no fewer.")
    for name, kind in DECONVOLVERS.items():
        for fact in ("sentence", "citation", "smoothed_by", "code"):
            if not getattr(kind, fact, ""):
                raise TypeError(f"{kind.__name__} ({name}) must have a {fact}, got none.")
        parameters_of(kind)


_refuse_incomplete()


def deconvolver(name: Any, /, **parameters: Any) -> Deconvolver:
    """Make a method by its name, from those of the parameters that it has.

    Parameters
    ----------
    name : str
        A key of `DECONVOLVERS`.
    **parameters : float
        Values of parameters, of this method or of others.

    Returns
    -------
    Deconvolver
        The method, ready to be called with an arterial input.

    Raises
    ------
    DscError
        If the method is unknown or a parameter is out of its range.
    """
    refuse_unknown_word("deconvolution_method", name, DECONVOLVERS)
    method = DECONVOLVERS[name]
    own = parameters_of(method)
    given = {key: as_number(key, value) for key, value in parameters.items()}
    make = cast("Callable[..., Deconvolver]", method)
    return make(**{key: value for key, value in given.items() if key in own})


def times_method(times_by: str, method: Deconvolver) -> Deconvolver | None:
    """Make the method that Tmax and delay are read off; None: that of the flow.

    Parameters
    ----------
    times_by : str
        "as flow", or a key of `DECONVOLVERS`.
    method : Deconvolver
        Of the flow: gives the parameters that both have.

    Raises
    ------
    DscError
        If the method is unknown.
    """
    refuse_unknown_word("times_by", times_by, TIMES_WAYS)
    if times_by in (TIMES_BY, method_name(method)):
        return None
    shared = parameters_of(method) if type(method) in DECONVOLVERS.values() else {}
    given = {name: getattr(method, name) for name in shared}
    return deconvolver(times_by, **{**given, **_for_times(times_by)})


def _for_times(name: str) -> dict[str, float]:
    """Values that parameters of a method have where it tells times beside another's flow."""
    own = parameters_of(DECONVOLVERS[cast("Method", name)])
    known = {key: row.for_times for key, row in own.items()}
    return {key: value for key, value in known.items() if value is not None}


def cautions(*methods: Deconvolver | None) -> tuple[str, ...]:
    """What a reader has to know with every map of some methods; each is said once."""
    said = (getattr(one, "caution", "") for one in methods)
    return tuple(dict.fromkeys(filter(None, said)))


def other_tmax(method: str, times_by: str = TIMES_BY) -> str:
    """Name the method off which Tmax is read, where it is no time of a residue's maximum.

    Of such a method Tmax is a mean of its own, and limits that were found for the maximum of a
    residue tell nothing. Empty for every other method, and one that nobody knows.

    Parameters
    ----------
    method, times_by : str
        Names of the methods of flow, and of Tmax and delay.

    Examples
    --------
    >>> other_tmax("Posterior"), other_tmax("oSVD", "Posterior"), other_tmax("Posterior", "sSVD")
    ('Posterior', 'Posterior', '')
    """
    name = method if times_by == TIMES_BY else times_by
    known = {str(key): kind for key, kind in DECONVOLVERS.items()}.get(name)
    return name if known is not None and not known.central_volume else ""


def method_name(method: Deconvolver) -> str:
    """Name of a method in `DECONVOLVERS`; that of its class, for one that is not there."""
    names = [name for name, kind in DECONVOLVERS.items() if type(method) is kind]
    return names[0] if names else type(method).__name__


def refuse_other_parameters(name: Method, given: Iterable[str]) -> None:
    """Raise `DscError` for parameters that a method does not have, with those that it has."""
    own = parameters_of(DECONVOLVERS[name])
    for key in given:
        if key not in own:
            raise DscError(
                f"{key} must be a parameter of {name}, which has {', '.join(own) or 'none'}. Leave "
                "it out, or choose another deconvolution_method."
            )
