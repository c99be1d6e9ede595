"""What several demos of this lesson share: their sentence, and the card of the translator."""

from typing import Annotated

from study.controls import Sentence, Slider

CHINESE = "我昨天在图书馆看书。"
CARD = "models/checkpoints/translator/CARD.md"

Chinese = Annotated[str, Sentence(200)]
Layer = Annotated[int, Slider(0, 2)]  # of the translator's encoder and decoder, counted from 0
Head = Annotated[int, Slider(0, 3)]
