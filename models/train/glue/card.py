"""The CARD.md of the GLUE experiments, written from their results."""

from collections.abc import Mapping, Sequence
from statistics import mean

from models import glue
from models.train.glue import examples

METRICS = {"accuracy": "accuracy", "f1": "F1", "matthews": "Matthews", "pearson": "Pearson", "spearman": "Spearman"}
STARTS = {"pretrained": "pre-trained", "random": "random"}
CARD = """# GLUE on the local BERT

How far the local encoder gets on five of GLUE's nine tasks: as it is, with adapters trained here, and with few
examples against the same encoder without its pre-training. The folders beside this card hold what was trained for
SST-2, CoLA and STS-B (seed 0), so that the app can judge what a reader types. There is no GLUE score here: that takes
all nine tasks and their test sets, which only GLUE's server scores.

**Model** The local BERT (all-MiniLM-L6-v2, 22.7 million parameters, SHA-256 {base}…), not changed and not contained
here. It reads a text, or a pair as one sequence with segments. A linear layer reads the mean of its last states over
all tokens: the encoder was trained with this mean, its [CLS] never had to stand for the text (the paper reads [CLS]).
Adapters are LoRA of rank {rank} (alpha {alpha:g}) in all six linear layers of each of the six layers: {adapters:,}
numbers per task, and {head} of the head, kept in half precision. Scores are of the weights as they are kept.

**What it knew before** More than BERT did. After its distillation this encoder was trained on about a billion pairs of
texts that belong together, among them, according to its model card, SNLI and MultiNLI (entailment, as in RTE),
duplicate questions of Quora (paraphrases, as in MRPC) and captions of Flickr30k (images are a source of STS-B too). Its
scores on pairs are therefore no measure of what masked language modelling teaches.

**Data** Of GLUE: SST-2, RTE and WNLI in GLUE's files, CoLA, MRPC and STS-B in their original releases. Each has
terms of its own, some for research or non-commercial use only, some not stated: NOTICE.md names them. None is
distributed here.
{data}
**Licence** Scripts and weights MIT, like the project, as far as the terms of the data allow; use the adapters to study.

**Command** `{command}`
({date}, PyTorch {torch}, {machine}; {minutes:.0f} minutes of training). A run that results.json holds is not repeated.

## Scores on the dev sets

100 times the metric: mean over the seeds (lowest to highest). Every seed is measured after its last step: no seed and
no step is chosen.

{scores}

- **blind**: the training set's most frequent class, always. For STS-B, where there is none: the cosine of the two
  texts' mean vectors, each read for itself; nothing is learnt.
- **probe**: the encoder frozen, the linear layer fitted; a seed draws the tenth of the training set that chooses its
  penalty. **Apart**: the same on |u - v| and u * v of two texts, each read for itself (Tai et al. 2015), as the encoder
  was trained; the probe beside it sees both in one sequence, which this encoder never did.
- **LoRA**: adapters and head trained. {budgets}
  AdamW (0.9, 0.98), weight decay 0.01 (matrices), {warmup:.0%} of the steps warm-up, then a line to 0; gradient clipped
  at 1; dropout {dropout:g} before the head; {precision}.
{notes}
## Learning curve: SST-2, 100 times the accuracy on the dev set

All weights are trained, with {curve_tokens} tokens a batch. Both starts see the same examples in the same order, fewer
are the first of more; random weights are drawn as BERT's were, N(0, 0.02²). The learning rate of each start is the best
of {rates} on {tuned} other examples of the training set (seed {tuning_seed}): {peaks}.

{curve}

## WNLI

{wnli}

{examples}## Limits

- Three seeds show that scores vary, not how they are distributed; on a small dev set differences of a few points mean
  nothing (RTE: one pair of 277 is 0.4 points).
- SST-2 is about films, CoLA is made of linguists' example sentences, STS-B of captions, news and forums. On other texts
  the judges are as sure of themselves, whether they are right or not.
- A probability is what the softmax says, not how often the judge is right.
- Learning rates and lengths of the fine-tuning were set after a few short trials on parts of the training sets.
"""
WNLI = """\
Nothing is trained. Devlin et al. 2019 left WNLI out of their mean: as the GLUE web page notes, there are issues with
its construction, and every system submitted until then did worse than the 65.1% that the most frequent class reaches
on the test set (appendix B.1); for the leaderboard they always answered that class. The dev set is a trap of its own:
hypotheses of the training set come again in it with the other answer (Wang et al. 2018, §3.3). Always answering
{answer}, the most frequent class of the {train} training pairs ({classes}), is right in {score:.1f}% of the
{dev} dev pairs."""


