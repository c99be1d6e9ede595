"""What enters BERT: token + segment + position, taken apart, switched off and read back.   Devlin et al. 2019, §3.

The paper says sum (§3, "Input/Output Representations"; Figure 2). The LayerNorm after it is in the released code only:

    x = LayerNorm(token[id] + segment[s] + position[p])         C numbers per token

    s = taken_apart("my dog is cute", "he likes playing")
    s.token, s.segment, s.position, s.total, s.normed           # (T, C) each, float64
    run(s, keep=(True, True, False)).hidden                     # (L+1, T, C): without positions
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from models import bert

PARTS = ("token", "segment", "position")


@dataclass(frozen=True, eq=False)
class Sum:
    """A text as it enters the model, in float64: the parts and what they add up to, (T, C) each."""

    tokens: list[str]
    ids: list[int]
    segments: list[int]
    token: Tensor
    segment: Tensor
    position: Tensor

    @property
    def parts(self) -> Tensor:
        return torch.stack([self.token, self.segment, self.position])  # (3, T, C)

    @property
    def total(self) -> Tensor:
        return self.token + self.segment + self.position  # (T, C)

    @property
    def spread(self) -> Tensor:
        """What LayerNorm divides each token by: the standard deviation of its C numbers."""
        eps = bert.load().encoder.embedding.norm.eps
        return (self.total.var(-1, unbiased=False, keepdim=True) + eps).sqrt()  # (T, 1)

    @property
    def scaled(self) -> Tensor:
        """LayerNorm part by part. Given the spread it is linear, so that the four add up to `normed`; last its bias."""
        norm = bert.load().encoder.embedding.norm
        parts = (self.parts - self.parts.mean(-1, keepdim=True)) / self.spread * norm.weight.double()  # (3, T, C)
        return torch.cat([parts, norm.bias.double().expand_as(parts[:1])])  # (4, T, C)

    @property
    def normed(self) -> Tensor:
        """What the first layer reads: LayerNorm of the total."""
        return self.scaled.sum(0)  # (T, C)

    def ordered(self, order: Sequence[int]) -> "Sum":
        """The tokens in another order, or only some of them; segments go along, positions are counted anew."""
        return of(*([sequence[i] for i in order] for sequence in (self.tokens, self.ids, self.segments)))


def tables() -> tuple[Tensor, Tensor, Tensor]:
    """The three learned tables: tokens (V, C), segments (2, C), positions (512, C)."""
    e = bert.load().encoder.embedding
    return e.token.weight, e.segment.weight, e.position.weight


def taken_apart(text: str, pair: str | None = None) -> Sum:
    """The parts of a text or a pair. Raises bert.TooLong."""
    e = bert.load().encode(text, pair)
    return of(e.tokens, e.ids, e.segments)


def of(tokens: list[str], ids: list[int], segments: list[int]) -> Sum:
    """The parts for ids and segments of one's own, at positions 0, 1, 2 …"""
    token, segment, position = tables()
    return Sum(tokens, ids, segments, token[ids].double(), segment[segments].double(), position[: len(ids)].double())


@torch.no_grad()
def library(s: Sum) -> tuple[Tensor, Tensor]:
    """The same by transformers' own module with the same weights, in float64: the total and after LayerNorm, (T, C)."""
    caught: list[Tensor] = []
    module = _library()
    hook = module.LayerNorm.register_forward_pre_hook(lambda _, given: caught.append(given[0][0]))
    try:
        out = module(input_ids=torch.tensor([s.ids]), token_type_ids=torch.tensor([s.segments]))[0]  # (T, C)
    finally:
        hook.remove()
    return caught[0], out


def _library():
    from transformers import BertConfig
    from transformers.models.bert.modeling_bert import BertEmbeddings

    ours, c = bert.load().encoder.embedding, bert.load().config
    config = BertConfig(vocab_size=1, hidden_size=c.d_model, max_position_embeddings=c.n_position,
                        type_vocab_size=c.n_segment, layer_norm_eps=c.eps, pad_token_id=None)  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        module = BertEmbeddings(config).double()
    module.word_embeddings.weight = ours.token.weight  # shared, float32: what is added to it is float64
    for name, source in (("token_type_embeddings", ours.segment), ("position_embeddings", ours.position),
                         ("LayerNorm", ours.norm)):  # fmt: skip
        getattr(module, name).load_state_dict(source.state_dict())
    return module.eval().requires_grad_(False)


