"""One attention layer learns where to look: its W_Q, W_K, W_V while it is trained.   Vaswani et al. 2017, §3.2.1."""

from collections.abc import Iterator
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from models import attention, toy
from study.controls import Choice, Seed, Slider
from study.demo import Claim, Evidence, Measured, Origin, Progress, Step, same
from study.views import Heatmap, Lines, Series

LETTERS, PLACES, COLOURS = "ABCDEF", "123456", "wxyz"
T, N_COLOUR = len(LETTERS), len(COLOURS)
NAMES = (*LETTERS, *PLACES, *COLOURS)  # the components of a token's vector
C, D_K = len(NAMES), 8
STEPS, EVERY, BATCH, TEST = 300, 15, 64, 256
PRESETS = {
    "next_letter": {},
    "previous_place": {"rule": "previous_place"},
    "no_rule": {"rule": "none"},
    "other_seed": {"seed": 1, "step": "matrices"},
    "product": {"seed": 2, "step": "product"},
}

Weights = dict[str, Tensor]


def learning_to_look(
    progress: Progress,
    rule: Annotated[str, Choice("next_letter", "previous_place", "none")] = "next_letter",
    lr: Annotated[float, Slider(0.002, 0.2, scale="log")] = 0.02,
    seed: Seed = 0,
) -> Iterator[Evidence]:
    """300 steps of Adam on the cross-entropy of the colour that the rule asks for."""
    w = initial(seed)
    adam = torch.optim.Adam(w.values(), lr)
    random, test = toy.generator(seed, "training"), examples(rule, TEST, toy.generator(seed, "test"))
    points: list[tuple[int, float, float]] = []
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            points.append((step, *measure(w, *test)))
            progress.report(step / STEPS)
            yield _so_far(w, points, test)
        x, _, answer = examples(rule, BATCH, random)
        logits = attend(w, x).output  # (B, T, colours)
        adam.zero_grad()
        F.cross_entropy(logits.flatten(0, 1), answer.flatten()).backward()
        adam.step()


def examples(rule: str, n: int, random: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """x (n, T, C): letters in random order, each with its place and a random colour; where the rule looks (n, T);
    the colour found there (n, T). Without a rule the answer is any colour, and the place looked at is one's own."""
    letter = torch.rand(n, T, generator=random).argsort(-1)  # (n, T)
    colour = torch.randint(N_COLOUR, (n, T), generator=random)  # (n, T)
    place = torch.arange(T).expand(n, T)  # (n, T)
    x = torch.cat([F.one_hot(letter, T), F.one_hot(place, T), F.one_hot(colour, N_COLOUR)], -1).float()  # (n, T, C)
    looks = (place - 1) % T  # (n, T): the first place looks at the last
    if rule == "next_letter":  # A looks for B, F for A
        looks = letter.argsort(-1).gather(1, (letter + 1) % T)  # (n, T)
    answer = colour.gather(1, looks)  # (n, T)
    if rule == "none":
        answer = torch.randint(N_COLOUR, (n, T), generator=random)  # (n, T)
    return x, looks, answer


def initial(seed: int) -> Weights:
    """Small random matrices: all scores are near 0, all weights near 1/T."""
    widths = {"W_Q": D_K, "W_K": D_K, "W_V": N_COLOUR}
    small = {name: 0.1 * toy.normal(C, d, seed=seed, name=name, dtype=torch.float32) for name, d in widths.items()}
    return {name: matrix.requires_grad_() for name, matrix in small.items()}


def attend(w: Weights, x: Tensor) -> attention.Steps:
    """The whole model: x (B, T, C) -> weights (B, T, T), output (B, T, colours), which are the logits."""
    q, k, v = x @ w["W_Q"], x @ w["W_K"], x @ w["W_V"]  # (B, T, d_k) twice, (B, T, colours)
    return attention.steps(q, k, v)


@torch.no_grad()
def measure(w: Weights, x: Tensor, looks: Tensor, answer: Tensor) -> tuple[float, float]:
    """The mean weight on the place that the rule means, and the share of right answers."""
    found = attend(w, x)
    on_rule = found.weights.gather(-1, looks[..., None]).mean()
    right = (found.output.argmax(-1) == answer).float().mean()
    return on_rule.item(), right.item()


@torch.no_grad()
def _so_far(w: Weights, points: list[tuple[int, float, float]], test: tuple[Tensor, Tensor, Tensor]) -> Evidence:
    steps, on_rule, right = zip(*points, strict=True)
    x = test[0][0]  # (T, C): the first example
    now = attend(w, x)
    product = w["W_Q"] @ w["W_K"].T  # (C, C)
    numbers = sum(m.numel() for m in w.values())
    return Evidence(
        Step("weights", _curve(steps, on_rule), _example(x, now.weights)),
        Step("matrices", *_matrices(w)),
        Step("product", Heatmap(product, NAMES, NAMES, "W_QW_K", x="found", y="asks")),
        claims=[
            same("one_product", now.scores, x @ product @ x.T, abs=1e-3),  # float32: scores may reach hundreds
            same("rows_sum_to_one", now.weights.sum(-1), 1, abs=1e-5),
            Claim("numbers", measured=numbers, expected=C * (D_K + D_K + N_COLOUR)),
        ],
        measured=[
            Measured("on_rule", on_rule[-1], unit="share"),
            Measured("right", right[-1], unit="share"),
            Measured("steps_done", steps[-1]),
            Measured("entropy", attention.entropy(now.weights).mean(), unit="nats"),
        ],
        origin=Origin.TRAINED_HERE,
        source="models.attention.steps",
    )


def _curve(steps: tuple[int, ...], on_rule: tuple[float, ...]) -> Lines:
    even = Series("even", [0, STEPS], [1 / T, 1 / T], dashed=True)
    return Lines(
        [Series("on_rule", steps, on_rule), even],
        x="step",
        y="weight",
        title="curve",
        x_range=(-5, STEPS + 5),
        y_range=(0, 1.03),
    )


def _example(x: Tensor, weights: Tensor) -> Heatmap:
    letters = _read(x, 0, LETTERS)
    colours = _read(x, 2 * T, COLOURS)
    tokens = [letter + colour for letter, colour in zip(letters, colours, strict=True)]
    return Heatmap(
        weights,
        tokens,
        tokens,
        "example",
        x="keys",
        y="queries",
        scale="weight",
    )


def _matrices(w: Weights) -> list[Heatmap]:
    """The three matrices: a row for each component of a token's vector."""
    columns = [f"{i + 1}" for i in range(D_K)]
    shown = (
        ("W_Q", columns, "channel", "query"),
        ("W_K", columns, "channel", "key"),
        ("W_V", tuple(COLOURS), "colour", "value"),
    )
    return [
        Heatmap(
            w[name],
            NAMES,
            cols,
            name,
            x=x,
            y="component",
            role=role,
        )
        for name, cols, x, role in shown
    ]


def _read(x: Tensor, first: int, names: str) -> list[str]:
    """Which of these names each token (T, C) has; their components begin at `first`."""
    return [names[i] for i in x[:, first : first + len(names)].argmax(-1).tolist()]
