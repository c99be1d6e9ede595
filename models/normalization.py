"""Layer, batch and RMS normalisation.   Ba et al. 2016, §3; Ioffe & Szegedy 2015, §3; Zhang & Sennrich 2019, §4.

All three compute (x - mean) / sqrt(variance + eps) * gamma + beta and differ in what the mean and variance are over:

    layer_norm   one position, all channels         the same in training and evaluation; blind to the rest of the batch
    batch_norm   one channel, all other positions   depends on the batch, so evaluation needs running averages instead
    rms_norm     one position, all channels         without subtracting the mean, and without beta

Channels are last: x is (B, C) or (B, T, C). torch.nn.BatchNorm1d wants (B, C, T) instead.
Every variance is the biased one (divided by n), except the running variance of batch normalisation.
Half precision in, half precision out; in between everything is float32, as in torch.
"""

import torch
from torch import Tensor

from models.precision import wide


class OneValuePerChannel(ValueError):
    """Batch normalisation met fewer than two values per channel, `.count`: there is no spread to divide by."""

    def __init__(self, count: int):
        super().__init__(
            f"batch normalisation needs at least 2 values per channel, got {count}: one value equals its own mean and "
            "would become 0 whatever it was. Use a larger batch, more real tokens, or running statistics (evaluation)."
        )
        self.count = count


def layer_norm(
    x: Tensor,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise every position over its channels: Ba et al. 2016, §3.

    The statistics are its eq. (3), gain and bias its eq. (4). x (..., C) -> (..., C); gamma and beta (C,), by default
    1 and 0. eps is not in the paper: it is the guard against a division by zero that nn.LayerNorm has. Equal to
    torch.nn.functional.layer_norm over the last dimension.
    """
    z = wide(x)  # (B, T, C)
    mean = z.mean(-1, keepdim=True)  # (B, T, 1): one for each token
    var = z.var(-1, correction=0, keepdim=True)  # (B, T, 1): divided by C
    z = (z - mean) / torch.sqrt(var + eps)  # (B, T, C)
    return scale_and_shift(z, gamma, beta).to(x.dtype)


def rms_norm(x: Tensor, gamma: Tensor | None = None, eps: float | None = None) -> Tensor:
    """Divide every position by the root mean square of its channels: Zhang & Sennrich 2019, §4.

    x (..., C) -> (..., C); gamma (C,), by default 1; eps by default the machine epsilon of what is computed in, x's
    dtype or float32 for a half precision, as in torch.nn.functional.rms_norm, to which this is equal. (LLaMA's
    checkpoints use 1e-6 or 1e-5.)
    """
    z = wide(x)  # (..., C)
    eps = torch.finfo(z.dtype).eps if eps is None else eps
    rms = torch.sqrt(z.square().mean(-1, keepdim=True) + eps)  # (..., 1)
    return scale_and_shift(z / rms, gamma, None).to(x.dtype)  # (..., C)


def batch_norm(
    x: Tensor,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    eps: float = 1e-5,
    mask: Tensor | None = None,
) -> Tensor:
    """Normalise every channel over the batch, as in training: Ioffe & Szegedy 2015.

    Their Algorithm 1, over all axes but the last. x (B, C) or (B, T, C) -> the same shape; gamma and beta (C,), by
    default 1 and 0; mask (B,) or (B, T), True for a real token. Statistics come from real tokens only; padding is then
    shifted and scaled like the rest, and its values mean nothing. Raises OneValuePerChannel where a channel has fewer
    than two (real) values, as nn.BatchNorm1d raises ValueError ("Expected more than 1 value per channel when
    training"), and ValueError for other shapes.
    """
    tokens = wide(_values(x, mask))  # (n, C): n = B·T, less with a mask
    if len(tokens) < 2:
        raise OneValuePerChannel(len(tokens))
    mean = tokens.mean(0)  # (C,): one for each channel
    var = tokens.var(0, correction=0)  # (C,): divided by n
    z = (wide(x) - mean) / torch.sqrt(var + eps)  # (B, T, C)
    return scale_and_shift(z, gamma, beta).to(x.dtype)


def batch_statistics(x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor, int]:
    """Mean (C,), biased variance (C,) and the number of values per channel: Ioffe & Szegedy 2015, Algorithm 1.

    x (B, C) or (B, T, C); mask (B,) or (B, T), True for a real token. Of a half precision they are float32: a variance
    is a square and may be too large for it. Raises ValueError for other shapes, and OneValuePerChannel where there is
    not a single value (one value is allowed here: its variance is 0).
    """
    values = wide(_values(x, mask))  # (n, C)
    if len(values) == 0:
        raise OneValuePerChannel(0)
    return values.mean(0), values.var(0, correction=0), len(values)


def update_running(
    running_mean: Tensor, running_var: Tensor, x: Tensor, momentum: float = 0.1, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The running mean and variance after one more training batch, as new tensors (C,): nn.BatchNorm1d's update.

    x (B, C) or (B, T, C). new = (1 - momentum) * old + momentum * batch, where the batch's variance is the UNBIASED
    one (n / (n - 1) of the biased), as in Ioffe & Szegedy 2015, Algorithm 2, although the batch itself is normalised
    with the biased one. They keep their own dtype. nn.BatchNorm1d starts from mean 0 and variance 1. Raises what
    batch_norm raises.
    """
    mean, var, n = batch_statistics(x, mask)
    if n < 2:
        raise OneValuePerChannel(n)
    unbiased = var * n / (n - 1)  # (C,)
    new_mean = (1 - momentum) * wide(running_mean) + momentum * mean  # (C,)
    new_var = (1 - momentum) * wide(running_var) + momentum * unbiased  # (C,)
    return new_mean.to(running_mean.dtype), new_var.to(running_var.dtype)


def batch_norm_eval(
    x: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise with given statistics, as in evaluation: Ioffe & Szegedy 2015, Algorithm 2.

    x (..., C) -> (..., C); running_mean, running_var, gamma, beta (C,). Nothing depends on the batch: one value per
    channel is fine.
    """
    centred = wide(x) - wide(running_mean)  # (..., C)
    return scale_and_shift(centred / torch.sqrt(wide(running_var) + eps), gamma, beta).to(x.dtype)  # (..., C)


def _values(x: Tensor, mask: Tensor | None) -> Tensor:
    """The (real) tokens of x (B, C) or (B, T, C) as rows (n, C)."""
    if x.dim() not in (2, 3):
        raise ValueError(f"x must be (B, C) or (B, T, C), not {tuple(x.shape)}")
    if mask is None:
        return x.flatten(0, -2)  # (n, C)
    if mask.shape != x.shape[:-1] or mask.dtype != torch.bool:
        raise ValueError(f"mask must be boolean {tuple(x.shape[:-1])}, not {mask.dtype} {tuple(mask.shape)}")
    return x[mask]  # (n, C)


def scale_and_shift(x: Tensor, gamma: Tensor | None, beta: Tensor | None) -> Tensor:
    """x (..., C) times gamma (C,) plus beta (C,), where they are given."""
    x = x if gamma is None else x * wide(gamma)
    return x if beta is None else x + wide(beta)
