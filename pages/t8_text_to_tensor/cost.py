"""What a pass costs as the sequence grows: parameters, operations, memory.   Vaswani et al. 2017, Tables 1 and 3."""

from typing import Annotated

from models import shapes, translator
from models.shapes import Count
from models.transformer import TransformerConfig
from pages.t8_text_to_tensor import counted
from study.controls import Choice, Slider
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.memo import memo
from study.views import Bars, Lines, Series

VOCABULARY = 37000  # §5.1: one for both languages
BASE = TransformerConfig(VOCABULARY, VOCABULARY, shared_embedding=True)
BIG = TransformerConfig(VOCABULARY, VOCABULARY, d_model=1024, n_head=16, d_ff=4096, shared_embedding=True)
NARROW = TransformerConfig(16, 16, d_model=16, n_layer=1, n_head=1, d_ff=64)  # small enough to be run at any T
LENGTHS = [2**n for n in range(3, 14)]  # 8 to 8192
KINDS = ("embedding", "projections", "scores", "feed_forward", "norm", "output")  # of the parts of models.shapes
COUNTED = ("projections", "scores", "feed_forward", "output")  # these have operations
PRESETS = {
    "short": {"T": 64, "step": "operations"},
    "meets": {"T": 1024, "step": "shares"},
    "memory": {"T": 1024, "step": "activations"},
    "parameters": {"step": "parameters"},
    "ours": {"model": "ours", "step": "operations"},
}


def cost(
    model: Annotated[str, Choice("base", "big", "ours")] = "base",
    T: Annotated[int, Slider(8, 2048, scale="log")] = 64,
) -> Evidence:
    """One sequence of T source and T target tokens; all three against T."""
    config = _config(model)
    operations = {n: _by_kind(shapes.flops(config, n)) for n in (*LENGTHS, T)}
    at_meeting = _by_kind(shapes.flops(config, 2 * config.d_model))
    kept, weights = _memory(config, T)
    parameters = shapes.count_parameters(config)
    return Evidence(
        Step("operations", _operations(operations, T)),
        Step("shares", _shares(operations, T)),
        Step("activations", _activations(config, T)),
        Step("parameters", _parameters(_by_kind(parameters), config)),
        claims=[
            Claim("parameters", measured=parameters.total, expected=_real_parameters(config)),
            Claim("operations", measured=shapes.flops(NARROW, T).total, expected=_real_flops(T)),
            Claim("meet", measured=at_meeting["scores"], expected=at_meeting["projections"]),
            Claim("weights", measured=weights, expected=12 * config.n_layer * config.n_head * T**2),
        ],
        measured=[
            Measured("scores_share", operations[T]["scores"] / sum(operations[T].values()), unit="share"),
            Measured("weights_share", weights / (kept + weights), unit="share", step="activations"),
            Measured("millions", parameters.total / 1e6, step="parameters"),
        ],
        origin=Origin.CALCULATED,
        source="models/shapes.py",
    )


def _config(model: str) -> TransformerConfig:
    return {"base": BASE, "big": BIG}.get(model) or translator.load().config


def _by_kind(count: Count) -> dict[str, int]:
    """Parts of both stacks put together."""
    kinds = dict.fromkeys(KINDS, 0)
    for part, cost in count.parts.items():
        kinds[next(kind for kind in KINDS if kind in part)] += cost
    return kinds


def _memory(config: TransformerConfig, T: int) -> tuple[int, int]:
    """Bytes kept for the backward pass in float32: all but the attention weights, and these."""
    without = shapes.activation_memory(config, T, fused=True).total
    return without, shapes.activation_memory(config, T).total - without


def _operations(operations: dict[int, dict[str, int]], T: int) -> Lines:
    lines = [Series(kind, LENGTHS, [operations[n][kind] for n in LENGTHS]) for kind in COUNTED]
    return Lines(lines, x="length", y="flops", title="by_length", log_x=True, log_y=True, here=T)


def _shares(operations: dict[int, dict[str, int]], T: int) -> Lines:
    totals = [sum(operations[n].values()) for n in LENGTHS]
    lines = []
    for kind in COUNTED:
        shares = [operations[n][kind] / total for n, total in zip(LENGTHS, totals, strict=True)]
        lines.append(Series(kind, LENGTHS, shares))
    return Lines(lines, x="length", y="share", title="shares", log_x=True, here=T, y_range=(0, 1))


def _activations(config: TransformerConfig, T: int) -> Lines:
    kept = [_memory(config, n) for n in LENGTHS]
    lines = [
        Series("weights", LENGTHS, [weights / 2**20 for _, weights in kept]),
        Series("all_else", LENGTHS, [rest / 2**20 for rest, _ in kept]),
    ]
    return Lines(lines, x="length", y="mebibytes", title="kept", log_x=True, log_y=True, here=T)


def _parameters(kinds: dict[str, int], config: TransformerConfig) -> Bars:
    millions = {kind: [count / 1e6] for kind, count in kinds.items() if count}
    label = f"N = {config.n_layer}"
    return Bars(millions, [label], y="millions", title="in_parts")


@memo
def _real_parameters(config: TransformerConfig) -> int:
    return counted.parameters(config)


@memo
def _real_flops(T: int) -> int:
    return counted.flops(NARROW, T)
