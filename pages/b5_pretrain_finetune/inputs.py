"""What the demos of this lesson share: the sentence that they begin with, and its tokens for the masked model."""

from typing import Annotated

from models import mlm
from models.bert import Encoded
from study import local_bert
from study.controls import Sentence

LINE = "The old man sat by the fire and read a letter from his son."
Line = Annotated[str, Sentence(400)]
LIMIT = 24  # tokens, [CLS] and [SEP] included: each is masked in turn
MLM_CARD, SIDES_CARD = "models/checkpoints/mlm/CARD.md", "models/checkpoints/sides/CARD.md"


def read(sentence: str) -> Encoded:
    """A sentence as the masked language model reads it. Raises Refusal("empty") and Refusal("too_many_tokens")."""
    local_bert.fits(sentence, LIMIT)
    return mlm.load().encode(sentence)
