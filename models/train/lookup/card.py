"""The card of the look-up experiment, written from its results; and what a person has to say about them."""

from math import log
from statistics import mean, median

from models.records.lookup import KINDS, Results, Run

NAMES = {"dot": "dot", "scaled_dot": "scaled dot", "additive": "additive"}
NOTES = (
    "As the paper says: with d_k = 8 the three are close (54, 33 and 60 steps to 90%); with growing d_k the dot "
    "product without scaling takes ever longer, while scaled dot-product and additive attention take no longer than "
    "with small d_k.",
    "Less than one might expect: with the best learning rate for its d_k, dot still learns nearly all of the task "
    "within the budget. It loses time, stability between seeds, and the large learning rates: at 0.01 on the "
    "tuning seed it needs 60 steps to 90% with d_k = 8 and never gets there with 256 and 512. With 3000 steps "
    "(d_k = 512, lr 0.001, one seed, not in the file) it gets to 100%.",
    "The paper suspects extremely small gradients of the softmax: the gradient of a query's scores is indeed "
    "about 700 times smaller with d_k = 512 than with 8. The gradient of W_q is not: it grows, for nothing "
    "divides it by sqrt(d_k), and the few queries whose softmax is not saturated carry it. What shrinks is the "
    "share of queries that teach: a gradient above 0.1 reaches the scores of 85% of them with d_k = 8 and of "
    "17% with 512 (98% if scaled; 2,048 examples, two seeds, not in the file).",
    "It is a matter of the size of the scores, at the start and per step, more than of the formula. Tried on one "
    "seed with d_k = 512, not in the file: dot with W_q and W_k so small that the scores start with variance 1 "
    "learns as fast as the others at lr 0.001 (and still fails at 0.01: 75%); additive attention with components "
    "of w_v of variance 1 instead of 1/d_k does worse than dot (43% at the best of 0.001, 0.003 and 0.01).",
    "Additive and scaled dot are not told apart by this task: both learn all of it. Differences of some tens of "
    "steps between them also come from the grid of learning rates. The grid's top, 0.03, is chosen for additive "
    "with d_k from 32 to 128, by differences of loss of about 0.0001, and costs two of these fifteen runs 2 to 4% "
    "at the end; 0.1 was tried on one seed and is worse.",
    "Limits: one small synthetic task, one optimiser, one initialisation, no layer normalisation, one tuning "
    "seed. It is no machine translation, where Britz et al. (2017), whom the paper cites, compared the two.",
    "Explored: one run per kind, d_k in 8, 128, 512 and lr in 0.001, 0.003, 0.01 on seed 7 with the first version "
    "of the task, which was then kept unchanged; seeing that the best rate was at the grid's top, 0.0003 and 0.03 "
    "were added.",
)
CARD = """# Look-up: dot, scaled dot and additive attention, trained

What the paper says in one paragraph (Vaswani et al. 2017, §3.2.1), tried: with small d_k additive and dot-product
attention perform similarly, with larger d_k additive attention is better than the dot product without scaling.
No weights are kept, only `results.json`: loss and accuracy of {runs} runs.

**Task** An example is a list of {t.pairs} (symbol, class) pairs, no symbol twice, and one of its symbols: which class
is its own? {t.symbols} symbols, {t.classes} classes; guessing is right in about {guess:.0%} of the cases.

**Model** Learned embeddings (d_model = {t.d_model}), W_q and W_k (d_k × d_model), one attention, a linear readout;
additive attention has one vector more, w_v (d_k). At the start the components of q and k have mean 0 and variance 1.

**Data** Synthetic, drawn from the seed; nothing was downloaded.

**Licence** MIT, like the project.

**Training** {r.steps} steps of {t.batch} examples, Adam, constant learning rate; the same examples, steps and initial
weights for the three kinds. For every kind and d_k the learning rate is the one of {grid} with the lowest loss
after the last step on seed {r.tuning_seed}, which is used for nothing else. Reported: seeds {seeds}, on {t.test} fresh
examples each.

**Command** `{r.command}`, {r.date}, PyTorch {r.torch}, {r.machine}, {r.minutes:.1f} minutes. A run that the file
holds is not repeated.

## Accuracy after {r.steps} steps, %

Mean over seeds (lowest to highest), chosen learning rate.

{accuracy}

## Steps to 90% accuracy

Mean over the seeds that get there; measured every {r.at_steps[1]} steps.

{steps_to_90}

## Before the first step

Entropy of the attention weights in nats (all {t.pairs} equal: {log_pairs:.2f}) / norm of the gradient of a query's
scores (median over queries) / norm of the gradient of W_q.

{before}

## Milliseconds per step

Median, one thread, on a machine that others used at the same time: good for an order of magnitude.

{ms}

## What it shows, and what it does not

{notes}
"""


def card(r: Results) -> str:
    """CARD.md: what was trained and what came of it, as Markdown."""
    t = r.task
    head = "| d_k | " + " | ".join(NAMES[kind] for kind in KINDS) + " |\n|" + "---:|" * (len(KINDS) + 1)

    def table(cell) -> str:
        rows = (f"| {d_k} | " + " | ".join(cell(r.final(kind, d_k)) for kind in KINDS) + " |" for d_k in r.d_ks)
        return "\n".join([head, *rows])

    def final_accuracy(runs: tuple[Run, ...]) -> str:
        last = [100 * run.accuracy[-1] for run in runs]
        return f"{mean(last):.1f} ({min(last):.1f} to {max(last):.1f}), lr {runs[0].lr:g}"

    def steps_to_90(runs: tuple[Run, ...]) -> str:
        steps = [r.steps_to(run, 0.9) for run in runs]
        reached = [s for s in steps if s is not None]
        missing = f", {len(steps) - len(reached)} never" if len(reached) < len(steps) else ""
        return (f"{mean(reached):.0f}" if reached else "") + missing

    def before(runs: tuple[Run, ...]) -> str:
        return " / ".join(
            f"{mean(getattr(run, x) for run in runs):.2g}" for x in ("entropy", "score_gradient", "gradient")
        )

    return CARD.format(
        t=t,
        r=r,
        log_pairs=log(t.pairs),
        guess=1 / t.pairs,
        runs=len(r.runs),
        seeds=", ".join(map(str, r.seeds)),
        grid=", ".join(f"{lr:g}" for lr in r.lr_grid),
        accuracy=table(final_accuracy),
        steps_to_90=table(steps_to_90),
        before=table(before),
        ms=table(lambda runs: f"{median(run.ms_per_step for run in runs):.1f}"),
        notes="\n".join(f"- {note}" for note in r.notes),
    )
