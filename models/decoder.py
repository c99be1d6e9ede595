"""GPT: the Transformer's decoder alone, reading and writing one text.   Radford et al. 2018, §3.1 and §4.1; 2019, §2.3.

The decoder of models/transformer.py without its attention to an encoder: masked self-attention, then feed-forward, with
learned positions and GELU. As in GPT-2, LayerNorm comes before each sub-layer (pre-norm), with one more at the end; by
config after each addition (post-norm), as in GPT-1. The token embedding, transposed, makes the logits. Dropout acts on
the embeddings and on what each sub-layer adds; GPT's third one, on the attention weights, is left out.

    m = GPT(GPTConfig(vocab_size=1000, n_context=128))
    logits = m(ids)                            # training: all positions at once, each sees only its past
    cache = m.start(batch=1)                   # generation: nothing read yet,
    logits, cache = m.step(ids, cache)         # then the prompt, then token by token; what it saw is in the cache
    t = m.trace(ids)                           # every attention and every state

The one that was trained here, with its tokenizer: models/gpt.py.

There is no padding here: a batch has texts of one length. Whatever is put behind a shorter one changes nothing before
it; in training its loss is left out.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import transformer
from models.attention import causal_mask
from models.seeded import seeded
from models.transformer import AddAndNorm, MultiHead, Pair, Record

GELU = {"gelu": "none", "gelu_tanh": "tanh"}  # activation -> what torch calls it


@dataclass(frozen=True)
class GPTConfig:
    """The defaults are the smallest GPT-2. GPT-1 is GPTConfig(40_478, 512, pre_norm=False). Raises ValueError."""

    vocab_size: int = 50_257
    n_context: int = 1024  # the most tokens it can read: it has no more positions
    d_model: int = 768
    n_layer: int = 12
    n_head: int = 12
    d_ff: int = 3072
    dropout: float = 0.1
    pre_norm: bool = True
    tied_output: bool = True  # the token embedding, transposed, makes the logits
    activation: str = "gelu_tanh"  # as in the released GPT-1 and GPT-2; "gelu" is the exact one
    eps: float = 1e-5

    def __post_init__(self):
        if self.d_model % self.n_head:
            raise ValueError(f"d_model = {self.d_model} cannot be divided among n_head = {self.n_head} heads")
        if self.activation not in GELU:
            raise ValueError(f"activation must be one of {', '.join(GELU)}, not {self.activation!r}")

    @property
    def d_k(self) -> int:
        """Width of one head's queries, keys and values: d_model / n_head."""
        return self.d_model // self.n_head


@dataclass(frozen=True, eq=False)
class Cache:
    """What the model needs to go on: the keys and values of the tokens so far."""

    past: tuple[Pair, ...]  # L times (B, H, T, d_k) each

    @property
    def length(self) -> int:
        """Tokens so far, T."""
        return self.past[0][0].shape[2]

    def select(self, rows: Tensor) -> "Cache":
        """The cache of these rows of the batch, (B',) integers, in this order; a row may come several times."""
        return Cache(tuple((k[rows], v[rows]) for k, v in self.past))


@dataclass(frozen=True, eq=False)
class Trace:
    """One forward pass with everything it computed. In attentions, row = query and column = key.

    states[0] is the embedding with position; states[i] the residual stream after sub-layer i; added[i - 1] what
    sub-layer i added to it. Sub-layers per layer: self-attention, feed-forward. In pre-norm the last state is
    normalised once more before it makes the logits.
    """

    logits: Tensor  # (B, T, V)
    attentions: Tensor  # (L, B, H, T, T)
    states: Tensor  # (2L+1, B, T, C)
    added: Tensor  # (2L, B, T, C)


class FeedForward(transformer.FeedForward):
    """The same two matrices with GELU between them: x Φ(x), Φ the normal distribution (Hendrycks & Gimpel 2016).

    gelu_tanh is their approximation, 0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³))).
    """

    def __init__(self, config: GPTConfig):
        super().__init__(config)
        self.approximate = GELU[config.activation]

    def forward(self, x: Tensor) -> Tensor:
        wide = F.gelu(self.expand(x), approximate=self.approximate)  # (B, T, d_ff)
        return self.contract(wide)  # (B, T, C)


