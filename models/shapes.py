"""What a model costs, from its config alone: parameters, floating-point operations, memory of the activations.

A model is described once, as a list of blocks (`blocks`); each cost is one small function of a block. Nothing is
allocated, so a model of any size can be counted.

    encoder-decoder    TransformerConfig (Vaswani et al. 2017)
    encoder only       BertConfig (Devlin et al. 2019), with or without the pooler
    decoder only       GPTConfig (Radford et al. 2018, 2019)

    parameters     exact: equals sum(p.numel()) of the real module
    flops          of one forward pass: the matrix products, 2 operations per multiply-add; all else is left out
    memory         bytes that one forward pass has to keep for the backward pass, without dropout

Heads change neither parameters nor FLOPs (d_k = d_model / n_head), only the number of stored attention weights.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import nn

from models.bert import BertConfig
from models.decoder import GPTConfig
from models.transformer import TransformerConfig

Config = TransformerConfig | BertConfig | GPTConfig


@dataclass(frozen=True)
class Count:
    """A cost by part, in the order of computing, and in total."""

    parts: dict[str, int]

    @property
    def total(self) -> int:
        """The sum over the parts."""
        return sum(self.parts.values())


def parameters_in(module: nn.Module) -> int:
    """How many numbers a module learns, counted in the module itself: what count_parameters has to equal."""
    return sum(p.numel() for p in module.parameters())


@dataclass(frozen=True)
class Lengths:
    """Sizes of the input: B sequences of T tokens; S source tokens where there is an encoder and a decoder."""

    B: int
    T: int
    S: int


@dataclass(frozen=True)
class Block:
    """One kind of computation, n times in a part: its parameters, FLOPs per pass and numbers kept, each for one."""

    part: str
    n: int
    parameters: int = 0
    flops: Callable[[Lengths], int] = lambda at: 0
    kept: Callable[[Lengths], int] = lambda at: 0
    weights: Callable[[Lengths], int] = lambda at: 0  # kept too, unless the attention is fused


def count_parameters(config: Config, pooler: bool = True) -> Count:
    """Parameters by part and in total, without building the model.

    pooler: whether BERT's dense layer on [CLS] counts (in transformers' BertModel it does, in models.bert there is
    none). Raises TypeError for a config of another kind.
    """
    return _sum(config, pooler, lambda b: b.parameters)


def flops(config: Config, T: int, S: int | None = None, B: int = 1, pooler: bool = True) -> Count:
    """Floating-point operations of one forward pass over B sequences of T tokens (encoder-decoder: S source tokens).

    S is T unless given. Raises what count_parameters raises, and ValueError for sizes below 1 or more tokens than the
    model has positions.
    """
    at = _lengths(config, T, S, B)
    return _sum(config, pooler, lambda b: b.flops(at))


def activation_memory(
    config: Config,
    T: int,
    S: int | None = None,
    B: int = 1,
    bytes_per_number: int = 4,
    fused: bool = False,
    pooler: bool = True,
) -> Count:
    """Bytes kept for the backward pass: the inputs of products and norms, attention weights, log-probabilities.

    As Korthikanti et al. 2022, §4.1, but without dropout, and for any config: their s·b·h·(34 + 5·a·s/h) bytes per
    layer are s·b·h·(32 + 2·a·s/h) then. fused: the attention weights are computed again instead of kept (Dao et al.
    2022, §3.1). Arguments and errors as in flops.
    """
    at = _lengths(config, T, S, B)
    return _sum(config, pooler, lambda b: bytes_per_number * (b.kept(at) + (0 if fused else b.weights(at))))


def blocks(config: Config, pooler: bool = True) -> Iterator[Block]:
    """The model as blocks, in the order of computing. Raises TypeError."""
    if not isinstance(config, Config):
        raise TypeError(f"no costs are known for a {type(config).__module__}.{type(config).__name__}")
    C, L, H, d_ff = config.d_model, config.n_layer, config.n_head, config.d_ff
    match config:
        case TransformerConfig():
            final = 1 if config.pre_norm else 0
            if not config.shared_embedding:
                yield Block("source_embedding", 1, config.source_vocab_size * C)
            yield Block("target_embedding", 1, config.target_vocab_size * C)
            yield from _attention("encoder_self", L, C, H, "S", "S")
            yield _feed_forward("encoder_feed_forward", L, C, d_ff, "S", gelu=False)
            yield _norm("encoder_norm", 2 * L + final, C, "S")
            yield from _attention("decoder_self", L, C, H, "T", "T")
            yield from _attention("decoder_cross", L, C, H, "T", "S")
            yield Block("decoder_cross_projections", 1, kept=lambda at: at.B * at.S * C)  # the memory, once for all
            yield _feed_forward("decoder_feed_forward", L, C, d_ff, "T", gelu=False)
            yield _norm("decoder_norm", 3 * L + final, C, "T")
            yield _output(config.target_vocab_size, C, tied=config.tied_output)
        case BertConfig():
            yield Block("token_embedding", 1, config.vocab_size * C)
            yield Block("segment_embedding", 1, config.n_segment * C)
            yield Block("position_embedding", 1, config.n_position * C)
            yield _norm("embedding_norm", 1, C, "T")
            yield from _attention("self", L, C, H, "T", "T")
            yield _feed_forward("feed_forward", L, C, d_ff, "T", gelu=True)
            yield _norm("norm", 2 * L, C, "T")
            if pooler:  # reads [CLS] only; its tanh keeps its output
                yield Block("pooler", 1, C * C + C, lambda at: 2 * at.B * C * C, lambda at: 2 * at.B * C)
        case GPTConfig():
            yield Block("token_embedding", 1, config.vocab_size * C)
            yield Block("position_embedding", 1, config.n_context * C)
            yield from _attention("self", L, C, H, "T", "T")
            yield _feed_forward("feed_forward", L, C, d_ff, "T", gelu=True)
            yield _norm("norm", 2 * L + (1 if config.pre_norm else 0), C, "T")
            yield _output(config.vocab_size, C, tied=config.tied_output)


def _attention(name: str, n: int, C: int, H: int, queries: str, keys: str) -> Iterator[Block]:
    """Multi-head attention from positions counted by Lengths.<queries> to those counted by Lengths.<keys>."""

    def sizes(at: Lengths) -> tuple[int, int, int]:
        return at.B, getattr(at, queries), getattr(at, keys)

    def projections(at: Lengths) -> int:
        B, T, S = sizes(at)
        return 2 * B * C * C * (2 * T + 2 * S)  # W_Q and W_O over the queries, W_K and W_V over the keys

    def scores(at: Lengths) -> int:
        B, T, S = sizes(at)
        return 2 * B * T * S * C * 2  # Q K^T, then the weights times V; H heads of C/H channels each

    def kept(at: Lengths) -> int:
        B, T, S = sizes(at)
        return B * C * (T + 2 * S)  # q, k, v

    def weights(at: Lengths) -> int:
        B, T, S = sizes(at)
        return B * H * T * S

    # kept of the projections: what W_Q reads (in self-attention W_K and W_V read the same), and what W_O reads
    yield Block(f"{name}_projections", n, 4 * (C * C + C), projections, lambda at: 2 * at.B * getattr(at, queries) * C)
    yield Block(f"{name}_scores", n, 0, scores, kept, weights)


def _feed_forward(name: str, n: int, C: int, d_ff: int, positions: str, gelu: bool) -> Block:
    """C -> d_ff -> C. ReLU's slope can be told from its output, which is kept anyway; GELU needs its input as well."""
    wide = 2 * d_ff if gelu else d_ff
    return Block(
        name,
        n,
        2 * C * d_ff + d_ff + C,
        lambda at: 2 * at.B * getattr(at, positions) * 2 * C * d_ff,
        lambda at: at.B * getattr(at, positions) * (C + wide),
    )


