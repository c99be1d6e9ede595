"""The same word in different sentences, layer by layer: vectors, their distances, and a plane to look at them.

A line is a sense, a colon, and a sentence with one marked word:

    river: We sat on the *bank* and watched the water.

A word's vector at a layer is the mean over its pieces.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from models import bert
from study.controls import Refusal

LIMIT = 64  # tokens of a line, [CLS] and [SEP] included
LINE = re.compile(r"\s*([^:：*]{1,40}?)\s*[:：]\s*([^*]*)\*([^*]+)\*([^*]*)")
#: Sentences of ours: four for each of two senses.
LINES = {
    "bank": """\
river: We sat on the *bank* and watched the water.
river: The boat was tied to the left *bank* of the stream.
river: Trees grow along the muddy *bank* of the river.
river: The fox ran down the steep *bank* to drink.
money: She opened an account at the *bank* last week.
money: The *bank* raised its interest rates again.
money: He asked the *bank* for a loan to buy a house.
money: The *bank* closed early because the cash had run out.""",
    "apple": """\
fruit: She ate a red *apple* after lunch.
fruit: An *apple* fell from the old tree.
fruit: He baked a pie with one sour *apple* and some sugar.
fruit: Wash the *apple* before you bite into it.
company: The new phone from *apple* costs too much.
company: Shares of *apple* rose by three percent today.
company: He works for *apple* as a software engineer.
company: Last year *apple* sold millions of laptops.""",
    "bat": """\
animal: A *bat* flew out of the cave at dusk.
animal: The *bat* hangs upside down while it sleeps.
animal: Every night the *bat* hunts insects above the lake.
animal: We saw a small brown *bat* under the roof.
club: He hit the ball hard with his *bat* and ran.
club: She bought a wooden *bat* for the baseball team.
club: The player dropped the *bat* and walked away.
club: Hold the *bat* with both hands and swing.""",
}


@dataclass(frozen=True, eq=False)
class Use:
    """A marked word in its sentence."""

    sense: str
    word: str
    text: str  # the sentence without its mark
    ids: tuple[int, ...]  # of its pieces
    unplaced: Tensor  # (C,): token + segment, before the position is added
    vectors: Tensor  # (L+1, C): what enters the first layer, then after each; float64


def use(line: str, number: int) -> Use:
    """One line, the number-th of its text, as the local BERT reads it.

    Raises Refusal with the number: "bad_form" (no sense, or not one marked word), "bad_word" (nothing to read in it)
    or "bad_long".
    """
    match = LINE.fullmatch(line)
    if not match or not match[1].strip() or not match[3].strip():
        raise Refusal("bad_form", line=number)
    sense, before, word, after = match.groups()
    text, end = before + word + after, len(before) + len(word)
    trace = _trace(text, number)
    spans = bert.load().tokenizer.encode(text).offsets
    pieces = [i for i, (first, last) in enumerate(spans) if first < end and last > len(before)]
    if not pieces:
        raise Refusal("bad_word", line=number)
    unplaced = (trace.embeddings.token + trace.embeddings.segment)[pieces]  # (pieces, C)
    return Use(
        sense,
        word.strip(),
        text,
        tuple(trace.ids[i] for i in pieces),
        unplaced.double().mean(0),  # (C,)
        trace.hidden[:, pieces].double().mean(1),  # (L+1, C)
    )


def _trace(text: str, number: int) -> bert.Trace:
    try:
        tokens = len(bert.load().encode(text).ids)
    except bert.TooLong as error:
        tokens = error.tokens
    if tokens > LIMIT:
        raise Refusal("bad_long", line=number, tokens=tokens, limit=LIMIT)
    return bert.load().trace(text)


def cosines(uses: Sequence[Use]) -> Tensor:
    """(L+1, N, N): the cosine of every two uses at every layer."""
    x = F.normalize(torch.stack([u.vectors for u in uses], 1), dim=-1)  # (L+1, N, C)
    return x @ x.mT  # (L+1, N, N)


def same_sense(uses: Sequence[Use]) -> Tensor:
    """(N, N) of bool."""
    return torch.tensor([[a.sense == b.sense for b in uses] for a in uses])


def means(cosine: Tensor, same: Tensor) -> tuple[Tensor, Tensor]:
    """(..., N, N) -> the mean over pairs of one sense, and over pairs of two."""
    pairs = ~torch.eye(len(same), dtype=torch.bool)
    return cosine[..., same & pairs].mean(-1), cosine[..., ~same].mean(-1)


def nearest(cosine: Tensor) -> Tensor:
    """(N, N) at one layer -> (N,): which other use each is nearest to."""
    return cosine.masked_fill(torch.eye(len(cosine), dtype=torch.bool), -2).argmax(-1)  # (N,)


def luck(cosine: Tensor, same: Tensor, draws: int = 1000) -> float:
    """How often a gap at least as large comes out when the senses are dealt to the sentences at random."""
    g = torch.Generator().manual_seed(0)
    dealt = [torch.randperm(len(same), generator=g) for _ in range(draws)]
    first, second = means(cosine, same)
    gaps = torch.stack([torch.sub(*means(cosine, same[p][:, p])) for p in dealt])  # (draws,)
    return (gaps >= first - second - 1e-12).double().mean().item()


def plane(x: Tensor) -> tuple[Tensor, float]:
    """Principal components: (N, C) -> the two coordinates in which the points vary most, (N, 2), and their share of it.

    By SVD of the centred points. A component's sign is free; here its largest coordinate is positive.
    """
    centred = x - x.mean(0)  # (N, C)
    u, s, _ = torch.linalg.svd(centred, full_matrices=False)  # (N, r), (r,)
    at = F.pad(u * s, (0, 2))[:, :2]  # (N, 2), also where r is 1
    largest = at.gather(0, at.abs().argmax(0, keepdim=True))  # (1, 2)
    sign = torch.where(largest < 0, -1.0, 1.0)
    whole = s.square().sum()
    share = float(s[:2].square().sum() / whole) if whole > 0 else 0.0
    return at * sign, share
