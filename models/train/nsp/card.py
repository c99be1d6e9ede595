"""The CARD.md of the next-sentence probes, written from their results."""

from models.nsp import READINGS
from models.records.nsp import OTHERS, Results

MOST = 160  # characters of a sentence
KINDS = {"random": "any sentence", "same_book": "same book", "swapped": "swapped"}
CARD = """# Next sentence: linear layers on the local BERT

Does sentence B follow sentence A? What a linear layer can tell from the local BERT (all-MiniLM-L6-v2, not changed), and
what a count of shared words can, so that the lesson can show what the task asks for. It is no rerun of BERT's
pre-training: there the whole encoder learned the task.

**Data** Sentences of prose from Project Gutenberg (public domain in the USA): {train_books} books to train on,
{test_books} others to test on. A training set has {train:,} pairs that follow each other and as many that do not, a
test set {test:,} and as many. The others are of three kinds, with the same first sentences: B is any sentence of all
books of the same side (as in Devlin et al. 2019, §3.1); B is a sentence of the same book; A and B, which follow each
other, in the wrong order (as in Lan et al. 2020, §3.1). Sentences are cut by rule, where one ends and a capital
follows; those of more than {most} characters are left out.

**Model** Logistic regression; the squared penalty is chosen on a tenth of the training pairs. It reads one of four
vectors: *overlap*, three counts of shared words, no model; *cls*, the last state of [CLS] of the pair as one sequence;
*mean*, the mean over its tokens; *apart*, |u - v| and u * v of the two texts' mean vectors, each text read for itself
(bfloat16 autocast).
Kept beside this card, in half precision, are the four of the first seed that were trained against any sentence.

**Licence** Scripts and weights MIT, like the project; the texts are not contained here.

**Command** `{command}`
({date}, PyTorch {torch}, {machine}, {minutes:g} minutes)

## Accuracy on unseen books

In per cent, mean of {seeds} seeds (lowest to highest); a seed draws the pairs. Chance is 50.

| reads | trained against | tested: any sentence | tested: same book | tested: swapped |
|---|---|---:|---:|---:|
{rows}

## Limits

- The local BERT was trained further to bring texts that belong together close to each other, on over a billion pairs:
  it knows about topics more than BERT did. It was read in single texts there, never in pairs.
- *Overlap* and *apart* do not know which text comes first: swapped pairs get the same answer, and exactly half are
  right.
- Single sentences of four books; BERT's segments were longer, up to 512 tokens for both.
"""


def card(r: Results) -> str:
    """The card as Markdown."""

    def told(reading: str, trained: str, tested: str) -> str:
        found = [100 * a for a in r.accuracies(reading, trained, tested)]
        return f"{sum(found) / len(found):.1f} ({min(found):.1f} to {max(found):.1f})"

    rows = [
        f"| {reading} | {KINDS[trained]} | {' | '.join(told(reading, trained, tested) for tested in OTHERS)} |"
        for trained in OTHERS
        for reading in READINGS
    ]
    return CARD.format(
        most=MOST,
        train=r.pairs["train"],
        test=r.pairs["test"],
        train_books=r.books["train"],
        test_books=r.books["test"],
        seeds=len({run.seed for run in r.runs}),
        rows="\n".join(rows),
        **{name: getattr(r, name) for name in ("command", "date", "torch", "machine", "minutes")},
    )
