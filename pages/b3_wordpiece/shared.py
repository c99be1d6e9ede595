"""One row of the embedding matrix for all words with a piece: its neighbours, and the words side by side.

Devlin et al. 2019, §3, Figure 2. torch is imported when vectors are asked for: no other demo of the lesson needs it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np

from models import wordpiece
from pages.b3_wordpiece.inputs import read
from study import local_bert
from study.controls import Refusal, Slider, Text, Texts
from study.demo import Evidence, Measured, Origin, Step, same
from study.views import Heatmap, Say, Table

if TYPE_CHECKING:
    from torch import Tensor

    from models import bert

WORDS = "flightless\nweightless\ntoothless\nmoonless\nflight\nweight\ntooth\nmoon\nflights\nmoonlight"
PRESETS = {
    "nearest": {"piece": "##less", "words": WORDS, "step": "nearest"},
    "less": {"piece": "less", "words": WORDS, "step": "nearest"},
    "layer_6": {"piece": "##less", "words": WORDS, "layer": 6, "step": "words"},
    "flightness": {"piece": "##less", "words": f"{WORDS}\nflightness", "layer": 6, "step": "words"},
    "unused": {"piece": "[unused0]", "words": WORDS, "step": "nearest"},
}


def shared(
    piece: Annotated[str, Text(40)] = "##less",
    words: Annotated[str, Texts(300, most=14)] = WORDS,
    layer: Annotated[int, Slider(0, 6)] = 0,
) -> Evidence:
    """All cosines between the words at a layer, and the rows nearest to the piece's."""
    wanted, listed = _wanted(piece), _listed(words)
    near = _nearest(wanted, 8)
    traces = [local_bert.traced(word) for word in listed]
    in_pieces = [" ".join(t.tokens[1:-1]) for t in traces]
    has_it = np.array([wanted in t.tokens[1:-1] for t in traces])  # (W,)
    alike = _alike(traces, layer)  # (W, W)
    readings = [t.embeddings.token[t.tokens.index(wanted)] for t in traces if wanted in t.tokens]  # (C,) each
    return Evidence(
        Step("words", Heatmap(alike, in_pieces, listed, Say("alike", layer=layer), hover="cosine_of")),
        Step("nearest", Table(["nearest", "cosine"], near, Say("neighbours", piece=wanted))),
        claims=lambda: [
            same("one_row", [float((r - _row(wanted)).abs().max()) for r in readings], 0),
            same("same_as_torch", [cosine for _, cosine in near], _by_torch(wanted, near), abs=1e-9),
        ],
        measured=[*_means(alike, has_it), Measured("words_with", has_it.sum(), step="words")],
        origin=Origin.PRETRAINED,
        source=local_bert.source(),
    )


def _wanted(piece: str) -> str:
    """The piece as the vocabulary has it. Raises Refusal("nothing_left") and Refusal("no_such_piece")."""
    for form in (piece.strip(), piece.strip().lower()):
        if form in wordpiece.load().vocabulary:
            return form
    pieces = [p for t in read(piece) for p in t.pieces]
    raise Refusal("no_such_piece", pieces=" ".join(pieces[:8]))


def _listed(words: str) -> list[str]:
    """The different words of the lines. Raises Refusal("few_words")."""
    listed = list(dict.fromkeys(word for line in Texts.lines(words) for word in wordpiece.words(line)))
    if not 2 <= len(listed) <= 14 or max(map(len, listed)) > 40:
        raise Refusal("few_words", words=len(listed))
    return listed


def _means(alike: np.ndarray, has_it: np.ndarray) -> list[Measured]:
    """The mean cosine (W, W) of different words that both contain the piece, and of those of which one does."""
    pairs = np.triu(np.ones_like(alike, dtype=bool), 1)  # (W, W): each pair once, no word with itself
    groups = {"both": has_it & has_it[:, None], "only_one": has_it ^ has_it[:, None]}  # (W, W) each
    means = []
    for name, group in groups.items():
        cosines = alike[pairs & group]  # (pairs of the group,)
        if cosines.size:
            means.append(Measured(name, cosines.mean(), step="words"))
    return means


# --- rows of the embedding matrix, and vectors of words --------------------------------------------------------------
def _table() -> "Tensor":
    from models import bert

    return bert.load().encoder.embedding.token.weight  # (V, C)


def _row(piece: str) -> "Tensor":
    """The piece's row of the embedding matrix, (C,) float64. Raises KeyError where the vocabulary has no such piece."""
    return _table()[wordpiece.load().vocabulary[piece]].double()


def _nearest(piece: str, n: int) -> list[tuple[str, float]]:
    """The n other pieces whose rows have the highest cosine with this one's, computed in float64."""
    table, own = _table().double(), _row(piece)  # (V, C), (C,)
    cosine = table @ own / (table.norm(dim=1) * own.norm())  # (V,)
    pieces = list(wordpiece.load().vocabulary)
    best = cosine.argsort(descending=True, stable=True)[: n + 1].tolist()  # one more: the piece is its own nearest
    return [(pieces[i], float(cosine[i])) for i in best if pieces[i] != piece][:n]


def _by_torch(piece: str, near: Sequence[tuple[str, float]]) -> list[float]:
    """The cosines of the piece's row with theirs, by torch's own function."""
    from torch import cosine_similarity

    own = _row(piece)  # (C,)
    return [float(cosine_similarity(_row(other), own, dim=0)) for other, _ in near]


def _of(traces: Sequence["bert.Trace"], layer: int) -> np.ndarray:
    """A vector per word, each read alone, (W, C) float64: the mean over its pieces after so many layers."""
    pieces = [t.hidden[layer, 1:-1].double() for t in traces]  # (pieces, C) each, without [CLS] and [SEP]
    return np.stack([vectors.mean(0).numpy() for vectors in pieces])  # (W, C)


def _alike(traces: Sequence["bert.Trace"], layer: int) -> np.ndarray:
    """The cosines between the words' vectors, (W, W)."""
    vectors = _of(traces, layer)  # (W, C)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)  # (W, C), each of length 1
    return units @ units.T  # (W, W)
