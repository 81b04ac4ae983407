"""Errors that a user can mend, each in one sentence with a remedy."""

from collections.abc import Mapping

__all__ = ["NO_MEMORY", "ChoiceNeededError", "DscError", "DscWarning", "NoArteryError"]

NO_MEMORY = "the scan must fit into memory, got too little of it. Close other programs, or crop it."


class DscError(ValueError):
    """Something a user can mend: the message names it, the value found and the remedy."""


class ChoiceNeededError(DscError):
    """Something that only the user can decide, before a file can be read.

    Parameters
    ----------
    fact : str
        What is to be chosen, as `read` takes it: "series", "echo", "axis".
    question : str
        It in words.
    options : mapping
        What `read` takes for each choice, and what it is in words.
    """

    def __init__(self, fact: str, question: str, options: Mapping[str, str]) -> None:
        self.fact, self.question, self.options = fact, question, dict(options)
        listed = "; ".join(f"{key}: {words}" for key, words in self.options.items())
        super().__init__(f"{question} Choose one of: {listed}.")


class NoArteryError(DscError, AttributeError):
    """A map was asked for that needs an artery, of maps that were computed without one."""


class DscWarning(UserWarning):
    """Something was decided for the user, who should know it."""
