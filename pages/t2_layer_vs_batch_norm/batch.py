"""What the demos of this lesson share: seeded batches of token vectors, PyTorch's own modules, names of rows.

Everything is float64.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

EPS = 1e-5  # PyTorch's default
Norm = Callable[[Tensor], Tensor]


def generator(seed: int) -> torch.Generator:
    """A random source of its own: same seed, same numbers."""
    return torch.Generator().manual_seed(seed)


def tokens(batch: int, length: int, channels: int, seed: int, mean: float = 0.0) -> Tensor:
    """A batch of token vectors (B, T, C). Every channel has an offset and a spread of its own around `mean` and 1."""
    source = generator(seed)
    offset = 0.5 * torch.randn(channels, generator=source, dtype=torch.float64)  # (C,)
    spread = 0.5 + torch.rand(channels, generator=source, dtype=torch.float64)  # (C,)
    noise = torch.randn(batch, length, channels, generator=source, dtype=torch.float64)  # (B, T, C)
    return mean + offset + spread * noise  # (B, T, C)


def token_names(batch: int, length: int) -> list[str]:
    """Names of the rows of a (B·T, C) matrix: s1·t1, s1·t2, …"""
    return [f"s{b + 1}·t{t + 1}" for b in range(batch) for t in range(length)]


def names(letter: str, count: int) -> list[str]:
    """c1, c2, … for channels; s1, s2, … for sentences."""
    return [f"{letter}{i + 1}" for i in range(count)]


def torch_norm(norm: str, channels: int, gamma: float = 1.0, beta: float = 0.0, eps: float = EPS) -> Norm:
    """PyTorch's own module ("layer", "batch", "rms"; rms with its default eps), for (B, T, C) or (B, C)."""
    kind = {"layer": nn.LayerNorm, "batch": nn.BatchNorm1d, "rms": nn.RMSNorm}[norm]
    module = kind(channels, eps=None if norm == "rms" else eps, dtype=torch.float64)
    nn.init.constant_(module.weight, gamma)
    if norm != "rms":
        nn.init.constant_(module.bias, beta)

    def run(x: Tensor) -> Tensor:
        if norm == "batch" and x.dim() == 3:
            return module(x.mT).mT.detach()  # BatchNorm1d wants (B, C, T)
        return module(x).detach()

    return run


def worst(values: Tensor, expected: float) -> Tensor:
    """The value that is farthest from the expected one."""
    return values[(values - expected).abs().argmax()]
