"""What order is worth: the computations of lesson T3.   Vaswani et al. 2017, §3.5; Devlin et al. 2019, §3, A.2.

Attention reads a set. What the local BERT, the tables of positions and our translator make of order is measured here:

    moved           the words of a sentence in another order
    encode          the local BERT on these tokens, with its position embeddings or with none
    score_parts     one head's scores taken apart: words with words, positions with positions, both, the rest
    shift_errors    does one map turn position p of a learned table into p + k, wherever p is?
    table, misfit   sinusoids with or without their cosines, and how well a linear map can move them
    displaced       the translator with all its positions moved, or without any
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import attention, bert, positional, translator
from models.transformer import Transformer
from models.vocabulary import END, PAD


# --- the local BERT without its positions ----------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Pass:
    """One forward pass of the local BERT over B sequences of T tokens, in float64."""

    hidden: Tensor  # (L+1, B, T, C): hidden[0] enters the first layer
    attentions: Tensor  # (L, B, H, T, T)
    first: tuple[Tensor, Tensor, Tensor]  # queries, keys and values of the first layer, (B, H, T, d_k) each


def words(tokens: Sequence[str]) -> list[list[int]]:
    """Indices of the tokens of each word, [CLS] and [SEP] left out: a ##piece belongs to the token before it."""
    found: list[list[int]] = []
    for i in range(1, len(tokens) - 1):
        if tokens[i].startswith("##") and found:
            found[-1].append(i)
        else:
            found.append([i])
    return found


def moved(tokens: Sequence[str], how: str, seed: int = 0) -> list[int]:
    """Which token comes where: place j is taken by token moved[j]; [CLS] and [SEP] stay.

    how: "reverse", "rotate" (the first word goes last), "swap" (the first two) or "shuffle" (by the seed, never back to
    the old order). Raises ValueError for fewer than two words.
    """
    groups = words(tokens)
    n = len(groups)
    if n < 2:
        raise ValueError("one word has no order")
    order = {"reverse": [*range(n)][::-1], "rotate": [*range(1, n), 0], "swap": [1, 0, *range(2, n)]}.get(how)
    random = torch.Generator().manual_seed(seed)
    while order is None or order == [*range(n)]:
        order = torch.randperm(n, generator=random).tolist()
    return [0, *(i for g in order for i in groups[g]), len(tokens) - 1]


@torch.no_grad()
def encode(model: bert.Bert, ids: Sequence[Sequence[int]], positions: Sequence[bool]) -> Pass:
    """The encoder's own layers over B rows of T ids; a row without positions gets nothing added for its places.

    In float64: what order changes and what rounding changes then lie ten orders of magnitude apart.
    """
    tokens = torch.tensor(ids)  # (B, T)
    given = model.encoder.embedding
    place = given.position.weight[: tokens.shape[1]].double()  # (T, C)
    x = given.token(tokens).double() + given.segment.weight[0].double()  # (B, T, C)
    x = x + place * torch.tensor(positions)[:, None, None]  # (B, T, C)
    x = F.layer_norm(x, x.shape[-1:], given.norm.weight.double(), given.norm.bias.double(), given.norm.eps)
    hidden, inside = [x], []
    for layer in model.encoder.layers:
        exact = {name: weight.double() for name, weight in layer.named_parameters()}
        x, tensors = torch.func.functional_call(layer, exact, (x,))  # (B, T, C)
        hidden.append(x)
        inside.append(tensors)
    return Pass(torch.stack(hidden), torch.stack([t[3] for t in inside]), inside[0][:3])


def causal_change(run: Pass, a: int, b: int, order: Sequence[int]) -> float:
    """The largest change of the first layer's attention output from row a to row b, which has a's tokens in this order,
    if each token saw only what stands before it."""
    out, _ = attention.scaled_dot_product(*run.first, attention.causal_mask(len(order)))  # (B, H, T, d_k)
    return (out[b] - out[a][:, order]).abs().max().item()


@dataclass(frozen=True, eq=False)
class Scores:
    """A head's scores (before the softmax, divided by √d_k) and their parts, (T, T) each in float64."""

    total: Tensor  # q·k/√d_k of the model
    words: Tensor  # the words' part of q with the words' part of k
    positions: Tensor  # likewise of the positions
    mixed: Tensor  # word with position and position with word
    rest: Tensor  # everything with a constant in it: segment, LayerNorm's β, the projections' biases
    concatenated: float  # largest difference between q of the sum and [W W] times word and position side by side

    def shares(self) -> dict[str, float]:
        """How much of the scores' variation along their rows each part explains; they sum to 1.

        A constant added to a row changes no weight, so every part is centred row by row first.
        """
        total = self.total - self.total.mean(-1, keepdim=True)  # (T, T)
        parts = {"words": self.words, "positions": self.positions, "mixed": self.mixed, "rest": self.rest}
        return {
            name: float(((z - z.mean(-1, keepdim=True)) * total).sum() / total.square().sum())
            for name, z in parts.items()
        }


