"""The CARD.md of the masked language model, written from its results."""

import re
from collections.abc import Mapping, Sequence

from models.train import blimp
from models.train.corpora import KNOWN
from models.train.texts import LONG


def card(results: Mapping) -> str:
    """The card as Markdown: every number is taken from the results."""
    r, recipe, size, test = results, results["recipe"], results["parameters"], results["test"]
    precision = "bfloat16 autocast, loss in float32" if recipe["precision"] == "bf16" else "float32"
    train = r["tokens"]["train"]
    learnt = size["adapter"] + size["head"]
    return f"""# Masked language model: a LoRA adapter and a head for the local BERT

The local BERT (all-MiniLM-L6-v2) embeds sentences and has no head: it cannot fill a gap. This checkpoint lets it, so
that the lessons can mask any token and show a real distribution. It is a teaching model: compare the scores below.

**Model** {size["frozen"]:,} numbers of the BERT, embeddings included, stay as they are. Trained and stored, in half
precision, are {learnt:,}: an adapter of rank {recipe["rank"]} (alpha {recipe["alpha"]:g}) beside every linear layer of
all layers ({size["adapter"]:,}; Hu et al. 2021) and BERT's head, dense, GELU, LayerNorm, the token embedding transposed
and a bias per piece ({size["head"]:,}).

**Data** {sum(train.values()):,} tokens to train on. Sentences of running text are joined to passages of at least
{recipe["least"]} characters; of each source {recipe["dev_share"]:.0%} of the passages make the curve and
{recipe["test_share"]:.0%} the test. No sentence of {LONG} letters or more of a test is trained on.

| source | tokens | passages: train, dev, test | what it is |
|---|---:|---|---|
{_sources(r)}
**Licence** Weights and scripts MIT, like the project; some of the texts ask to share alike (see NOTICE.md). They are
not here, but for some held-out passages in the public domain, in held_out.json.

**Command** `{r["command"]}`
({r["date"]}, PyTorch {r["torch"]}, {r["machine"]}, {r["minutes"]:.0f} minutes of training, seed {recipe["seed"]}).
Stopped and run again, it goes on where it was.

**Recipe** {recipe["steps"]:,} steps of at most {recipe["batch_tokens"]:,} tokens, all sequences of a batch equally
long, {r["curve"][-1]["epoch"] + 1} epochs begun{_repeated(recipe["repeat"])}; {recipe["masked"]:.0%} of the tokens to
be predicted, 80% of them [MASK], 10% another token, 10% as they were; AdamW (0.9, 0.98), weight decay
{recipe["weight_decay"]:g}, peak {recipe["peak"]:g} after {recipe["warmup"]:,} steps, then {recipe["decay"]} to
{recipe["floor"]:.0%} of it; gradient clipped at 1; {precision}; the weights are an exponential average
({recipe["average"]:g} per step).

## Scores

15% of the tokens of the held-out texts masked, all as [MASK]: how often the token that stood there is the first guess,
or among the first five. "Words" leaves out punctuation and digits. For comparison what the most frequent tokens of the
training text, always guessed, would reach. Computed from the file as it lies here.

| text | masks | top 1 | top 5 | words: top 1 | top 5 | always the most frequent: top 1 | top 5 |
|---|---:|---:|---:|---:|---:|---:|---:|
{_tests(test, r["tested_only"])}
The curve, on the dev texts of all sources:

| step | minutes | training loss | dev loss | top 1 | top 5 |
|---:|---:|---:|---:|---:|---:|
{_curve(r["curve"])}
{blimp.section(r.get("blimp"), "the higher pseudo-log-likelihood (Salazar et al. 2020)")}## What it gets right and wrong

{len(r["probes"])} sentences written for this card, the five best fillings with their probabilities.
{_hits(r["probes"])}

{_probes(r["probes"])}
## Limits

- Adapter and head have seen {sum(train.values()) / 1e6:.1f} million tokens, BERT was trained on 3.3 billion words
  (Devlin et al. 2019, §3.1): this model knows everyday English and the language of old novels, few facts, and no
  arithmetic.
- Texts in training had at most {recipe["longest"]} tokens: longer ones are read, with less success.
- Each mask is filled alone: two masks side by side may get pieces that do not belong together.
- What it says of people and peoples reflects its texts, many of them of the nineteenth century.
"""


def _sources(r: Mapping) -> str:
    out = ""
    for name, n in r["tokens"]["train"].items():
        passages = ", ".join(f"{r['passages'][side][name]:,}" for side in ("train", "dev", "test"))
        out += f"| {name} | {n:,} | {passages} | {KNOWN.get(name, '')} |\n"
    for name in r["tested_only"]:
        out += f"| {name} | {r['tokens']['test'][name]:,} | only tested on | {KNOWN.get(name, '')} |\n"
    return out


def _repeated(repeat: str) -> str:
    return f" ({repeat.replace(',', ' and ').replace('=', ' read × ')} in each)" if repeat else ""


def _tests(test: Mapping[str, Mapping], others: Sequence[str]) -> str:
    def row(name: str, t: Mapping) -> str:
        label = f"**{name}**" if name == "all" else f"{name} (not trained on)" if name in others else name
        shares = (t[k] for k in ("words_top1", "words_top5", "unigram_top1", "unigram_top5"))
        margin = (t["top1"] * (1 - t["top1"]) / t["masks"]) ** 0.5
        return (
            f"| {label} | {t['masks']:,} | **{t['top1']:.1%}** ± {margin:.1%} | **{t['top5']:.1%}** | "
            + " | ".join(f"{s:.1%}" for s in shares)
            + " |\n"
        )

    return "".join(row(name, t) for name, t in test.items()) + "\n± is the standard error.\n"


def _curve(curve: Sequence[Mapping], rows: int = 12) -> str:
    chosen = sorted({round(i * (len(curve) - 1) / (rows - 1)) for i in range(rows)})
    return "".join(
        f"| {p['step']:,} | {p['minutes']:.0f} | {p['train_loss']:.2f} | {p['dev_loss']:.2f} | {p['dev_top1']:.1%} "
        f"| {p['dev_top5']:.1%} |\n"
        for p in (curve[i] for i in chosen)
    )


def _hits(probes: Sequence[Mapping]) -> str:
    first, five = (sum(p["rank"] <= k for p in probes) for k in (1, 5))
    said = [p for p in probes if p["fills"][0][0] in re.findall(r"\w+", p["text"].lower())]
    example = f', as in "{said[0]["text"]}"' if said else ""
    return (
        f"A right answer comes first in {first} of {len(probes)}, and is among the first five in {five}.\n"
        f"In {len(said)} the first filling is a word that stands in the sentence already{example}."
    )


def _probes(probes: Sequence[Mapping]) -> str:
    out = "| | sentence | fillings | right |\n|---|---|---|---|\n"
    for p in sorted(probes, key=lambda p: (p["rank"] > 1) + (p["rank"] > 5)):
        sign = "✓" if p["rank"] == 1 else "~" if p["rank"] <= 5 else "✗"
        fills = ", ".join(f"{token.replace('|', chr(92) + '|')} {share:.2f}" for token, share in p["fills"])
        rank = "" if p["rank"] == 1 else f" (rank {p['rank']:,})"
        out += f"| {sign} | {p['text']} | {fills} | {', '.join(p['answers'][:3])}{rank} |\n"
    return out + "\n✓ first, ~ among the first five, ✗ neither.\n"
