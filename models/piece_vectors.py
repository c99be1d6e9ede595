"""The vectors of pieces and of words made of pieces, from the local BERT.   Devlin et al. 2018, §3, Figure 2.

piece_vectors.nearest("##less", 3)                    # [('##lessness', 0.53), ('##lessly', 0.45), …]
piece_vectors.of(("flightless", "flight"), layer=0)   # (W, C): a word is the mean of its pieces
"""

import functools
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from models import bert, wordpiece


def row(piece: str) -> Tensor:
    """The piece's row of the embedding matrix, (C,) float64. Raises KeyError where the vocabulary has no such piece."""
    return _table()[wordpiece.load().vocabulary[piece]].double()


def nearest(piece: str, n: int) -> list[tuple[str, float]]:
    """The n other pieces whose rows have the highest cosine with this one's, computed in float64."""
    table, own = _table().double(), row(piece)  # (V, C), (C,)
    cosine = table @ own / (table.norm(dim=1) * own.norm())  # (V,)
    pieces = list(wordpiece.load().vocabulary)
    order = [i for i in cosine.argsort(descending=True, stable=True)[: n + 1].tolist() if pieces[i] != piece]
    return [(pieces[i], float(cosine[i])) for i in order[:n]]


def _table() -> Tensor:
    return bert.load().encoder.embedding.token.weight  # (V, C)


@functools.lru_cache(maxsize=64)
def trace(word: str) -> bert.Trace:
    """One word, read alone between [CLS] and [SEP]."""
    return bert.load().trace(word)


def of(words: Sequence[str], layer: int) -> Tensor:
    """A vector per word, (W, C) float64: the mean over its pieces of hidden[layer], 0 being the input to layer 1."""
    return torch.stack([trace(word).hidden[layer, 1:-1].double().mean(0) for word in words])  # (W, C)


def alike(words: Sequence[str], layer: int) -> Tensor:
    """The cosines between the words' vectors, (W, W)."""
    vectors = F.normalize(of(words, layer), dim=-1)  # (W, C)
    return vectors @ vectors.T  # (W, W)
