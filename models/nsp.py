"""Does B follow A? A linear layer on the local BERT, which stays as it is.   Devlin et al. 2019, §3.1, Task #2.

    p = nsp.load()
    p.judge("He lay down.", "He was soon asleep.")["apart"]      # probability that the second follows
    nsp.overlap("He lay down.", "He was soon asleep.", common)   # what a count of shared words has to go on

Four vectors of a pair, and a linear layer trained on each (checkpoints/nsp/CARD.md):

    cls      the pair as one sequence, the last state of [CLS]: where BERT's own head reads
    mean     the same, the mean over all tokens
    apart    each text for itself, u and v their means: |u - v| and u * v
    overlap  no model: three counts of the words that both texts have

The local BERT has lost BERT's own next-sentence head, and was trained further on pairs of texts that belong together.
"""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import torch
from torch import Tensor

from models import bert, checkpoint, glue

PATH = Path(__file__).parent / "checkpoints" / "nsp"
READINGS = ("overlap", "cls", "mean", "apart")
Pair = tuple[str, str]


@torch.no_grad()
def vectors(
    reader: bert.Bert, pairs: Sequence[Pair], common: Collection[str], readings: Collection[str] = READINGS
) -> dict[str, Tensor]:
    """The vector of each pair in each of these readings: (N, F), float32. All pairs are read at once."""
    found = {}
    if "overlap" in readings:
        found["overlap"] = torch.tensor([overlap(a, b, common) for a, b in pairs])  # (N, 3)
    if "cls" in readings or "mean" in readings:
        hidden, mask = _together(reader, pairs)  # (N, T, C), (N, T)
        found |= {"cls": hidden[:, 0], "mean": glue.averaged(hidden, mask)}  # (N, C) each
    if "apart" in readings:
        u, v = (alone(reader, [pair[side] for pair in pairs]) for side in (0, 1))  # (N, C) each
        found["apart"] = torch.cat([(u - v).abs(), u * v], dim=1)  # (N, 2C)
    return {name: found[name] for name in readings}


def _together(reader: bert.Bert, pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
    """The last states of each pair, read as one sequence, (N, T, C), and where there are tokens (N, T)."""
    encoded = [reader.encode(a, b) for a, b in pairs]
    ids, segments, mask = glue.pad([(e.ids, e.segments) for e in encoded])  # (N, T) each
    x, _ = reader.encoder.embedding(ids, segments)  # (N, T, C)
    hidden, _ = reader.encoder.through(x, mask[:, None, None, :], fused=True)
    return hidden[-1], mask


@torch.no_grad()
def alone(reader: bert.Bert, texts: Sequence[str]) -> Tensor:
    """The mean vector of each text, read for itself: (N, C)."""
    encoded = [reader.encode(text) for text in texts]
    return glue.pooled(reader.encoder, *glue.pad([(e.ids, e.segments) for e in encoded]))  # (N, C)


def overlap(a: str, b: str, common: Collection[str]) -> tuple[float, float, float]:
    """Of the different words of two texts: shared ones that are not common, as a share of the shorter text's, and
    their number; and the share of all words that are shared."""
    first, second = (set(re.findall(r"[a-z]+", text.lower())) for text in (a, b))
    rare = first - set(common), second - set(common)
    shared, either = rare[0] & rare[1], first | second
    fewest = min(map(len, rare))
    return len(shared) / fewest if fewest else 0.0, float(len(shared)), len(first & second) / max(len(either), 1)


class Probe:
    """The linear layers. Safe to share between threads: nothing changes after loading."""

    def __init__(self, reader: bert.Bert, common: Collection[str], tensors: dict[str, Tensor]):
        self.reader, self.common = reader, frozenset(common)
        self.layers = {name: (tensors[f"{name}.weight"].float(), tensors[f"{name}.bias"].float()) for name in READINGS}

    def judge(self, a: str, b: str) -> dict[str, float]:
        """The probability that b follows a, in each of READINGS. Raises bert.TooLong."""
        return {name: p[0] for name, p in self.judged([(a, b)]).items()}

    def judged(self, pairs: Sequence[Pair], readings: Collection[str] = READINGS) -> dict[str, list[float]]:
        """The same for many pairs, in these readings: what none of them needs is not computed."""
        judged = {}
        for name, x in vectors(self.reader, pairs, self.common, readings).items():
            weight, bias = self.layers[name]
            judged[name] = (x @ weight + bias).sigmoid().tolist()  # (N, F) @ (F,) -> N
        return judged


def load(path: Path = PATH) -> Probe:
    """The trained layers, read once per process. Raises records.Unusable."""
    return _load(path, bert.load())


@checkpoint.once
def _load(path: Path, reader: bert.Bert) -> Probe:
    found = checkpoint.read(path, kind="nsp")
    return Probe(reader, found.config["common"], found.tensors)
