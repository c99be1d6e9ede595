"""One sentence on its way through the translator: every tensor of `stations`, made by the model's own modules."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from models import attention, translator
from models.transformer import Trace
from models.translator import Translation
from models.translator_vocabulary import START
from pages.t8_text_to_tensor.stations import Sizes
from study.controls import Refusal
from study.memo import memo

LIMIT = 24  # characters of a sentence: what a map of T × S weights can still show


@dataclass(frozen=True, eq=False)
class Trip:
    """A sentence, what the decoder has written of its translation, and the tensors by the names of their stations."""

    pieces: tuple[str, ...]  # S characters as they are read
    target: tuple[str, ...]  # [START] and what is written
    translation: Translation  # the whole of it, token by token
    trace: Trace  # the model's own record of the same pass
    tensors: dict[str, Tensor]
    after: Tensor  # (1, S, C)  what the encoder layer hands on

    def sizes(self) -> Sizes:
        """The letters of this trip."""
        B, S, C = self.trace.memory.shape
        H, T = self.trace.decoder_attentions.shape[2:4]
        d_ff, V = self.tensors["wide"].shape[-1], self.trace.logits.shape[-1]
        return {"B": B, "S": S, "T": T, "H": H, "d_model": C, "d_k": C // H, "d_ff": d_ff, "V": V}


@memo
@torch.no_grad()
def travel(text: str, written: int, layer: int) -> Trip:
    """The text through this layer of the encoder, then through the decoder after so many tokens of its translation.

    Raises as _read.
    """
    ours, (source, translation) = _translator(), _read(text)
    chosen = [step.id for step in translation.steps][: min(written, longest(text))]
    target = torch.tensor([[START, *chosen]])  # (1, T)
    trace = ours.model.trace(source, target)
    encoder, after = _encoder_layer(trace.encoder_states[2 * layer], layer)
    table = ours.model.source_embedding
    tensors = {
        "ids": source,
        "embedding": table(source) * table.embedding_dim**0.5,  # (1, S, C)
        "position": trace.encoder_states[0],
        **encoder,
        "memory": trace.memory,
        "target": target,
        "entered": trace.decoder_states[0],
        "masked": trace.decoder_attentions[layer],
        "cross": trace.cross_attentions[layer],
        "states": ours.model.decoder_norm(trace.decoder_states[-1]),
        "logits": trace.logits,
        "next": trace.logits.softmax(-1),
    }
    pieces = tuple(ours.vocabulary.target_pieces([START, *chosen]))
    return Trip(ours.source_tokens(text), pieces, translation, trace, tensors, after)


def longest(text: str) -> int:
    """The tokens of the whole translation, its end aside. Raises as _read."""
    return len(_read(text)[1].steps) - 1


@memo
@torch.no_grad()
def _read(text: str) -> tuple[Tensor, Translation]:
    """The ids (1, S) and the translation.

    Raises Refusal("empty") where nothing can be read, Refusal("too_many_tokens") for more than LIMIT characters.
    """
    ours = _translator()
    length = len(ours.vocabulary.encode_source(text))
    if length > LIMIT:
        raise Refusal("too_many_tokens", tokens=length, limit=LIMIT)
    try:
        ids = ours.source_ids(text)
    except ValueError:  # too long it is not
        raise Refusal("empty") from None
    return torch.tensor([ids]), ours.translate(text)


def _encoder_layer(x: Tensor, layer: int) -> tuple[dict[str, Tensor], Tensor]:
    """What one encoder layer makes of x (B, S, C), step by step, and what it hands on."""
    module = _translator().model.encoder[layer]
    own = module.self_attention
    y = module.around_self.enter(x)  # (B, S, C)
    q, (k, v) = own.heads(own.query(y)), own.keys_values(y)  # (B, H, S, d_k) each
    steps = attention.steps(q, k, v)
    joined = steps.output.transpose(1, 2).flatten(2)  # (B, S, C)
    projected = own.output(joined)  # (B, S, C)
    added = module.around_self.leave(x, projected, None)  # (B, S, C)
    wide = F.relu(module.feed_forward.expand(module.around_feed_forward.enter(added)))  # (B, S, d_ff)
    after = module.around_feed_forward.leave(added, module.feed_forward.contract(wide), None)  # (B, S, C)
    tensors = {
        "qkv": q,
        "keys": k,
        "values": v,
        "scores": steps.scaled,
        "weights": steps.weights,
        "mixed": steps.output,
        "joined": joined,
        "projected": projected,
        "added": added,
        "wide": wide,
    }
    return tensors, after


@memo
def piece(number: int) -> str:
    """The English piece with this id."""
    return _translator().pieces[number]


@memo
def _translator() -> translator.Translator:
    return translator.load()
