"""Seeded toy batches, and untrained stacks of Transformer blocks.   Vaswani et al. 2017, §3.1; Xiong et al. 2020, §3.

Everything is float64. A stack is an encoder without biases and dropout, Xavier-initialised, with the normalisation
either after the residual sum (post-LN, the paper's) or inside the residual branch (pre-LN).
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models import attention, normalization

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


def real_tokens(lengths: Sequence[int], length: int) -> Tensor:
    """The padding mask (B, T) of sentences of these lengths, padded to a common length: True for a real token."""
    return torch.arange(length) < torch.tensor(lengths)[:, None]  # (B, T)


def torch_norm(norm: str, channels: int, gamma: float = 1.0, beta: float = 0.0, eps: float = 1e-5) -> Norm:
    """PyTorch's own module ("layer", "batch", "rms"; rms with its default eps), for (B, T, C) or (B, C)."""
    kind = {"layer": nn.LayerNorm, "batch": nn.BatchNorm1d, "rms": nn.RMSNorm}[norm]
    module = kind(channels, eps=None if norm == "rms" else eps, dtype=torch.float64)
    nn.init.constant_(module.weight, gamma)
    if norm != "rms":
        nn.init.constant_(module.bias, beta)
    flip = norm == "batch"
    return lambda x: (module(x.mT).mT if flip and x.dim() == 3 else module(x)).detach()  # BatchNorm1d wants (B, C, T)


@dataclass(frozen=True, eq=False)
class Replay:
    """Batch normalisation over n training batches, by hand and by nn.BatchNorm1d.

    running (n + 1, 2, C): mean and variance before the first batch and after each; module: PyTorch's, in evaluation;
    last (B, T, C): the last batch; trained (B, T, C): its training output by PyTorch, or None; elsewhere (C,): a
    running mean that began at 1, not 0; refused: how many batches PyTorch refused; message: why, in its words.
    """

    running: Tensor
    module: nn.BatchNorm1d
    last: Tensor
    trained: Tensor | None
    elsewhere: Tensor
    refused: int
    message: str


def replay(stream: Tensor, momentum: float, eps: float = 1e-5) -> Replay:
    """stream (n, B, T, C). A batch with one value per channel is refused and leaves the running statistics alone."""
    c = stream.shape[-1]
    module = nn.BatchNorm1d(c, eps=eps, momentum=momentum, dtype=torch.float64)
    running = [torch.stack([torch.zeros(c), torch.ones(c)]).double()]  # (2, C)
    elsewhere, trained, refused, message = torch.ones(c, dtype=torch.float64), None, 0, ""
    for x in stream:
        mean, var = running[-1]
        try:
            trained = module(x.mT).mT.detach()  # (B, T, C)
            elsewhere, _ = normalization.update_running(elsewhere, var, x, momentum)
            mean, var = normalization.update_running(mean, var, x, momentum)
        except ValueError as error:
            refused, message = refused + 1, message or str(error)
        running.append(torch.stack([mean, var]))
    return Replay(torch.stack(running), module.eval(), stream[-1], trained, elsewhere, refused, message)


# From here on the first axis counts networks: N of them side by side, each with weights and one sentence of its own.


@dataclass(frozen=True, eq=False)
class Block:
    """The weights of one block: w_qkv (N, 3C, C), w_o (N, C, C), w_1 (N, d_ff, C), w_2 (N, C, d_ff)."""

    w_qkv: Tensor
    w_o: Tensor
    w_1: Tensor
    w_2: Tensor


def blocks(depth: int, networks: int, d_model: int, d_ff: int, seed: int) -> list[Block]:
    """Untrained blocks. Xavier: a matrix (out, in) has entries of variance 2 / (out + in); W_Q, W_K, W_V one by one."""
    source = generator(seed)

    def xavier(rows: int, cols: int, copies: int = 1) -> Tensor:
        noise = torch.randn(networks, copies * rows, cols, generator=source, dtype=torch.float64)
        return noise * (2 / (rows + cols)) ** 0.5  # (N, copies·rows, cols)

    c = d_model
    return [Block(xavier(c, c, 3), xavier(c, c), xavier(d_ff, c), xavier(c, d_ff)) for _ in range(depth)]


