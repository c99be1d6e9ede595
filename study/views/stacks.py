"""The Transformer's two stacks as a drawing, block by block: parts of a Diagram.   Vaswani et al. 2017, Figure 1.

    Diagram(stacks(), WIDTH, HEIGHT)                                    all of it
    Diagram(stacks(lit={"decoder_self"}), WIDTH, HEIGHT)                one block lit, the others faint
    Diagram(stacks(parts=("encoder",)), WIDTH, HEIGHT)                  one stack, where it stands beside the other
    Diagram(stacks(named=True), WIDTH, HEIGHT, pick="block")            its boxes can be picked: Block(*BLOCKS)
    Diagram(stacks(texts={"memory": "(1, 9, 256)"}, layers=3), …)       a text of one's own in a block; 3 layers

The words of the blocks are common labels (`labels:` in notes/*/app.yaml), so a lesson that draws this adds none.
"""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from study.views.base import Say
from study.views.diagram import Arrow, Box, Part, Text

WIDTH, HEIGHT = 360, 396  # units of the sheet
#: The blocks of each stack in the order of computing, from the text at the bottom to the top.
ENCODER = (
    "source",
    "source_embedding",
    "source_position",
    "encoder_self",
    "encoder_add_self",
    "encoder_feed_forward",
    "encoder_add_feed_forward",
    "memory",
)
DECODER = (
    "target",
    "target_embedding",
    "target_position",
    "decoder_self",
    "decoder_add_self",
    "cross_attention",
    "decoder_add_cross",
    "decoder_feed_forward",
    "decoder_add_feed_forward",
    "linear",
    "softmax",
)
BLOCKS = (*ENCODER, *DECODER)

ACROSS = 140  # units, of a block
LEFT = {"encoder": 26, "decoder": 194}  # of a stack's blocks
FRAME = {"encoder": (4, 168), "decoder": (188, 168)}  # of the layer that is repeated: x, width
AROUND = {"encoder": 15, "decoder": 345}  # x of the residual paths
FLOOR = 313  # of that frame: below the places where residual paths and Q, K, V leave the trunk
TOPS = {  # y and height of every block
    "source": (374, 20), "source_embedding": (346, 20), "source_position": (318, 20),
    "encoder_self": (262, 24), "encoder_add_self": (240, 18),
    "encoder_feed_forward": (200, 24), "encoder_add_feed_forward": (178, 18), "memory": (134, 22),
    "target": (374, 20), "target_embedding": (346, 20), "target_position": (318, 20),
    "decoder_self": (262, 24), "decoder_add_self": (240, 18),
    "cross_attention": (188, 24), "decoder_add_cross": (166, 18),
    "decoder_feed_forward": (126, 24), "decoder_add_feed_forward": (104, 18), "linear": (60, 20), "softmax": (32, 20),
}  # fmt: skip
ROLES = {"source_position": "position", "target_position": "position", "memory": "hidden"}
#: Sub-layers with the block that adds to them: where a residual path runs.
SUBLAYERS = {
    "encoder": ("encoder_self", "encoder_feed_forward"),
    "decoder": ("decoder_self", "cross_attention", "decoder_feed_forward"),
}
KEYS_VALUES_QUERY = (("K", "key", -30), ("V", "value", 0), ("Q", "query", 30))


def stacks(
    lit: Collection[str] | None = None,
    parts: Sequence[str] = ("encoder", "decoder"),
    texts: Mapping[str, str | Say] | None = None,
    layers: int | str = "N",
    named: bool = False,
) -> list[Part]:
    """The parts of the drawing. lit: the blocks drawn in full, None = all; a stack without one is all faint;
    texts: a block's text instead of its name; named: its boxes can be picked.

    parts: the stacks drawn, each in its place; the arrow from one to the other is there if both are. Raises
    ValueError for a block or a stack that there is not.
    """
    lit, texts = set(BLOCKS if lit is None else lit), texts or {}
    if unknown := {*lit, *texts} - set(BLOCKS) | set(parts) - set(LEFT):
        raise ValueError(f"there are no blocks or stacks {sorted(unknown)}")
    drawn: list[Part] = []
    for stack in parts:
        around = [*_frame(stack, layers), *_ways(stack, both=len(set(parts)) == len(LEFT))]
        drawn += around if lit & set(_blocks(stack)) else [replace(part, role="mask") for part in around]
        drawn += [_block(name, stack, name in lit, texts.get(name), named) for name in _blocks(stack)]
    return drawn


