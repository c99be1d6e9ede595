"""A part of the input switched off, or the sentences swapped, beside the model as it is.   Devlin et al. 2019, §3."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from models import bert, bert_input
from models.bert_input import PARTS, Sum, of
from pages.b2_input_embeddings.inputs import FIGURE_2, NOTE, Line, Pair, cosine, distinct, summed
from study import local_bert
from study.controls import Toggle
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Heatmap, Say, Table

Numbers = tuple[float, float, float, float]  # what a row of the table says
NOT_COMPARABLE = float("nan")
PRESETS = {
    "no_position": {**NOTE, "position": False, "step": "attention"},
    "no_segment": {**NOTE, "position": True, "segment": False, "step": "attention"},
    "swapped": {**NOTE, "position": True, "swap": True, "step": "attention"},
    "later_head": {**NOTE, "position": False, "layer": 3, "head": 1, "step": "heads"},
    "all_changes": {**NOTE, "position": True, "segment": False, "step": "cases"},
}


def switches(
    text: Line = FIGURE_2[0],
    pair: Pair = FIGURE_2[1],
    token: Annotated[bool, Toggle()] = True,
    segment: Annotated[bool, Toggle()] = True,
    position: Annotated[bool, Toggle()] = False,
    swap: Annotated[bool, Toggle()] = False,
    layer: local_bert.Layer = 0,
    head: local_bert.Head = 2,
) -> Evidence:
    """One head's attention before and after, how much every head moves, and other changes to the same text."""
    s, keep = summed(text, pair, limit=40), (token, segment, position)
    usual = run(s)
    new, back = swapped(s) if swap else (s, range(len(s.ids)))
    changed = run(new, keep).back(back)
    head_moved = moved(usual.attentions, changed.attentions).mean(-1)  # (L, H)
    as_set = compared(usual, changed)
    others, two_texts = _same_for_every_switch(text, pair)

    def weights(of: Run, name: str) -> Heatmap:
        title = Say(name, layer=layer, head=head)
        look = {"x": "keys", "y": "queries", "scale": "weight", "hover": "weight_of"}
        return Heatmap(of.attentions[layer, head], s.tokens, s.tokens, title, **look)

    return Evidence(
        Step("attention", weights(usual, "usual"), weights(changed, "changed")),
        Step(
            "heads",
            local_bert.by_head(head_moved, "moved", layer, head, scale="weight", hover="moved_of"),
            weights(changed, "changed"),
        ),
        Step("cases", _table([("as_set", as_set), *others])),
        claims=[  # the layers compute in float32: hence the slack
            same("same_as_model", usual.hidden, local_bert.traced(text, pair).hidden, abs=1e-4),
            _no_order(s, token, segment),
            Claim("told_apart", measured=distinct(changed.hidden[-1]), expected=distinct(changed.hidden[0])),
        ],
        measured=[
            Measured("head_moved", head_moved[layer, head], unit="share"),
            Measured("mean_moved", as_set[1], unit="share"),
            Measured("cos_sentence", as_set[2]),
            *two_texts,
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.source(layer, head),
        notices=[
            *([] if all(keep) else [Say("never_trained")]),
            *([Say("no_pair")] if swap and 1 not in s.segments else []),
            *local_bert.unknown(s.tokens),
        ],
    )


@memo
def _same_for_every_switch(text: str, pair: str) -> tuple[list[tuple[str, Numbers]], list[Measured]]:
    """The other changes, and the cosine of the two sentences read one by one: most of the work, for every switch."""
    s = bert_input.taken_apart(text, pair)
    others = cases(s, run(s))
    if not pair.strip():
        return others, []
    first, second = (run(bert_input.taken_apart(alone)).sentence for alone in (text, pair))
    return others, [Measured("two_texts", cosine(first, second))]


# --- through the layers ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Run:
    """What the layers make of an input: hidden (L+1, T, C), attentions (L, H, T, T)."""

    hidden: Tensor
    attentions: Tensor

    @property
    def sentence(self) -> Tensor:
        """(C,): the mean over all tokens, [CLS] and [SEP] included: the vector that this model was trained to give."""
        return self.hidden[-1].mean(0)  # (C,)

    def back(self, where: Sequence[int]) -> "Run":
        """The tokens in another order: where[i] is the place of what shall stand at i."""
        return Run(self.hidden[:, where], self.attentions[:, :, where][..., where])


@torch.no_grad()
def run(s: Sum, keep: tuple[bool, bool, bool] = (True, True, True)) -> Run:
    """The model from its sum on (float32, as in use), with the parts that are not kept left out."""
    encoder = bert.load().encoder
    total = (s.parts * torch.tensor(keep)[:, None, None]).sum(0)  # (T, C)
    x = encoder.embedding.norm(total.float())[None]  # (1, T, C)
    hidden, inside = encoder.through(x)
    weights = [tensors[-1] for tensors in inside]  # L × (1, H, T, T)
    return Run(torch.cat(hidden), torch.cat(weights))  # B = 1 here, so joining the layers along B gives L instead


def swapped(s: Sum) -> tuple[Sum, list[int]]:
    """[CLS] B [SEP] A [SEP], and where each token of s stands in it. A text without a pair stays as it is."""
    first = s.segments.count(0)  # [CLS], A and its [SEP]
    a = list(range(1, first))
    b = list(range(first, len(s.ids)))
    order = [0, *b, *a]
    new = s.ordered(order)
    segments = [0] * (1 + len(b)) + [1] * len(a) if b else s.segments
    return of(new.tokens, new.ids, segments), [order.index(i) for i in range(len(order))]


# --- beside the model as it is ---------------------------------------------------------------------------------------
def moved(a: Tensor, b: Tensor) -> Tensor:
    """How much of its attention a query gives to other tokens than before, from 0 to 1: (..., T, S) -> (..., T)."""
    return (a - b).abs().sum(-1) / 2


def compared(usual: Run, other: Run) -> Numbers:
    """Cosine of what enters the layers, mean attention moved, cosine of the sentence vector and of the last [CLS]."""
    return (
        cosine(usual.hidden[0], other.hidden[0]).mean().item(),
        moved(usual.attentions, other.attentions).mean().item(),
        cosine(usual.sentence, other.sentence).item(),
        cosine(usual.hidden[-1, 0], other.hidden[-1, 0]).item(),
    )


def cases(s: Sum, usual: Run) -> list[tuple[str, Numbers]]:
    """Changes to one input, each compared with the model as it is."""
    runs = {}
    for name in ("token", "position", "segment"):  # segments last: what else is done to them stands below
        keep = tuple(part != name for part in PARTS)
        runs[f"no_{name}"] = run(s, keep)
    for name, segments in _other_segments(s.segments).items():
        runs[name] = run(of(s.tokens, s.ids, segments))
    if 1 in s.segments:
        new, back = swapped(s)
        runs["swapped"] = run(new).back(back)
    last = len(s.ids) - 1
    backwards = [0, *range(last - 1, 0, -1), last]  # [CLS] and the last [SEP] keep their places
    runs["reversed"] = run(s.ordered(backwards)).back(backwards)
    numbers = [(name, compared(usual, other)) for name, other in runs.items()]
    return numbers + _shortened(s, usual)


def _other_segments(segments: list[int]) -> dict[str, list[int]]:
    count = len(segments)
    return {"exchanged": [1 - segment for segment in segments], "all_a": [0] * count, "all_b": [1] * count}


def _shortened(s: Sum, usual: Run) -> list[tuple[str, Numbers]]:
    """A token left out: NaN for what compares token by token, and for the last [CLS] where there is none."""
    result = []
    if 1 in s.segments:
        middle = s.segments.count(0) - 1
        others = [i for i in range(len(s.ids)) if i != middle]
        cut = run(s.ordered(others))
        sentence = cosine(cut.sentence, usual.sentence).item()
        cls = cosine(cut.hidden[-1, 0], usual.hidden[-1, 0]).item()
        result.append(("no_sep", (NOT_COMPARABLE, NOT_COMPARABLE, sentence, cls)))
    cut = run(s.ordered(range(1, len(s.ids))))
    sentence = cosine(cut.sentence, usual.sentence).item()
    return [*result, ("no_cls", (NOT_COMPARABLE, NOT_COMPARABLE, sentence, NOT_COMPARABLE))]


def _table(rows: Sequence[tuple[str, Numbers]]) -> Table:
    cells = []
    for name, (a, far, b, c) in rows:
        cells.append([Say(name), round(a, 3), round(100 * far, 1), round(b, 3), round(c, 3)])
    return Table(["case", "cos_sum", "mean_moved", "cos_sentence", "cos_cls"], cells, "cases")


def _no_order(s: Sum, token: bool, segment: bool) -> Claim:
    """Without positions the text read backwards has the same sentence vector: their cosine is 1."""
    keep = (token, segment, False)
    forwards = run(s, keep).sentence  # (C,)
    backwards = run(s.ordered(range(len(s.ids))[::-1]), keep).sentence  # (C,)
    return Claim("no_position_no_order", measured=cosine(forwards, backwards), expected=1, abs=1e-6)
