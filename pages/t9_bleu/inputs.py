"""Settings and inputs that the demos of this lesson share."""

from typing import Annotated

from study.controls import Choice, Slider

#: Smoothings of a precision of 0, as sacrebleu names them: Chen & Cherry 2014.
METHODS = ("exp", "floor", "add-k", "none")
Tokenize = Annotated[str, Choice("13a", "zh", "char", "none", "intl")]
Smooth = Annotated[str, Choice(*METHODS)]
#: The length of the n-grams that a demo marks.
N = Annotated[int, Slider(1, 4)]

CARD = "models/checkpoints/translator/CARD.md"
