"""LoRA adapters and a head on the local BERT: what the judges (glue) and the masked language model (mlm) share.

The local BERT's own weights are not trained, not copied and not stored. A checkpoint holds adapters and head, and says
by a fingerprint to which BERT they belong. Attaching the adapters is models/lora.py's part.
"""

import copy
import hashlib
from collections.abc import Mapping

from torch import Tensor, nn

from models import bert, lora

ADAPTED = ("query", "key", "value", "attention.output", "expand", "contract")  # every linear layer of the encoder
HEAD = "head."


def shared(encoder: bert.Encoder) -> bert.Encoder:
    """Layers of its own with the same weights, not copied: adapters attached to it leave the given encoder alone."""
    return copy.deepcopy(encoder, {id(p): p for p in encoder.parameters()})


def taken(encoder: bert.Encoder, head: nn.Module) -> dict[str, Tensor]:
    """What was trained beside the encoder's own weights, as copies: adapters by their names, and "head.…"."""
    return lora.adapters(encoder) | {f"{HEAD}{name}": p.detach().clone() for name, p in head.named_parameters()}


def put(encoder: bert.Encoder, head: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Copy what taken gave into an encoder to which adapters of the same rank are attached, and into its head.

    In whatever precision it was kept. Raises ValueError or RuntimeError for tensors of another model.
    """
    lora.load_adapters(encoder, {name: t for name, t in tensors.items() if not name.startswith(HEAD)})
    head.load_state_dict({name.removeprefix(HEAD): t for name, t in tensors.items() if name.startswith(HEAD)})


def fingerprint(encoder: bert.Encoder) -> str:
    """SHA-256 of the encoder's biases and gains, with adapters or without: enough to tell whose they are, and quick."""
    small = [p.detach().cpu().numpy().tobytes() for p in encoder.parameters() if p.dim() == 1]
    return hashlib.sha256(b"".join(small)).hexdigest()


def forget(encoder: nn.Module) -> None:
    """BERT's first weights: every matrix N(0, 0.02²), biases 0, LayerNorm 1 and 0. Draws on torch's random state."""
    for module in encoder.modules():
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
        if isinstance(module, nn.LayerNorm):
            module.reset_parameters()
