"""What the note tells of the paper's tables beyond the results that its demos show."""

from pages.b1_paper_map.tables import FEATURES, MASKING, SQUAD_1, TASKS


def nsp_on_squad() -> float:
    """What NSP brings on SQuAD: the most after QNLI."""
    losses = sorted(-change for change in TASKS.minus("no_nsp", "base"))
    assert losses[-2] == -TASKS.minus("no_nsp", "base")[-1]
    return losses[-2]


def mrpc_from_the_left() -> float:
    return TASKS.cell("no_nsp", "MRPC") - TASKS.cell("ltr", "MRPC")


def best_mixture() -> float:
    """By how much the best mixture for MNLI is better than BERT's own."""
    best = max(MASKING.rows, key=lambda name: MASKING.cell(name, "MNLI"))
    assert best == "80/20/0"
    return MASKING.cell(best, "MNLI") - MASKING.cell("80/10/10", "MNLI")


def one_model_over_people() -> float:
    """SQuAD 1.1, test F1: a single model with TriviaQA above the human baseline."""
    return SQUAD_1.cell("large", "test_F1") - SQUAD_1.cell("human", "test_F1")


def behind_on_entities() -> float:
    """CoNLL-2003, test F1: BERT-large behind CSE, the best system before."""
    assert max(FEATURES.cell(name, "test") for name in ("elmo", "cvt", "cse")) == FEATURES.cell("cse", "test")
    return FEATURES.cell("cse", "test") - FEATURES.cell("large", "test")
