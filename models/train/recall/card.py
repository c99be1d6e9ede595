"""The card of the recall experiment, written from its results; and what a person has to say about them."""

from statistics import mean

from models.records.recall import KINDS, Results, Run

NAMES = {"rnn": "plain RNN", "lstm": "LSTM", "lstm_open": "LSTM, forget gate open", "attention": "attention"}
NOTES = (
    "With 8 tokens every layer learns the task, the plain RNN not on every seed. With 16 the LSTM as torch starts it "
    "has learned nothing yet, with 32 the plain RNN neither; both guess.",
    "The same LSTM with its forget gate open at the start learns all of it up to 32 tokens, most of it with 64 and "
    "nothing with 128. A guess at the reason, not tested: the gate starts near 0.982, of which the 127th power is 0.1.",
    "Attention learns it at every length. Its path is one step whatever n is, which fits the paper's argument.",
    "Limits: one small synthetic task, one budget of 300 steps, one optimiser, two learning rates, one tuning seed, "
    "three seeds. A layer that guesses here has not learned the task in this budget; that it could not learn it is "
    "not shown. Attention gets the positions as an input, which is what the task asks for.",
)
CARD = """# Recall: the first of n tokens, after the last one

What the paper says of paths (Vaswani et al. 2017, §4), tried: the shorter the path between two positions, the easier a
dependency between them is to learn. No weights are kept, only `results.json`: loss and accuracy of {runs} runs.

**Task** An example is a row of n symbols, drawn alike from {t.symbols}: after the last one, which was the first?
Guessing is right in {guess:.1%} of the cases.

**Model** Learned embeddings ({t.width} numbers), one layer, a linear readout at the last position. The layer is a plain
RNN, an LSTM, an LSTM whose forget gate starts with a bias raised by 4, or one head of scaled dot-product attention with
sinusoidal positions. All start as torch initialises them.

**Data** Synthetic, drawn from the seed; nothing was downloaded.

**Licence** MIT, like the project.

**Training** {r.steps} steps of {t.batch} examples, Adam, constant learning rate, gradients clipped to norm 1; the same
examples for all kinds. For every kind and n the learning rate is the one of {grid} with the lowest loss after the last
step on seed {r.tuning_seed}, which is used for nothing else. Reported: seeds {seeds}, on {t.test} fresh examples each.

**Command** `{r.command}`, {r.date}, PyTorch {r.torch}, {r.machine}, {r.minutes:.1f} minutes. A run that the file
holds is not repeated.

## Accuracy after {r.steps} steps, %

Mean over seeds (lowest to highest), chosen learning rate.

{accuracy}

## What it shows, and what it does not

{notes}
"""


def card(r: Results) -> str:
    """CARD.md: what was trained and what came of it, as Markdown."""
    head = "| n | " + " | ".join(NAMES[kind] for kind in KINDS) + " |\n|" + "---:|" * (len(KINDS) + 1)
    rows = (f"| {n} | " + " | ".join(_cell(r.final(kind, n)) for kind in KINDS) + " |" for n in r.lengths)
    return CARD.format(
        t=r.task,
        r=r,
        guess=1 / r.task.symbols,
        runs=len(r.runs),
        seeds=", ".join(map(str, r.seeds)),
        grid=", ".join(f"{lr:g}" for lr in r.lr_grid),
        accuracy="\n".join([head, *rows]),
        notes="\n".join(f"- {note}" for note in r.notes),
    )


def _cell(runs: tuple[Run, ...]) -> str:
    last = [100 * run.accuracy[-1] for run in runs]
    return f"{mean(last):.1f} ({min(last):.1f} to {max(last):.1f}), lr {runs[0].lr:g}"
