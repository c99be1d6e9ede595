"""BLiMP: does a language model prefer the grammatical sentence of a minimal pair?   Warstadt et al. 2020.

67 paradigms of 1,000 pairs, such as "Who should Derek hug after shocking Richard?" and "… after Richard shocked?".
A model is right about a pair if it gives the good sentence the higher score, its log-likelihood or, for a masked
language model, its pseudo-log-likelihood (Salazar et al. 2020). By chance it is right half the time.

The folder has BLiMP.zip and, perhaps, what was published of others: models_summary.jsonl (5-gram, LSTM, Transformer-XL,
GPT-2) and human_validation_summary.csv (one person's answer), as in github.com/alexwarstadt/blimp.
"""

import csv
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PUBLISHED = ("ngram", "lstm", "txl", "gpt2")
OTHERS = {"ngram": "5-gram", "lstm": "LSTM", "txl": "Transformer-XL", "gpt2": "GPT-2", "human": "one person"}


@dataclass(frozen=True)
class Pair:
    """A sentence, and one that differs from it by little and is wrong."""

    good: str
    bad: str


@dataclass(frozen=True)
class Paradigm:
    """Pairs that show one contrast; term is the phenomenon it belongs to."""

    name: str
    term: str
    pairs: tuple[Pair, ...]
    published: Mapping[str, float]  # accuracy, 0 to 1, by model of PUBLISHED, and "human"


def read(folder: Path) -> list[Paradigm]:
    """All paradigms, by name. Raises OSError, ValueError."""
    others = _published(folder)
    found = []
    with zipfile.ZipFile(folder / "BLiMP.zip") as archive:
        for name in archive.namelist():
            if not name.endswith(".jsonl") or Path(name).name.startswith("._"):
                continue  # folders, and what macOS leaves
            rows = [json.loads(line) for line in archive.read(name).decode("utf-8").split("\n") if line.strip()]
            pairs = tuple(Pair(row["sentence_good"], row["sentence_bad"]) for row in rows)
            uid = rows[0]["UID"]
            found.append(Paradigm(uid, rows[0]["linguistics_term"], pairs, others.get(uid, {})))
    return sorted(found, key=lambda p: p.name)


def evaluate(
    paradigms: Iterable[Paradigm], score: Callable[[list[str]], Sequence[float]], size: int = 0, seed: int = 0
) -> dict:
    """Accuracies with their standard errors, by paradigm, by phenomenon and overall, beside the published ones.

    size: how many pairs of each paradigm, drawn with the seed; 0 = all. The means over paradigms count each alike.
    score: sentences -> a number each, the higher the more acceptable. A tie is not right.
    """
    rows = []
    for number, p in enumerate(paradigms):
        order = np.random.default_rng((seed, number)).permutation(len(p.pairs))
        drawn = [p.pairs[i] for i in (order[:size] if size else order)]
        scores = np.asarray(score([s for pair in drawn for s in (pair.good, pair.bad)])).reshape(-1, 2)
        right = float((scores[:, 0] > scores[:, 1]).mean())
        error = 0.0 if len(drawn) == len(p.pairs) else (right * (1 - right) / len(drawn)) ** 0.5
        rows.append(
            {"paradigm": p.name, "term": p.term, "accuracy": right, "se": error, "pairs": len(drawn), **p.published}
        )
    terms = sorted({row["term"] for row in rows})
    by_term = [{"term": term} | _mean([row for row in rows if row["term"] == term]) for term in terms]
    return {"overall": _mean(rows), "terms": by_term, "paradigms": [_rounded(row) for row in rows]}


def section(found: Mapping | None, preferred: str) -> str:
    """The part of a card on it; nothing if it was not measured. preferred: what the right sentence should get."""
    if found is None:
        return ""
    best = sorted(found["paradigms"], key=lambda p: p["accuracy"])
    named = [name for name in OTHERS if name in found["overall"]]
    head = "".join(f" {OTHERS[name]} |" for name in named)
    rows = "".join(
        f"| {t.get('term', '**overall**').replace('_', ' ')} | {t['paradigms']} "
        f"| **{t['accuracy']:.1%}**{_margin(t['se'])} |" + "".join(f" {t[name]:.1%} |" for name in named) + "\n"
        for t in (found["overall"], *found["terms"])
    )
    told = {
        way: ", ".join(f"{p['paradigm']} {p['accuracy']:.0%}" for p in some)
        for way, some in (("best", best[:-6:-1]), ("worst", best[:5]))
    }
    return f"""## Grammar: BLiMP

How often the right sentence of a minimal pair gets {preferred}, on
{found["overall"]["pairs"]:,} pairs (Warstadt et al. 2020, CC BY 4.0), beside the figures published with the benchmark;
± is the standard error where a sample was drawn. By chance: 50%. All {found["overall"]["paradigms"]} paradigms are in
results.json.

| phenomenon | paradigms | this model |{head}
|---|---:|---:|{"---:|" * len(named)}
{rows}
Best: {told["best"]}. Worst: {told["worst"]}.

"""


def _margin(se: float) -> str:
    """The standard error of a sample; nothing where all pairs were tried: "± 0.0%" would read as a precision."""
    return f" ± {se:.1%}" if se else ""


def _mean(rows: Sequence[Mapping]) -> dict:
    """The mean over paradigms; a published figure only where all of them have one."""
    n = len(rows)
    out = {"accuracy": sum(r["accuracy"] for r in rows) / n, "se": sum(r["se"] ** 2 for r in rows) ** 0.5 / n}
    out |= {name: sum(r[name] for r in rows) / n for name in (*PUBLISHED, "human") if all(name in r for r in rows)}
    return _rounded(out | {"paradigms": n, "pairs": sum(r["pairs"] for r in rows)})


def _rounded(row: Mapping) -> dict:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}


def _published(folder: Path) -> dict[str, dict[str, float]]:
    """By paradigm, what others reached; {} where the files are not there."""
    out: dict[str, dict[str, float]] = {}
    models, people = folder / "models_summary.jsonl", folder / "human_validation_summary.csv"
    if models.exists():
        for line in models.read_text(encoding="utf-8").removesuffix("\n").split("\n"):  # U+2028 may stand in JSON
            row = json.loads(line)
            out[row["UID"]] = {name: row[name] for name in PUBLISHED}
    if people.exists():
        with people.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                out.setdefault(row["Condition"], {})["human"] = float(row["total_mean"])
    return out