def _blocks(stack: str) -> tuple[str, ...]:
    return ENCODER if stack == "encoder" else DECODER


def _block(name: str, stack: str, lit: bool, text: str | Say | None, named: bool) -> Box:
    y, high = TOPS[name]
    words = Say(f"stack_{name}") if text is None else text
    role = ROLES.get(name, "") if lit else "mask"
    return Box(
        LEFT[stack], y, ACROSS, high, words, role, filled=lit, dashed=not lit, size=12, name=name if named else ""
    )


def _frame(stack: str, layers: int | str) -> list[Part]:
    """The layer that is repeated, how often, and the stack's name."""
    x, wide = FRAME[stack]
    top = TOPS[_top(stack)][0] - 17
    return [
        Box(x, top, wide, FLOOR - top, role="hidden", filled=False),
        Text(x + 8, top + 13, f"{layers} ×", anchor="start", role="hidden", bold=True),
        Text(_middle(stack), 124 if stack == "encoder" else 14, Say(f"stack_{stack}"), bold=True),
    ]


def _top(stack: str) -> str:
    """The block at the top of the repeated layer."""
    return f"{stack}_add_feed_forward"


def _middle(stack: str) -> int:
    return LEFT[stack] + ACROSS // 2


def _ways(stack: str, both: bool) -> list[Part]:
    """Every arrow of a stack: up the middle, into the attentions, around the sub-layers, and to the other stack."""
    names, x = _blocks(stack), _middle(stack)
    forks = {"encoder_self", "decoder_self", "cross_attention"}
    up = [_up(x, low, high) for low, high in itertools.pairwise(names) if high not in forks]
    ways: list[Part] = [*up, *(_around(stack, name) for name in SUBLAYERS[stack])]
    ways += _entries(x, f"{stack}_self", "KVQ")
    if stack == "decoder":
        ways += [Arrow(((x, TOPS["softmax"][0]), (x, 18)), role="hidden"), *_entries(x, "cross_attention", "Q")]
        ways += _from_memory(x) if both else []
    return ways


def _up(x: int, low: str, high: str) -> Arrow:
    """From the top of one block to the bottom of the next; inside a sub-layer without a head."""
    end = _bottom(high)
    return Arrow(((x, TOPS[low][0]), (x, end)), role="hidden", head=TOPS[low][0] - end > 6)


def _bottom(name: str) -> int:
    return TOPS[name][0] + TOPS[name][1]


def _entries(x: int, name: str, letters: str) -> list[Part]:
    """From the trunk below an attention to its bottom, an arrow each for these of K, V and Q."""
    bottom = _bottom(name)
    start, fork = bottom + 28, bottom + (20 if letters == "Q" else 14)  # K and V of the memory come in between
    found: list[Part] = [Arrow(((x, start), (x, fork)), role="hidden", head=False)]
    for letter, role, dx in KEYS_VALUES_QUERY:
        if letter in letters:
            found.append(Arrow(((x, fork), (x + dx, fork), (x + dx, bottom)), role=role))
            found.append(_letter(x + dx, bottom, letter, role))
    return found


def _letter(x: int, bottom: int, letter: str, role: str) -> Text:
    return Text(x + 5, bottom + 12, letter, anchor="start", role=role, size=12, bold=True)


def _from_memory(x: int) -> list[Part]:
    """The encoder's output on its way to cross-attention: to K and V of every decoder layer."""
    y, bottom = TOPS["memory"][0] + 11, _bottom("cross_attention")
    way = ((LEFT["encoder"] + ACROSS, y), (180, y), (180, bottom + 14), (x, bottom + 14))
    found: list[Part] = [Arrow(way, role="hidden", head=False, width=2.5)]
    for letter, role, dx in KEYS_VALUES_QUERY[:2]:
        found.append(Arrow(((x + dx, bottom + 14), (x + dx, bottom)), role=role))
        found.append(_letter(x + dx, bottom, letter, role))
    return found


def _around(stack: str, name: str) -> Arrow:
    """The residual path: from the trunk below a sub-layer to the block that adds it."""
    names, x, side = _blocks(stack), _middle(stack), AROUND[stack]
    add = names[names.index(name) + 1]
    below = _bottom(name) + {"cross_attention": 20}.get(name, 7 if "feed" in name else 22)
    edge = LEFT[stack] if stack == "encoder" else LEFT[stack] + ACROSS
    y = TOPS[add][0] + TOPS[add][1] / 2
    return Arrow(((x, below), (side, below), (side, y), (edge, y)), role="hidden")