def score_parts(model: bert.Bert, trace: bert.Trace, head: int) -> Scores:
    """The scores of a head of the first layer, taken apart exactly.

    What enters that layer is LayerNorm(token + segment + position). With the standard deviation of each token's sum
    given, LayerNorm is linear, and so are the projections: q = q_word + q_position + q_rest, and k likewise.
    """
    e, given = trace.embeddings, model.encoder.embedding
    summed = (e.token + e.segment + e.position).double()  # (T, C)
    deviation = (summed.var(-1, correction=0, keepdim=True) + model.config.eps).sqrt()  # (T, 1)
    scale, shift = given.norm.weight.double(), given.norm.bias.double()  # (C,) each

    def normed(x: Tensor) -> Tensor:
        x = x.double()
        return scale * (x - x.mean(-1, keepdim=True)) / deviation  # (T, C)

    token, position, rest = normed(e.token), normed(e.position), normed(e.segment) + shift  # (T, C) each
    block, rows = model.encoder.layers[0].attention, slice(head * model.config.d_k, (head + 1) * model.config.d_k)
    projected, gaps = [], []
    for linear in (block.query, block.key):
        w, b = linear.weight[rows].double(), linear.bias[rows].double()  # (d_k, C), (d_k,)
        projected.append((token @ w.T, position @ w.T, rest @ w.T + b))  # (T, d_k) each
        wide = torch.cat((token, position), -1) @ torch.cat((w, w), -1).T  # (T, d_k)
        gaps.append((wide - (token + position) @ w.T).abs().max().item())
    part = [[q @ k.T / model.config.d_k**0.5 for k in projected[1]] for q in projected[0]]  # 3 × 3 of (T, T)
    q, k = (z[0, head].double() for z in (trace.queries, trace.keys))  # (T, d_k) each
    return Scores(
        total=q @ k.T / model.config.d_k**0.5,
        words=part[0][0],
        positions=part[1][1],
        mixed=part[0][1] + part[1][0],
        rest=part[0][2] + part[1][2] + part[2][0] + part[2][1] + part[2][2],
        concatenated=max(gaps),
    )


# --- tables of positions ---------------------------------------------------------------------------------------------
def cosines(positions: Tensor) -> Tensor:
    """Cosine of every two rows: (P, C) -> (P, P)."""
    unit = F.normalize(positions, dim=-1)
    return unit @ unit.T  # (P, P)