# --- through the layers ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Run:
    """What the layers make of an input: hidden (L+1, T, C), attentions (L, H, T, T)."""

    hidden: Tensor
    attentions: Tensor

    @property
    def sentence(self) -> Tensor:
        """(C,): the mean over all tokens, [CLS] and [SEP] included: the vector that this model was trained to give."""
        return self.hidden[-1].mean(0)  # (C,)

    def back(self, where: Sequence[int]) -> "Run":
        """The tokens in another order: where[i] is the place of what shall stand at i."""
        return Run(self.hidden[:, where], self.attentions[:, :, where][..., where])


@torch.no_grad()
def run(s: Sum, keep: tuple[bool, bool, bool] = (True, True, True)) -> Run:
    """The model from its sum on (float32, as in use), with the parts that are not kept left out."""
    encoder = bert.load().encoder
    total = (s.parts * torch.tensor(keep)[:, None, None]).sum(0)  # (T, C)
    x = encoder.embedding.norm(total.float())[None]  # (1, T, C)
    hidden, weights = [x], []
    for layer in encoder.layers:
        x, inside = layer(x)  # (1, T, C)
        hidden.append(x)
        weights.append(inside[-1])
    return Run(torch.cat(hidden), torch.cat(weights))


def swapped(s: Sum) -> tuple[Sum, list[int]]:
    """[CLS] B [SEP] A [SEP], and where each token of s stands in it. A text without a pair stays as it is."""
    first = s.segments.count(0)  # [CLS], A and its [SEP]
    a, b = list(range(1, first)), list(range(first, len(s.ids)))
    order = [0, *b, *a]
    new = s.ordered(order)
    segments = [0] * (1 + len(b)) + [1] * len(a) if b else s.segments
    return of(new.tokens, new.ids, segments), [order.index(i) for i in range(len(order))]


def moved(a: Tensor, b: Tensor) -> Tensor:
    """How much of its attention a query gives to other tokens than before, from 0 to 1: (..., T, S) -> (..., T)."""
    return (a - b).abs().sum(-1) / 2


def cosine(a: Tensor, b: Tensor) -> Tensor:
    return F.cosine_similarity(a.double(), b.double(), dim=-1)


def compared(usual: Run, other: Run) -> list[float]:
    """Cosine of what enters the layers, mean attention moved, cosine of the sentence vector and of the last [CLS]."""
    return [
        cosine(usual.hidden[0], other.hidden[0]).mean().item(),
        moved(usual.attentions, other.attentions).mean().item(),
        cosine(usual.sentence, other.sentence).item(),
        cosine(usual.hidden[-1, 0], other.hidden[-1, 0]).item(),
    ]


def cases(s: Sum, usual: Run) -> list[tuple[str, list[float]]]:
    """Changes to one input, each compared with the model as it is; NaN where the number of tokens differs."""
    every, paired = range(len(s.ids)), 1 in s.segments
    segments = {"all_a": [0] * len(every), "all_b": [1] * len(every), "exchanged": [1 - k for k in s.segments]}
    runs = {f"no_{name}": run(s, tuple(other != name for other in PARTS)) for name in PARTS}
    runs |= {name: run(of(s.tokens, s.ids, k)) for name, k in segments.items()}
    if paired:
        new, back = swapped(s)
        runs["swapped"] = run(new).back(back)
    inner = [0, *every[-2:0:-1], every[-1]]  # [CLS] and the last [SEP] keep their places
    runs["reversed"] = run(s.ordered(inner)).back(inner)
    found = [(name, compared(usual, other)) for name, other in runs.items()]
    nan = float("nan")
    if paired:
        cut = run(s.ordered([i for i in every if i != s.segments.count(0) - 1]))
        cls = cosine(cut.hidden[-1, 0], usual.hidden[-1, 0]).item()
        found.append(("no_sep", [nan, nan, cosine(cut.sentence, usual.sentence).item(), cls]))
    cut = run(s.ordered(every[1:]))
    return [*found, ("no_cls", [nan, nan, cosine(cut.sentence, usual.sentence).item(), nan])]


# --- who dominates ---------------------------------------------------------------------------------------------------
def shares(s: Sum) -> Tensor:
    """How much each part contributes to each token's sum: its dot product with the sum over the sum's with itself.

    (3, T); over the parts they add up to 1, and one is negative where a part points against the sum.
    """
    return (s.parts * s.total).sum(-1) / s.total.square().sum(-1)  # (3, T)


def shares_of_difference(s: Sum) -> Tensor:
    """(3,): the same for what tells the tokens apart, the sums less their mean over the tokens. 0 for a constant."""
    parts = s.parts - s.parts.mean(1, keepdim=True)  # (3, T, C)
    total = parts.sum(0)  # (T, C)
    return (parts * total).sum((-1, -2)) / total.square().sum().clamp_min(1e-300)  # (3,)


