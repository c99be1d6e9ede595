"""Two modes in one layer: batch statistics in training, running ones in evaluation.

Ioffe & Szegedy 2015, Algorithm 1 and 2; the momentum is PyTorch's, the weight of the newest batch.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from models import normalization
from pages.t2_layer_vs_batch_norm.batch import EPS, generator, names, token_names, torch_norm
from study.controls import Seed, Slider
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Bars, Lines, Say, Series

#: The population that the batches are drawn from, (2, C): mean and variance of each channel.
POPULATION = torch.tensor([[5.0, -2.0, 0.5, 1.0], [4.0, 1.0, 9.0, 0.25]], dtype=torch.float64)
CHANNELS = POPULATION.shape[1]
MOST_BATCHES, MOST_SENTENCES, MOST_TOKENS = 200, 64, 8
SHOWN = 12  # tokens in the bar chart at most

PRESETS = {
    "ten": {"batches": 10},
    "large": {"batch_size": 64, "step": "same"},
    "small": {"batch_size": 4, "step": "same"},
    "one": {"batch_size": 1, "step": "same"},
    "two": {"batch_size": 1, "length": 2, "step": "same"},
}


def train_vs_eval(
    batches: Annotated[int, Slider(1, MOST_BATCHES)] = 40,
    batch_size: Annotated[int, Slider(1, MOST_SENTENCES, scale="log")] = 8,
    length: Annotated[int, Slider(1, MOST_TOKENS)] = 1,
    momentum: Annotated[float, Slider(0.05, 1, step=0.05)] = 0.1,
    seed: Seed = 0,
) -> Evidence:
    """Running statistics over n training batches, and the same batch normalised as in training and as in evaluation."""
    seen = replay(_batches(seed)[:batches, :batch_size, :length], momentum)
    mean, var = seen.running[-1]  # (C,) each
    in_eval = normalization.batch_norm_eval(seen.last, mean, var, eps=EPS)  # (B, T, C)
    claims = [
        same("running_mean", seen.module.running_mean, mean, abs=1e-6),
        same("running_variance", seen.module.running_var, var, abs=1e-6),
        same("eval_same_as_torch", seen.module(seen.last.mT).mT.detach(), in_eval, abs=1e-6),
    ]
    left = (seen.elsewhere - mean)[0]  # two running means that began 1 apart
    measured = [
        Measured("start_in_it", left, unit="share", step="running"),
        Measured("mean_off", (mean - POPULATION[0])[0].abs(), step="running"),
    ]
    notices = []
    if seen.trained is None:  # one value per channel
        layer = normalization.layer_norm(seen.last)  # (1, 1, C)
        claims += [
            Claim("refused", measured=seen.refused, expected=batches),
            same("layer_same_as_torch", torch_norm("layer", CHANNELS)(seen.last), layer, abs=1e-6),
        ]
        bars = _one_token(layer, in_eval)
        notices.append(Say("one_value", message=seen.message))
    else:
        in_training = normalization.batch_norm(seen.last, eps=EPS)  # (B, T, C)
        claims = [
            Claim("start_left", measured=left, expected=(1 - momentum) ** batches, abs=1e-9),
            *claims,
            same("train_same_as_torch", seen.trained, in_training, abs=1e-6),
        ]
        bars = _same_batch(in_training, in_eval)
        measured.append(Measured("train_eval_gap", (in_training - in_eval).abs().max(), step="same"))
    return Evidence(
        Step("running", _curve(seen.running, "mean"), _curve(seen.running, "variance")),
        Step("same", bars),
        claims=claims,
        measured=measured,
        origin=Origin.TOY,
        notices=notices,
    )


def _batches(seed: int) -> Tensor:
    """All batches that the controls can ask for, (200, 64, 8, C): a longer history begins as a shorter one does."""
    size = MOST_BATCHES, MOST_SENTENCES, MOST_TOKENS, CHANNELS
    noise = torch.randn(size, generator=generator(seed), dtype=torch.float64)  # (n, B, T, C)
    mean, var = POPULATION
    return mean + var.sqrt() * noise  # (n, B, T, C)


@dataclass(frozen=True, eq=False)
class Replay:
    """Batch normalisation over n training batches, by hand and by nn.BatchNorm1d.

    running (n + 1, 2, C): mean and variance before the first batch and after each; module: PyTorch's, in evaluation;
    last (B, T, C): the last batch; trained (B, T, C): its training output by PyTorch, or None; elsewhere (C,): a
    running mean that began at 1, not 0; refused: how many batches PyTorch refused; message: why, in its words.
    """

    running: Tensor
    module: nn.BatchNorm1d
    last: Tensor
    trained: Tensor | None
    elsewhere: Tensor
    refused: int
    message: str


def replay(stream: Tensor, momentum: float, eps: float = EPS) -> Replay:
    """stream (n, B, T, C). A batch with one value per channel is refused and leaves the running statistics alone."""
    channels = stream.shape[-1]
    module = nn.BatchNorm1d(channels, eps=eps, momentum=momentum, dtype=torch.float64)
    running = [torch.stack([torch.zeros(channels), torch.ones(channels)]).double()]  # (2, C)
    elsewhere = torch.ones(channels, dtype=torch.float64)
    trained, refused, message = None, 0, ""
    for x in stream:
        mean, var = running[-1]
        try:
            trained = module(x.mT).mT.detach()  # (B, T, C)
            elsewhere, _ = normalization.update_running(elsewhere, var, x, momentum)
            mean, var = normalization.update_running(mean, var, x, momentum)
        except ValueError as error:
            refused, message = refused + 1, message or str(error)
        running.append(torch.stack([mean, var]))
    return Replay(torch.stack(running), module.eval(), stream[-1], trained, elsewhere, refused, message)


def _curve(running: Tensor, name: str) -> Lines:
    """The running mean or variance of the first channel, running (n + 1, 2, C), and the population's."""
    row = ("mean", "variance").index(name)
    history = running[:, row, 0]  # (n + 1,)
    steps = torch.arange(len(history))
    population = torch.full(history.shape, float(POPULATION[row, 0]))
    return Lines(
        [
            Series(f"running_{name}", steps, history, pair=0),
            Series(f"population_{name}", steps, population, pair=0, dashed=True),
        ],
        x="batch_number",
        y=name,
        title=f"{name}_curve",
    )


def _same_batch(in_training: Tensor, in_eval: Tensor) -> Bars:
    """The first channel of the last batch (B, T, C), normalised both ways."""
    b, t, _ = in_training.shape
    outputs = {"train": in_training, "eval": in_eval}
    bars = {name: y[..., 0].flatten()[:SHOWN] for name, y in outputs.items()}
    return Bars(bars, token_names(b, t)[:SHOWN], x="token", y="output", title="same_batch")


def _one_token(layer: Tensor, in_eval: Tensor) -> Bars:
    """All channels of the only token, (1, 1, C): what still answers where training mode refuses."""
    return Bars(
        {"layer": layer.flatten(), "eval": in_eval.flatten()},
        names("c", CHANNELS),
        x="channel",
        y="output",
        title="one",
    )
