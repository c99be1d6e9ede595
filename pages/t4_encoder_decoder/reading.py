"""What the demos of this lesson share: a Chinese sentence, our translator, and everything it computed on the way."""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from models import translator
from models.transformer import Trace
from models.translator import Translator
from models.translator_vocabulary import END
from study import local_bert
from study.controls import Refusal, Sentence, Slider
from study.memo import memo
from study.views import Say

CARD = "models/checkpoints/translator/CARD.md"
CHINESE = "你想喝茶还是咖啡？"
LIMIT = 24  # tokens of the source
Chinese = Annotated[str, Sentence(100)]
Layer = Annotated[int, Slider(0, 2)]  # of the translator, counted from 0
Head = Annotated[int, Slider(0, 3)]


@dataclass(frozen=True, eq=False)
class Reading:
    """The translator reading a sentence and its own greedy translation in one pass (teacher forcing), batch of 1."""

    translator: Translator
    source: tuple[str, ...]  # S characters
    target: tuple[str, ...]  # what the decoder reads: [START] and T - 1 pieces
    answers: tuple[str, ...]  # what it must say at each place: the pieces, then [END]
    source_ids: Tensor  # (1, S)
    target_ids: Tensor  # (1, T)
    answer_ids: Tensor  # (1, T)
    trace: Trace

    @property
    def notices(self) -> list[Say]:
        """What the reader should know about this sentence."""
        return local_bert.unknown((*self.source, *self.target), "unknown_to_translator")


@memo
def the_translator() -> Translator:
    """Shared by all readers: nobody changes it."""
    return translator.load()


@memo
@torch.no_grad()
def read(chinese: str) -> Reading:
    """Raises Refusal("empty") where nothing can be read, Refusal("too_many_tokens") above LIMIT characters."""
    model, ids = the_translator(), encode(chinese)
    target = model.target_ids(model.translate(chinese, keep=False).text)[: LIMIT + 50]
    answers = [*target[1:], END]
    source_ids, target_ids = torch.tensor([ids]), torch.tensor([target])  # (1, S), (1, T)
    pieces = model.vocabulary.target_pieces(target), model.vocabulary.target_pieces(answers)
    return Reading(
        model,
        model.source_tokens(chinese),
        *map(tuple, pieces),
        source_ids,
        target_ids,
        torch.tensor([answers]),  # (1, T)
        model.model.trace(source_ids, target_ids),
    )


def encode(chinese: str) -> list[int]:
    """The ids of a sentence that is not empty and not too long for a figure. Raises Refusal."""
    model = the_translator()
    tokens = len(model.vocabulary.encode_source(chinese))
    if tokens > LIMIT:
        raise Refusal("too_many_tokens", tokens=tokens, limit=LIMIT)
    try:
        return model.source_ids(chinese)
    except ValueError:  # too long it is not
        raise Refusal("empty") from None
