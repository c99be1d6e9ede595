"""What several demos of this lesson share: their sentences, the translator's layers and heads, and its card."""

from typing import Annotated

from pages.t6_self_attention.attention_sites import SITES
from study.controls import Choice, Sentence, Slider

LINE = "The animal didn't cross the street because it was too tired."
CHINESE = "我昨天在图书馆看书。"
ENGLISH = "I read a book in the library yesterday."
CARD = "models/checkpoints/translator/CARD.md"

Line = Annotated[str, Sentence(400)]
Chinese = Annotated[str, Sentence(200)]
English = Annotated[str, Sentence(400, optional=True)]
Site = Annotated[str, Choice(*SITES)]
Layer = Annotated[int, Slider(0, 2)]  # of the translator, counted from 0
Head = Annotated[int, Slider(0, 3)]
