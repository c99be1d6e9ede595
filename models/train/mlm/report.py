"""Measures the finished masked language model and writes what stands beside it: checkpoint, results, texts, card."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from tqdm import tqdm

from models import checkpoint, mlm
from models.bert_adapters import fingerprint
from models.train import blimp, loop
from models.train.corpora import QUOTED
from models.train.mlm.card import card
from models.train.mlm.probes import PROBES, WATCHED
from models.train.mlm.training import MASKED_FOR_TEST, evaluate, mask


def write(trainer, out: Path | None = None, blimp_folder: Path | None = None, pairs: int = 100) -> dict:
    """Everything under models/checkpoints/mlm (or out): the weights are read back before they are measured."""
    folder, data = out or mlm.PATH, trainer.data
    save(trainer, folder)
    model = mlm.load(folder, data.base)  # what is measured is what was saved, in half precision
    test = {name: evaluate(model.network, data.base, rows, 0, data.counts) for name, rows in data.test.items()}
    own = {name: scores for name, scores in test.items() if name not in data.others}
    results = loop.about(trainer, "models.train.mlm") | {
        "parameters": count(trainer),
        "passages": data.passages_of,
        "tokens": data.tokens(),
        "tested_only": list(data.others),
        "test": {"all": together(own)} | test,
        "probes": [probed(model, probe) for probe in PROBES],
        "watched": [probe.text for probe in WATCHED],
    }
    if blimp_folder:
        paradigms = tqdm(blimp.read(blimp_folder), desc="BLiMP", mininterval=5)
        results["blimp"] = blimp.evaluate(
            paradigms, lambda found: [s.total for s in model.scores(found)], pairs, trainer.recipe.seed
        )
    loop.save_json(folder / "results.json", results)
    loop.save_json(folder / "held_out.json", quoted(model, data))
    (folder / "CARD.md").write_text(card(results), encoding="utf-8")
    return results


def save(trainer, folder: Path) -> None:
    """The averaged weights of adapter and head, and config.json."""
    recipe = trainer.recipe
    config = {"rank": recipe.rank, "alpha": recipe.alpha, "base": fingerprint(trainer.data.base.encoder)}
    with trainer.averaged() as network:
        checkpoint.write(folder, "mlm", network.learnt(), config)


def count(trainer) -> dict[str, int]:
    """Numbers in the adapter, in the head, and in the BERT that stays as it is."""
    learnt = trainer.bare.learnt()
    sizes = {"adapter": 0, "head": 0, "frozen": sum(p.numel() for p in trainer.data.base.encoder.parameters())}
    for name, tensor in learnt.items():
        sizes["head" if name.startswith("head.") else "adapter"] += tensor.numel()
    return sizes


def together(tests: Mapping[str, Mapping]) -> dict:
    """The scores over all masks of several sources."""
    masks, words = (sum(t[of] for t in tests.values()) for of in ("masks", "words"))
    out: dict = {"masks": masks, "words": words}
    for name in next(iter(tests.values())):
        if name not in out:
            of = "words" if name.startswith("words_") else "masks"
            out[name] = round(sum(t[name] * t[of] for t in tests.values()) / out[of], 4)
    return out


def quoted(model: mlm.MaskedLM, data, each: int = 25) -> list[dict]:
    """The first held-out passages of the sources in QUOTED, what was masked in them, and the first guess at each."""
    out = []
    for name in QUOTED:
        for text in data.test_passages.get(name, ())[:each]:
            [ids, *rest] = data.encode([text])
            m = mask(ids[None], data.base, MASKED_FOR_TEST, np.random.default_rng(len(out)), always=True)
            if rest or not len(m.positions):
                continue  # cut in two, or nothing in it but the unknown
            positions = sorted(m.positions.tolist())
            guesses = model.distribution(ids.tolist(), positions).argmax(-1).tolist()  # (M,)
            out.append(
                {
                    "source": name,
                    "text": text,
                    "positions": positions,
                    "tokens": [model.pieces[ids[i]] for i in positions],
                    "guesses": [model.pieces[i] for i in guesses],
                }
            )
    return out


def probed(model: mlm.MaskedLM, probe) -> dict:
    """The five best fillings of a probe, and the rank of the best right answer (1 = best; a missing piece has none)."""
    found = model.fill(probe.text, k=5).masks[0]
    order = found.distribution.argsort(descending=True).tolist()
    ids = [model.base.tokenizer.token_to_id(answer) for answer in probe.answers]
    return {
        "text": probe.text,
        "kind": probe.kind,
        "answers": list(probe.answers),
        "fills": [[token, round(p, 4)] for token, p in found.candidates],
        "rank": min(order.index(i) + 1 for i in ids if i is not None),
    }
