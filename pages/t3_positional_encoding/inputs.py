"""What several demos of this lesson share: the sentence, the width, the moves that are tried, labels of places."""

from collections.abc import Iterable
from typing import Annotated

from study.controls import Sentence, Slider

Line = Annotated[str, Sentence()]
Width = Annotated[int, Slider(4, 128, scale="log")]  # every rung of this ladder is even, as pairs ask for
MOVES = (1, 2, 3, 4, 6, 8, 12, 16)  # by how many positions one is moved


def labels(places: Iterable) -> list[str]:
    """Positions or dimensions as the names of a matrix's rows and columns."""
    return [str(int(i)) for i in places]
