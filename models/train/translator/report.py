"""Measures the finished translator and writes what stands beside it: checkpoint, results, held-out pairs, card."""

from dataclasses import asdict
from pathlib import Path

from models import checkpoint, translator, translator_vocabulary
from models.bleu import corpus_bleu
from models.train import loop
from models.train.pairs import Pair
from models.train.translator.card import card
from models.train.translator.training import WATCHED
from models.translator import Translation

BEAM = 4
KEPT = 500  # held-out pairs that are committed


def write(trainer, out: Path | None = None) -> None:
    """Everything under models/checkpoints/translator (or out): the weights are read back before they are measured."""
    folder = out or translator.PATH
    save(trainer, folder)
    model = translator.load(folder)  # what is measured is what was saved, in half precision
    test = trainer.data.split.test
    greedy = translate(model, test, beam=1)
    beam = translate(model, test, beam=BEAM)
    scores = {"greedy": scored(greedy, test), f"beam {BEAM}": scored(beam, test)}
    results = loop.about(trainer, "models.train.translator") | {
        "parameters": sum(p.numel() for p in model.model.parameters()),
        "pairs": {name: len(pairs) for name, pairs in vars(trainer.data.split).items()},
        "unknown": unknown(model, test),
        "test": scores,
        "watched": [list(pair) for pair in _watched(model)],
    }
    loop.save_json(folder / "results.json", results)
    rows = [
        {"chinese": p.chinese, "english": p.english, "greedy": g.text, "beam": b.text, "attribution": p.attribution}
        for p, g, b in list(zip(test, greedy, beam, strict=True))[:KEPT]
    ]
    loop.save_json(folder / "held_out.json", {"beam": BEAM, "pairs": rows})
    (folder / "CARD.md").write_text(card(results, rows), encoding="utf-8")


def save(trainer, folder: Path) -> None:
    """The averaged weights, the vocabularies and config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    trainer.data.vocabulary.save(folder / "tokenizer.json")
    with trainer.averaged() as model:
        config = {"architecture": asdict(model.config) | {"dropout": 0.0}}
        checkpoint.write(folder, "translator", model.state_dict(), config, ("tokenizer.json",))


def translate(model: translator.Translator, pairs: list[Pair], beam: int) -> list[Translation]:
    """Every pair's Chinese, without the distributions."""
    return model.translate_batch([p.chinese for p in pairs], beam, keep=False)


def scored(translations: list[Translation], pairs: list[Pair]) -> dict:
    """Corpus BLEU (13a) with its parts."""
    b = corpus_bleu([t.text for t in translations], [[p.english for p in pairs]])
    return {
        "bleu": round(b.score, 2),
        "precisions": [round(p, 1) for p in b.precisions],
        "bp": round(b.bp, 3),
        "pairs": len(pairs),
        "exact": sum(t.text == p.english for t, p in zip(translations, pairs, strict=True)),
    }


def unknown(model: translator.Translator, pairs: list[Pair]) -> float:
    """Share of the characters that the vocabulary lacks."""
    ids = [i for p in pairs for i in model.source_ids(p.chinese)]
    return round(ids.count(translator_vocabulary.UNK) / len(ids), 5)


def _watched(model: translator.Translator) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """Chinese, English, and the tokens at the two sides of the recorded attention."""
    return [(zh, en, model.source_tokens(zh), model.target_tokens(en)) for zh, en in WATCHED]
