"""What every block of the translator reads and hands on, and the same once more by torch's own functions."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import attention, positional
from pages.t4_encoder_decoder import by_torch
from pages.t4_encoder_decoder.reading import Reading

#: Sub-layers: their stack, their place in a layer, and the name of their module.
SUBLAYERS = {
    "encoder_self": ("encoder", 0, "self"),
    "encoder_feed_forward": ("encoder", 1, "feed_forward"),
    "decoder_self": ("decoder", 0, "self"),
    "cross_attention": ("decoder", 1, "cross"),
    "decoder_feed_forward": ("decoder", 2, "feed_forward"),
}
#: The blocks that add what a sub-layer has computed.
ADDS = {
    "encoder_add_self": "encoder_self",
    "encoder_add_feed_forward": "encoder_feed_forward",
    "decoder_add_self": "decoder_self",
    "decoder_add_cross": "cross_attention",
    "decoder_add_feed_forward": "decoder_feed_forward",
}


@dataclass(frozen=True, eq=False)
class Seen:
    """What a block hands on: values (T, n), or weights (H, T, S) of an attention, as the model wrote them down.

    again: the same by torch, in float64. reads: the shapes that come in.
    """

    rows: tuple[str, ...]
    values: Tensor
    again: Tensor
    reads: str
    cols: tuple[str, ...] = ()  # tokens; none: components


@torch.no_grad()
def at(pair: Reading, name: str, layer: int) -> Seen:
    """A block of the drawing; layer: of those that every layer has."""
    if name in ADDS:
        return _add(pair, ADDS[name], layer)
    if name in SUBLAYERS:
        return _sublayer(pair, name, layer)
    if name in ("linear", "softmax"):
        return _scores(pair, name)
    if name == "memory":
        last = pair.trace.encoder_states[-1, 0]  # (S, C)
        module = pair.translator.model.encoder_norm
        return Seen(pair.source, pair.trace.memory[0], by_torch.norm(module, last), by(last))
    return _input(pair, *name.partition("_")[::2])


def _input(pair: Reading, side: str, what: str) -> Seen:
    """The ids of a side, their embeddings, or these with positions."""
    source, model, words = side == "source", pair.translator.model, pair.translator.vocabulary
    tokens = pair.source if source else pair.target
    ids = pair.source_ids[0] if source else pair.target_ids[0]  # (T,)
    if not what:
        names = words.source if source else pair.translator.pieces
        found = torch.tensor([names.index(token) for token in tokens])  # (T,)
        return Seen(tokens, ids[:, None].float(), found[:, None].double(), str(len(tokens)))
    first = states(pair, "encoder" if source else "decoder")[0]  # (T, C)
    T, C = first.shape
    embedding = model.source_embedding if source else model.target_embedding
    table = embedding.weight.double()  # (V, C)
    embedded = F.embedding(ids, table) * C**0.5  # (T, C)
    positions = positional.sinusoidal(T, C)  # (T, C)
    if what == "embedding":
        return Seen(tokens, first - positions.float(), embedded, str(T))
    return Seen(tokens, first, embedded + positions, by(first))


def _sublayer(pair: Reading, name: str, layer: int) -> Seen:
    """The weights of an attention, or what a feed-forward network adds."""
    stack, place, kind = SUBLAYERS[name]
    module, x = _reads(pair, name, layer)
    rows = pair.source if stack == "encoder" else pair.target
    if kind == "feed_forward":
        values = added(pair, stack)[number(stack, place, layer)]  # (T, C)
        return Seen(rows, values, by_torch.feed_forward(module, x), by(x))
    every = {
        "encoder_self": pair.trace.encoder_attentions,
        "decoder_self": pair.trace.decoder_attentions,
        "cross_attention": pair.trace.cross_attentions,
    }[name]  # (L, 1, H, T, S)
    weights = every[layer, 0]  # (H, T, S)
    _, again = _attend(pair, name, module, x)
    both = f"{by(x)}, {by(pair.trace.memory[0])}" if kind == "cross" else by(x)
    cols = pair.target if name == "decoder_self" else pair.source
    return Seen(rows, weights, again, both, cols)


def _attend(pair: Reading, name: str, module: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Output (T, C) and weights (H, T, S) of an attention that reads x (T, C)."""
    kv = pair.trace.memory[0] if name == "cross_attention" else x  # (S, C)
    mask = attention.causal_mask(len(x)) if name == "decoder_self" else None  # (T, T)
    return by_torch.attention(module, x, kv, mask)


def _add(pair: Reading, name: str, layer: int) -> Seen:
    """The state after a sub-layer: the one before it, and what it adds."""
    stack, place, kind = SUBLAYERS[name]
    before, after = states(pair, stack)[number(stack, place, layer) :][:2]  # (T, C) each
    module, x = _reads(pair, name, layer)
    more = by_torch.feed_forward(module, x) if kind == "feed_forward" else _attend(pair, name, module, x)[0]  # (T, C)
    rows = pair.source if stack == "encoder" else pair.target
    return Seen(rows, after, before.double() + more, f"{by(before)}, {by(before)}")


def _reads(pair: Reading, name: str, layer: int) -> tuple[nn.Module, Tensor]:
    """A sub-layer's module, and what it reads: the normalised state before it, (T, C)."""
    stack, place, kind = SUBLAYERS[name]
    block = getattr(pair.translator.model, stack)[layer]
    name_of_module = kind if kind == "feed_forward" else f"{kind}_attention"
    module = getattr(block, name_of_module)
    return module, by_torch.norm(
        getattr(block, f"around_{kind}").norm, states(pair, stack)[number(stack, place, layer)]
    )


def _scores(pair: Reading, name: str) -> Seen:
    """Logits or probabilities of the tokens of the translation, at every position."""
    model, last = pair.translator.model, pair.trace.decoder_states[-1, 0]  # (T, C)
    ours, theirs = (
        pair.trace.logits[0],
        F.linear(by_torch.norm(model.decoder_norm, last), model.target_embedding.weight.double()),
    )
    if name == "softmax":
        ours, theirs = ours.softmax(-1), theirs.softmax(-1)  # (T, V)
    answers = pair.answer_ids[0]  # (T,)
    reads = by(last) if name == "linear" else by(ours)
    again = theirs[:, answers]  # (T, T)
    return Seen(pair.target, ours[:, answers], again, reads, pair.answers)


def states(pair: Reading, stack: str) -> Tensor:
    """The residual stream before and after every sub-layer, (n L + 1, T, C)."""
    return (pair.trace.encoder_states if stack == "encoder" else pair.trace.decoder_states)[:, 0]


def added(pair: Reading, stack: str) -> Tensor:
    """What every sub-layer adds, (n L, T, C)."""
    return (pair.trace.encoder_added if stack == "encoder" else pair.trace.decoder_added)[:, 0]


def number(stack: str, place: int, layer: int) -> int:
    """Which sub-layer of its stack it is."""
    each = 2 if stack == "encoder" else 3
    return each * layer + place


def by(x: Tensor) -> str:
    return " × ".join(map(str, x.shape))
