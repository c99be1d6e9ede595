"""What a real module costs, found without a formula of ours: its parameters, and the matrix products that it runs."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import bmm_flop, mm_flop

from models.transformer import Transformer, TransformerConfig


class _Unset(TorchFunctionMode):
    """Leaves embeddings as they are: on the meta device drawing normal numbers loads torch's compiler, for seconds."""

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        if func.__name__ == "normal_":
            return (args or tuple(kwargs.values()))[0]
        return func(*args, **(kwargs or {}))


class _Products(TorchFunctionMode):
    """Adds up the operations of every matrix product, by the rules of torch's own FlopCounterMode.

    That counter itself listens one level lower and loads torch's compiler, too; a test compares the two.
    """

    flops = 0

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func is F.linear:
            x, w = args[:2]  # (..., n), (m, n)
            self.flops += mm_flop((x.numel() // x.shape[-1], x.shape[-1]), tuple(w.T.shape))
        elif "matmul" in func.__name__:
            a, b = args[:2]  # (..., T, n), (..., n, S)
            batch = math.prod(result.shape[:-2])
            self.flops += bmm_flop((batch, *a.shape[-2:]), (batch, *b.shape[-2:]))
        return result


def parameters(config: TransformerConfig) -> int:
    """sum(p.numel()) of the module of this config, built with shapes and without numbers (torch's meta device)."""
    with torch.device("meta"), _Unset():
        model = Transformer(config)
    return sum(p.numel() for p in model.parameters())


@torch.no_grad()
def flops(config: TransformerConfig, T: int) -> int:
    """Operations of the products in one forward pass of the module of this config over T source and T target tokens."""
    model = Transformer(config).eval()
    ids = torch.ones(1, T, dtype=torch.long)  # (1, T)
    with _Products() as products:
        model.trace(ids, ids)  # written out: the fused kernel would hide its two products
    return products.flops