def self_attention(x: Tensor, block: Block, n_head: int) -> Tensor:
    """Multi-head self-attention, x (N, T, C) -> (N, T, C): Vaswani et al. 2017, §3.2.2."""
    n, t, c = x.shape
    q, k, v = (x @ block.w_qkv.mT).view(n, t, 3, n_head, c // n_head).permute(2, 0, 3, 1, 4)  # 3 × (N, H, T, d_k)
    heads, _ = attention.scaled_dot_product(q, k, v)  # (N, H, T, d_v)
    return heads.transpose(1, 2).reshape(n, t, c) @ block.w_o.mT  # (N, T, C)


def feed_forward(x: Tensor, block: Block) -> Tensor:
    """max(0, x W_1) W_2, x (N, T, C) -> (N, T, C): Vaswani et al. 2017, eq. (2), without biases."""
    return torch.relu(x @ block.w_1.mT) @ block.w_2.mT  # (N, T, C)


def run_block(x: Tensor, block: Block, norm: Norm, pre: bool, n_head: int) -> Tensor:
    """One block, x (N, T, C) -> (N, T, C). pre: x + Sublayer(norm(x)); otherwise norm(x + Sublayer(x)), §3.1."""
    if pre:
        x = x + self_attention(norm(x), block, n_head)
        return x + feed_forward(norm(x), block)
    x = norm(x + self_attention(x, block, n_head))
    return norm(x + feed_forward(x, block))


def loss(x: Tensor, norm: Norm, pre: bool, w_out: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of targets (N, T) under softmax(x W_out), W_out (N, C, vocab_size): each network's mean, summed.

    pre: one last norm comes first."""
    logits = (norm(x) if pre else x) @ w_out  # (N, T, vocab_size)
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum") / targets.shape[1]


#: The untrained stacks of the lesson: networks, tokens, d_model, d_ff, heads of d_k 8, vocabulary, most blocks.
N, T, C, D_FF, N_HEAD, VOCAB_SIZE, DEEPEST = 4, 16, 32, 128, 4, 64, 24


@dataclass(frozen=True, eq=False)
class Gradients:
    """What one pass forward and back leaves.

    stream (L + 1, N, T, C): the residual stream before the first block and after each; w_2 (L, N, C, d_ff): gradients.
    """

    stream: Tensor
    w_2: Tensor


@functools.lru_cache(maxsize=8)
def task(seed: int) -> tuple[Tensor, Tensor, Tensor, tuple[Block, ...]]:
    """Random input (N, T, C), output matrix, targets (N, T), and the deepest stack, whose start the shallower are."""
    source = generator(seed + 1000)
    x = torch.randn(N, T, C, generator=source, dtype=torch.float64)  # (N, T, C)
    w_out = torch.randn(N, C, VOCAB_SIZE, generator=source, dtype=torch.float64) * (2 / (C + VOCAB_SIZE)) ** 0.5
    targets = torch.randint(VOCAB_SIZE, (N, T), generator=source)  # (N, T)
    return x, w_out, targets, tuple(blocks(DEEPEST, N, C, D_FF, seed))


def gradients(pre: bool, norm: Norm, depth: int, seed: int) -> Gradients:
    """The stream and the gradient of every block's W_2 at initialisation, depth from 1 to 24."""
    x, w_out, targets, deepest = task(seed)
    stack, stream = [_learning(block) for block in deepest[:depth]], [x]
    for block in stack:
        stream.append(run_block(stream[-1], block, norm, pre, N_HEAD))
    found = torch.autograd.grad(loss(stream[-1], norm, pre, w_out, targets), [block.w_2 for block in stack])
    return Gradients(torch.stack(stream).detach(), torch.stack(found))


@functools.lru_cache(maxsize=16)
def last_gradients(pre: bool, norm: Norm, seed: int) -> Tensor:
    """The norm of the gradient of the last block's W_2 in stacks of 1, 2, … 24 blocks: (24, N)."""
    x, w_out, targets, deepest = task(seed)
    out = []
    for block in map(_learning, deepest):  # the last block of a stack of n reads what the first n - 1 have written
        y = run_block(x, block, norm, pre, N_HEAD)  # (N, T, C)
        out.append(torch.autograd.grad(loss(y, norm, pre, w_out, targets), block.w_2)[0].flatten(1).norm(dim=1))
        x = y.detach()
    return torch.stack(out)


def twin_gradients(pre: bool, rms: bool, depth: int, seed: int) -> Gradients:
    """What `gradients` says of the first network (N = 1), from PyTorch's own nn.TransformerEncoderLayer."""
    x, w_out, targets, deepest = task(seed)
    layer = nn.TransformerEncoderLayer(
        C, N_HEAD, D_FF, dropout=0.0, batch_first=True, norm_first=pre, bias=False, dtype=torch.float64
    )
    last = nn.LayerNorm(C, bias=False, dtype=torch.float64)
    if rms:
        layer.norm1, layer.norm2, last = (nn.RMSNorm(C, dtype=torch.float64) for _ in range(3))
    stack, stream = [_learning(block, 1) for block in deepest[:depth]], [x[:1]]
    for block in stack:
        weights = {
            "self_attn.in_proj_weight": block.w_qkv[0], "self_attn.out_proj.weight": block.w_o[0],
            "linear1.weight": block.w_1[0], "linear2.weight": block.w_2[0],
        }  # fmt: skip
        stream.append(torch.func.functional_call(layer, weights, (stream[-1],)))
    found = torch.autograd.grad(loss(stream[-1], last, pre, w_out[:1], targets[:1]), [block.w_2 for block in stack])
    return Gradients(torch.stack(stream).detach(), torch.stack(found))


def _learning(block: Block, networks: int = N) -> Block:
    """The block of the first so many networks, its W_2 ready for a gradient."""
    w_qkv, w_o, w_1, w_2 = (w[:networks].detach() for w in (block.w_qkv, block.w_o, block.w_1, block.w_2))
    return Block(w_qkv, w_o, w_1, w_2.requires_grad_())
