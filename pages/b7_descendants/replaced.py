"""Replaced-token detection: our masked language model fills gaps, the reader finds the fakes.   Clark et al. 2020."""

import math
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from models import mlm
from study import local_bert
from study.controls import Anew, Block, Seed, Sentence, Slider
from study.demo import Claim, Evidence, Measured, Origin
from study.memo import memo
from study.views import Bars, Diagram, Say, Table
from study.views.diagram import Box

LONGEST = 26  # tokens, [CLS] and [SEP] included
AGAIN = 400  # draws in each gap, to see how often the old token comes back
OPEN = "open"
NAMES = tuple(f"t{i}" for i in range(1, LONGEST - 1))
LINE = "The chef cooked the meal and the waiter brought it to our table."
PRESETS = {
    "one": {"seed": 3},
    "more": {"share": 40, "seed": 2},
    "same": {"sentence": LINE, "seed": 1, "guess": "t8"},
    "answer": {"guess": "t3"},
}
COLUMNS, WIDE, HIGH, PITCH = 4, 86, 34, 40  # of the boxes


def replaced(
    sentence: Annotated[str, Sentence(200)] = LINE,
    share: Annotated[int, Slider(10, 50, 5)] = 25,
    seed: Seed = 0,
    guess: Annotated[str, Block(OPEN, *NAMES), Anew("sentence", "share", "seed")] = OPEN,
) -> Evidence:
    """The sentence with some tokens drawn anew; after a guess, which they are, and what each objective learns from."""
    local_bert.fits(sentence, LONGEST)
    r = corrupted(sentence, share, seed)
    n = len(r.ids) - 2
    tokens = [mlm.load().pieces[i] for i in r.shown[1:-1]]
    chosen = 0 if guess == OPEN else NAMES.index(guess) + 1
    chosen = chosen if chosen <= n else 0
    drawn = len(r.positions)
    differ = sum(a != b for a, b in zip(r.ids, r.shown, strict=True))
    boxes = Diagram(
        _boxes(tokens, r.fakes, chosen),
        360,
        _height(n),
        pick="guess",
        selected=f"t{chosen}" if chosen else "",
    )
    back, likely = by_luck(r)
    error = math.sqrt(float((likely * (1 - likely)).sum()) / AGAIN) / drawn  # of the mean over gaps and draws
    learn = Bars({"positions": [drawn, n]}, ["MLM", "RTD"], x="objective", y="tokens_with_loss")
    graded = [Measured("fakes", len(r.fakes))] if chosen else []
    return Evidence(
        boxes,
        _answer(r, chosen) if chosen else learn,  # one of them: a reader sees all of the card at once
        claims=[
            Claim("rest_unchanged", measured=differ, expected=len(r.fakes)),
            Claim("luck", measured=back, expected=likely.mean(), abs=6 * error + 3 / (AGAIN * drawn)),
        ],
        measured=[Measured("drawn", drawn), *graded, Measured("by_chance", drawn / n, unit="share")],
        origin=Origin.TRAINED_HERE,
        source="models/checkpoints/mlm",
        notices=[*local_bert.unknown(tokens), *([] if chosen else [Say("guess_first", drawn=drawn)])],
    )


@dataclass(frozen=True, eq=False)
class Round:
    """Ids as typed, and as shown; which positions were drawn anew, which of them differ; p (M, V) of the generator."""

    ids: list[int]
    shown: list[int]
    positions: list[int]
    fakes: list[int]
    p: Tensor


@memo
def corrupted(sentence: str, share: int, seed: int) -> Round:
    """A share of the tokens masked at once, and filled by draws from what the generator predicts."""
    model = mlm.load()
    ids = list(model.encode(sentence).ids)
    n = len(ids) - 2
    random = torch.Generator().manual_seed(seed)
    k = max(1, round(share * n / 100))
    positions = sorted((torch.randperm(n, generator=random)[:k] + 1).tolist())
    p = model.distribution(ids, positions)  # (k, V)
    drawn = torch.multinomial(p, 1, generator=random)[:, 0].tolist()  # k ids
    shown = list(ids)
    for i, new in zip(positions, drawn, strict=True):
        shown[i] = new
    fakes = [i for i, new in zip(positions, drawn, strict=True) if new != ids[i]]
    return Round(ids, shown, positions, fakes, p)


def by_luck(r: Round) -> tuple[float, Tensor]:
    """How often fresh draws are the old token again, and its probability at each gap, (M,)."""
    old = torch.tensor([r.ids[i] for i in r.positions])[:, None]  # (M, 1)
    random = torch.Generator().manual_seed(0)
    draws = torch.multinomial(r.p, AGAIN, replacement=True, generator=random)  # (M, AGAIN)
    return float((draws == old).double().mean()), r.p.gather(1, old)[:, 0]


def _answer(r: Round, chosen: int) -> Table:
    """What was drawn at each gap; at most six gaps."""
    pieces = mlm.load().pieces
    rows = []
    for row, i in list(enumerate(r.positions))[:6]:
        mark = Say("fake") if i in r.fakes else Say("by_luck")
        p = float(r.p[row, r.shown[i]])
        likely = f"{p:.3f}" if p >= 0.0005 else "< 0.001"
        rows.append([pieces[r.ids[i]], pieces[r.shown[i]], likely, mark])
    verdict = "hit" if chosen in r.fakes else "miss"
    return Table(["was", "drawn_token", "probability", "label"], rows, Say(verdict, token=pieces[r.shown[chosen]]))


def _boxes(tokens: list[str], fakes: list[int], chosen: int) -> list[Box]:
    """The tokens, four in a row; after a guess the fakes are marked, and a wrong guess."""
    boxes = []
    for i, token in enumerate(tokens, 1):
        row, column = divmod(i - 1, COLUMNS)
        role = ""
        if chosen:
            role = "right" if i in fakes else "wrong" if i == chosen else ""
        text = token if len(token) <= 11 else token[:10] + "…"
        x = 2 + column * (WIDE + 4)
        y = 3 + row * PITCH
        boxes.append(Box(x, y, WIDE, HIGH, text, role=role, name=f"t{i}"))
    return boxes


def _height(n: int) -> int:
    return -(-n // COLUMNS) * PITCH + 4
