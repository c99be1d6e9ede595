"""A student of the local BERT: two layers instead of six, distilled here.   Hinton et al. 2015; Sanh et al. 2019.

    s = student.load()              # a bert.Bert: .encode, .trace, .config.n_layer == 2
    student.vectors(s, ["the cat sat", "a cat sits"])      # (2, C): the mean over the tokens, as the teacher is read

Its input embeddings are the teacher's own, shared and not stored; its two layers began as two of the teacher's six.
How it was trained, and what it keeps of the teacher, says checkpoints/student/CARD.md. The weights of bert.load() are
shared, not changed.
"""

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from models import bert, checkpoint
from models.bert import Bert
from models.bert_adapters import fingerprint
from models.records import Unusable
from models.seeded import seeded

PATH = Path(__file__).parent / "checkpoints" / "student"
KEPT = (0, 5)  # the teacher's layers, from 0, that the student's two begin as


def build(base: Bert, kept: Sequence[int] | None = KEPT, n_layer: int = 2, seed: int = 0) -> Bert:
    """The teacher's embeddings, shared, below copies of the kept layers; or below n_layer layers of random weights."""
    if kept is None:
        with seeded(seed):
            layers = [bert.Layer(base.config) for _ in range(n_layer)]
    else:
        layers = [copy.deepcopy(base.encoder.layers[i]) for i in kept]
    config = replace(base.config, n_layer=len(layers))
    encoder = copy.copy(base.encoder)  # a module of its own that shares the embedding …
    encoder._modules = dict(base.encoder._modules) | {"layers": nn.ModuleList(layers)}  # … and has its own layers
    return Bert(config, base.tokenizer, encoder)


@torch.no_grad()
def vectors(model: Bert, texts: Sequence[str]) -> Tensor:
    """The mean of the last states over each text's tokens, [CLS] and [SEP] included: (N, C). Raises bert.TooLong."""
    rows = []
    for text in texts:
        ids = torch.tensor([model.encode(text).ids])  # (1, T)
        rows.append(pooled(model, ids)[1])  # (1, C)
    return torch.cat(rows)  # (N, C)


def pooled(model: Bert, ids: Tensor) -> tuple[Tensor, Tensor]:
    """ids (B, T), without padding -> last states (B, T, C) and their mean over the tokens (B, C)."""
    x, _ = model.encoder.embedding(ids, torch.zeros_like(ids))  # (B, T, C)
    states = model.encoder.through(x, fused=True)[0][-1]  # (B, T, C)
    return states, states.mean(1)  # (B, T, C), (B, C)


def load(path: Path = PATH, base: Bert | None = None) -> Bert:
    """The distilled student on the local BERT's embeddings, or on the given base's, read once per process.

    Raises records.Unusable for a missing, damaged or foreign file, of the checkpoint or of the local BERT.
    """
    return _load(path, base or bert.load())


@checkpoint.once
def _load(path: Path, base: Bert) -> Bert:
    found = checkpoint.read(path, kind="student")
    if found.config["base"] != fingerprint(base.encoder):
        raise Unusable("checkpoint_foreign", path, f"the student in {path} has another BERT for a teacher")
    model = build(base, found.config["kept"])
    model.encoder.layers.load_state_dict({name: t.float() for name, t in found.tensors.items()})
    model.encoder.requires_grad_(False)
    return model
