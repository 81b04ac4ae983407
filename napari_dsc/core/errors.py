"""What can go wrong in a way that a user can mend."""

__all__ = ["DscError", "DscWarning"]


class DscError(ValueError):
    """Something a user can mend: the message names it, the value found and the remedy."""


class DscWarning(UserWarning):
    """Something was decided for the user, who should know it."""
