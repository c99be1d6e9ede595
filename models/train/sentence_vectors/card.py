"""CARD.md of the sentence vectors, from their results."""

from models.records.sentence_vectors import READOUTS, Results

WORDS = {
    "cls": "[CLS], last layer",
    "sep": "[SEP], last layer",
    "mean": "mean of all tokens, last layer",
    "input": "mean of what enters the first layer",
}


def card(results: Results) -> str:
    """The card, as Markdown."""
    return f"""# Sentence vectors of the local BERT, as it is

What is a vector of the local BERT worth before any fine-tuning, read at [CLS] or as the mean of all tokens? Nothing is
trained and no weights are kept, only `results.json`.

**Model** The local BERT (all-MiniLM-L6-v2), not changed. It was distilled, then trained on about a billion pairs of
texts so that the **mean** of its last states tells similar texts: what is measured here is this model, not BERT as it
came out of its pre-training. Under the causal mask, which it never saw in training, every token sees itself and those
before it.

**Data** {results.pairs:,} pairs of STS-B's dev set, each with a score of people from 0 to 5; not distributed here
(NOTICE.md).

**Licence** MIT, like the project.

**Command** `{results.command}`, {results.date}, PyTorch {results.torch},
{results.machine}, {results.minutes:.1f} minutes. There is no randomness and no seed.

## 100 times Spearman's correlation of the two vectors' cosine with the scores

| read at | every token sees all | causal mask |
|---|---:|---:|
{"".join(_row(results, readout) for readout in READOUTS)}
A dash: the vector is the same for all texts. What enters the first layer knows no mask.

## Limits

- One model, one data set, one language; cosine only. A linear layer trained on the same vectors may find more.
- That [CLS] comes close to the mean here says nothing of BERT-base: Reimers & Gurevych (2019, Table 1) report 16.50 for
  its [CLS] and 46.35 for its mean on the test set of STS-B.
"""


def _row(results: Results, readout: str) -> str:
    cells = (results.spearman[mask][readout] for mask in ("both", "causal"))
    return f"| {WORDS[readout]} | {' | '.join('–' if c is None else f'{100 * c:.1f}' for c in cells)} |\n"
