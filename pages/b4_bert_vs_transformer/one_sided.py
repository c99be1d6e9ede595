"""BERT's weights read from the left only: which vectors change, and what fills a gap.   Devlin et al. 2019, §3.1, §5.1.

The gap is filled by our masked language model, the local BERT with an adapter and a head: the local BERT lost its own.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from models import bert, mlm
from models.attention import causal_mask
from pages.b4_bert_vs_transformer.inputs import LIMIT, LINE, Line
from study import local_bert
from study.controls import Cell
from study.demo import Evidence, Measured, Origin, same
from study.memo import memo
from study.views import Bars, Heatmap, Say

MARKS = ("[CLS]", "[SEP]")  # no words: nobody would guess one in their place
BEST = 3  # candidates of each way that are shown
PRESETS = {
    "book": {"sentence": LINE, "cell": (6, 4)},
    "opened": {"sentence": LINE, "cell": (6, 2)},
    "chapter": {"sentence": LINE, "cell": (6, 9)},
    "cls": {"sentence": LINE, "cell": (6, 0)},
}


@dataclass(frozen=True, eq=False)
class Reading:
    """A sentence read with both sides, from the left only, and a part of it from the left only."""

    tokens: list[str]
    both: Tensor  # (L+1, T, C)
    left: Tensor  # (L+1, T, C)
    cut: Tensor  # (L+1, T', C): of the first T' tokens alone


def one_sided(sentence: Line = LINE, cell: Annotated[tuple[int, int], Cell(LIMIT)] = (6, 4)) -> Evidence:
    """How far each token's vector is from that without its right side, layer by layer; the chosen token as a gap."""
    local_bert.fits(sentence, LIMIT)
    read = _read(sentence)
    cosine = F.cosine_similarity(read.both.double(), read.left.double(), dim=-1)  # (L+1, T)
    layer, at = chosen = Cell.inside(cell, cosine.shape)
    is_word = read.tokens[at] not in MARKS
    p = {"both": _filled(sentence, at, False), "left": _filled(sentence, at, True)} if is_word else {}  # (V,) each
    token = bert.load().encode(sentence).ids[at]
    shorter = read.cut.shape[1]
    return Evidence(
        Heatmap(
            (1 - cosine).clamp(min=0),
            [str(n) for n in range(len(cosine))],
            read.tokens,
            "change",
            x="token",
            y="layer",
            scale="amount",
            pick="cell",
            selected=chosen,
            hover="change_of",
        ),
        *([_candidates(p, read.tokens[at])] if is_word else []),
        claims=[
            same("last_token", read.both[:2, -1], read.left[:2, -1], abs=1e-5),
            same("needs_no_right", read.left[:, :shorter], read.cut, abs=1e-4),
            same("cls_alone", read.left[:, 0], _cls(), abs=1e-4),
        ],
        measured=[
            *(Measured(f"p_{way}", q[token], unit="share") for way, q in p.items()),
            Measured("here", cosine[layer, at]),
            Measured("mean", cosine[-1].mean()),
        ],
        origin=Origin.TRAINED_HERE,
        source="models/checkpoints/mlm/CARD.md",
        notices=[*local_bert.unknown(read.tokens), *([] if is_word else [Say("no_word", token=read.tokens[at])])],
    )


@memo
@torch.no_grad()
def _read(sentence: str) -> Reading:
    reader = bert.load()
    e = reader.encode(sentence)
    T, half = len(e.ids), (len(e.ids) + 1) // 2
    ids, segments = torch.tensor([e.ids]), torch.tensor([e.segments])  # (1, T)
    cut = reader.encoder(ids[:, :half], segments[:, :half], causal_mask(half))[1]
    return Reading(
        e.tokens,
        both=reader.trace(sentence).hidden,
        left=reader.trace(sentence, mask=causal_mask(T)).hidden,
        cut=torch.cat(cut),  # (L+1, T', C)
    )


@memo
@torch.no_grad()
def _cls() -> Tensor:
    """[CLS] when there is nothing else to read: (L+1, C)."""
    alone = torch.tensor([bert.load().encode("a").ids[:1]])  # (1, 1)
    return torch.cat(bert.load().encoder(alone, torch.zeros_like(alone))[1])[:, 0]  # (L+1, C)


@memo(size=256)
def _filled(sentence: str, at: int, causal: bool) -> Tensor:
    """What may stand at this place if it is masked: (V,)."""
    ids = bert.load().encode(sentence).ids
    mask = causal_mask(len(ids)) if causal else None
    return mlm.load().distribution(ids, [at], mask)[0]  # (V,)


def _candidates(p: dict[str, Tensor], token: str) -> Bars:
    """The best candidates of both ways, side by side."""
    best = [i for q in p.values() for i in q.topk(BEST).indices.tolist()]
    ids = list(dict.fromkeys(best))
    values = {name: q[ids] for name, q in p.items()}
    words = [mlm.load().pieces[i] for i in ids]
    return Bars(values, words, x="candidate", y="probability", title=Say("gap", token=token), y_range=(0, 1))
