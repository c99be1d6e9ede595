"""What each sub-layer adds to the residual path, and what is left without that path.   Vaswani et al. 2017, §3.1."""

import copy
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from models.transformer import AddAndNorm, Record, Trace, Transformer
from pages.t4_encoder_decoder import blocks
from pages.t4_encoder_decoder.reading import CARD, CHINESE, Chinese, Reading, read
from study.controls import Choice
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Bars, Lines, Say, Series

WHERE = ("nowhere", "encoder", "decoder", "both")
PRESETS = {
    "encoder": {"stack": "encoder", "without": "encoder"},
    "decoder": {"stack": "decoder", "without": "decoder"},
    "both": {"stack": "decoder", "without": "both"},
    "sizes": {"stack": "decoder", "without": "nowhere", "step": "sizes"},
}


class WithoutResidual(AddAndNorm):
    """The same norm around a sub-layer whose input is not added to its output."""

    def __init__(self, around: AddAndNorm):
        torch.nn.Module.__init__(self)
        self.pre_norm, self.norm, self.dropout = around.pre_norm, around.norm, around.dropout

    def leave(self, x: Tensor, added: Tensor, record: Record | None) -> Tensor:
        """added alone, (B, T, C): x is let go."""
        return super().leave(torch.zeros_like(x), added, record)


def residual(
    chinese: Chinese = CHINESE,
    stack: Annotated[str, Choice("encoder", "decoder")] = "encoder",
    without: Annotated[str, Choice(*WHERE)] = "encoder",
) -> Evidence:
    """Each state beside the one before it, with the path and in a copy of the model without it."""
    pair = read(chinese)
    other = pair.trace if without == "nowhere" else traced(pair, without)
    whole, cut = (_states(trace, stack) for trace in (pair.trace, other))  # (n L + 1, T, C)
    steps = torch.arange(1, len(whole))
    series = [
        Series("with_path", steps, _to_last(whole), role="hidden"),
        Series("cut_path", steps, _to_last(cut), dashed=True),
    ]
    lines = {"x": "place", "y": "cosine_before", "title": "to_last", "y_range": (-0.5, 1.05)}
    start = [
        Series(s.name, s.x, _to_first(z), role=s.role, dashed=s.dashed)
        for s, z in zip(series, (whole, cut), strict=True)
    ]
    added = blocks.added(pair, stack)  # (n L, T, C)
    return Evidence(
        Step("cosine", Lines(series, **lines), Lines(start, **(lines | {"title": "to_first", "y": "cosine_first"}))),
        Step("sizes", _sizes(whole, added, stack)),
        claims=[
            same("adds_up", _scaled(whole[:-1] + added, whole), _scaled(whole[1:], whole), abs=1e-6),
            Claim("copy_is_the_model", measured=_gap(pair), expected=0, abs=1e-5),
        ],
        measured=[
            Measured("loss_with", _loss(pair, pair.trace), unit="nats", step="cosine"),
            Measured("loss_cut", _loss(pair, other), unit="nats", step="cosine"),
            Measured("kept", _to_last(cut).mean(), step="cosine"),
        ],
        origin=Origin.TRAINED_HERE,
        source=CARD,
        notices=pair.notices,
    )


def _states(trace: Trace, stack: str) -> Tensor:
    return (trace.encoder_states if stack == "encoder" else trace.decoder_states)[:, 0]  # (n L + 1, T, C)


@memo
@torch.no_grad()
def traced(pair: Reading, without: str) -> Trace:
    """What a copy of the model computes that has no residual path in these stacks ("nowhere": a copy alone)."""
    model = own_copy(pair.translator.model)
    for stack in ("encoder", "decoder"):
        if without in (stack, "both"):
            _cut(model, stack)
    return model.trace(pair.source_ids, pair.target_ids)


def own_copy(model: Transformer) -> Transformer:
    """The same weights in modules of our own: what is exchanged here changes nothing for other readers."""
    return copy.deepcopy(model, {id(p): p for p in model.parameters()})


def _cut(model: Transformer, stack: str) -> None:
    for layer in getattr(model, stack):
        for name, around in list(layer.named_children()):
            if isinstance(around, AddAndNorm):
                setattr(layer, name, WithoutResidual(around))


def _to_last(states: Tensor) -> Tensor:
    """The cosine of each state with the one before its sub-layer, mean of the positions, (n L,)."""
    return torch.cosine_similarity(states[1:], states[:-1], dim=-1).mean(-1)


def _to_first(states: Tensor) -> Tensor:
    """The cosine of each state with the embedding that it began as, mean of the positions, (n L,)."""
    return torch.cosine_similarity(states[1:], states[:1], dim=-1).mean(-1)


def _sizes(states: Tensor, added: Tensor, stack: str) -> Bars:
    """Norms of what comes in and of what is added, mean of the positions; named by layer and sub-layer."""
    names = ("at_self", "at_ffn") if stack == "encoder" else ("at_self", "at_cross", "at_ffn")
    labels = [Say(names[i % len(names)], layer=i // len(names)) for i in range(len(added))]
    values = {"comes_in": states[:-1].norm(dim=-1).mean(-1), "is_added": added.norm(dim=-1).mean(-1)}  # (n L,) each
    return Bars(values, labels, x="place", y="norm", title="norms", roles={"comes_in": "hidden"})


def _scaled(x: Tensor, states: Tensor) -> Tensor:
    """x in units of the largest component of the states: float32 rounds in proportion to it."""
    return x / states.abs().max()


def _gap(pair: Reading) -> float:
    """How far the logits of a copy with all its paths are from the model's."""
    return (traced(pair, "nowhere").logits - pair.trace.logits).abs().max().item()


def _loss(pair: Reading, trace: Trace) -> float:
    """Mean -log p of the tokens of the translation as trained, end included."""
    return F.cross_entropy(trace.logits[0], pair.answer_ids[0]).item()