# --- what the first layer makes of the sum ---------------------------------------------------------------------------
@torch.no_grad()
def score_terms(s: Sum) -> Tensor:
    """The scores q·k / sqrt(d_k) of layer 0, taken apart by who asks and who is asked: (4, 4, H, T, T), float64.

    Index 3 stands for what no part brings, the biases. Over the first two axes the terms add up to the scores.
    """
    layer = bert.load().encoder.layers[0].attention

    def heads(linear: torch.nn.Linear) -> Tensor:
        x = s.scaled @ linear.weight.double().T  # (4, T, C)
        x[3] += linear.bias.double()
        return x.unflatten(-1, (layer.n_head, layer.d_k)).transpose(1, 2)  # (4, H, T, d_k)

    return torch.einsum("ahtd,bhsd->abhts", heads(layer.query), heads(layer.key)) / layer.d_k**0.5  # (4, 4, H, T, T)


@torch.no_grad()
def scores(s: Sum) -> Tensor:
    """q·k / sqrt(d_k) of layer 0 as usual, in float64: (H, T, T)."""
    a = bert.load().encoder.layers[0].attention

    def heads(linear: torch.nn.Linear) -> Tensor:
        y = s.normed @ linear.weight.double().T + linear.bias.double()  # (T, C)
        return y.unflatten(-1, (a.n_head, a.d_k)).transpose(0, 1)  # (H, T, d_k)

    return heads(a.query) @ heads(a.key).mT / a.d_k**0.5  # (H, T, T)


def score_shares(terms: Tensor) -> Tensor:
    """(4, 3, H): how much of each head's preferences, its scores less each row's mean, comes from each term.

    The softmax does not see what is added to a whole row, so that a key's bias (the fourth column) never counts.
    """
    own = (terms - terms.mean(-1, keepdim=True))[:, :3]  # (4, 3, H, T, T)
    total = own.sum((0, 1))  # (H, T, T)
    return (own * total).sum((-1, -2)) / total.square().sum((-1, -2)).clamp_min(1e-300)  # (4, 3, H)


# --- reading the sum back --------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Read:
    """Token ids and positions as read from sums, each by the nearest row of its table."""

    ids: Tensor
    positions: Tensor


@torch.no_grad()
def read_back(total: Tensor, width: int) -> Read:
    """Sums (N, C) -> ids and positions, from their first `width` numbers alone.

    No training: what the other two parts are on average is taken off, then the nearest row wins.
    """
    token, segment, position = (t[:, :width] for t in tables())
    x = total[:, :width].float() - segment.mean(0)  # (N, width)
    return Read(_nearest(x - position.mean(0), token), _nearest(x - token.mean(0), position))


@torch.no_grad()
def positions_along(total: Tensor, count: int) -> Tensor:
    """Positions (N,) read from sums (N, C) along the `count` directions in which the position table varies most."""
    token, segment, position = tables()
    mean = position.mean(0)
    directions = torch.linalg.svd((position - mean).double(), full_matrices=False).Vh[:count].T.float()  # (C, count)
    x = total.float() - segment.mean(0) - token.mean(0) - mean  # (N, C)
    return _nearest(x @ directions, (position - mean) @ directions)


def _nearest(x: Tensor, rows: Tensor) -> Tensor:
    length = rows.square().sum(-1)  # (R,)
    return torch.cat([(length - 2 * part @ rows.T).argmin(-1) for part in x.split(250)])  # (N,)


def random_sums(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """n sums (n, C) of random rows of the three tables, with their token ids and positions."""
    token, segment, position = tables()
    g = torch.Generator().manual_seed(seed)
    ids, places, sides = (torch.randint(len(t), (n,), generator=g) for t in (token, position, segment))
    return token[ids] + segment[sides] + position[places], ids, places


@functools.cache
def room() -> dict[str, float]:
    """How the tables share the C dimensions: the number that hold 90 % of a table's variance, and mean |cosine|."""
    token, _, position = (t - t.mean(0) for t in tables())  # (V, C), (2, C), (512, C)
    found = {}
    for name, x in (("token", token), ("position", position)):
        energy = torch.linalg.eigvalsh((x.T @ x).double()).flip(0).cumsum(0)  # (C,)
        found[name] = float((energy < 0.9 * energy[-1]).sum()) + 1
    cosines = F.normalize(token, dim=-1) @ F.normalize(position, dim=-1).T  # (V, 512)
    return found | {"cosine": cosines.abs().mean().item()}
