"""The card of the student, written from its results."""

from collections.abc import Mapping

from models.records.student import MODELS
from models.train.corpora import KNOWN

NAMES = {
    "teacher": "teacher: the local BERT",
    "student": "**student**: began as the teacher's layers {kept}, kept here",
    "random": "the same student from random weights",
    "untrained": "the teacher's layers {kept}, not trained",
    "embeddings": "the teacher's input embeddings alone",
}


def card(r: Mapping) -> str:
    """The card as Markdown: every number is taken from the results."""
    recipe, size = r["recipe"], r["parameters"]
    precision = "bfloat16 autocast, loss in float32" if recipe["precision"] == "bf16" else "float32"
    return f"""# A student of the local BERT

Two layers instead of six, distilled from the local BERT (all-MiniLM-L6-v2) so that a lesson can show what distillation
keeps and what it costs. It embeds sentences, as its teacher does; it is a teaching model.

**Model** The teacher's input embeddings, shared and not stored, and two layers of width 384, which began as the
teacher's first and last. {size["student"]:,} numbers (teacher: {size["teacher"]:,}); stored, in half precision, are the
{size["stored"]:,} of the two layers.

**Data** {r["sentences"]["train"]:,} sentences to train on, {r["sentences"]["dev"]:,} for the curve, {
        r["sentences"]["test"]:,} to be tested on. No labels are used.

| source | sentences | what it is |
|---|---:|---|
{_sources(r)}
**Licence** Weights and scripts MIT, like the project; some of the texts ask to share alike (see NOTICE.md). They are
not here.

**Command** `{r["command"]}`
({r["date"]}, PyTorch {r["torch"]}, {r["machine"]}, {r["minutes"]:.0f} minutes by the clock for both students,
on a core shared with other work, seed {recipe["seed"]}).

**Recipe** {recipe["steps"]:,} steps of at most {recipe["batch_tokens"]:,} tokens, all sequences of a batch equally
long. Loss: 1 - cosine of the student's and the teacher's last state of every token, mean over the tokens, plus the same
of the two mean vectors. AdamW (0.9, 0.98), weight decay {recipe["weight_decay"]:g}, peak {recipe["peak"]:g} after {
        recipe["warmup"]
    } steps, then half a cosine; {precision}; the weights are an exponential average.

## Scores

STS-B: 100 times Spearman's rank correlation on the dev set ({r["sentences"]["stsb"]:,} pairs), the cosine of two mean
vectors against the scores of people; nothing of STS-B was trained on here (whether the teacher saw some of its sources
is another question: see the card of the GLUE adapters). Agreement: cosine with the teacher's vector, mean over the
held-out sentences. Same neighbour: how often the nearest other held-out sentence is the teacher's. Milliseconds: a
sentence at a time, one thread, the least of seven rounds in turn, on a machine that others used too: good for a ratio.

| model | layers | STS-B | agreement | same neighbour | ms |
|---|---:|---:|---:|---:|---:|
{_scores(r)}
The curves, on the dev sentences (mean cosine of the vectors):

| step | from the teacher's layers | from random weights |
|---:|---:|---:|
{_curves(r)}
## Limits

- One seed, one choice of layers, {r["minutes"]:.0f} minutes: more training would bring both students nearer.
- It has learned English sentences of everyday life and of Wikipedia; of other texts it was not measured.
- It is smaller in layers only: the token table, which it shares, is {1 - size["stored"] / size["student"]:.0%} of it.
"""


def _sources(r: Mapping) -> str:
    return "".join(f"| {name} | {n:,} | {KNOWN.get(name, '')} |\n" for name, n in r["sources"].items())


def _scores(r: Mapping) -> str:
    out = ""
    for name in MODELS:
        m = r["models"][name]
        label = NAMES[name].format(kept="1 and 6")
        out += f"| {label} | {m['layers']} | {100 * m['stsb']:.1f} | {m['agreement']:.3f} | {m['neighbour']:.1%} | "
        out += f"{m['ms']:.1f} |\n"
    return out


def _curves(r: Mapping) -> str:
    kept, random = r["curves"]["kept"], r["curves"]["random"]
    return "".join(
        f"| {a['step']:,} | {a['dev_cosine']:.3f} | {b['dev_cosine']:.3f} |\n"
        for a, b in zip(kept, random, strict=True)
    )
