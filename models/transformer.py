"""The Transformer, encoder and decoder, that can tell everything it computed.   Vaswani et al. 2017, §3; Figure 1.

As published: LayerNorm after each addition (post-norm), sinusoidal positions, embeddings times sqrt(d_model), one
matrix for the target embedding and the output (§3.4), ReLU, dropout on the embeddings and on what each sub-layer adds
(§5.4). By config: LayerNorm before each sub-layer instead (pre-norm: Xiong et al. 2020, Figure 1b) with one more at the
end of each stack; one embedding for source and target, which §3.4 has too; an output matrix of its own. The projections
of the attention carry a bias, as in most implementations; the paper's formulas have none.

    m = Transformer(TransformerConfig(source_vocab_size=1000, target_vocab_size=1000))
    logits = m(source, target)                 # training: one step with all positions, each sees only its past
    cache = m.encode(source)                   # generation: the encoder runs once,
    logits, cache = m.step(tokens, cache)      # then the decoder token by token; what it saw is in the cache
    t = m.trace(source, target)                # every attention and every state
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import attention, positional
from models.seeded import seeded

Pair = tuple[Tensor, Tensor]  # keys and values, (B, H, S, d_k) each


@dataclass(frozen=True)
class TransformerConfig:
    """The paper's base model (Table 3), except shared_embedding; n_layer: of each stack. Raises ValueError."""

    source_vocab_size: int
    target_vocab_size: int
    d_model: int = 512
    n_layer: int = 6
    n_head: int = 8
    d_ff: int = 2048
    dropout: float = 0.1
    pre_norm: bool = False
    shared_embedding: bool = False  # one table for source and target: needs one vocabulary
    tied_output: bool = True  # the target embedding, transposed, makes the logits
    pad: int = 0  # id of the padding in both vocabularies: never looked at
    eps: float = 1e-5

    def __post_init__(self):
        if self.d_model % self.n_head:
            raise ValueError(f"d_model = {self.d_model} cannot be divided among n_head = {self.n_head} heads")
        if self.shared_embedding and self.source_vocab_size != self.target_vocab_size:
            raise ValueError("a shared embedding needs source_vocab_size == target_vocab_size")

    @property
    def d_k(self) -> int:
        """Width of one head's queries, keys and values: d_model / n_head."""
        return self.d_model // self.n_head


@dataclass(frozen=True, eq=False)
class Cache:
    """What the decoder needs to go on: the encoder's output and the keys and values it has already computed."""

    memory: Tensor  # (B, S, C)  the encoder's output
    source_mask: Tensor  # (B, S)  True = a token, not padding
    cross: tuple[Pair, ...]  # L times (B, H, S, d_k): keys and values of the memory, computed once
    past: tuple[Pair, ...]  # L times (B, H, T, d_k): keys and values of the target so far
    target_mask: Tensor  # (B, T)

    @property
    def length(self) -> int:
        """Target tokens so far, T."""
        return self.target_mask.shape[1]

    def select(self, rows: Tensor) -> "Cache":
        """The cache of these rows of the batch, (B',) integers, in this order; a row may come several times."""
        cross, past = (tuple((k[rows], v[rows]) for k, v in pairs) for pairs in (self.cross, self.past))
        return Cache(self.memory[rows], self.source_mask[rows], cross, past, self.target_mask[rows])


@dataclass(frozen=True, eq=False)
class Trace:
    """One forward pass with everything it computed. In weights, row = query and column = key.

    states[0] is the embedding with position; states[i] the residual stream after sub-layer i; added[i - 1] what
    sub-layer i added to it. Sub-layers per layer: self-attention, (in the decoder) cross-attention, feed-forward.
    """

    logits: Tensor  # (B, T, V)
    memory: Tensor  # (B, S, C)  the encoder's output: its last state, in pre-norm normalised once more
    encoder_attentions: Tensor  # (L, B, H, S, S)
    decoder_attentions: Tensor  # (L, B, H, T, T)
    cross_attentions: Tensor  # (L, B, H, T, S)
    encoder_states: Tensor  # (2L+1, B, S, C)
    encoder_added: Tensor  # (2L, B, S, C)
    decoder_states: Tensor  # (3L+1, B, T, C)
    decoder_added: Tensor  # (3L, B, T, C)


@dataclass(eq=False)
class Record:
    """What one stack writes down on request, in the order of computing."""

    states: list[Tensor] = field(default_factory=list)
    added: list[Tensor] = field(default_factory=list)
    self_attentions: list[Tensor] = field(default_factory=list)
    cross_attentions: list[Tensor] = field(default_factory=list)