class Layer(nn.Module):
    """Masked self-attention, then feed-forward: transformer_block in Radford et al. 2018, §3.1, eq. (2)."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.self_attention, self.around_self = MultiHead(config), AddAndNorm(config)
        self.feed_forward, self.around_feed_forward = FeedForward(config), AddAndNorm(config)

    def forward(self, x: Tensor, past: Pair, mask: Tensor, record: Record | None) -> tuple[Tensor, Pair]:
        y = self.around_self.enter(x)
        past = self.self_attention.keys_values(y, past)  # (B, H, past + T, d_k) each
        y = self.self_attention(y, past, mask, record and record.self_attentions)
        x = self.around_self.leave(x, y, record)  # (B, T, C)
        y = self.feed_forward(self.around_feed_forward.enter(x))
        return self.around_feed_forward.leave(x, y, record), past  # (B, T, C)


class GPT(nn.Module):
    """The whole model, with weights drawn from the seed: N(0, 0.02²), biases 0 (Radford et al. 2018, §4.1).

    In pre-norm, where nothing normalises the residual stream between the layers, the matrices that add to it begin
    smaller, by the square root of their number, 2 n_layer (Radford et al. 2019, §2.3).
    """

    def __init__(self, config: GPTConfig, seed: int = 0):
        super().__init__()
        self.config, C = config, config.d_model
        with seeded(seed):
            self.embedding = nn.Embedding(config.vocab_size, C)
            self.position = nn.Embedding(config.n_context, C)
            self.layers = nn.ModuleList(Layer(config) for _ in range(config.n_layer))
            self.norm = nn.LayerNorm(C, eps=config.eps) if config.pre_norm else nn.Identity()
            self.output = None if config.tied_output else nn.Linear(C, config.vocab_size, bias=False)
            self.dropout = nn.Dropout(config.dropout)
            last = {m for layer in self.layers for m in (layer.self_attention.output, layer.feed_forward.contract)}
            for module in self.modules():
                if isinstance(module, nn.Embedding | nn.Linear):
                    smaller = config.pre_norm and module in last
                    nn.init.normal_(module.weight, std=0.02 / (len(last) ** 0.5 if smaller else 1))
                if isinstance(module, nn.Linear) and module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, ids: Tensor) -> Tensor:
        """ids (B, T) -> logits (B, T, V) of each next token. Raises ValueError for T > n_context."""
        return self.step(ids, self.start(len(ids)))[0]

    def trace(self, ids: Tensor) -> Trace:
        """The forward pass with everything it computed. Slower: every weight is written down."""
        r = Record()
        logits, _ = self.step(ids, self.start(len(ids)), r)
        return Trace(
            logits,
            attentions=torch.stack(r.self_attentions),  # (L, B, H, T, T)
            states=torch.stack(r.states),  # (2L+1, B, T, C)
            added=torch.stack(r.added),  # (2L, B, T, C)
        )

    def start(self, batch: int) -> Cache:
        """The cache of texts of which nothing has been read yet."""
        c = self.config
        none = self.embedding.weight.new_empty(batch, c.n_head, 0, c.d_k)  # (B, H, 0, d_k)
        return Cache(((none, none),) * c.n_layer)

    def step(self, tokens: Tensor, cache: Cache, record: Record | None = None) -> tuple[Tensor, Cache]:
        """Read the next tokens (B, T), T >= 1 -> logits (B, T, V), and a cache with them in it.

        The given cache stays as it was: several continuations can start from it. Raises ValueError where the text with
        the new tokens is longer than n_context.
        """
        start, end = cache.length, cache.length + tokens.shape[1]
        if end > self.config.n_context:
            raise ValueError(f"{end} tokens, but the model has n_context = {self.config.n_context} positions")
        position = self.position.weight[start:end]  # (T, C)
        x = self.dropout(self.embedding(tokens) + position)  # (B, T, C)
        if record is not None:
            record.states.append(x)
        mask = causal_mask(end - start, end).to(tokens.device)  # (T, past + T)
        past = []
        for layer, own in zip(self.layers, cache.past, strict=True):
            x, own = layer(x, own, mask, record)  # (B, T, C)
            past.append(own)
        x = self.norm(x)  # (B, T, C)
        logits = F.linear(x, self.embedding.weight) if self.output is None else self.output(x)  # (B, T, V)
        return logits, Cache(tuple(past))
