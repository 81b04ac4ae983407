"""Leakage models: contrast agent that leaves the vessels for good, or comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Literal, TypeAlias, get_args

from napari_dsc.core.defaults import LEAKAGE_TOLERANT
from napari_dsc.core.leakage.base import Bound, LeakageModel, bound
from napari_dsc.core.real_numbers import as_flag, refuse_unknown_word
from napari_dsc.core.types import FloatArray

__all__ = ["BSW", "FASTEST", "LEAKAGE_MODELS", "Bidirectional", "ModelName", "leakage_model"]

ModelName: TypeAlias = Literal["BSW", "bidirectional"]
FASTEST = 0.05  # 1/s: faster washing out is a transit time, and tissue that is late would leak


@dataclass(frozen=True, slots=True, kw_only=True)
class BSW:
    r"""Leakage one way (Boxerman, Schmainda and Weisskoff; M.LC1.001) [1]_.

    .. math:: \Delta R_2^*(t) = K_1\, r(t) - K_2 \int_0^t r(\tau)\, d\tau

    Parameters
    ----------
    tolerant : bool
        Let the slope and the curvature of the reference be in a curve too, so that a bolus that
        comes later, or stays longer, is not taken for leakage.

    References
    ----------
    .. [1] Boxerman JL et al. (2006). AJNR Am J Neuroradiol 27(4):859-867.
    """

    sentence: ClassVar[str] = "as agent that stays where it has leaked (Boxerman-Weisskoff model)"
    citation: ClassVar[str] = "Boxerman JL et al. (2006). AJNR Am J Neuroradiol 27(4):859-867."
    code: ClassVar[str] = "M.LC1.001"
    tolerant: bool = LEAKAGE_TOLERANT

    def __call__(self, reference: FloatArray, time: FloatArray) -> Bound:
        """Bind the model to a reference, shape (T,) in 1/s, at times in s."""
        return bound(reference, time, 0.0, tolerant=self.tolerant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bidirectional:
    r"""Leakage both ways: what has leaked comes back (M.LC1.002) [1]_.

    .. math::
        \Delta R_2^*(t) = K_1\, r(t) - K_2 \int_0^t r(\tau)\, e^{-k_{ep}(t-\tau)}\, d\tau

    Parameters
    ----------
    tolerant : bool
        As for `BSW`.

    Notes
    -----
    kep is searched for up to 0.05 1/s, in steps of 0.00018 1/s.

    References
    ----------
    .. [1] Leu K et al. (2016). J Magn Reson Imaging 43(4):920-931.
    """

    sentence: ClassVar[str] = "as agent that leaks and comes back (bidirectional model)"
    citation: ClassVar[str] = "Leu K et al. (2016). J Magn Reson Imaging 43(4):920-931."
    code: ClassVar[str] = "M.LC1.002"
    tolerant: bool = LEAKAGE_TOLERANT

    def __call__(self, reference: FloatArray, time: FloatArray) -> Bound:
        """Bind the model to a reference, shape (T,) in 1/s, at times in s."""
        return bound(reference, time, FASTEST, tolerant=self.tolerant)


LEAKAGE_MODELS: Mapping[ModelName, type[BSW | Bidirectional]] = MappingProxyType(
    {"BSW": BSW, "bidirectional": Bidirectional}
)
if set(get_args(ModelName)) != set(LEAKAGE_MODELS):
    raise TypeError("ModelName must name the keys of LEAKAGE_MODELS, no more and no fewer.")


def leakage_model(name: Any, *, tolerant: Any = LEAKAGE_TOLERANT) -> LeakageModel:
    """Make a leakage model by its name.

    Raises
    ------
    DscError
        If there is none by that name.
    """
    refuse_unknown_word("model", name, LEAKAGE_MODELS)
    kind = LEAKAGE_MODELS[name]
    return kind(tolerant=as_flag("tolerant", tolerant))
