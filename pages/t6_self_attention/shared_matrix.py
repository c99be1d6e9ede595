"""A SelfAttention that circulates in tutorials, beside the paper's multi-head attention: what it really computes.

It cuts the embedding into n_head slices first and then puts every slice through one and the same nn.Linear(d_k, d_k),
d_k = d_model / n_head; its scores are divided by sqrt(d_model). Vaswani et al. 2017, §3.2.2, project the whole vector
with a matrix of its own for every head, and §3.2.1 divides by sqrt(d_k). With one head the two are the same.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from models import attention, toy
from models.shapes import parameters_in
from study.controls import Choice, Seed
from study.demo import Claim, Evidence, Measured, Origin, same
from study.views import Heatmap

PRESETS = {"eight": {"n_head": "8"}, "two": {"n_head": "2"}, "one": {"n_head": "1"}}


def shared_matrix(n_head: Annotated[str, Choice("1", "2", "4", "8")] = "8", seed: Seed = 0) -> Evidence:
    """The matrix that its one small nn.Linear for all heads amounts to; d_model = 64."""
    H = int(n_head)
    pair = both(H, seed)
    theirs, paper, x = pair.circulating, pair.paper, pair.x  # x (T, C)
    C = x.shape[1]
    d_k = C // H
    w_q, w_k = (as_full(z.weight, H) for z in (theirs.queries, theirs.keys))  # (C, C) each
    again = weights_of(x, w_q, w_k, H, scale=C**-0.5)  # (H, T, T)
    other = torch.cat([x[:, :d_k], x[:, d_k:].flip(0)], 1)  # (T, C): head 0's slice stays, the others change
    by_d_model, by_d_k = spread(H, seed)
    return Evidence(
        _matrix(w_q, "theirs"),
        _matrix(paper.queries.weight, "paper"),
        claims=[
            same("is_block_diagonal", theirs(x), again, abs=1e-9),
            Claim("parameters_theirs", measured=parameters_in(theirs), expected=2 * d_k**2),
            Claim("parameters_paper", measured=parameters_in(paper), expected=2 * C**2),
            same("blind", theirs(x)[0], theirs(other)[0], abs=1e-12),
            Claim("variance_theirs", measured=by_d_model, expected=1 / H, rel=0.2),
            Claim("variance_paper", measured=by_d_k, expected=1, rel=0.2),
        ],
        measured=[
            Measured("count_theirs", parameters_in(theirs)),
            Measured("count_paper", parameters_in(paper)),
            Measured("spread_theirs", by_d_model),
            Measured("spread_paper", by_d_k),
            Measured("paper_sees", (paper(x)[0] - paper(other)[0]).abs().max()),
        ],
        origin=Origin.TOY,
    )


def _matrix(w: Tensor, title: str) -> Heatmap:
    """W_Q in full, (C, C): both panels share one colour scale."""
    components = [str(n + 1) for n in range(len(w))]
    return Heatmap(w, components, components, title, x="input", y="output", group="w", role="query")


class Circulating(nn.Module):
    """The queries and keys of that class; values and output are of no matter here."""

    def __init__(self, d_model: int, n_head: int):
        super().__init__()
        self.d_model = d_model
        self.n_head = n_head
        self.d_k = d_model // n_head
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
    with torch.device("meta"):  # shapes without numbers: nn.Linear would draw its own from the global seed
        models = Circulating(d_model, n_head), PerHead(d_model, n_head)
    for model in models:
        weights = {name: toy.normal(*p.shape, seed=seed, name=name) for name, p in model.named_parameters()}
        scaled = {name: w / w.shape[1] ** 0.5 for name, w in weights.items()}
        model.load_state_dict(scaled, assign=True)
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
