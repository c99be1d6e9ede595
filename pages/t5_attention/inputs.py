"""What several demos of this lesson share: the sentence that they begin with, and how rows are numbered."""

from typing import Annotated

from study.controls import Sentence

LINE = "The animal didn't cross the street because it was too tired."
Line = Annotated[str, Sentence()]


def numbers(n: int) -> list[str]:
    """The components of a vector, or the queries and keys of a toy, as a reader counts them: from 1."""
    return [str(i + 1) for i in range(n)]
