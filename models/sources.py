"""One formula, three sources: any attention of the translator, fed as it was trained or from the other sequence.

Vaswani et al. 2017, §3.2.3. Every one of the three uses is mha(x_q, x_kv, x_kv); they differ in two arguments only:

    site      x_q                  x_kv                 mask
    encoder   encoder's states     the same tensor      none      self-attention
    decoder   decoder's states     the same tensor      causal    masked self-attention
    cross     decoder's states     encoder's output     none      encoder-decoder attention

`attend` computes one of them in float64 from the states that the translator wrote down. With swap=True the very same
matrices get the other sequence as x_kv: the formula runs, but nobody trained it to.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from models import attention
from models.transformer import AddAndNorm, MultiHead, Trace
from models.translator import Translator
from models.vocabulary import END

SITES = ("encoder", "decoder", "cross")


class NothingToRead(ValueError):
    """The source has nothing in it that the translator reads."""


class TooLong(ValueError):
    """A side of the pair has `.tokens` tokens."""

    def __init__(self, tokens: int):
        super().__init__(f"{tokens} tokens")
        self.tokens = tokens


@dataclass(frozen=True, eq=False)
class Source:
    """Vectors that Q or K and V are made from: name is "encoder", "decoder" (states of a layer) or "memory"."""

    name: str
    tokens: tuple[str, ...]
    x: Tensor  # (T, C)


@dataclass(frozen=True, eq=False)
class Attended:
    """All heads of one attention. again: the same weights by torch's own multi-head attention."""

    q: Source
    kv: Source
    mask: Tensor | None  # (T, S), True = may look
    weights: Tensor  # (H, T, S)
    output: Tensor  # (T, C)
    again: Tensor  # (H, T, S)


@dataclass(frozen=True, eq=False)
class Reading:
    """The translator reading a pair of sentences (teacher forcing)."""

    translator: Translator
    source: tuple[str, ...]
    target: tuple[str, ...]  # [START] and the pieces
    source_ids: Tensor  # (1, S)
    target_ids: Tensor  # (1, T)
    trace: Trace

    @property
    def half(self) -> int:
        """How many target tokens `first_half` has read."""
        return (len(self.target) + 1) // 2

    @cached_property
    def first_half(self) -> Trace:
        """The same with only the first half of the target: the decoder has not seen the rest."""
        with torch.no_grad():
            return self.translator.model.trace(self.source_ids, self.target_ids[:, : self.half])


@torch.no_grad()
def read(translator: Translator, chinese: str, english: str = "", limit: int = 64) -> Reading:
    """The translator reads both; without an English text, its own greedy translation.

    Raises NothingToRead for a source with nothing in it, TooLong for a side of more than limit tokens.
    """
    length = len(translator.vocabulary.encode_source(chinese))
    if length == 0:
        raise NothingToRead
    if length > limit:
        raise TooLong(length)
    english = english if english.strip() else translator.translate(chinese, keep=False).text
    source, target = translator.source_tokens(chinese), translator.target_tokens(english)
    if len(target) > limit:
        raise TooLong(len(target))
    ids = [torch.tensor([z]) for z in (translator.source_ids(chinese), translator.target_ids(english))]
    return Reading(translator, source, target, *ids, trace=translator.model.trace(*ids))


def trained(trace: Trace, site: str) -> Tensor:
    """The weights that the model itself used at this site, (L, H, T, S)."""
    return {"encoder": trace.encoder_attentions, "decoder": trace.decoder_attentions, "cross": trace.cross_attentions}[
        site
    ][:, 0]


