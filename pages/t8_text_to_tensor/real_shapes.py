"""The shapes of a real, untrained Transformer: read off the tensors while it runs on ids that mean nothing."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models import attention
from models.transformer import Transformer, TransformerConfig
from pages.t8_text_to_tensor.stations import Shape


@dataclass(frozen=True)
class Ran:
    """What a forward pass left behind: the shapes by station, of the last layer of a stack, and all parameters."""

    shapes: dict[str, Shape]
    parameters: int


@torch.no_grad()
def run(config: TransformerConfig, B: int, S: int, T: int) -> Ran:
    """Runs the module of this config on B pairs of S and T tokens, and watches it by hooks."""
    model = Transformer(config).eval()
    seen = _watched(model)
    source = torch.ones(B, S, dtype=torch.long)  # (B, S)
    target = torch.ones(B, T, dtype=torch.long)  # (B, T)
    trace = model.trace(source, target)
    q, k, v = (model.encoder[-1].self_attention.heads(seen.pop(letter)) for letter in "qkv")  # (B, H, S, d_k) each
    steps = attention.steps(q, k, v)
    tensors = {
        **seen,
        "ids": source,
        "position": trace.encoder_states[0],
        "qkv": q,
        "scores": steps.scores,
        "weights": trace.encoder_attentions[-1],
        "mixed": steps.output,
        "added": trace.encoder_states[-2],
        "memory": trace.memory,
        "target": target,
        "entered": trace.decoder_states[0],
        "masked": trace.decoder_attentions[-1],
        "cross": trace.cross_attentions[-1],
        "logits": trace.logits,
        "next": trace.logits.softmax(-1),
    }
    shapes = {name: tuple(z.shape) for name, z in tensors.items()}
    return Ran(shapes, sum(p.numel() for p in model.parameters()))


def _watched(model: Transformer) -> dict[str, Tensor]:
    """Filled while the model runs: what its embedding, its last norm and modules of its last encoder layer return."""
    seen: dict[str, Tensor] = {}
    layer = model.encoder[-1]

    def watch(name: str, module: nn.Module, entering: bool = False) -> None:
        """Keeps what the module returns, or what it is given."""

        def keep(_module: nn.Module, given: tuple[Tensor, ...], result: Tensor) -> None:
            seen[name] = given[0] if entering else result

        module.register_forward_hook(keep)

    watch("embedding", model.source_embedding)
    watch("q", layer.self_attention.query)
    watch("k", layer.self_attention.key)
    watch("v", layer.self_attention.value)
    watch("joined", layer.self_attention.output, entering=True)
    watch("projected", layer.self_attention.output)
    watch("wide", layer.feed_forward.contract, entering=True)
    watch("states", model.decoder_norm)
    return seen
