"""What the demos of this lesson share: the two sentences, their sum, how alike two vectors are, how many differ."""

from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from models import bert_input
from study import local_bert
from study.controls import Sentence

FIGURE_2 = "my dog is cute", "he likes playing"
NOTE = {"text": FIGURE_2[0], "pair": FIGURE_2[1]}  # what the note's numbers are of: a chip brings it back
C = 384  # d_model
ROLES = {"token": "hidden", "position": "position"}
Line, Pair = Annotated[str, Sentence(400)], Annotated[str, Sentence(400, optional=True)]


def summed(text: str, pair: str, limit: int) -> bert_input.Sum:
    """What enters the model, part by part. Raises Refusal where nothing can be read or more than limit tokens."""
    local_bert.fits(text, limit, pair)
    return bert_input.taken_apart(text, pair)


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """The cosine of the angle between vectors: (..., C), (..., C) -> (...), float64."""
    return F.cosine_similarity(a.double(), b.double(), dim=-1)


def distinct(rows: Tensor) -> int:
    """How many of the vectors (T, C) differ by more than what float32 rounds off."""
    alike = torch.cdist(rows, rows, p=float("inf")) < 1e-4  # (T, T)
    return len({int(first) for first in alike.int().argmax(1)})  # the first that is like each
