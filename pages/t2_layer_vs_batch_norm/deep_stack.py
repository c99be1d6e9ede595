"""Untrained stacks of Transformer blocks and the gradients in them.   Vaswani et al. 2017, §3.1; Xiong et al. 2020, §3.

A stack is an encoder without biases and dropout, Xavier-initialised, with the normalisation either after the residual
sum (post-LN, the paper's) or inside the residual branch (pre-LN). Everything is float64. The first axis counts
networks: N of them side by side, each with weights and one sentence of its own.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models import attention
from pages.t2_layer_vs_batch_norm.batch import Norm, generator
from study.memo import memo

NETWORKS, LENGTH, D_MODEL, D_FF, N_HEAD, VOCAB_SIZE = 4, 16, 32, 128, 4, 64  # heads of d_k 8
DEEPEST = 24  # blocks


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

    stack = []
    for _ in range(depth):
        w_qkv, w_o = xavier(d_model, d_model, 3), xavier(d_model, d_model)
        w_1, w_2 = xavier(d_ff, d_model), xavier(d_model, d_ff)
        stack.append(Block(w_qkv, w_o, w_1, w_2))
    return stack


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

    pre: one last norm comes first.
    """
    logits = (norm(x) if pre else x) @ w_out  # (N, T, vocab_size)
    summed = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
    return summed / targets.shape[1]


@dataclass(frozen=True, eq=False)
class Gradients:
    """What one pass forward and back leaves.

    stream (L + 1, N, T, C): the residual stream before the first block and after each; w_2 (L, N, C, d_ff): gradients.
    """

    stream: Tensor
    w_2: Tensor


@memo
def task(seed: int) -> tuple[Tensor, Tensor, Tensor, tuple[Block, ...]]:
    """Random input (N, T, C), output matrix, targets (N, T), and the deepest stack, whose start the shallower are."""
    source = generator(seed + 1000)
    x = torch.randn(NETWORKS, LENGTH, D_MODEL, generator=source, dtype=torch.float64)  # (N, T, C)
    w_out = torch.randn(NETWORKS, D_MODEL, VOCAB_SIZE, generator=source, dtype=torch.float64)
    w_out = w_out * (2 / (D_MODEL + VOCAB_SIZE)) ** 0.5  # (N, C, vocab_size), Xavier
    targets = torch.randint(VOCAB_SIZE, (NETWORKS, LENGTH), generator=source)  # (N, T)
    return x, w_out, targets, tuple(blocks(DEEPEST, NETWORKS, D_MODEL, D_FF, seed))


def gradients(pre: bool, norm: Norm, depth: int, seed: int) -> Gradients:
    """The stream and the gradient of every block's W_2 at initialisation, depth from 1 to 24."""
    x, w_out, targets, deepest = task(seed)
    stack, stream = [_learning(block) for block in deepest[:depth]], [x]
    for block in stack:
        stream.append(run_block(stream[-1], block, norm, pre, N_HEAD))
    return _gradients(stack, stream, loss(stream[-1], norm, pre, w_out, targets))


@memo
def last_gradients(pre: bool, norm: Norm, seed: int) -> Tensor:
    """The norm of the gradient of the last block's W_2 in stacks of 1, 2, … 24 blocks: (24, N)."""
    x, w_out, targets, deepest = task(seed)
    norms = []
    for block in map(_learning, deepest):  # the last block of a stack of n reads what the first n - 1 have written
        y = run_block(x, block, norm, pre, N_HEAD)  # (N, T, C)
        (gradient,) = torch.autograd.grad(loss(y, norm, pre, w_out, targets), block.w_2)  # (N, C, d_ff)
        norms.append(gradient.flatten(1).norm(dim=1))  # (N,)
        x = y.detach()
    return torch.stack(norms)


def twin_gradients(pre: bool, rms: bool, depth: int, seed: int) -> Gradients:
    """What `gradients` says of the first network (N = 1), from PyTorch's own nn.TransformerEncoderLayer."""
    x, w_out, targets, deepest = task(seed)
    layer, last = _torch_layer(pre, rms)
    stack, stream = [_learning(block, 1) for block in deepest[:depth]], [x[:1]]
    for block in stack:
        weights = {
            "self_attn.in_proj_weight": block.w_qkv[0],
            "self_attn.out_proj.weight": block.w_o[0],
            "linear1.weight": block.w_1[0],
            "linear2.weight": block.w_2[0],
        }
        # one module lends its forward pass to every block; it belongs to this call alone
        stream.append(torch.func.functional_call(layer, weights, (stream[-1],)))
    return _gradients(stack, stream, loss(stream[-1], last, pre, w_out[:1], targets[:1]))


def _torch_layer(pre: bool, rms: bool) -> tuple[nn.Module, nn.Module]:
    """A block of PyTorch's without weights of its own but for its norms, and the norm that comes last (pre-norm)."""

    def norm() -> nn.Module:
        if rms:
            return nn.RMSNorm(D_MODEL, dtype=torch.float64)
        return nn.LayerNorm(D_MODEL, bias=False, dtype=torch.float64)

    with torch.device("meta"):  # the weights are lent block by block: none are drawn here
        layer = nn.TransformerEncoderLayer(
            D_MODEL,
            N_HEAD,
            D_FF,
            dropout=0.0,
            batch_first=True,
            norm_first=pre,
            bias=False,
            dtype=torch.float64,
        )
    layer.norm1, layer.norm2 = norm(), norm()
    return layer, norm()


def _gradients(stack: list[Block], stream: list[Tensor], total: Tensor) -> Gradients:
    """The stream so far, and the gradients of a loss at every W_2."""
    gradient = torch.autograd.grad(total, [block.w_2 for block in stack])  # L × (N, C, d_ff)
    return Gradients(torch.stack(stream).detach(), torch.stack(gradient))


def _learning(block: Block, networks: int = NETWORKS) -> Block:
    """The block of the first so many networks, its W_2 ready for a gradient."""
    w_2 = block.w_2[:networks].detach()  # the same numbers, but what is asked of it is asked of this tensor only
    return Block(
        block.w_qkv[:networks],
        block.w_o[:networks],
        block.w_1[:networks],
        w_2.requires_grad_(),
    )
