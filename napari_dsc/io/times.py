"""The time step of a scan: what every source says of it, and what has to be asked."""

__all__ = ["DISAGREE", "settle"]

PLAUSIBLE_TR = 0.2, 6.0  # s
DISAGREE = 0.01  # relative difference of two sources


def settle(claims: dict[str, float]) -> tuple[float | None, dict[str, str], tuple[str, ...]]:
    """Time step that every source agrees on, what each says, and what has to be asked."""
    if not claims:
        question = "The file does not say its repetition time: enter it in seconds."
        return None, {}, (question,)
    trusted = next(iter(claims.values()))
    agreed = all(abs(claim / trusted - 1) <= DISAGREE for claim in claims.values())
    if not agreed:
        said = ", ".join(f"{claim:g} s ({source})" for source, claim in claims.items())
        question = f"Sources disagree on the repetition time: {said}. Enter the right one."
        rows = {f"Repetition time ({key})": f"{claim:g} s" for key, claim in claims.items()}
        return None, rows, (question,)
    words = {"Repetition time": f"{trusted:g} s ({' and '.join(claims)})"}
    if not PLAUSIBLE_TR[0] <= trusted <= PLAUSIBLE_TR[1]:
        question = (
            f"A repetition time of {trusted:g} s is outside {PLAUSIBLE_TR[0]:g} to "
            f"{PLAUSIBLE_TR[1]:g} s: it may be that of one slice or shot. Enter it to confirm."
        )
        return None, words, (question,)
    return trusted, words, ()
