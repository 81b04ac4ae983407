"""Protocol of a scan against what is recommended for tumours: one line, no refusal."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from napari_dsc.core.short_repr import brief
from napari_dsc.core.types import Series

__all__ = ["T1_WARNING", "Protocol"]

SOURCE = "2020 consensus for high-grade glioma"
LOW, HIGH, NEAR = 30.0, 60.0, 5.0  # degrees: without a preload, with one, and how near is that
ECHOES = ((1.5, 0.040, 0.050), (3.0, 0.020, 0.035))  # T, and echo times in s
OF_FIELD = 0.3  # T around which a field strength is that
T1_WARNING = (
    "A flip angle of {angle:g}° without a preload brightens what leaks (T1): a correction takes "
    "away about half of that error, and the CBV of an enhancing tumour stays too low."
)
ASK = (
    "{facts} of this scan {are} not known. The correction holds with a preload or a low flip "
    "angle only: give {them}."
)


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What is known of how a scan was measured.

    Parameters
    ----------
    flip_angle : float or None
        Degrees; None: unknown.
    preload : bool or None
        Whether agent was given before the scan; None: nobody has said.
    echo_time : float or None
        Of a single echo, s; None: unknown, or two echoes were combined.
    field_strength : float or None
        T; None: unknown.
    repetition_time : float or None
        From volume to volume, s.
    volumes, baseline, after : int
        Volumes of the scan, of its baseline, and from the end of that on; 0: unknown.
    two_echoes : bool
        Whether two echoes were combined, which T1 does not change.
    dose : float or None
        Agent of the bolus, mL; None: unknown.

    References
    ----------
    .. [1] Boxerman JL et al. (2020). Neuro Oncol 22(9):1262-1275.
    """

    flip_angle: float | None = None
    preload: bool | None = None
    echo_time: float | None = None
    field_strength: float | None = None
    repetition_time: float | None = None
    volumes: int = 0
    baseline: int = 0
    after: int = 0
    two_echoes: bool = False
    dose: float | None = None

    @classmethod
    def of(cls, series: Series, baseline: tuple[int, int] | None = None) -> Self:
        """Protocol of a scan, as far as its file and its user tell it."""
        return cls(
            flip_angle=series.flip_angle,
            preload=series.preload,
            echo_time=None if series.two_echoes else series.echo_time,
            field_strength=series.field_strength,
            repetition_time=series.repetition_time,
            volumes=series.n_volumes,
            baseline=0 if baseline is None else baseline[1] - baseline[0],
            after=0 if baseline is None else max(series.n_volumes - baseline[1], 0),
            two_echoes=series.two_echoes,
            dose=series.dose,
        )

    @property
    def words(self) -> str:
        """What was measured, and how it stands to what is recommended, in one line."""
        judged, measured = "; ".join(self._judged()), "; ".join(self._measured())
        return f"Protocol, against the {SOURCE}: {judged}. Not judged: {measured}."

    @property
    def doubts(self) -> tuple[str, ...]:
        """What stands against a correction for leakage, and what should be said first."""
        if self._bright:
            return (T1_WARNING.format(angle=self.flip_angle),)
        unknown = self._unknown
        if not unknown:
            return ()
        facts = " and ".join(unknown)
        several = len(unknown) > 1
        return (
            ASK.format(
                facts=facts[0].upper() + facts[1:],
                are="are" if several else "is",
                them="them" if several else "it",
            ),
        )

    @property
    def doubt(self) -> str:
        """The same in a few words, beside a number: "preload unknown"; empty without one."""
        if self._bright:
            return f"{self.flip_angle:g}° without a preload"
        return f"{' and '.join(self._unknown)} unknown" if self._unknown else ""

    @property
    def _bright(self) -> bool:
        """Whether what leaks is brightened by T1, which no correction takes away whole."""
        angle = self.flip_angle
        high = angle is not None and angle >= HIGH
        return not self.two_echoes and self.preload is False and high

    @property
    def _unknown(self) -> tuple[str, ...]:
        """Facts without which nobody can tell whether a correction for leakage holds."""
        found = []
        if self.flip_angle is None and not self.preload:
            found.append("flip angle")
        if self.preload is None and not (self.flip_angle or HIGH) <= LOW + NEAR:
            found.append("preload")
        return () if self.two_echoes else tuple(found)

    def _judged(self) -> Iterator[str]:
        """Flip angle with preload, echo time and dose: what the abstract of the consensus tells."""
        angle, preload = self.flip_angle, self.preload
        if angle is None:
            yield "flip angle unknown"
        else:
            with_it = {None: "preload unknown", True: "after a preload", False: "without a preload"}
            yield f"flip angle {angle:g}° {with_it[preload]}{self._of_angle(angle)}"
        if angle is None and preload is not None:
            yield "with a preload" if preload else "without a preload"
        if self.two_echoes:
            yield f"two echoes{self._field}, which T1 does not change"
        elif self.echo_time is not None:
            yield f"TE {1000 * self.echo_time:g} ms{self._of_echo(self.echo_time)}"
        else:
            yield f"TE unknown{self._field}"
        given = "unknown" if self.dose is None else f"{self.dose:g} mL"
        yield f"dose of the bolus {given} (recommended: a full one)"

    def _of_angle(self, angle: float) -> str:
        if self.preload is None:
            fits = abs(angle - LOW) <= NEAR or abs(angle - HIGH) <= NEAR
            return "" if fits else f" (recommended: {LOW:g}° without, {HIGH:g}° after one)"
        wanted = HIGH if self.preload else LOW
        return " as recommended" if abs(angle - wanted) <= NEAR else f" (recommended: {wanted:g}°)"

    def _of_echo(self, echo: float) -> str:
        """Echo time against that for the field strength."""
        at = self._field
        if self.field_strength is None:
            return at
        for field, least, most in ECHOES:
            if abs(self.field_strength - field) <= OF_FIELD:
                if least - 1e-9 <= echo <= most + 1e-9:
                    return f"{at} as recommended"
                return f"{at} (recommended: {1000 * least:g} to {1000 * most:g} ms)"
        return at

    @property
    def _field(self) -> str:
        """Field strength, behind an echo time."""
        known = self.field_strength
        return ", field strength unknown" if known is None else f" at {known:g} T"

    def _measured(self) -> Iterator[str]:
        """Times and counts, for which no recommendation could be checked at its source."""
        step, count = self.repetition_time, self.volumes
        yield "TR unknown" if step is None else f"TR {step:g} s"
        if not count:
            yield "number of volumes unknown"
        else:
            lasts = ", duration unknown" if step is None else f" ({count * step:.0f} s)"
            yield f"{count} volumes{lasts}"
        rest = ""
        if self.after:
            rest = f", {self.after} from then on"
            rest += "" if step is None else f" ({self.after * step:.0f} s)"
        yield f"{self.baseline} before the bolus{rest}" if self.baseline else "baseline unknown"
