"""Both stacks block by block: a click shows what a block reads, computes and hands on.   Vaswani et al. 2017, Figure 1.

The drawing is the paper's. Our translator is pre-norm: it normalises what a sub-layer reads instead of what it leaves.
"""

from typing import Annotated

from pages.t4_encoder_decoder import blocks
from pages.t4_encoder_decoder.reading import CARD, CHINESE, Chinese, Layer, Reading, read
from study.controls import Block
from study.demo import Claim, Evidence, Origin, same
from study.views import Diagram, Heatmap, Say, Table, Tokens
from study.views.stacks import BLOCKS, HEIGHT, WIDTH, stacks

SHOWN = 16  # components of a vector that are drawn
KINDS = {  # the formula of a block, where several have the same
    "source": "tokens",
    "target": "tokens",
    "source_embedding": "embedding",
    "target_embedding": "embedding",
    "source_position": "position",
    "target_position": "position",
    **dict.fromkeys(blocks.ADDS, "add"),
    "encoder_feed_forward": "feed_forward",
    "decoder_feed_forward": "feed_forward",
}
PRESETS = {
    "encoder": {"block": "encoder_self"},
    "masked": {"block": "decoder_self"},
    "bridge": {"block": "cross_attention"},
    "added": {"block": "encoder_add_self"},
    "end": {"block": "softmax"},
}


def house(
    chinese: Chinese = CHINESE,
    block: Annotated[str, Block(*BLOCKS)] = "cross_attention",
    layer: Layer = 2,
) -> Evidence:
    """A block of the translator while it reads a sentence and its own translation."""
    pair = read(chinese)
    here = blocks.at(pair, block, layer)
    scale = max(1.0, here.again.abs().max().item())
    values = _tokens(here) if block in ("source", "target") else _values(here, block, layer)
    return Evidence(
        Diagram(stacks(layers=pair.translator.config.n_layer, named=True), WIDTH, HEIGHT, pick="block", selected=block),
        values,
        _told(here, block, pair),
        claims=[
            same("same_as_torch", here.values / scale, here.again / scale, abs=1e-5),  # float32 against float64
            Claim("adds_up", measured=max(_gap(pair, stack) for stack in ("encoder", "decoder")), expected=0, abs=1e-6),
        ],
        origin=Origin.TRAINED_HERE,
        source=CARD,
        notices=pair.notices,
    )


def _gap(pair: Reading, stack: str) -> float:
    """How far any state is from the one before it plus what the sub-layer added, relative to the largest state."""
    states = blocks.states(pair, stack)  # (n L + 1, T, C)
    gap = states[1:] - states[:-1] - blocks.added(pair, stack)  # (n L, T, C)
    return (gap.abs().max() / states.abs().max()).item()


def _values(here: blocks.Seen, block: str, layer: int) -> Heatmap:
    """The weights of an attention as the mean of its heads, the scores of tokens, or the first components."""
    if here.values.ndim == 3:
        title = Say("weights", layer=layer, heads=here.values.shape[0])
        return Heatmap(
            here.values.mean(0), here.rows, here.cols, title, x="key", y="query", scale="weight", hover="weight_of"
        )
    if here.cols:
        scale = "weight" if block == "softmax" else "signed"
        return Heatmap(
            here.values, here.rows, here.cols, block, x="candidate", y="position_read", scale=scale, hover="cell"
        )
    cols = [str(i + 1) for i in range(SHOWN)]
    title = Say("components", shown=SHOWN, all=here.values.shape[-1])
    return Heatmap(here.values[:, :SHOWN], here.rows, cols, title, x="component", y="token", hover="cell")


def _tokens(here: blocks.Seen) -> Tokens:
    ids = here.values[:, 0].long().tolist()
    return Tokens([f"{token} {i}" for token, i in zip(here.rows, ids, strict=True)], title="ids")


def _told(here: blocks.Seen, block: str, pair: Reading) -> Table:
    """What it computes, with which shapes, and why it is there."""
    n, width = len(here.rows), pair.translator.config.d_model
    gives = {"source": f"{n}", "target": f"{n}"}.get(block, blocks.by(here.values))
    if block in ("linear", "softmax"):
        gives = f"{n} × {pair.translator.config.target_vocab_size}"  # of these the heatmap shows a few columns
    if here.values.ndim == 3:
        gives = f"{n} × {width}"
    shapes = Say("shapes", reads=here.reads, gives=gives)
    return Table([Say(f"formula_{KINDS.get(block, block)}")], [[shapes], [Say(f"why_{block}")]])