def by_distance(z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, least and greatest entry of z (P, P) at each distance 0 … P - 1 of row and column: (P,) each."""
    diagonals = [torch.cat((z.diagonal(k), z.diagonal(-k))) for k in range(len(z))]
    return tuple(torch.stack([f(d) for d in diagonals]) for f in (torch.mean, torch.amin, torch.amax))


def distance_explains(z: Tensor) -> float:
    """The share of the variance of z (P, P) off its diagonal that the mean at each distance accounts for (R²)."""
    place = torch.arange(len(z))
    distance = (place.unsqueeze(-1) - place).abs()  # (P, P)
    off = distance > 0
    left = (z - by_distance(z)[0][distance])[off].square().sum()
    return float(1 - left / (z[off] - z[off].mean()).square().sum())


def shift_errors(positions: Tensor, ks: Sequence[int], components: int = 16) -> tuple[list[float], list[float]]:
    """For each k, the share of the variance of row p + k that is missed: by the best affine map of row p, and by row p
    itself ("no change").

    The map reads the first principal components of row p. It is fitted where p is even and judged where p is odd.
    """
    x = positions.double() - positions.double().mean(0)  # (P, C)
    z = x @ torch.linalg.svd(x, full_matrices=False).Vh[:components].T  # (P, components)
    z = torch.cat((z, torch.ones(len(z), 1, dtype=z.dtype)), -1)  # (P, components + 1)
    fitted, unchanged = [], []
    for k in ks:
        before, after = z[:-k], x[k:]  # (P - k, ·)
        w = torch.linalg.lstsq(before[::2], after[::2]).solution  # (components + 1, C)
        size = after[1::2].square().sum()
        fitted.append(float((before[1::2] @ w - after[1::2]).square().sum() / size))
        unchanged.append(float((x[:-k][1::2] - after[1::2]).square().sum() / size))
    return fitted, unchanged


def table(waves: str, length: int, d_model: int, start: int = 0) -> Tensor:
    """ "both": the paper's encoding. "sines": one without cosines, d_model sines over the same range of frequencies.
    (length, C) in float64."""
    if waves == "both":
        return positional.sinusoidal(length, d_model, start=start, dtype=torch.float64)
    position = torch.arange(start, start + length, dtype=torch.float64)  # (T,)
    return (position.unsqueeze(-1) * positional.frequencies(2 * d_model)).sin()  # (T, C)


def misfit(waves: str, d_model: int, ks: Sequence[int], length: int = 512) -> list[float]:
    """How much of rows k … k + length - 1 no linear map of rows 0 … length - 1 can give: |rest|² / |rows|² for each k.

    Least squares, by projecting onto the columns.
    """
    q = torch.linalg.qr(table(waves, length, d_model)).Q  # (length, C)
    found = []
    for k in ks:
        after = table(waves, length, d_model, start=k)  # (length, C)
        found.append(float((after - q @ (q.T @ after)).square().sum() / after.square().sum()))
    return found


# --- the translator at other positions -------------------------------------------------------------------------------
class NoPairs(RuntimeError):
    """There are no held-out pairs beside the translator."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Pairs of sentences as ids, padded: what the encoder reads, what the decoder reads, what it should say."""

    source: Tensor  # (B, S)
    target: Tensor  # (B, T), each begins with START
    labels: Tensor  # (B, T), each ends with END


def held_out(most: int, folder: Path = translator.PATH) -> list[tuple[str, str]]:
    """The first pairs that the translator was not trained on: (Chinese, English). Raises NoPairs."""
    try:
        pairs = json.loads((folder / "held_out.json").read_text(encoding="utf-8"))["pairs"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoPairs(str(error)) from error
    if not pairs:
        raise NoPairs("the file is empty")
    return [(p["chinese"], p["english"]) for p in pairs[:most]]


def batch(tr: translator.Translator, pairs: Sequence[tuple[str, str]]) -> Batch:
    """The pairs in the translator's own ids."""
    read = [tr.target_ids(english) for _, english in pairs]
    said = [[*ids[1:], END] for ids in read]
    return Batch(*(_pad(rows) for rows in ([tr.source_ids(chinese) for chinese, _ in pairs], read, said)))


@torch.no_grad()
def displaced(m: Transformer, b: Batch, source: int = 0, target: int = 0, positions: bool = True) -> Tensor:
    """The logits (B, T, V) of a forward pass whose positions begin at `source` and `target` instead of 0, or without
    any; nothing else is changed."""

    def embed(ids: Tensor, words: nn.Embedding, start: int) -> Tensor:
        x = words(ids) * m.config.d_model**0.5  # (B, T, C)
        return x + positional.sinusoidal(ids.shape[1], m.config.d_model, start=start) if positions else x  # (B, T, C)

    seen, own = b.source != m.config.pad, b.target != m.config.pad  # (B, S), (B, T)
    x = embed(b.source, m.target_embedding if m.config.shared_embedding else m.source_embedding, source)  # (B, S, C)
    for layer in m.encoder:
        x = layer(x, seen[:, None, None], None)  # (B, S, C)
    memory = m.encoder_norm(x)  # (B, S, C)
    mask = own[:, None, None] & attention.causal_mask(b.target.shape[1])  # (B, 1, T, T)
    y = embed(b.target, m.target_embedding, target)  # (B, T, C)
    for layer in m.decoder:
        y, _ = layer(y, None, layer.cross_attention.keys_values(memory), mask, seen[:, None, None], None)  # (B, T, C)
    y = m.decoder_norm(y)  # (B, T, C)
    return F.linear(y, m.target_embedding.weight) if m.output is None else m.output(y)  # (B, T, V)


def next_token(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean cross-entropy in nats and accuracy over all tokens that are not padding, the end symbol included."""
    real = labels != PAD  # (B, T)
    z, right = logits[real], labels[real]  # (n, V), (n,)
    return F.cross_entropy(z, right).item(), (z.argmax(-1) == right).float().mean().item()


def _pad(rows: Sequence[Sequence[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])  # (B, longest)