def card(results: Mapping) -> str:
    """The card as Markdown: every number is taken from the results, of which any part may be missing."""
    r, plan = results, results["plan"]
    lora, curve = plan["lora"], plan["curve"]
    first = next(iter(lora.values()))
    return CARD.format(
        base=r["base"][:12],
        rank=first["rank"],
        alpha=first["alpha"],
        adapters=_adapters(first["rank"]),
        head="770 (STS-B: 385)",
        data=_data(r["data"]),
        scores=_scores(r),
        budgets=_budgets(lora),
        warmup=first["warmup"],
        dropout=first["dropout"],
        precision="bfloat16 autocast, loss in float32" if first["precision"] == "bf16" else "float32",
        notes=_notes(r),
        curve_tokens=curve["batch_tokens"],
        rates=", ".join(f"{rate:g}" for rate in plan["rates"]),
        tuned=f"{plan['tuning'][0]:,}",
        tuning_seed=plan["tuning_seed"],
        peaks="; ".join(f"{STARTS[s]} {_peak(r, s):g}" for s in STARTS if _peak(r, s)) or "not run",
        curve=_curve(r),
        wnli=_wnli(r),
        examples=examples.section(r["examples"]),
        **{name: r[name] for name in ("command", "date", "torch", "machine", "minutes")},
    )


def _adapters(rank: int) -> int:
    """Numbers in the adapters: four layers of 384 x 384 and two of 384 x 1536, six times."""
    return 6 * rank * (4 * (384 + 384) + 2 * (384 + 1536))


def _data(data: Mapping) -> str:
    rows = [
        "| task | training | dev | measured on | dev examples that share a text with the training set |",
        "|---|---:|---:|---|---:|",
    ]
    for name, d in data.items():
        title = glue.POSED[name].name if name in glue.POSED else name.upper()
        rows.append(f"| {title} | {d['train']:,} | {d['dev']:,} | {d['measured_on']} | {d['shared']} |")
    return "\n".join(["", *rows, ""])


def _told(runs: Sequence[Mapping], metric: str) -> str:
    found = [100 * run["dev"][metric] for run in runs if run["dev"][metric] is not None]
    return f"{mean(found):.1f} ({min(found):.1f} to {max(found):.1f})" if found else ""


def _scores(r: Mapping) -> str:
    rows = ["| task | metric | blind | probe | probe, apart | LoRA |", "|---|---|---:|---:|---:|---:|"]
    for name, task in glue.POSED.items():
        for metric in task.metrics if name in r["data"] else ():
            blind = next((b["dev"][metric] for b in r["baselines"].get(name, {}).values()), None)
            cells = ["" if blind is None else f"{100 * blind:.1f}"]
            for stage in ("probe", "probe apart", "lora"):
                cells.append(_told([x for x in r["runs"] if (x["task"], x["stage"]) == (name, stage)], metric))
            rows.append(f"| {task.name} | {METRICS[metric]} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _notes(r: Mapping) -> str:
    run = next((x for x in r["runs"] if (x["task"], x["stage"], x["seed"]) == ("cola", "lora", 0)), None)
    if not run:
        return ""
    c = run["cells"]
    right = 100 * (c["tp"] + c["tn"]) / sum(c.values())
    blind = 100 * max(c["tp"] + c["fn"], c["fp"] + c["tn"]) / sum(c.values())
    told = f"seed 0 is right in {right:.1f}% of its dev set, and always answering the same in {blind:.1f}%"
    return f"- Why CoLA is not measured by accuracy: {told}.\n"


def _budgets(lora: Mapping) -> str:
    return (
        "Epochs, tokens a batch, learning rate: "
        + "; ".join(
            f"{glue.POSED[name].name} {s['epochs']}, {s['batch_tokens']:,}, {s['peak']:g}" for name, s in lora.items()
        )
        + "."
    )


def _peak(r: Mapping, start: str) -> float:
    return next((x["peak"] for x in r["runs"] if x["stage"] == start), 0.0)


def _curve(r: Mapping) -> str:
    sizes = list(r["plan"]["epochs"])
    rows = ["| start | " + " | ".join(f"{int(n):,}" for n in sizes) + " |", "|---|" + "---:|" * len(sizes)]
    for start, title in STARTS.items():
        runs = [[x for x in r["runs"] if x["stage"] == start and x["examples"] == int(n)] for n in sizes]
        rows.append(f"| {title} | " + " | ".join(_told(found, "accuracy") for found in runs) + " |")
    return "\n".join(rows)


def _wnli(r: Mapping) -> str:
    if "wnli" not in r["data"]:
        return "Not measured."
    d, blind = r["data"]["wnli"], r["baselines"]["wnli"]["majority"]
    classes = ", ".join(f"{n} of class {c}" for c, n in d["classes"]["train"].items())
    score = 100 * blind["dev"]["accuracy"]
    return WNLI.format(answer=blind["answer"], train=d["train"], dev=d["dev"], classes=classes, score=score)
