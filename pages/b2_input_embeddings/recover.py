"""Does adding lose anything? Token and position are read back from the sum; and what a concatenation would cost."""

from typing import Annotated

import torch
from torch import Tensor, nn

from models import bert, bert_input, shapes
from pages.b2_input_embeddings.inputs import FIGURE_2, NOTE, C, Line, Pair, summed
from pages.b2_input_embeddings.reading_back import positions_along, random_sums, read_back, room
from study import local_bert
from study.controls import Slider
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Lines, Say, Series, Span, Table, Tokens

WIDTHS = (4, 8, 16, 32, 64, 128, 256, C)
DRAWS = 300
PRESETS = {
    "width_64": {**NOTE, "width": 64, "step": "read"},
    "width_16": {**NOTE, "width": 16, "step": "read"},
    "width_384": {**NOTE, "width": C, "step": "read"},
    "cost": {**NOTE, "step": "cost"},
}


def recover(
    text: Line = FIGURE_2[0],
    pair: Pair = FIGURE_2[1],
    width: Annotated[int, Slider(4, C, scale="log")] = 64,
) -> Evidence:
    """What comes back of this text, and of 300 random sums, from the first `width` of the 384 numbers."""
    s = summed(text, pair, limit=64)
    places = [str(place) for place in range(len(s.ids))]
    read = read_back(s.total, width)
    read_tokens = [bert.load().tokenizer.id_to_token(i) for i in read.ids.tolist()]
    read_places = [str(place) for place in read.positions.tolist()]
    return Evidence(
        Step(
            "read",
            _by_width(width),
            _chips(s.tokens, read_tokens, Say("tokens_read", width=width)),
            _chips(places, read_places, Say("positions_read", width=width)),
        ),
        Step("cost", _designs()),
        claims=lambda: [
            _tied(s),
            Claim("projection_cost", measured=nn.Linear(3 * C, C, bias=False).weight.numel(), expected=3 * C**2),
            same("params_of_sum", _added_model().total, sum(p.numel() for p in bert.load().encoder.parameters())),
        ],
        measured=lambda: [
            Measured("tokens_right", _agreeing(s.tokens, read_tokens), unit="share", step="read"),
            Measured("positions_right", _agreeing(places, read_places), unit="share", step="read"),
            Measured("along_own", _along_own(8), unit="share", step="read"),
            Measured("token_room", room()["token"], step="read"),
            Measured("position_room", room()["position"], step="read"),
            Measured("mean_cosine", room()["cosine"], step="read"),
            # |cosine| of two random directions, for large C
            Measured("random_cosine", (2 / torch.pi / C) ** 0.5, step="read"),
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.source(),
        notices=local_bert.unknown(s.tokens),
    )


def _chips(names: list[str], read: list[str], title: Say) -> Tokens:
    """The names as chips, each marked by whether it was read back."""
    spans = []
    for i, (name, read_as) in enumerate(zip(names, read, strict=True)):
        spans.append(Span(i, i + 1, "right" if name == read_as else "wrong", Say("read_as", name=read_as)))
    return Tokens(names, spans, {"right": "read_right", "wrong": "read_wrong"}, title)


def _agreeing(names: list[str], read: list[str]) -> float:
    return sum(a == b for a, b in zip(names, read, strict=True)) / len(names)


def _by_width(width: int) -> Lines:
    """Share of the random sums that is read back, for each of WIDTHS."""
    tokens, positions = _curves()
    return Lines(
        [
            Series("token", WIDTHS, tokens, role="hidden", points=True),
            Series("position", WIDTHS, positions, role="position", points=True, dashed=True),
        ],
        x="width_axis",
        y="read_rate",
        title="by_width",
        log_x=True,
        here=width,
        y_range=(0, 1.05),
    )


@memo
def _curves() -> tuple[list[float], list[float]]:
    """Share of the random sums whose token, and whose position, is read back from so many numbers."""
    total, ids, positions = random_sums(DRAWS, seed=0)
    reads = [read_back(total, width) for width in WIDTHS]
    return [_rate(r.ids, ids) for r in reads], [_rate(r.positions, positions) for r in reads]


@memo
def _along_own(directions: int) -> float:
    """Share of the same random sums whose position is read back along so many directions of the position table."""
    total, _, positions = random_sums(DRAWS, seed=0)
    return _rate(positions_along(total, directions), positions)


def _rate(read: Tensor, true: Tensor) -> float:
    return (read == true).double().mean().item()


def _tied(s: bert_input.Sum) -> Claim:
    """A sum times W_Q is the concatenation of its parts times W_Q stacked three times."""
    w = bert.load().encoder.layers[0].attention.query.weight.double()  # (C, C), applied as x @ w.T
    joined = torch.cat(list(s.parts), -1)  # (T, 3C)
    stacked = torch.cat([w, w, w], -1).T  # (3C, C)
    return same("tied", joined @ stacked, s.total @ w.T, abs=1e-9)


def _added_model() -> shapes.Count:
    """The parameters of the local BERT, which adds."""
    return shapes.count_parameters(bert.BertConfig(), pooler=False)


def _designs() -> Table:
    """How many parameters adding takes, and two ways to concatenate."""
    here, base = bert.BertConfig(), _added_model().total
    wide = bert.BertConfig(d_model=3 * C, d_ff=3 * here.d_ff)
    tables = C * (here.vocab_size + here.n_segment + here.n_position)
    # concatenation widens the layers, not the tables: those of the wide model are three times too wide
    carried = shapes.count_parameters(wide, pooler=False).total - 3 * tables + tables

    def row(design: str, vector_width: int, total: int) -> list[Say]:
        return [Say(design), *(Say("whole", n=n) for n in (vector_width, total - base, total))]

    rows = [
        row("add", C, base),
        row("join_and_project", C, base + 3 * C * C),
        row("join_and_carry", 3 * C, carried),
    ]
    return Table(["design", "vector_width", "extra", "all_parameters"], rows, "designs")
