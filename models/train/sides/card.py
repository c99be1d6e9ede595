"""The CARD.md of the comparison, written from its results."""

from models.records.sides import Results

NAMES = {
    "gpt": "our GPT, from the left",
    "left": "our masked model, all behind the word masked",
    "both": "our masked model, both sides",
}
CARD = """# One word, guessed from the left and from both sides

What the words behind a gap are worth: the same words, guessed by our GPT (models/checkpoints/gpt), which reads what
stands before them, and by our masked language model (models/checkpoints/mlm), which reads both sides. Nothing is
trained here, no seed is drawn.

**Data** {guessed:,} words in {passages} passages of books of Project Gutenberg that neither model was trained on: both
splits are drawn again from the sources and seeds in their cards, and what was held out of both is kept. Other passages
of the same books were trained on, by both.

**The question is the same for both** The vocabularies differ (3,000 pieces and 30,522). Guessed are only words in small
letters, not the first of the passage, out of a list of {listed:,}: words that are one token for both models, stand at
least 50 times in the text that the GPT was trained on, and whose token is the whole word at least 95% of the time.
Each model's probabilities of the words on the list are divided by their sum: punctuation, pieces and rare words are out
of the question for both.

**Licence** Scripts and results MIT, like the project; the books are in the public domain in the USA and not contained
here.

**Command** `{command}`
({date}, PyTorch {torch}, {machine}, {minutes:g} minutes)

| way of reading | first guess right | among the first five | mean −ln p (nats) |
|---|---:|---:|---:|
{rows}

± is the standard error, as if the words were independent.

The second line changes the side and keeps the model: the masked model with every token behind the word masked as well.
It was trained with one token in five masked, never with half of a text: that line is what is left of this model, not
what a model trained from left to right would reach. The first line is such a model, but a smaller one, trained on less
text: no line compares the two objectives with all else equal.

## Limits

- Small models, books of the nineteenth and early twentieth century, frequent words.
- The GPT reads small and capital letters, the masked model only small ones.
- How many words a passage has behind the gap is not held fixed: on average {after:.0f} tokens.
"""


def card(r: Results) -> str:
    """The card as Markdown."""
    n = len(r.after)

    def share(way: str, k: int) -> str:
        p = r.within(way, k)
        return f"{100 * p:.1f}% ± {100 * (p * (1 - p) / n) ** 0.5:.1f}"

    rows = [f"| {name} | {share(w, 1)} | {share(w, 5)} | {r.nats(w):.2f} |" for w, name in NAMES.items()]
    return CARD.format(
        guessed=n,
        listed=len(r.words),
        rows="\n".join(rows),
        after=sum(r.after) / n,
        **{name: getattr(r, name) for name in ("passages", "command", "date", "torch", "machine", "minutes")},
    )