class MultiHead(nn.Module):
    """Multi-head attention (§3.2.2): the head_i W^O of the paper, all heads in one product."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.n_head = config.n_head
        self.query = nn.Linear(config.d_model, config.d_model)
        self.key = nn.Linear(config.d_model, config.d_model)
        self.value = nn.Linear(config.d_model, config.d_model)
        self.output = nn.Linear(config.d_model, config.d_model)

    def heads(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, H, T, d_k)"""
        return x.unflatten(-1, (self.n_head, -1)).transpose(1, 2)  # (B, H, T, d_k)

    def keys_values(self, x: Tensor, past: Pair | None = None) -> Pair:
        """x (B, S, C) -> its keys and values (B, H, S, d_k) each, after those of the past."""
        k, v = self.heads(self.key(x)), self.heads(self.value(x))  # (B, H, S, d_k) each
        return (k, v) if past is None else (torch.cat((past[0], k), 2), torch.cat((past[1], v), 2))

    def forward(self, x: Tensor, keys_values: Pair, mask: Tensor, weights: list[Tensor] | None = None) -> Tensor:
        """x (B, T, C), mask (B, 1, T or 1, S) -> (B, T, C); a list given as weights receives them, (B, H, T, S)."""
        q, (k, v) = self.heads(self.query(x)), keys_values  # (B, H, T, d_k), (B, H, S, d_k) each
        if weights is None:  # the same numbers from torch's fused kernel, which never writes the T x S weights down
            context = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)  # (B, H, T, d_k)
        else:
            context, w = attention.scaled_dot_product(q, k, v, mask)  # (B, H, T, d_k), (B, H, T, S)
            weights.append(w)
        return self.output(context.transpose(1, 2).flatten(2))  # (B, T, C)


class FeedForward(nn.Module):
    """max(0, x W_1 + b_1) W_2 + b_2, for each position alone (§3.3, eq. 2)."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.expand = nn.Linear(config.d_model, config.d_ff)
        self.contract = nn.Linear(config.d_ff, config.d_model)

    def forward(self, x: Tensor) -> Tensor:
        wide = F.relu(self.expand(x))  # (B, T, d_ff)
        return self.contract(wide)  # (B, T, C)


class AddAndNorm(nn.Module):
    """The residual path around a sub-layer: LayerNorm(x + f(x)) (§3.1), or in pre-norm x + f(LayerNorm(x))."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.pre_norm = config.pre_norm
        self.norm = nn.LayerNorm(config.d_model, eps=config.eps)
        self.dropout = nn.Dropout(config.dropout)

    def enter(self, x: Tensor) -> Tensor:
        """What the sub-layer reads, (B, T, C)."""
        return self.norm(x) if self.pre_norm else x

    def leave(self, x: Tensor, added: Tensor, record: Record | None) -> Tensor:
        """The residual stream after the sub-layer, (B, T, C)."""
        added = self.dropout(added)
        x = x + added if self.pre_norm else self.norm(x + added)  # (B, T, C)
        if record is not None:
            record.added.append(added)
            record.states.append(x)
        return x


class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward (§3.1)."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.self_attention, self.around_self = MultiHead(config), AddAndNorm(config)
        self.feed_forward, self.around_feed_forward = FeedForward(config), AddAndNorm(config)

    def forward(self, x: Tensor, mask: Tensor, record: Record | None) -> Tensor:
        y = self.around_self.enter(x)
        y = self.self_attention(y, self.self_attention.keys_values(y), mask, record and record.self_attentions)
        x = self.around_self.leave(x, y, record)  # (B, S, C)
        y = self.feed_forward(self.around_feed_forward.enter(x))
        return self.around_feed_forward.leave(x, y, record)  # (B, S, C)


