"""How a proof is read: what is varied, what stays, what follows, what does not."""

from study.demo import Measured
from study.views import Say, Table

PARTS = ("varied", "fixed", "follows", "not_shown")


def points(name: str, value: float) -> Measured:
    """A difference of two scores, which the paper prints with one decimal."""
    return Measured(name, value, decimals=1)


def reading(proof: str) -> Table:
    """The four questions to ask of a table, answered for this one; the words are in the yaml (`series:`)."""
    rows = [[Say(part), Say(f"{proof}_{part}")] for part in PARTS]
    return Table(["asked", "answered"], rows, "reading")
