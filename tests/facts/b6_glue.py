"""What the note tells of our scores on five of the nine tasks, from the records of their training."""

import math
from statistics import mean

import numpy as np

from models import metrics
from models.records import glue as results
from pages.b6_glue.confusion import PRESETS
from pages.b6_glue.correlation import correlation


def _scores(task: str, stage: str, metric: str) -> list[float]:
    """100 times the metric of each of the three seeds."""
    found = results.load().scores(task, stage, metric)
    assert len(found) == len(results.SEEDS), (task, stage)
    return found


def _right(stage: str) -> float:
    """CoLA: the share of right answers, mean of the seeds."""
    cells = [results.load().run("cola", stage, seed).cells for seed in results.SEEDS]
    return mean((c["tp"] + c["tn"]) / sum(c.values()) for c in cells)


def uneven_peak() -> float:
    """Where MCC is highest for the recall and specificity of the preset "uneven"."""
    c, share = PRESETS["uneven"], np.linspace(0.001, 0.999, 999)
    recall, specificity = c["tp"] / (c["tp"] + c["fn"]), c["tn"] / (c["tn"] + c["fp"])
    return share[metrics.at_balance(share, recall, specificity)["matthews"].argmax()]


def lowest_shifted() -> float:
    """The lowest prediction of the preset "shifted"."""
    table = next(v for v in correlation(case="shifted").views if v.title == "ranked")
    return min(float(row[2]) for row in table.rows)


def sst2_probe() -> float:
    return mean(_scores("sst2", "probe", "accuracy"))


def sst2_lora() -> float:
    return mean(_scores("sst2", "lora", "accuracy"))


def cola_probe() -> float:
    return mean(_scores("cola", "probe", "matthews"))


def cola_lora() -> float:
    return mean(_scores("cola", "lora", "matthews"))


def cola_probe_accuracy() -> float:
    return _right("probe")


def cola_lora_accuracy() -> float:
    return _right("lora")


def cola_majority() -> float:
    sizes = results.load().data["cola"]["classes"]["dev"]
    return max(sizes.values()) / sum(sizes.values())


def mrpc_probe_accuracy() -> float:
    return mean(_scores("mrpc", "probe", "accuracy"))


def mrpc_probe_f1() -> float:
    return mean(_scores("mrpc", "probe", "f1"))


def mrpc_lora_accuracy() -> float:
    return mean(_scores("mrpc", "lora", "accuracy"))


def mrpc_lora_f1() -> float:
    return mean(_scores("mrpc", "lora", "f1"))


def mrpc_majority_accuracy() -> float:
    return results.load().blind("mrpc", "accuracy")


def mrpc_majority_f1() -> float:
    return results.load().blind("mrpc", "f1")


def stsb_cosine() -> float:
    return results.load().blind("stsb", "pearson")


def stsb_apart() -> float:
    return mean(_scores("stsb", "probe apart", "pearson"))


def stsb_probe() -> float:
    return mean(_scores("stsb", "probe", "pearson"))


def stsb_lora() -> float:
    return mean(_scores("stsb", "lora", "pearson"))


def rte_majority() -> float:
    return results.load().blind("rte", "accuracy")


def rte_probe_lowest() -> float:
    return min(_scores("rte", "probe", "accuracy"))


def rte_probe_highest() -> float:
    return max(_scores("rte", "probe", "accuracy"))


def rte_lora() -> float:
    return mean(_scores("rte", "lora", "accuracy"))


def rte_lora_lowest() -> float:
    return min(_scores("rte", "lora", "accuracy"))


def rte_lora_highest() -> float:
    return max(_scores("rte", "lora", "accuracy"))


def rte_standard_error() -> float:
    """Of LoRA's accuracy on the dev set, times 100."""
    share = rte_lora() / 100
    return 100 * math.sqrt(share * (1 - share) / pairs_of_rte())


def pairs_of_rte() -> int:
    """Of the dev set."""
    return results.load().data["rte"]["dev"]


def pairs_of_mrpc() -> int:
    """Held out of the training set."""
    return results.load().data["mrpc"]["dev"]


def pairs_of_wnli() -> int:
    """Of the file of the training set."""
    return results.load().data["wnli"]["train"]
