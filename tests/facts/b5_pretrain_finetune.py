"""Numbers of the B5 note that no demo tells at its controls."""

from statistics import mean

from models.records import glue, nsp, read, sides
from models.records.sides import PATH
from pages.b5_pretrain_finetune import fine_tune, masking


def _tested() -> dict[str, float]:
    """Of all held-out texts of the masked language model."""
    return read(PATH.parents[1] / "mlm" / "results.json", "mlm")["test"]["all"]


def mlm_top1() -> float:
    """How often the masked model's first guess is right, of 1."""
    return _tested()["top1"]


def unigram_top1() -> float:
    """The same for the most frequent token, always."""
    return _tested()["unigram_top1"]


def listed() -> int:
    """Words that are one token for either model."""
    return len(sides.results().words)


def guessed() -> int:
    """Words of held-out books that were guessed."""
    return len(sides.results().after)


def vectors_any() -> float:
    """|u - v| and u * v, trained and tested against any sentence: the mean accuracy over seeds."""
    return nsp.results().mean("apart", "random", "random")


def overlap_any() -> float:
    """The same of shared words."""
    return nsp.results().mean("overlap", "random", "random")


def cls_any() -> float:
    """The same of [CLS] of the pair."""
    return nsp.results().mean("cls", "random", "random")


def vectors_same() -> float:
    """The vectors, tested against sentences of the same book."""
    return nsp.results().mean("apart", "random", "same_book")


def vectors_swapped() -> float:
    """The vectors, tested against swapped pairs."""
    return nsp.results().mean("apart", "random", "swapped")


def cls_order() -> float:
    """[CLS], trained and tested against swapped pairs."""
    return nsp.results().mean("cls", "swapped", "swapped")


def probe() -> float:
    """SST-2, the frozen encoder, of 1."""
    return mean(glue.load().scores("sst2", "probe", "accuracy")) / 100


def lora() -> float:
    """SST-2, adapters, of 1."""
    return mean(glue.load().scores("sst2", "lora", "accuracy")) / 100


def pretrained_1000() -> float:
    """SST-2 with 1,000 examples, every weight trained, from the pre-trained ones."""
    return _curve("pretrained", 1_000)


def random_1000() -> float:
    """The same from random weights."""
    return _curve("random", 1_000)


def random_10000() -> float:
    """With ten times the examples."""
    return _curve("random", 10_000)


def _curve(start: str, examples: int) -> float:
    runs = glue.load().runs
    return mean(r.dev["accuracy"] for r in runs if (r.task, r.stage, r.examples) == ("sst2", start, examples))


def draws() -> int:
    return masking.TIMES


def sentences_of_sst2() -> int:
    return glue.load().data["sst2"]["train"]


def middle_size() -> int:
    """Examples of SST-2."""
    return fine_tune.SIZES[1]
