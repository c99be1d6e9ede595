"""The CARD.md of the small GPT, written from its results."""

from collections.abc import Mapping, Sequence

from models.train import blimp
from models.train.corpora import KNOWN
from models.train.texts import LONG


def card(results: Mapping) -> str:
    """The card as Markdown: every number is taken from the results."""
    r, recipe, test = results, results["recipe"], results["test"]
    precision = "bfloat16 autocast, loss in float32" if recipe["precision"] == "bf16" else "float32"
    train = sum(r["tokens"]["train"].values())
    read = recipe["steps"] * (recipe["batch_tokens"] // recipe["n_context"]) * recipe["n_context"]
    return f"""# GPT: a small language model of old books

A decoder-only Transformer (models/decoder.py), trained here, so that the lessons can show a real next-token
distribution, sampling, and a KV cache at work. It is a teaching model: the smallest GPT-2 has over forty times its
parameters, and was trained on 40 GB of text (Radford et al. 2019, §2.1).

**Model** Pre-norm, d_model {recipe["d_model"]}, {recipe["n_layer"]} layers, {recipe["n_head"]} heads, d_ff
{recipe["d_ff"]}, {recipe["n_context"]} learned positions, output tied to the token embedding: {r["parameters"]:,}
parameters, kept in half precision ({r["bytes"] / 1e6:.2f} MB). Text is cut by a byte-level BPE of
{recipe["vocab_size"]:,} pieces, learnt from the training passages. On the machine named below it wrote
{r["tokens_per_second"]} tokens a second.

**Data** {train:,} tokens to train on. The texts are cut into passages of at least {recipe["least"]:,} characters; of
each source {recipe["dev_share"]:.0%} of the passages make the curve and {recipe["test_share"]:.0%} the test. No
sentence of {LONG} letters or more of a test is trained on; other passages of the same book are.

| source | tokens | passages: train, dev, test | what it is |
|---|---:|---|---|
{_sources(r)}
**Licence** Weights and scripts MIT, like the project; the texts, of which held_out.json has some that were not trained
on, are in the public domain in the USA.

**Command** `{r["command"]}`
({r["date"]}, PyTorch {r["torch"]}, {r["machine"]}, {r["minutes"]:.0f} minutes of training, seed {recipe["seed"]}).
Stopped and run again, it goes on where it was.

**Recipe** {recipe["steps"]:,} steps of at most {recipe["batch_tokens"]:,} tokens: {read:,} tokens,
{r["curve"][-1]["epoch"] + 1} epochs begun; AdamW (0.9, 0.98), weight decay {recipe["weight_decay"]:g}, peak
{recipe["peak"]:g} after {recipe["warmup"]:,} steps, then {recipe["decay"]} to {recipe["floor"]:.0%} of it; gradient
clipped at 1; dropout {recipe["dropout"]:g}; {precision}; the weights are an exponential average ({recipe["average"]:g}
per step).

## Scores

On held-out passages, computed from the file as it lies here. Perplexity per token depends on how the text is cut;
perplexity per character and bits per byte can be compared with other models on the same text. Of a long passage, every
token has at least {recipe["n_context"] // 2} tokens before it in view, or all there are. "Frequencies alone" is the
perplexity per token of a model that knows only how often each token occurs.

| text | tokens | perplexity per token | per character | bits per byte | frequencies alone |
|---|---:|---:|---:|---:|---:|
{_tests(test)}
The curve, on the dev passages:

| step | minutes | training loss | dev loss (nats per token) | bits per byte |
|---:|---:|---:|---:|---:|
{_curve(r["curve"])}
{blimp.section(r.get("blimp"), "the higher log-likelihood")}## What it writes

Seed 0, {_LENGTH} tokens, as they come; temperature 0 always takes the most probable token.

{_samples(r["samples"])}
## Limits

- It writes words and phrases of its books; who does what is forgotten within a sentence or two, and nothing it says is
  true.
- It reads {recipe["n_context"]} tokens, about {_words(r)} words; of a longer text it forgets the older half.
- What it says of people and peoples is what its books say, most of them of the nineteenth century or older.
"""


_LENGTH = 60


def _sources(r: Mapping) -> str:
    out = ""
    for name, n in r["tokens"]["train"].items():
        passages = ", ".join(f"{r['passages'][side][name]:,}" for side in ("train", "dev", "test"))
        out += f"| {name} | {n:,} | {passages} | {KNOWN.get(name, '')} |\n"
    return out


def _tests(test: Mapping[str, Mapping]) -> str:
    return "".join(
        f"| {'**all**' if name == 'all' else name} | {t['tokens']:,} | **{t['perplexity']:.1f}** "
        f"| {t['char_perplexity']:.2f} | **{t['bits_per_byte']:.3f}** | {t['unigram_perplexity']:.0f} |\n"
        for name, t in test.items()
    )


def _curve(curve: Sequence[Mapping], rows: int = 12) -> str:
    chosen = sorted({round(i * (len(curve) - 1) / (rows - 1)) for i in range(rows)})
    return "".join(
        f"| {p['step']:,} | {p['minutes']:.0f} | {p['train_loss']:.2f} | {p['dev_loss']:.2f} | {p['dev_bits']:.3f} |\n"
        for p in (curve[i] for i in chosen)
    )


def _samples(samples: Sequence[Mapping]) -> str:
    def cell(text: str) -> str:
        return " ↵ ".join(text.replace("|", "\\|").split("\n"))

    rows = "".join(f"| {s['temperature']:g} | **{cell(s['prompt'])}**{cell(s['text'])} |\n" for s in samples)
    return "| temperature | text |\n|---:|---|\n" + rows.replace("****", "")


def _words(r: Mapping) -> int:
    t = r["test"]["all"]
    return round(r["recipe"]["n_context"] * t["characters"] / t["tokens"] / 5.7 / 10) * 10
