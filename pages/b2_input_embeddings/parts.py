"""Figure 2 with real numbers: three vectors are added, then comes LayerNorm.   Devlin et al. 2019, §3; Figure 2."""

from typing import Annotated

import torch
from torch import Tensor, nn

from models import bert, bert_input
from pages.b2_input_embeddings.inputs import FIGURE_2, NOTE, ROLES, C, Line, Pair, summed
from study import local_bert
from study.controls import Cell, Slider
from study.demo import Claim, Evidence, Origin, Step, same
from study.memo import memo
from study.views import Chain, Heatmap, Say

WINDOW = 12  # how many of the C numbers are drawn at once
OTHER_TEXT = "the cat sat on the mat", "it slept"
PRESETS = {
    "figure_2": {**NOTE, "step": "added"},
    "position_0": {**NOTE, "cell": (0, 3), "step": "added"},
    "layer_norm": {**NOTE, "step": "normed"},
    "other_text": {"text": OTHER_TEXT[0], "pair": OTHER_TEXT[1], "cell": (0, 0), "step": "normed"},
}


def parts(
    text: Line = FIGURE_2[0],
    pair: Pair = FIGURE_2[1],
    first: Annotated[int, Slider(0, C - WINDOW, step=WINDOW)] = 0,
    cell: Annotated[tuple[int, int], Cell(64)] = (2, 0),
) -> Evidence:
    """Three tables, their sum, and LayerNorm, 12 of the 384 numbers at a time; one number is followed all the way."""
    s = summed(text, pair, limit=32)
    row, column = Cell.inside(cell, (len(s.ids), WINDOW))
    window = range(first, first + WINDOW)

    def matrix(z: Tensor, name: str, group: str) -> Heatmap:
        return Heatmap(
            z[:, window],
            s.tokens,
            [str(dimension) for dimension in window],
            name,
            x="dimension",
            y="token_row",
            group=group,
            role=ROLES.get(name, ""),
            pick="cell",
            selected=(row, column),
            hover="number_of",
        )

    return Evidence(
        Step(
            "added",
            matrix(s.token, "token", "sum"),
            # a scale of their own: beside the tokens' largest numbers theirs would be hard to see
            matrix(s.segment, "segment", "added"),
            matrix(s.position, "position", "added"),
            added(s, row, window[column]),
        ),
        Step(
            "normed",
            matrix(s.total, "sum", "sum"),
            matrix(s.normed, "normed", "normed"),
            normed(s, row, window[column]),
        ),
        claims=lambda: _claims(s),
        origin=Origin.PRETRAINED,
        source=local_bert.source(),
        notices=local_bert.unknown(s.tokens),
    )


def _claims(s: bert_input.Sum) -> list[Claim]:
    library_sum, library_normed = library(s)  # (T, C) each
    other_text = bert_input.taken_apart("Something else.", "Entirely.")
    return [
        same("same_sum", s.total, library_sum, abs=1e-12),
        same("same_normed", s.normed, library_normed, abs=1e-9),
        same("cls_is_constant", s.normed[0], other_text.normed[0]),
    ]


def added(s: bert_input.Sum, row: int, dimension: int) -> Chain:
    """One of a token's C numbers: three tables and their sum."""
    about = {"token": s.tokens[row], "segment": "AB"[s.segments[row]], "position": row}
    parts = [(Say(f"{name}_of", **about), getattr(s, name)[row, dimension]) for name in bert_input.PARTS]
    return Chain(
        [*parts, ("total", s.total[row, dimension])],
        Say("one_number", token=s.tokens[row], n=dimension),
        joins=["+", "+", "="],
    )


def normed(s: bert_input.Sum, row: int, dimension: int) -> Chain:
    """The same number from the sum through LayerNorm."""
    total = s.total[row]  # (C,)
    centred = total[dimension] - total.mean()
    steps = [
        ("total", total[dimension]),
        ("less_mean", centred),
        ("by_spread", centred / s.spread[row, 0]),
        ("affine", s.normed[row, dimension]),
    ]
    return Chain(steps, Say("one_number", token=s.tokens[row], n=dimension))


@torch.no_grad()
def library(s: bert_input.Sum) -> tuple[Tensor, Tensor]:
    """The same by transformers' own module with the same weights, in float64: the total and after LayerNorm, (T, C)."""
    ids = {
        "input_ids": torch.tensor([s.ids]),
        "token_type_ids": torch.tensor([s.segments]),
        "position_ids": torch.arange(len(s.ids))[None],
    }
    total, normed = (module(**ids)[0] for module in _library())  # (T, C) each
    return total, normed


@memo  # also for its lock: transformers imports its parts late, and two threads that ask first get an ImportError
def _library() -> tuple[nn.Module, nn.Module]:
    """transformers' BertEmbeddings without its LayerNorm, and whole."""
    from transformers import BertConfig
    from transformers.models.bert.modeling_bert import BertEmbeddings

    ours, sizes = bert.load().encoder.embedding, bert.load().config
    config = BertConfig(
        vocab_size=sizes.vocab_size,
        hidden_size=sizes.d_model,
        max_position_embeddings=sizes.n_position,
        type_vocab_size=sizes.n_segment,
        layer_norm_eps=sizes.eps,
        pad_token_id=None,
    )
    weights = {
        "word_embeddings.weight": ours.token.weight.detach(),  # shared, float32: what is added to it is float64
        "token_type_embeddings.weight": ours.segment.weight.double(),
        "position_embeddings.weight": ours.position.weight.double(),
        "LayerNorm.weight": ours.norm.weight.double(),
        "LayerNorm.bias": ours.norm.bias.double(),
    }
    modules = []
    for _ in range(2):
        with torch.device("meta"):  # no first weights are drawn: the random numbers of others stay theirs
            module = BertEmbeddings(config)
        module.load_state_dict(weights, assign=True)
        modules.append(module.eval().requires_grad_(False))
    without_norm, whole = modules
    without_norm.LayerNorm = nn.Identity()
    return without_norm, whole
