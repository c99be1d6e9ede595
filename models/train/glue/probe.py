"""Linear probes: what can be read off the encoder as it is, by one linear layer.   Devlin et al. 2019, §5.3: features.

The encoder is frozen, so its vector of every text is computed once and kept. A pair is read in two ways:

    probe          both texts in one sequence, as fine-tuning reads them: a form this encoder never saw
    probe apart    each text for itself, as this encoder was trained: |u - v| and u * v (Tai et al. 2015, §4.2)
"""

from functools import partial
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import cosine_similarity

from models import bert, glue
from models.train.glue.data import Data, Example
from models.train.glue.measure import Row, apply, summed_loss

PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)  # times the squared weights, beside the mean loss
ASIDE = 0.1  # share of the training set that chooses among them
Features = dict[str, Tensor]  # "train", "dev": (N, C); for pairs also "train.first", "train.second", …


def encode(reader: bert.Bert, examples: list[Example]) -> list[Row]:
    """Ids and segments, pairs in one sequence. Raises bert.TooLong."""
    encoded = [reader.encode(e.text, e.pair) for e in examples]
    return [(e.ids, e.segments) for e in encoded]


def features(reader: bert.Bert, data: Data, path: Path, precision: str, show: bool = False) -> Features:
    """The encoder's vectors of all examples: from the file, or computed and written to it."""
    made_of = {"data": data.checksum, "precision": precision}
    if path.exists():
        with safe_open(path, framework="pt") as f:
            if f.metadata() == made_of:
                return {name: f.get_tensor(name).float() for name in f.keys()}  # noqa: SIM118 (not a dictionary)
    found = {}
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        vectors = partial(apply, partial(glue.pooled, reader.encoder), show=show)
        for side in ("train", "dev"):
            examples = getattr(data, side)
            found[side] = vectors(encode(reader, examples))  # (N, C)
            if examples[0].pair is not None:
                for name, texts in (("first", [e.text for e in examples]), ("second", [e.pair for e in examples])):
                    rows = encode(reader, [Example(text, None, 0) for text in texts])
                    found[f"{side}.{name}"] = vectors(rows)  # (N, C)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    save_file(found, new, metadata=made_of)
    new.replace(path)
    return found


def compared(found: Features, side: str) -> Tensor:
    """|u - v| and u * v of two texts read apart: (N, 2C)."""
    u, v = found[f"{side}.first"], found[f"{side}.second"]  # (N, C) each
    return torch.cat([(u - v).abs(), u * v], dim=1)  # (N, 2C)


def cosines(found: Features, side: str) -> list[float]:
    """The cosine of two texts read apart: similarity as the encoder knows it, nothing learnt."""
    return cosine_similarity(found[f"{side}.first"], found[f"{side}.second"]).tolist()


def probe(task: glue.Task, x: Tensor, answers: Tensor, dev: Tensor, seed: int) -> tuple[Tensor, float]:
    """Outputs on dev (D, n) of the best linear layer on x (N, C), and its penalty.

    The seed draws what is set aside to choose the penalty; the rest is fitted.
    """
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    aside, rest = order[: max(1, round(ASIDE * len(x)))], order[max(1, round(ASIDE * len(x))) :]
    mean, spread = x[rest].mean(0), x[rest].std(0).clamp(min=1e-6)  # (C,) each
    fitted = (x[rest] - mean) / spread
    layers = [(p, fit(task, fitted, answers[rest], p)) for p in PENALTIES]
    with torch.no_grad():
        loss = {p: float(summed_loss(task, layer((x[aside] - mean) / spread), answers[aside])) for p, layer in layers}
        penalty, layer = min(layers, key=lambda found: loss[found[0]])
        return layer((dev - mean) / spread), penalty


def fit(task: glue.Task, x: Tensor, answers: Tensor, penalty: float) -> torch.nn.Linear:
    """The linear layer with the least mean loss on x (N, C) plus penalty times its squared weights: convex."""
    layer = torch.nn.Linear(x.shape[1], task.outputs, dtype=x.dtype)
    for p in layer.parameters():
        torch.nn.init.zeros_(p)
    solver = torch.optim.LBFGS(layer.parameters(), max_iter=100, tolerance_grad=1e-5, line_search_fn="strong_wolfe")

    def objective() -> Tensor:
        solver.zero_grad()
        loss = summed_loss(task, layer(x), answers) / len(x) + penalty * layer.weight.square().sum()
        loss.backward()
        return loss

    solver.step(objective)
    return layer
