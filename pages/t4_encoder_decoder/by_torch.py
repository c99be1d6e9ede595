"""The sub-layers of the translator computed a second time, by torch's own functions in float64."""

from torch import Tensor, nn
from torch import eye as identity
from torch.nn import functional as F

from models.transformer import FeedForward, MultiHead


def attention(module: MultiHead, x_q: Tensor, x_kv: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """x_q (T, C) asks, x_kv (S, C) answers; mask (T, S), True = may look -> output (T, C), weights (H, T, S)."""
    q = _heads(linear(module.query, x_q), module.n_head)  # (H, T, d_k)
    k, v = (_heads(linear(m, x_kv), module.n_head) for m in (module.key, module.value))  # (H, S, d_k) each
    context = F.scaled_dot_product_attention(q, k, v, mask)  # (H, T, d_k)
    ones = identity(k.shape[1], dtype=q.dtype).expand(
        module.n_head, -1, -1
    )  # (H, S, S): as values they give the weights
    weights = F.scaled_dot_product_attention(q, k, ones, mask)  # (H, T, S)
    joined = context.transpose(0, 1).flatten(1)  # (T, C)
    return linear(module.output, joined), weights


def feed_forward(module: FeedForward, x: Tensor) -> Tensor:
    """x (T, C) -> (T, C)"""
    wide = F.relu(linear(module.expand, x))  # (T, d_ff)
    return linear(module.contract, wide)  # (T, C)


def norm(module: nn.Module, x: Tensor) -> Tensor:
    """A LayerNorm of x (T, C), or x itself where the model has none."""
    if not isinstance(module, nn.LayerNorm):
        return x.double()
    return F.layer_norm(x.double(), module.normalized_shape, module.weight.double(), module.bias.double(), module.eps)


def linear(module: nn.Linear, x: Tensor) -> Tensor:
    """x (T, n) -> (T, m)"""
    return F.linear(x.double(), module.weight.double(), module.bias.double())


def _heads(x: Tensor, n_head: int) -> Tensor:
    """(T, C) -> (H, T, d_k)"""
    return x.unflatten(-1, (n_head, -1)).transpose(0, 1)
