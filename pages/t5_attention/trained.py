"""What came of training the three scores on one look-up task.   Vaswani et al. 2017, §3.2.1, last paragraph."""

from collections.abc import Callable
from statistics import mean
from typing import Annotated

from models.records import Unusable, lookup
from study.controls import Choice, Refusal
from study.demo import Evidence, Measured, Origin, Step
from study.views import Lines, Say, Series, Table

SIZES = ("8", "16", "32", "64", "128", "256", "512")
COLUMNS = ["kind", "learning_rate", "final_accuracy", "steps_to_90", "ms_per_step"]
ACCURACY = (0, 1.03)  # the axis: a line at 1 is not cut in half
PRESETS = {
    "narrow": {"d_k": "8", "step": "speed"},
    "wide": {"d_k": "512", "step": "speed"},
    "middle": {"d_k": "64", "step": "curves"},
    "gradients": {"d_k": "128", "step": "gradients"},
}


def trained(d_k: Annotated[str, Choice(*SIZES)] = "512") -> Evidence:
    """Runs that models.train.lookup has recorded: means over seeds, bands from the lowest to the highest."""
    results, size = _results(int(d_k)), int(d_k)

    def over_sizes(y: str, of: Callable[[lookup.Run], float | None], **axes) -> Lines:
        return Lines(_over_sizes(results, of), x="d_k", y=y, title=f"{y}_title", log_x=True, here=size, **axes)

    return Evidence(
        Step(
            "speed",
            over_sizes("steps_to_90", lambda run: results.steps_to(run, 0.9)),
            over_sizes("final_accuracy", lambda run: run.accuracy[-1], y_range=ACCURACY),
        ),
        Step(
            "curves",
            Lines(_curves(results, size), x="step", y="accuracy", title=Say("curves", d_k=d_k), y_range=ACCURACY),
            Table(
                COLUMNS,
                [_row(results, kind, size) for kind in lookup.KINDS],
                Say("at_size", d_k=d_k, seeds=len(results.seeds)),
            ),
        ),
        Step(
            "gradients",
            over_sizes("score_gradient", lambda run: run.score_gradient, log_y=True),
            over_sizes("gradient", lambda run: run.gradient, log_y=True),
        ),
        measured=_speeds(results, size),
        origin=Origin.TRAINED_HERE,
        source="models/checkpoints/lookup/CARD.md",
    )


def _results(d_k: int) -> lookup.Results:
    """Raises Refusal("no_results") where the file is missing or has not all three scores at this d_k."""
    try:
        results = lookup.results()
    except Unusable:
        raise Refusal("no_results") from None
    if not all(results.final(kind, d_k) for kind in lookup.KINDS):
        raise Refusal("no_results")
    return results


def _over_sizes(results: lookup.Results, of: Callable[[lookup.Run], float | None]) -> list[Series]:
    """One number of a run over every d_k at which all three scores were trained, a line for each score."""
    done = [d for d in results.d_ks if all(results.final(kind, d) for kind in lookup.KINDS)]
    return [
        Series.over_seeds(kind, done, [[of(run) for run in results.final(kind, d)] for d in done])
        for kind in lookup.KINDS
    ]


def _curves(results: lookup.Results, d_k: int) -> list[Series]:
    """Accuracy over steps: of each score the mean over seeds, with a band."""
    curves = []
    for kind in lookup.KINDS:
        by_seed = [run.accuracy for run in results.final(kind, d_k)]
        by_step = list(zip(*by_seed, strict=True))  # (steps, seeds)
        curves.append(Series.over_seeds(kind, results.at_steps, by_step))
    return curves


def _row(results: lookup.Results, kind: str, d_k: int) -> list[Say | float]:
    """The table's line about one score: a mean of steps would be false where a seed never got to 90%."""
    runs, steps = results.final(kind, d_k), _steps(results, kind, d_k)
    never = steps.count(None)
    return [
        Say(kind),
        runs[0].lr,
        mean(run.accuracy[-1] for run in runs),
        Say("some_never", count=never) if never else mean(steps),
        mean(run.ms_per_step for run in runs),
    ]


def _speeds(results: lookup.Results, d_k: int) -> list[Measured]:
    """Each score's mean of steps to 90%, where all seeds got there."""
    by_kind = {kind: _steps(results, kind, d_k) for kind in lookup.KINDS}
    return [Measured(f"steps_{kind}", mean(steps)) for kind, steps in by_kind.items() if None not in steps]


def _steps(results: lookup.Results, kind: str, d_k: int) -> list[int | None]:
    """The step at which each seed first had 90% right, None where it never had."""
    return [results.steps_to(run, 0.9) for run in results.final(kind, d_k)]