@torch.no_grad()
def attend(reading: Reading, site: str, layer: int, swap: bool = False) -> Attended:
    """One attention of the translator in float64; swap: keys and values from the other sequence, same matrices.

    swap gives the encoder the decoder's states of the same layer, the decoder the encoder's output, and the cross
    attention the decoder's own states. Decoder positions that look at decoder positions see no later ones.
    """
    q, kv = _ends(reading, site, layer, swap)
    own = q.name == kv.name == "decoder"
    mask = attention.causal_mask(len(q.tokens)) if own else None  # (T, T)
    m = _module(reading, site, layer)
    w = {name: p.double() for name, p in m.named_parameters()}
    ends = q.x.double(), kv.x.double()  # (T, C), (S, C)
    output, weights = attention.multi_head(
        *ends, w["query.weight"], w["key.weight"], w["value.weight"], w["output.weight"], m.n_head, mask,
        w["query.bias"], w["key.bias"], w["value.bias"], w["output.bias"],
    )  # fmt: skip
    _, again = F.multi_head_attention_forward(  # what torch.nn.MultiheadAttention calls
        ends[0], ends[1], ends[1], ends[0].shape[1], m.n_head,
        torch.cat([w[f"{n}.weight"] for n in ("query", "key", "value")]),
        torch.cat([w[f"{n}.bias"] for n in ("query", "key", "value")]),
        None, None, False, 0.0, w["output.weight"], w["output.bias"], training=False,
        attn_mask=None if mask is None else ~mask, average_attn_weights=False,
    )  # fmt: skip
    return Attended(q, kv, mask, weights, output, again)


@torch.no_grad()
def loss(reading: Reading, site: str, swapped: Collection[int] = ()) -> float:
    """Mean -log p of the target's tokens, end included, in nats, with this attention swapped in these decoder layers.

    For the decoder's two sites: an encoder that was shown the decoder's states would have been shown the answer.
    """
    model, memory = reading.translator.model, reading.trace.memory
    every = torch.ones(1, 1, 1, len(reading.source), dtype=torch.bool)
    causal = attention.causal_mask(len(reading.target))[None, None]  # (1, 1, T, T)
    x = reading.trace.decoder_states[0]  # (1, T, C)
    for n, layer in enumerate(model.decoder):
        y = layer.around_self.enter(x)
        kv, mask = (memory, every) if site == "decoder" and n in swapped else (y, causal)
        added = layer.self_attention(y, layer.self_attention.keys_values(kv), mask)
        x = layer.around_self.leave(x, added, None)
        y = layer.around_cross.enter(x)
        kv, mask = (y, causal) if site == "cross" and n in swapped else (memory, every)
        added = layer.cross_attention(y, layer.cross_attention.keys_values(kv), mask)
        x = layer.around_cross.leave(x, added, None)
        added = layer.feed_forward(layer.around_feed_forward.enter(x))
        x = layer.around_feed_forward.leave(x, added, None)  # (1, T, C)
    x = model.decoder_norm(x)
    logits = F.linear(x, model.target_embedding.weight) if model.output is None else model.output(x)  # (1, T, V)
    answer = torch.cat([reading.target_ids[0, 1:], torch.tensor([END])])  # (T,)
    return F.cross_entropy(logits[0], answer).item()


def _module(reading: Reading, site: str, layer: int) -> MultiHead:
    model = reading.translator.model
    if site == "encoder":
        return model.encoder[layer].self_attention
    block = model.decoder[layer]
    return block.self_attention if site == "decoder" else block.cross_attention


def _ends(reading: Reading, site: str, layer: int, swap: bool) -> tuple[Source, Source]:
    """Where Q comes from, and where K and V do."""
    model, t = reading.translator.model, reading.trace

    def states(name: str, around: AddAndNorm, z: Tensor) -> Source:
        return Source(name, reading.source if name == "encoder" else reading.target, around.enter(z)[0])

    encoder = states("encoder", model.encoder[layer].around_self, t.encoder_states[2 * layer])
    decoder = states("decoder", model.decoder[layer].around_self, t.decoder_states[3 * layer])
    asking = states("decoder", model.decoder[layer].around_cross, t.decoder_states[3 * layer + 1])
    memory = Source("memory", reading.source, t.memory[0])
    return {
        ("encoder", False): (encoder, encoder),
        ("encoder", True): (encoder, decoder),
        ("decoder", False): (decoder, decoder),
        ("decoder", True): (decoder, memory),
        ("cross", False): (asking, memory),
        ("cross", True): (asking, asking),
    }[site, swap]
