"""Several sentences as one tensor: padding fills the rows, a mask keeps it from being looked at."""

from typing import Annotated

from torch import Tensor

from pages.t8_text_to_tensor.batched import Batch, batch
from pages.t8_text_to_tensor.inputs import CARD, Head
from study import local_bert
from study.controls import Slider, Texts, Toggle
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Bars, Diagram, Heatmap, Say
from study.views.diagram import Cells, Text

MOST = 5
LINES = "你好。\n我喜欢猫。\n我昨天在图书馆看书。"
Lines = Annotated[str, Texts(400, most=MOST)]
PRESETS = {
    "grid": {"step": "grid"},
    "hidden": {"line": 1, "step": "weights"},
    "seen": {"line": 1, "masked": False, "step": "weights"},
    "same": {"step": "output"},
}


def batching(
    lines: Lines = LINES,
    line: Annotated[int, Slider(1, MOST, upto=lambda values: len(Texts.lines(values["lines"])))] = 1,
    masked: Annotated[bool, Toggle()] = True,
    head: Head = 1,
) -> Evidence:
    """The ids and the mask, the weights of one sentence, and what padding does to every sentence's output."""
    found = batch(tuple(Texts.lines(lines)))
    row = min(line, len(found.tokens)) - 1
    weights = (found.weights if masked else found.unmasked_weights)[row, head]  # (S, S)
    with_mask, without = found.gaps(found.masked), found.gaps(found.unmasked)
    gaps = {"with_mask": _told(with_mask), "without_mask": _told(without)}
    B, S = found.ids.shape
    shape = {"B": B, "S": S}
    return Evidence(
        Step("grid", _grid(_padded(found), Say("ids", **shape)), _grid(_seen(found.mask), Say("mask", **shape))),
        Step("weights", _weights(found, row, weights, masked, head), _alone(found, row, head)),
        Step(
            "output",
            Bars(
                gaps,
                [f"{n + 1}" for n in range(B)],
                x="sentence",
                y="difference",
                title="differs",
                y_range=None if any(map(any, gaps.values())) else (0, 1),  # bars of 0 alone would stand at half height
            ),
        ),
        claims=_claims(found, with_mask),
        measured=[
            Measured("padding_share", 1 - found.mask.double().mean(), unit="share", step="grid"),
            Measured("to_padding", _to_padding(found, row, weights), unit="share", step="weights"),
            Measured("moved", max(without), step="output"),
        ],
        origin=Origin.TRAINED_HERE,
        source=CARD,
        notices=local_bert.unknown([t for tokens in found.tokens for t in tokens], "unknown_to_translator"),
    )


def _told(gaps: list[float]) -> list[float]:
    """Differences to be shown: what float64 rounds is none."""
    return [round(gap, 9) for gap in gaps]


def _padded(found: Batch) -> list[list[str]]:
    """The characters of every sentence, filled up."""
    S = found.ids.shape[1]
    return [[*tokens, *["·"] * (S - len(tokens))] for tokens in found.tokens]


def _seen(mask: Tensor) -> list[list[str]]:
    return [[str(int(seen)) for seen in row] for row in mask]


def _grid(rows: list[list[str]], title: Say) -> Diagram:
    """A row of cells for each sentence."""
    width = min(30, 336 / len(rows[0]))
    cells = Cells(24, 8, tuple(map(tuple, rows)), width, 24, tones=_tones(rows), size=12)
    names = [Text(18, 25 + 24 * n, str(n + 1), anchor="end") for n in range(len(rows))]
    return Diagram([cells, *names], 360, 8 + 24 * MOST + 8, title=title)


def _tones(rows: list[list[str]]) -> tuple[tuple[float, ...], ...]:
    """What is text stands out."""
    return tuple(tuple(0.0 if cell in "·0" else 0.3 for cell in row) for row in rows)


def _weights(found: Batch, row: int, weights: Tensor, masked: bool, head: int) -> Heatmap:
    """Who looks at whom in one sentence of the batch; hatched what the mask hides."""
    tokens = _padded(found)[row]
    hidden = ~found.mask[row].expand_as(weights) if masked else None  # (S, S)
    title = Say("weights", line=row + 1, head=head)
    return Heatmap(weights, tokens, tokens, title, x="keys", y="queries", scale="weight", masked=hidden)


def _to_padding(found: Batch, row: int, weights: Tensor) -> Tensor:
    """What the characters of a sentence give to padding, the mean of their rows. weights: (S, S)."""
    text = found.mask[row]  # (S,)
    return weights[text][:, ~text].sum(-1).mean()


def _alone(found: Batch, row: int, head: int) -> Heatmap:
    """The same sentence in a batch of its own."""
    tokens, weights = found.tokens[row], found.alone_weights[row][0, head]  # (length, length)
    return Heatmap(weights, tokens, tokens, "alone", x="keys", y="queries", scale="weight")


def _claims(found: Batch, gaps: list[float]) -> list[Claim]:
    hidden = found.weights * ~found.mask[:, None, None]  # (B, H, S, S): the mask is (B, 1, 1, S)
    characters = sum(map(len, found.tokens))
    return [
        Claim("padding", measured=(~found.mask).sum(), expected=found.ids.numel() - characters),
        Claim("same_as_alone", measured=max(gaps), expected=0, abs=1e-9),  # sums of another length, float64
        Claim("no_weight", measured=hidden.sum(), expected=0),
        same("rows_sum_to_one", found.weights.sum(-1), 1, abs=1e-12),
    ]
