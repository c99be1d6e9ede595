"""A SelfAttention that circulates in tutorials, beside the paper's multi-head attention: what it really computes.

It cuts the embedding into n_head slices first and then puts every slice through one and the same nn.Linear(d_k, d_k),
d_k = d_model / n_head; its scores are divided by sqrt(d_model). Vaswani et al. 2017, §3.2.2, project the whole vector
with a matrix of its own for every head, and §3.2.1 divides by sqrt(d_k). With one head the two are the same.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models import attention, toy


class Circulating(nn.Module):
    """The queries and keys of that class; values and output are of no matter here."""

    def __init__(self, d_model: int, n_head: int):
        super().__init__()
        self.d_model, self.n_head, self.d_k = d_model, n_head, d_model // n_head
        self.queries = nn.Linear(self.d_k, self.d_k, bias=False)
        self.keys = nn.Linear(self.d_k, self.d_k, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (T, C) -> weights (H, T, T), computed as it is written there."""
        slices = x.unflatten(-1, (self.n_head, self.d_k))  # (T, H, d_k)
        energy = torch.einsum("qhd,khd->hqk", self.queries(slices), self.keys(slices))  # (H, T, T)
        return torch.softmax(energy / self.d_model**0.5, dim=-1)  # (H, T, T)


class PerHead(nn.Module):
    """The paper's: one d_model x d_k matrix per head, all of them side by side in one nn.Linear."""

    def __init__(self, d_model: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.queries = nn.Linear(d_model, d_model, bias=False)
        self.keys = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (T, C) -> weights (H, T, T)."""
        return weights_of(x, self.queries.weight, self.keys.weight, self.n_head)


@dataclass(frozen=True, eq=False)
class Both:
    """The two on the same vectors, with random weights of the same size; nothing is trained."""

    x: Tensor  # (T, C)
    circulating: Circulating
    paper: PerHead


def both(n_head: int, seed: int, d_model: int = 64, T: int = 12) -> Both:
    """Both with weights of variance 1 / (their number of inputs), so that queries and keys have variance 1."""
    x = toy.normal(T, d_model, seed=seed, name="x")  # (T, C)
    with torch.random.fork_rng(devices=[]):  # the first weights are random, then replaced: leave no trace in the seed
        models = Circulating(d_model, n_head).double(), PerHead(d_model, n_head).double()
    for model in models:
        for name, p in model.named_parameters():
            p.data = toy.normal(*p.shape, seed=seed, name=name) / p.shape[1] ** 0.5
        model.requires_grad_(False)
    return Both(x, *models)


def as_full(w: Tensor, n_head: int) -> Tensor:
    """The (C, C) matrix that a shared (d_k, d_k) one stands for: the same block n_head times down the diagonal."""
    return torch.block_diag(*[w] * n_head)  # (C, C)


def weights_of(x: Tensor, w_q: Tensor, w_k: Tensor, n_head: int, scale: float | None = None) -> Tensor:
    """Multi-head weights (H, T, T) of x (T, C) with full matrices (C, C) as nn.Linear keeps them."""
    q, k = ((x @ w.T).unflatten(-1, (n_head, -1)).transpose(0, 1) for w in (w_q, w_k))  # (H, T, d_k) each
    return attention.scaled_dot_product(q, k, k, scale=scale)[1]


def spread(n_head: int, seed: int, d_model: int = 64, n: int = 4096) -> tuple[float, float]:
    """Variance of q·k of n random pairs with d_k = d_model / n_head, divided by sqrt(d_model) and by sqrt(d_k)."""
    d_k = d_model // n_head
    q, k = toy.queries_and_keys(n, d_k, seed)  # (n, d_k) each
    variance = (q * k).sum(-1).var().item()
    return variance / d_model, variance / d_k
