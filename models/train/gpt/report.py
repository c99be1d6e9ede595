"""Measures the finished GPT and writes what stands beside it: checkpoint, tokenizer, results, texts, card."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from models import checkpoint, gpt
from models.train import blimp, loop
from models.train.corpora import QUOTED
from models.train.gpt.card import card
from models.train.gpt.training import WATCHED, measured

TEMPERATURES = (0.0, 0.5, 0.8, 1.0, 1.3)
PROMPTS = ("She opened the door and", "The old king said to his daughter:", "")
LENGTH = 60  # tokens of a sample


def write(trainer, out: Path | None = None, blimp_folder: Path | None = None, pairs: int = 0) -> dict:
    """Everything under models/checkpoints/gpt (or out): the weights are read back before they are measured."""
    folder, data = out or gpt.PATH, trainer.data
    save(trainer, folder)
    model = gpt.load(folder)  # what is measured is what was saved, in half precision
    every = {"all": [p for of in data.test.values() for p in of]} | data.test
    results = loop.about(trainer, "models.train.gpt") | {
        "parameters": sum(p.numel() for p in model.model.parameters()),
        "bytes": (folder / checkpoint.WEIGHTS).stat().st_size,
        "passages": data.passages_of,
        "tokens": data.tokens(),
        "test": {name: measured(model, passages, data.counts) for name, passages in every.items()},
        "samples": samples(model),
        "tokens_per_second": speed(model),
        "watched": list(WATCHED),
    }
    if blimp_folder:
        paradigms = tqdm(blimp.read(blimp_folder), desc="BLiMP", mininterval=5)
        results["blimp"] = blimp.evaluate(
            paradigms, lambda found: [s.total for s in model.scores(found)], pairs, trainer.recipe.seed
        )
    loop.save_json(folder / "results.json", results)
    loop.save_json(folder / "held_out.json", quoted(model, data.test))
    (folder / "CARD.md").write_text(card(results), encoding="utf-8")
    return results


def save(trainer, folder: Path) -> None:
    """The averaged weights, the tokenizer and config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    trainer.data.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    config = {"architecture": asdict(trainer.bare.config) | {"dropout": 0.0}}
    with trainer.averaged() as model:
        checkpoint.write(folder, "gpt", model.state_dict(), config, ("tokenizer.json",))


def samples(model: gpt.Writer) -> list[dict]:
    """Every prompt continued at every temperature, seed 0."""
    return [
        {"prompt": prompt, "temperature": t, "text": model.generate(prompt, LENGTH, temperature=t, keep=False).text}
        for prompt in PROMPTS
        for t in TEMPERATURES
    ]


def quoted(model: gpt.Writer, test: Mapping[str, Sequence[str]], each: int = 10) -> list[dict]:
    """The first held-out passages of the sources in QUOTED, and how probable the model finds them."""
    out = []
    for name in QUOTED:
        for text in test.get(name, ())[:each]:
            found = model.score(text)
            row = {"source": name, "text": text, "tokens": len(found.tokens), "log_prob": round(found.total, 2)}
            out.append(row)
    return out


def speed(model: gpt.Writer, n: int = 200) -> int:
    """Tokens per second of generate on this machine, distributions kept."""
    begin = time.perf_counter()
    done = seed = 0
    while done < n:
        done += len(model.generate("The", n - done, seed=seed).steps)
        seed += 1
    return round(done / (time.perf_counter() - begin))
