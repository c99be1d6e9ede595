"""Can sinusoids be used beyond the training length? Our translator at positions it has not seen.   §3.5."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import torch

from models import translator
from models.records import Unusable
from models.records import translator as held_out
from models.translator_vocabulary import PAD
from pages.t3_positional_encoding.displaced import Batch, batches, displaced, over_all
from study.controls import Refusal, Slider
from study.demo import Claim, Evidence, Measured, Origin, Progress
from study.views import Lines, Series, room

SHIFTS = (0, 10, 20, 40, 80, 160)
PRESETS = {"first": {"pairs": 100}, "every": {"pairs": 500}}
MOVED = {"both": (1, 1), "source": (1, 0), "target": (0, 1)}  # whether the source moves, whether the translation does
Results = dict[str, list[tuple[float, float]]]  # what is moved -> (loss, accuracy) at each shift so far


def beyond(progress: Progress, pairs: Annotated[int, Slider(10, 500, step=10)] = 100) -> Iterator[Evidence]:
    """Our translator reads held-out pairs whose positions begin further on: its loss and accuracy, teacher forcing."""
    model = translator.load().model
    parts = batches(translator.load(), _held_out(pairs))
    checked = Claim("same_model", measured=max(map(_beside_padding, parts)), expected=0, abs=1e-4)
    with_none, unmoved = over_all(model, parts, None, None), over_all(model, parts)
    results: Results = {name: [unmoved] for name in MOVED}
    for n, shift in enumerate(SHIFTS):
        if shift:
            for name, (source, target) in MOVED.items():
                results[name].append(over_all(model, parts, source * shift, target * shift))
        progress.report((n + 1) / len(SHIFTS))
        yield Evidence(
            _lines(results, with_none, what=0, y="loss", most=4),
            _lines(results, with_none, what=1, y="accuracy", most=1),
            claims=[checked],
            measured=_measured(results["both"], with_none, parts),
            origin=Origin.TRAINED_HERE,
            source="models/checkpoints/translator/CARD.md",
        )


def _held_out(most: int) -> list[tuple[str, str]]:
    """The first pairs that the translator was not trained on: (Chinese, English)."""
    try:
        return [(pair.chinese, pair.english) for pair in held_out.load().pairs[:most]]
    except Unusable:
        raise Refusal("no_pairs") from None


@torch.no_grad()
def _beside_padding(part: Batch, shift: int = 10) -> float:
    """Another way to move a sentence: put padding before it. It is masked, so that only the positions change."""
    model, front = translator.load().model, torch.full((len(part.source), shift), PAD)  # (B, shift)
    usual = model(torch.cat((front, part.source), 1), torch.cat((front, part.target), 1))[:, shift:]  # (B, T, V)
    return float((displaced(model, part, shift, shift) - usual)[part.labels != PAD].abs().max())


def _lines(results: Results, with_none: tuple[float, float], what: int, y: str, most: float) -> Lines:
    curves = [
        Series(name, SHIFTS[: len(each)], [result[what] for result in each], points=True)
        for name, each in results.items()
    ]
    level = Series("no_positions", (SHIFTS[0], SHIFTS[-1]), [with_none[what]] * 2, dashed=True)
    ends = (-4, SHIFTS[-1] + 4)  # the axes stay while the curves grow
    y_range = room(most, *(curve.y for curve in curves))
    return Lines([*curves, level], x="shift", y=y, title=f"{y}_title", x_range=ends, y_range=y_range)


def _measured(
    both: Sequence[tuple[float, float]], with_none: tuple[float, float], parts: Sequence[Batch]
) -> list[Measured]:
    (loss, accuracy), (loss_now, accuracy_now) = both[0], both[-1]
    return [
        Measured("loss_0", loss, unit="nats"),
        Measured("loss_now", loss_now, unit="nats"),
        Measured("loss_without", with_none[0], unit="nats"),
        Measured("accuracy_0", accuracy, unit="share"),
        Measured("accuracy_now", accuracy_now, unit="share"),
        Measured("accuracy_without", with_none[1], unit="share"),
        Measured("tokens", sum(part.tokens for part in parts)),
        Measured("longest", max(part.source.shape[1] for part in parts)),
    ]