def _norm(name: str, n: int, C: int, positions: str) -> Block:
    """Gain and bias; keeps its input."""
    return Block(name, n, 2 * C, kept=lambda at: at.B * getattr(at, positions) * C)


def _output(vocab_size: int, C: int, tied: bool) -> Block:
    """The logits of all T tokens. Keeps what it reads, and the log-probabilities for the loss."""
    return Block(
        "output",
        1,
        0 if tied else vocab_size * C,
        lambda at: 2 * at.B * at.T * C * vocab_size,
        lambda at: at.B * at.T * (C + vocab_size),
    )


def _sum(config: Config, pooler: bool, cost: Callable[[Block], int]) -> Count:
    parts: dict[str, int] = {}
    for block in blocks(config, pooler):
        parts[block.part] = parts.get(block.part, 0) + block.n * cost(block)
    return Count(parts)


def _lengths(config: Config, T: int, S: int | None, B: int) -> Lengths:
    at = Lengths(B, T, T if S is None else S)
    if min(at.B, at.T, at.S) < 1:
        raise ValueError(f"sizes must be at least 1, got {at}")
    positions = {BertConfig: "n_position", GPTConfig: "n_context"}.get(type(config))
    if positions and getattr(config, positions) < at.T:
        raise ValueError(f"{at.T} tokens, but the model has {getattr(config, positions)} positions")
    return at
