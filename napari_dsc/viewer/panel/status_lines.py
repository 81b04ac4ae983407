"""The lines of the status: what is missing, was done, or is to be known."""

from napari_dsc.viewer.compute.run import said_of
from napari_dsc.viewer.scan.scan import Scan

__all__ = ["READY", "StatusLines"]

READY = "Ready: press Compute."
OLD = "The maps are older than what is on screen: press Compute, or switch Live on."


class StatusLines:
    """What features have said, put together into the status.

    Attributes
    ----------
    done : str
        What the last run came to, or why a layer is no scan.
    noted : str
        What a feature has said since.
    probed : str
        What the probe says.
    """

    def __init__(self) -> None:
        self.done = self.noted = self.probed = ""
        self._scan: Scan | None = None

    def turn_to(self, scan: Scan | None) -> None:
        """Forget what was said of another scan; None: there is none at hand."""
        if scan is not self._scan:
            self.forget()
        self._scan = scan

    def forget(self) -> None:
        """Forget what was said of something that has changed."""
        self.done = self.noted = ""

    def drop(self, sentence: str) -> None:
        """Say a sentence no longer."""
        lines = (line for line in self.done.split("\n") if sentence not in line)
        self.done = "\n".join(lines)

    def words(self, scan: Scan | None, missing: str, offered: str, alone: str = "") -> str:
        """All that is to be said now.

        Parameters
        ----------
        scan : Scan or None
            The one at hand.
        missing : str
            What stands between the user and Compute.
        offered : str
            What was painted before and can be restored.
        alone : str
            What Compute does without what is missing; empty: nothing.
        """
        old = OLD if scan is not None and scan.results.outdated and not missing else ""
        lines = self.probed, self.noted, self.done or standing(scan), missing, alone, old
        words = [*dict.fromkeys(filter(None, lines))] or [READY]
        inherited = "" if scan is None else scan.facts.inherited
        return "\n".join(filter(None, [*words, offered, inherited]))


def standing(scan: Scan | None) -> str:
    """What the maps on screen came to; empty if there are none, or older ones."""
    results = None if scan is None else scan.results
    if results is None or results.run is None or results.made_from is None or results.outdated:
        return ""
    return said_of(results.run[1], results.made_from)
