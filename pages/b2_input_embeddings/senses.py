"""The same word in several sentences: before the layers one vector, after them apart by sense.   Devlin et al. 2019."""

from typing import Annotated

import torch

from pages.b2_input_embeddings.word_uses import LINES, Use, cosines, luck, means, nearest, plane, same_sense, use
from study import local_bert
from study.controls import Choice, Refusal, Slider, Texts, When
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.memo import memo
from study.views import Heatmap, Lines, Points, Say, Scatter, Series, Table

OWN_LINES = """\
animal: The *cat* slept.
animal: A *dog* barked at the door.
animal: The *horse* ran over the hill.
tool: The *hammer* broke.
tool: He sharpened the *saw*.
tool: She bought a new *drill*."""
PRESETS = {
    "before": {"layer": 0, "step": "plane"},
    "bank": {"layer": 3, "step": "plane"},
    "apple": {"word": "apple", "layer": 3, "step": "plane"},
    "bat": {"word": "bat", "layer": 3, "step": "plane"},
    "own": {"word": "own", "layer": 3, "lines": OWN_LINES, "step": "plane"},
}


def senses(
    word: Annotated[str, Choice("bank", "apple", "bat", "own")] = "bank",
    layer: Annotated[int, Slider(0, local_bert.N_LAYER)] = 3,
    lines: Annotated[str, Texts(4000, most=20), When(word="own")] = LINES["bank"],
) -> Evidence:
    """The marked words of all lines as points, before the layers and after one; same sense against other sense."""
    uses = _uses(lines if word == "own" else LINES[word])
    cosine, same = cosines(uses), same_sense(uses)  # (L+1, N, N), (N, N)
    alike, unlike = means(cosine, same)  # (L+1,) each
    neighbours = nearest(cosine[layer]).tolist()  # (N,)
    right = [bool(same[i, n]) for i, n in enumerate(neighbours)]
    senses_and_names = [f"{u.sense} {name}" for u, name in zip(uses, _names(uses), strict=True)]
    distance = (1 - cosine[layer]).fill_diagonal_(0)  # (N, N): of a use from itself exactly
    return Evidence(
        Step("plane", _points(uses, 0, "before"), *([_points(uses, layer, "after")] if layer else [])),
        Step(
            "gap",
            _gap_by_layer(alike.tolist(), unlike.tolist(), layer),
            Heatmap(
                distance,
                senses_and_names,
                senses_and_names,
                Say("distances", layer=layer),
                scale="amount",
                hover="distance_of",
            ),
        ),
        Step("sentences", _sentences(uses, neighbours, right, layer)),
        claims=[
            Claim("shadow", measured=_stretched(uses, layer), expected=0, abs=1e-6, op="≤"),
            Claim("only_place_differs", measured=_unplaced_gap(uses), expected=0, abs=1e-12),
        ],
        measured=[
            Measured("gap_before", alike[0] - unlike[0]),
            Measured("gap", alike[layer] - unlike[layer]),
            Measured("nearest", sum(right) / len(uses), unit="share"),
            Measured("luck", luck(cosine[layer], same), unit="share"),
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.source(),
    )


@memo
def _uses(lines: str) -> tuple[Use, ...]:
    """The marked word of every line. Raises Refusal where a line cannot be read, or no two senses can be compared."""
    uses = tuple(use(line, number) for number, line in enumerate(Texts.lines(lines), 1))
    if not 1 < len({u.sense for u in uses}) < len(uses):
        raise Refusal("few_senses")
    return uses


def _names(uses: tuple[Use, ...]) -> list[str]:
    """1, 2, 3 …, with the word where there are several."""
    one_word = len({u.ids for u in uses}) == 1
    return [str(n) if one_word else f"{u.word} {n}" for n, u in enumerate(uses, 1)]


def _points(uses: tuple[Use, ...], layer: int, title: str) -> Scatter:
    """The uses in the plane in which they vary most at this layer, a group for each sense."""
    xy, share = plane(torch.stack([u.vectors[layer] for u in uses]))  # (N, 2)
    names, groups = _names(uses), []
    for sense in dict.fromkeys(u.sense for u in uses):
        mine = [i for i, u in enumerate(uses) if u.sense == sense]
        x, y = xy[mine].T
        groups.append(Points(Say("as_is", text=sense), x, y, [names[i] for i in mine]))
    return Scatter(groups, x="pc1", y="pc2", title=Say(title, layer=layer, share=f"{100 * share:.0f}%"), square=True)


def _sentences(uses: tuple[Use, ...], neighbours: list[int], right: list[bool], layer: int) -> Table:
    """Every sentence with the use that is nearest to its own, and whether that one has the same sense."""
    rows = []
    for i, (u, n) in enumerate(zip(uses, neighbours, strict=True)):
        rows.append([i + 1, u.sense, u.text, f"{n + 1} {uses[n].sense}", "✓" if right[i] else "✗"])
    return Table(["number", "sense", "sentence", "nearest_one", "same"], rows, Say("sentences", layer=layer))


def _gap_by_layer(alike: list[float], unlike: list[float], layer: int) -> Lines:
    layers = range(len(alike))
    return Lines(
        [Series("same_sense", layers, alike, points=True), Series("other_sense", layers, unlike, points=True)],
        x="layer",
        y="mean_cosine",
        title="by_layer",
        here=layer,
    )


def _stretched(uses: tuple[Use, ...], layer: int) -> float:
    """By how much a distance in the plane exceeds the one in C dimensions, at most: a shadow is never longer."""
    x = torch.stack([u.vectors[layer] for u in uses])  # (N, C)
    flat, _ = plane(x)  # (N, 2)
    return float((torch.cdist(flat, flat) - torch.cdist(x, x)).max())


def _unplaced_gap(uses: tuple[Use, ...]) -> float:
    """How far two uses of one word lie apart before positions are added, at most."""
    first: dict[tuple[int, ...], Use] = {}
    return max(float((u.unplaced - first.setdefault(u.ids, u).unplaced).abs().max()) for u in uses)
