"""Names of the curves that are not always what they seem: of the AIF, and of CBV's weights."""

__all__ = ["AS_MEASURED", "GAMMA", "MEAN", "NOT_SCALED", "WEIGHTS"]

MEAN, NOT_SCALED, AS_MEASURED = "AIF (mean)", "AIF, not scaled", "AIF (mean), as measured"
GAMMA, WEIGHTS = "Gamma variate", "CBV weights (no unit)"