class DecoderLayer(nn.Module):
    """Masked self-attention, attention to the encoder's output, feed-forward (§3.1)."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.self_attention, self.around_self = MultiHead(config), AddAndNorm(config)
        self.cross_attention, self.around_cross = MultiHead(config), AddAndNorm(config)
        self.feed_forward, self.around_feed_forward = FeedForward(config), AddAndNorm(config)

    def forward(
        self, x: Tensor, past: Pair | None, cross: Pair, mask: Tensor, source_mask: Tensor, record: Record | None
    ) -> tuple[Tensor, Pair]:
        y = self.around_self.enter(x)
        past = self.self_attention.keys_values(y, past)  # (B, H, past + T, d_k) each
        y = self.self_attention(y, past, mask, record and record.self_attentions)
        x = self.around_self.leave(x, y, record)  # (B, T, C)
        y = self.around_cross.enter(x)
        y = self.cross_attention(y, cross, source_mask, record and record.cross_attentions)
        x = self.around_cross.leave(x, y, record)  # (B, T, C)
        y = self.feed_forward(self.around_feed_forward.enter(x))
        return self.around_feed_forward.leave(x, y, record), past  # (B, T, C)


class Transformer(nn.Module):
    """Both stacks, with weights drawn from the seed: embeddings from N(0, 1/d_model), matrices as Glorot & Bengio."""

    def __init__(self, config: TransformerConfig, seed: int = 0):
        super().__init__()
        self.config, C = config, config.d_model
        with seeded(seed):
            if not config.shared_embedding:
                self.source_embedding = nn.Embedding(config.source_vocab_size, C)
            self.target_embedding = nn.Embedding(config.target_vocab_size, C)
            self.encoder = nn.ModuleList(EncoderLayer(config) for _ in range(config.n_layer))
            self.decoder = nn.ModuleList(DecoderLayer(config) for _ in range(config.n_layer))
            self.encoder_norm = nn.LayerNorm(C, eps=config.eps) if config.pre_norm else nn.Identity()
            self.decoder_norm = nn.LayerNorm(C, eps=config.eps) if config.pre_norm else nn.Identity()
            self.output = None if config.tied_output else nn.Linear(C, config.target_vocab_size, bias=False)
            self.dropout = nn.Dropout(config.dropout)
            for module in self.modules():
                if isinstance(module, nn.Embedding):  # times sqrt(d_model) they are as large as the positions
                    nn.init.normal_(module.weight, std=C**-0.5)
                elif isinstance(module, nn.Linear):
                    nn.init.xavier_uniform_(module.weight)
                    if module.bias is not None:
                        nn.init.zeros_(module.bias)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """ids source (B, S), target (B, T), padded with config.pad -> logits (B, T, V) of each next token.

        In training (teacher forcing) target is the right answer without its last token, preceded by a start symbol.
        """
        return self.step(target, self.encode(source))[0]

    def trace(self, source: Tensor, target: Tensor) -> Trace:
        """The forward pass with everything it computed. Slower: every weight is written down."""
        e, d = Record(), Record()
        cache = self.encode(source, e)
        logits, _ = self.step(target, cache, d)
        return Trace(
            logits,
            cache.memory,
            encoder_attentions=torch.stack(e.self_attentions),  # (L, B, H, S, S)
            decoder_attentions=torch.stack(d.self_attentions),  # (L, B, H, T, T)
            cross_attentions=torch.stack(d.cross_attentions),  # (L, B, H, T, S)
            encoder_states=torch.stack(e.states),  # (2L+1, B, S, C)
            encoder_added=torch.stack(e.added),  # (2L, B, S, C)
            decoder_states=torch.stack(d.states),  # (3L+1, B, T, C)
            decoder_added=torch.stack(d.added),  # (3L, B, T, C)
        )

    def encode(self, source: Tensor, record: Record | None = None, start: int | None = 0) -> Cache:
        """Run the encoder over ids (B, S): a cache with an empty target. Positions count from start; None: without."""
        mask = source != self.config.pad  # (B, S)
        table = self.target_embedding if self.config.shared_embedding else self.source_embedding
        x = self._embed(source, table, start, record)  # (B, S, C)
        for layer in self.encoder:
            x = layer(x, mask[:, None, None], record)  # (B, S, C)
        memory = self.encoder_norm(x)  # (B, S, C)
        cross = tuple(layer.cross_attention.keys_values(memory) for layer in self.decoder)  # (B, H, S, d_k) each
        return Cache(memory, mask, cross, past=(), target_mask=mask[:, :0])

    def step(
        self, tokens: Tensor, cache: Cache, record: Record | None = None, start: int | None = 0
    ) -> tuple[Tensor, Cache]:
        """Run the decoder over the next target tokens (B, T), T >= 1 -> logits (B, T, V), and a cache with them in it.

        The given cache stays as it was: several texts can go on from it. start: as in encode, of the whole target.
        """
        target_mask = torch.cat((cache.target_mask, tokens != self.config.pad), 1)  # (B, past + T)
        causal = attention.causal_mask(tokens.shape[1], target_mask.shape[1]).to(tokens.device)  # (T, past + T)
        mask = target_mask[:, None, None] & causal  # (B, 1, T, past + T)
        first = None if start is None else start + cache.length
        x = self._embed(tokens, self.target_embedding, first, record)  # (B, T, C)
        past = []
        for layer, own, cross in zip(self.decoder, cache.past or [None] * len(self.decoder), cache.cross, strict=True):
            x, own = layer(x, own, cross, mask, cache.source_mask[:, None, None], record)  # (B, T, C)
            past.append(own)
        x = self.decoder_norm(x)  # (B, T, C)
        logits = F.linear(x, self.target_embedding.weight) if self.output is None else self.output(x)  # (B, T, V)
        return logits, Cache(cache.memory, cache.source_mask, cache.cross, tuple(past), target_mask)

    def _embed(self, ids: Tensor, table: nn.Embedding, start: int | None, record: Record | None) -> Tensor:
        """ids (B, T) at positions start, start + 1, …, or at none -> (B, T, C): §3.4 and §3.5."""
        x = table(ids) * self.config.d_model**0.5  # (B, T, C)
        if start is not None:
            x = x + positional.sinusoidal(ids.shape[1], x.shape[2], start=start).to(table.weight)  # (B, T, C)
        x = self.dropout(x)
        if record is not None:
            record.states.append(x)
        return x
