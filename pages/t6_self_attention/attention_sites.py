"""One formula, three sources: any attention of the translator, fed as it was trained or from the other sequence.

Vaswani et al. 2017, §3.2.3. Every one of the three uses is mha(x_q, x_kv, x_kv); they differ in two arguments only:

    site      x_q                  x_kv                 mask
    encoder   encoder's states     the same tensor      none      self-attention
    decoder   decoder's states     the same tensor      causal    masked self-attention
    cross     decoder's states     encoder's output     none      encoder-decoder attention

`attend` computes one of them in float64 from the states that the translator wrote down. With swap=True the very same
matrices get the other sequence as x_kv: the formula runs, but nobody trained it to.
"""

import unicodedata
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from models import attention, translator
from models.transformer import AddAndNorm, MultiHead, Trace
from models.translator import Translator
from study.controls import Refusal
from study.memo import memo

SITES = ("encoder", "decoder", "cross")


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


@memo
def reading(chinese: str, english: str, limit: int) -> Reading:
    """`read` by the translator of this project."""
    return read(_translator(), chinese, english, limit)


@memo
def _translator() -> Translator:
    return translator.load()


@torch.no_grad()
def read(model: Translator, chinese: str, english: str = "", limit: int = 64) -> Reading:
    """The translator reads both; without an English text that says anything, its own translation.

    Raises Refusal("empty") for a source of which nothing can be read, Refusal("too_many_tokens") for a side of more
    than limit tokens.
    """
    _fits(len(model.vocabulary.encode_source(chinese)), limit)
    try:
        source_ids = model.source_ids(chinese)
    except ValueError:  # too long it is not
        raise Refusal("empty") from None
    if not _says_something(english):
        english = model.translate(chinese, keep=False).text
    target_ids = model.target_ids(english)
    _fits(len(target_ids), limit)
    ids = torch.tensor([source_ids]), torch.tensor([target_ids])  # (1, S), (1, T)
    tokens = model.source_tokens(chinese), model.target_tokens(english)
    return Reading(model, *tokens, *ids, trace=model.model.trace(*ids))


def _fits(tokens: int, limit: int) -> None:
    if tokens > limit:
        raise Refusal("too_many_tokens", tokens=tokens, limit=limit)


def _says_something(text: str) -> bool:
    """Whether there is more in it than spaces, characters that nobody sees, and marks without a letter."""
    return any(unicodedata.category(ch)[0] not in "ZCM" and ch != "\ufffd" for ch in text)


def trained(trace: Trace, site: str) -> Tensor:
    """The weights that the model itself used at this site, (L, H, T, S)."""
    every = trace.encoder_attentions, trace.decoder_attentions, trace.cross_attentions
    return every[SITES.index(site)][:, 0]  # the only text of its batch


@torch.no_grad()
def attend(reading: Reading, site: str, layer: int, swap: bool = False) -> Attended:
    """One attention of the translator in float64; swap: keys and values from the other sequence, same matrices.

    swap gives the encoder the decoder's states of the same layer, the decoder the encoder's output, and the cross
    attention the decoder's own states. Decoder positions that look at decoder positions see no later ones.
    """
    q, kv = _ends(reading, site, layer, swap)
    own = q.name == kv.name == "decoder"
    mask = attention.causal_mask(len(q.tokens)) if own else None  # (T, T)
    module = _module(reading, site, layer)
    x_q, x_kv = q.x.double(), kv.x.double()  # (T, C), (S, C)
    w = {name: p.double() for name, p in module.named_parameters()}
    output, weights = attention.multi_head(
        x_q,
        x_kv,
        *(w[f"{name}.weight"] for name in ("query", "key", "value", "output")),
        module.n_head,
        mask,
        *(w[f"{name}.bias"] for name in ("query", "key", "value", "output")),
    )  # (T, C), (H, T, S)
    return Attended(q, kv, mask, weights, output, again=_by_torch(x_q, x_kv, w, module.n_head, mask))


def _by_torch(x_q: Tensor, x_kv: Tensor, w: dict[str, Tensor], n_head: int, mask: Tensor | None) -> Tensor:
    """The weights (H, T, S) by the function that torch.nn.MultiheadAttention calls."""
    _, weights = F.multi_head_attention_forward(
        x_q,
        x_kv,
        x_kv,
        x_q.shape[1],
        n_head,
        torch.cat([w[f"{name}.weight"] for name in ("query", "key", "value")]),  # (3C, C)
        torch.cat([w[f"{name}.bias"] for name in ("query", "key", "value")]),  # (3C,)
        bias_k=None,
        bias_v=None,
        add_zero_attn=False,
        dropout_p=0.0,
        out_proj_weight=w["output.weight"],
        out_proj_bias=w["output.bias"],
        training=False,
        attn_mask=None if mask is None else ~mask,  # there True means: may not look
        average_attn_weights=False,
    )
    return weights


def _module(reading: Reading, site: str, layer: int) -> MultiHead:
    model = reading.translator.model
    if site == "encoder":
        return model.encoder[layer].self_attention
    block = model.decoder[layer]
    return block.self_attention if site == "decoder" else block.cross_attention


def _ends(reading: Reading, site: str, layer: int, swap: bool) -> tuple[Source, Source]:
    """Where Q comes from, and where K and V do."""
    model, trace = reading.translator.model, reading.trace

    def states(name: str, around: AddAndNorm, z: Tensor) -> Source:
        tokens = reading.source if name == "encoder" else reading.target
        return Source(name, tokens, around.enter(z)[0])

    # the trace holds the residual stream before every sub-layer: two an encoder layer, three a decoder layer
    encoder = states("encoder", model.encoder[layer].around_self, trace.encoder_states[2 * layer])
    decoder = states("decoder", model.decoder[layer].around_self, trace.decoder_states[3 * layer])
    asking = states("decoder", model.decoder[layer].around_cross, trace.decoder_states[3 * layer + 1])
    memory = Source("memory", reading.source, trace.memory[0])
    return {
        ("encoder", False): (encoder, encoder),
        ("encoder", True): (encoder, decoder),
        ("decoder", False): (decoder, decoder),
        ("decoder", True): (decoder, memory),
        ("cross", False): (asking, memory),
        ("cross", True): (asking, asking),
    }[site, swap]
