"""Which of the three vectors dominates the sum? Length is not influence.   Devlin et al. 2019, §3."""

import torch
from torch import Tensor

from models import bert_input
from pages.b2_input_embeddings.inputs import FIGURE_2, NOTE, ROLES, Line, Pair, cosine, summed
from study import local_bert
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Bars, Lines, Say, Series, Table

PRESETS = {
    "figure_2": {**NOTE, "step": "tokens"},
    "one_sentence": {"text": FIGURE_2[0], "pair": "", "step": "tokens"},
    "all_positions": {**NOTE, "step": "positions"},
}


def shares(text: Line = FIGURE_2[0], pair: Pair = FIGURE_2[1]) -> Evidence:
    """How long the three vectors are, how much each contributes to the sum, and the lengths of all 512 positions."""
    s = summed(text, pair, limit=40)
    lengths = dict(zip(bert_input.PARTS, s.parts.norm(dim=-1), strict=True))  # (T,) each
    share, difference = contributions(s), shares_of_difference(s)  # (3, T), (3,)
    segment_a, segment_b = bert_input.tables()[1]  # (C,) each
    return Evidence(
        Step("tokens", Bars(lengths, s.tokens, x="token_row", y="length", title="lengths", roles=ROLES), compared(s)),
        Step("positions", every_position()),
        claims=[
            same("add_up", share.sum(0), 1, abs=1e-9),
            Claim("constant_tells_nothing", measured=_difference_of_constant(s), expected=0, abs=1e-9),
        ],
        measured=[
            Measured("cls_position", share[2, 0], unit="share"),
            Measured("segment_share", share[1].mean(), unit="share"),
            Measured("segment_difference", difference[1], unit="share"),
            Measured("segments_cosine", cosine(segment_a, segment_b)),
            Measured("segments_apart", (segment_a - segment_b).norm()),
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.source(),
        notices=local_bert.unknown(s.tokens),
    )


def contributions(s: bert_input.Sum) -> Tensor:
    """How much each part contributes to each token's sum: its dot product with the sum over the sum's with itself.

    (3, T); over the parts they add up to 1, and one is negative where a part points against the sum.
    """
    return (s.parts * s.total).sum(-1) / s.total.square().sum(-1)  # (3, T)


def shares_of_difference(s: bert_input.Sum) -> Tensor:
    """(3,): the same for what tells the tokens apart, the sums less their mean over the tokens. 0 for a constant."""
    parts = s.parts - s.parts.mean(1, keepdim=True)  # (3, T, C)
    total = parts.sum(0)  # (T, C)
    return (parts * total).sum((-1, -2)) / total.square().sum().clamp_min(1e-300)  # (3,)


def compared(s: bert_input.Sum) -> Table:
    """Length and influence of each part, a row each."""
    length, share, difference = s.parts.norm(dim=-1), contributions(s), shares_of_difference(s)  # (3, T) twice, (3,)
    columns = ["part", "mean_length", "share", "share_of_cls", "share_of_difference"]
    rows = []
    for k, name in enumerate(bert_input.PARTS):
        in_percent = [round(100 * float(n), 1) for n in (share[k].mean(), share[k, 0], difference[k])]
        rows.append([Say(name), round(float(length[k].mean()), 3), *in_percent])
    return Table(columns, rows, "compared")


def every_position() -> Lines:
    """The lengths of all position embeddings, beside a token's on average and segment A's."""
    token, segment, position = bert_input.tables()
    lengths = position.norm(dim=-1)  # (512,)
    ends = torch.tensor([0, len(lengths) - 1])

    def flat(key: str, value: float, role: str) -> Series:
        return Series(Say(key, value=f"{value:.2f}"), ends, torch.tensor([value, value]), role=role, dashed=True)

    return Lines(
        [
            Series("position", range(len(lengths)), lengths, role="position"),
            flat("segment_a", segment[0].norm().item(), ""),  # second, as among the bars: it has their colour
            flat("mean_token", token.norm(dim=-1).mean().item(), "hidden"),
        ],
        x="place",
        y="length",
        title="all_positions",
    )


def _difference_of_constant(s: bert_input.Sum) -> float:
    """The segments' share of what tells the tokens apart, if all tokens were of segment A."""
    constant = bert_input.of(s.tokens, s.ids, [0] * len(s.ids))
    return float(shares_of_difference(constant)[1].abs())
