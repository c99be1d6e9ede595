"""What the note tells beyond the results that its demos show."""

import functools
import itertools
import json

from models import mlm
from models.records.student import results
from pages.b7_descendants.sharing import SIZES, count


@functools.cache
def _split() -> list[tuple[float, float]]:
    """Of each word in pieces of the held-out passages: mean -ln p of its pieces, masked alone, and all together."""
    model, found = mlm.load(), []
    for passage in json.loads((mlm.PATH / "held_out.json").read_text(encoding="utf-8")):
        e = model.encode(passage["text"])
        starts = [i for i, t in enumerate(e.tokens) if not t.startswith("##")]
        for start, stop in itertools.pairwise(starts):
            places = list(range(start, stop))
            if len(places) > 1:
                together = model.distribution(e.ids, places)
                alone = [model.distribution(e.ids, [i])[0, e.ids[i]].log() for i in places]
                every = [together[j, e.ids[i]].log() for j, i in enumerate(places)]
                found.append((-float(sum(alone)) / len(places), -float(sum(every)) / len(places)))
    return found


def split_words() -> int:
    return len(_split())


def rest_visible() -> float:
    return sum(alone for alone, _ in _split()) / len(_split())


def all_masked() -> float:
    return sum(together for _, together in _split()) / len(_split())


def _millions(factorised: bool, shared: bool) -> float:
    return sum(count(SIZES["base"], factorised, shared).values()) / 1e6


def saved_by_sharing() -> float:
    return _millions(True, False) - _millions(True, True)


def saved_by_table() -> float:
    return _millions(False, False) - _millions(True, False)


def student_stsb() -> float:
    return _stsb("student")


def teacher_stsb() -> float:
    return _stsb("teacher")


def random_stsb() -> float:
    return _stsb("random")


def untrained_stsb() -> float:
    return _stsb("untrained")


def same_neighbour() -> float:
    """The share of held-out sentences whose nearest other one is the same for student and teacher."""
    return results().models["student"].neighbour


def _stsb(name: str) -> float:
    """100 times Spearman's correlation on STS-B's dev set."""
    return 100 * results().models[name].stsb
