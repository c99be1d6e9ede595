"""The look-up task of the lesson, trained while the reader watches.   Vaswani et al. 2017, §3.2.1."""

import math
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated

from models.lookup import Point, train
from models.records.lookup import KINDS, Task
from study.controls import Choice, Seed, Slider
from study.demo import Evidence, Measured, Origin, Progress
from study.views import Lines, Series, room

STEPS, EVERY = 240, 12
X_RANGE = (-4, STEPS + 4)  # of the curves, so that they stay while it learns
TASK = Task(test=256)
PRESETS = {
    "plain": {},
    "scaled": {"kind": "scaled_dot"},
    "other_seed": {"seed": 1},
    "faster": {"lr": 0.005},
    "stuck": {"lr": 0.02},
}


def train_live(
    progress: Progress,
    kind: Annotated[str, Choice(*KINDS)] = "dot",
    d_k: Annotated[int, Slider(8, 256, scale="log")] = 128,
    lr: Annotated[float, Slider(0.0002, 0.05, scale="log")] = 0.002,
    seed: Seed = 0,
) -> Iterator[Evidence]:
    """240 steps of the same training on this machine, measured every twelve steps on 256 fresh examples."""
    points = []
    # closing: a reader who stops in the middle ends the training at once, not whenever Python tidies up
    with closing(train(kind, d_k, seed, STEPS, lr, TASK, every=EVERY)) as training:
        for point in training:
            points.append(point)
            progress.report(point.step / STEPS)
            yield _so_far(points)


def _so_far(points: list[Point]) -> Evidence:
    steps, last = [p.step for p in points], points[-1]
    accuracy = Series("accuracy", steps, [p.accuracy for p in points])
    guessing = Series("guess", [0, STEPS], [1 / TASK.pairs] * 2, dashed=True)
    loss = Series("loss", steps, [p.loss for p in points])
    even = Series("even", [0, STEPS], [math.log(TASK.classes)] * 2, dashed=True)  # −log of 1/classes
    return Evidence(
        Lines(
            [accuracy, guessing],
            x="step",
            y="accuracy",
            title="accuracy_title",
            x_range=X_RANGE,
            y_range=(0, 1.03),
        ),
        Lines([loss, even], x="step", y="loss", title="loss_title", x_range=X_RANGE, y_range=room(4, loss.y)),
        measured=[
            Measured("accuracy_now", last.accuracy, unit="share"),
            Measured("loss_now", last.loss, unit="nats"),
            Measured("steps_done", last.step),
        ],
        origin=Origin.TRAINED_HERE,
        source="models.lookup.train",
    )
