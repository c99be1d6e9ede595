"""Spearman's correlation of cosines and of people's scores, for each way of reading a vector."""

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from models import bert, metrics
from models.attention import causal_mask
from models.records.sentence_vectors import MASKS, READOUTS
from models.sentence_vectors import vectors
from models.train.glue.data import Example

SAME = 1e-4  # cosines that differ by less are all one: rounding


@torch.no_grad()
def read(reader: bert.Bert, texts: Sequence[str]) -> dict[str, dict[str, dict[str, Tensor]]]:
    """{text: {mask: {readout: (C,)}}}; texts of one length are read together, so that nothing is padded."""
    groups: dict[int, list[tuple[str, list[int]]]] = defaultdict(list)
    for text in dict.fromkeys(texts):
        ids = reader.encode(text).ids
        groups[len(ids)].append((text, ids))
    found = {}
    for length, rows in groups.items():
        ids = torch.tensor([ids for _, ids in rows])  # (B, T)
        masks = {"both": None, "causal": causal_mask(length)}
        x, _ = reader.encoder.embedding(ids, torch.zeros_like(ids))  # (B, T, C)
        states = {name: torch.stack(reader.encoder.through(x, mask, fused=True)[0]) for name, mask in masks.items()}
        every = {name: vectors(hidden) for name, hidden in states.items()}  # (B, C) each
        for i, (text, _) in enumerate(rows):
            found[text] = {name: {r: v[i].clone() for r, v in every[name].items()} for name in MASKS}
    return found


def scores(reader: bert.Bert, examples: Sequence[Example]) -> dict[str, dict[str, float | None]]:
    """{mask: {readout: Spearman}}; None where all cosines are the same, so that nothing is told apart."""
    found = read(reader, [text for e in examples for text in (e.text, e.pair)])
    answers = [e.answer for e in examples]
    table: dict[str, dict[str, float | None]] = {}
    for mask in MASKS:
        table[mask] = {}
        for readout in READOUTS:
            u, v = (torch.stack([found[t][mask][readout] for t in side]) for side in _sides(examples))  # (N, C)
            cosines = cosine_similarity(u, v)  # (N,)
            told_apart = (cosines.max() - cosines.min()).item() > SAME
            table[mask][readout] = round(metrics.spearman(cosines.tolist(), answers), 5) if told_apart else None
    return table


def _sides(examples: Sequence[Example]) -> tuple[list[str], list[str]]:
    return [e.text for e in examples], [e.pair for e in examples]
