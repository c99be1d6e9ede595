"""What came of training four layers to recall the first of n tokens.   Vaswani et al. 2017, §4, third reason."""

from statistics import mean
from typing import Annotated

from models.records import Unusable, recall
from study.controls import Choice, Refusal
from study.demo import Evidence, Measured, Origin
from study.views import Lines, Say, Series

LENGTHS = ("8", "16", "32", "64", "128")
ACCURACY = (0, 1.03)  # the axis: a line at 1 is not cut in half
PRESETS = {"near": {"n": "8"}, "middle": {"n": "32"}, "far": {"n": "128"}}


def recalled(n: Annotated[str, Choice(*LENGTHS)] = "32") -> Evidence:
    """Runs that models.train.recall has recorded: means over seeds, bands from the lowest to the highest."""
    results, length = _results(int(n)), int(n)
    done = [m for m in results.lengths if all(results.final(kind, m) for kind in recall.KINDS)]
    at_end = [
        Series.over_seeds(kind, done, [[run.accuracy[-1] for run in results.final(kind, m)] for m in done])
        for kind in recall.KINDS
    ]
    curves = [Series.over_seeds(kind, results.at_steps, _by_step(results, kind, length)) for kind in recall.KINDS]
    guess = 1 / results.task.symbols
    guessing = [Series("guess", [x[0], x[-1]], [guess, guess], dashed=True) for x in (done, results.at_steps)]
    ends = Lines(
        [*at_end, guessing[0]], x="n", y="accuracy", title="by_length", log_x=True, here=length, y_range=ACCURACY
    )
    learning = Lines([*curves, guessing[1]], x="step", y="accuracy", title=Say("curves", n=n), y_range=ACCURACY)
    return Evidence(
        ends,
        learning,
        measured=[
            Measured(kind, mean(run.accuracy[-1] for run in results.final(kind, length)), unit="share")
            for kind in reversed(recall.KINDS)
        ],
        origin=Origin.TRAINED_HERE,
        source="models/checkpoints/recall/CARD.md",
    )


def _results(n: int) -> recall.Results:
    """Raises Refusal("no_results") where the file is missing or has not all four layers at this length."""
    try:
        results = recall.results()
    except Unusable:
        raise Refusal("no_results") from None
    if not all(results.final(kind, n) for kind in recall.KINDS):
        raise Refusal("no_results")
    return results


def _by_step(results: recall.Results, kind: str, n: int) -> list[tuple[float, ...]]:
    """Accuracy at each measured step, over the seeds."""
    return list(zip(*(run.accuracy for run in results.final(kind, n)), strict=True))
