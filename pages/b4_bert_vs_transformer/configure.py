"""BERT's parameters by part, for any size, without allocating one.   Devlin et al. 2019, §3, "Model Architecture"."""

from typing import Annotated

import torch

from models import shapes
from models.bert import BertConfig
from models.decoder import GPTConfig
from models.shapes import parameters_in
from study.controls import Choice, Slider, Toggle, When
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.memo import memo
from study.views import Bars, Say, Table

MILLION = 1e6
HEAD = 64  # width of a head in base and large: the number of heads of a model of one's own follows from it
MODELS = {
    "base": BertConfig(d_model=768, n_layer=12, n_head=12, d_ff=3072),
    "large": BertConfig(d_model=1024, n_layer=24, n_head=16, d_ff=4096),
    "local": BertConfig(),
}
GPT_1 = GPTConfig(40_478, 512, pre_norm=False)
STATED = {"base": 110, "large": 340}  # millions, §3
PARTS = {  # of the figure: blocks of models.shapes
    "tokens": ("token_embedding",),
    "position_segment": ("position_embedding", "segment_embedding"),
    "attention": ("self_projections",),
    "feed_forward": ("feed_forward",),
    "norms": ("embedding_norm", "norm"),
    "pooler": ("pooler",),
}
Model = Annotated[str, Choice(*MODELS, "own")]
PRESETS = {
    "base": {"step": "parts"},
    "large": {"model": "large", "step": "parts"},
    "formula": {"step": "formula"},
    "stated": {"step": "stated"},
    "own": {"model": "own", "d_model": 384, "n_layer": 4, "step": "parts"},
}


def configure(
    model: Model = "base",
    d_model: Annotated[int, Slider(64, 2048, 64), When(model="own")] = 768,
    n_layer: Annotated[int, Slider(1, 48), When(model="own")] = 12,
    vocab: Annotated[int, Slider(1000, 120_000, 1000), When(model="own")] = 30_000,
    pooler: Annotated[bool, Toggle()] = True,
) -> Evidence:
    """Every part counted from the config; heads do not change the count, so a model of one's own has heads of 64."""
    own = BertConfig(vocab, d_model=d_model, n_layer=n_layer, n_head=d_model // HEAD, d_ff=4 * d_model)
    config = MODELS.get(model, own)
    counted = shapes.count_parameters(config, pooler)
    layers = config.n_layer * _layer(config.d_model, config.d_ff)
    gpt = shapes.count_parameters(GPT_1)
    gpt_layers = sum(gpt.parts[part] for part in ("self_projections", "feed_forward", "norm"))
    return Evidence(
        Step("parts", _by_part(counted)),
        Step("formula", _formula(config, pooler)),
        Step("stated", _stated),
        claims=lambda: [
            Claim("same_as_transformers", measured=counted.total, expected=built(config, pooler)),
            Claim("base", measured=shapes.count_parameters(MODELS["base"]).total, expected=109_482_240),
            Claim("large", measured=shapes.count_parameters(MODELS["large"]).total, expected=335_141_888),
            Claim(
                "layers_as_gpt",
                measured=gpt_layers,
                expected=built(MODELS["base"], False) - _embeddings(MODELS["base"]),
            ),
        ],
        measured=[
            Measured("total", counted.total / MILLION),
            Measured("in_layers", layers / counted.total, unit="share"),
            Measured("in_tokens", counted.parts["token_embedding"] / counted.total, unit="share"),
            Measured("one_layer", _layer(config.d_model, config.d_ff) / MILLION),
            Measured("gpt_1", gpt.total / MILLION),
        ],
        origin=Origin.CALCULATED,
        source="transformers.BertModel",
    )


def _layer(C: int, d_ff: int) -> int:
    """One layer: W_Q, W_K, W_V, W_O; two matrices of the network; two norms; all with biases."""
    attention = 4 * (C * C + C)
    feed_forward = (C * d_ff + d_ff) + (d_ff * C + C)
    return attention + feed_forward + 2 * (2 * C)


def _embeddings(config: BertConfig) -> int:
    """Three tables and the norm behind their sum."""
    return (config.vocab_size + config.n_position + config.n_segment + 2) * config.d_model


@memo(size=256)
def built(config: BertConfig, pooler: bool, heads: bool = False) -> int:
    """Parameters of transformers' own module: on the meta device a tensor has a shape and no memory.

    heads: with those of the pre-training. memo also for its lock: two threads that import at once get an ImportError.
    """
    from transformers.models.bert.configuration_bert import BertConfig as Theirs
    from transformers.models.bert.modeling_bert import BertForPreTraining, BertModel

    theirs = Theirs(
        vocab_size=config.vocab_size,
        hidden_size=config.d_model,
        num_hidden_layers=config.n_layer,
        num_attention_heads=config.n_head,
        intermediate_size=config.d_ff,
    )
    with torch.device("meta"):
        return parameters_in(BertForPreTraining(theirs) if heads else BertModel(theirs, add_pooling_layer=pooler))


def _by_part(counted: shapes.Count) -> Bars:
    """Where the parameters are, in millions."""
    sums = {part: sum(counted.parts.get(block, 0) for block in blocks) for part, blocks in PARTS.items()}
    millions = {part: [n / MILLION] for part, n in sums.items()}
    return Bars(millions, [f"{counted.total / MILLION:.4g}"], x="total_number", y="millions", title="by_part")


def _formula(config: BertConfig, pooler: bool) -> Table:
    """Part by part, with the numbers put in."""
    C, L, d_ff, V = config.d_model, config.n_layer, config.d_ff, config.vocab_size
    rows = [
        ("embeddings", f"({V} + {config.n_position} + {config.n_segment}) · {C}", _embeddings(config) - 2 * C),
        ("first_norm", f"2 · {C}", 2 * C),
        ("attention", f"{L} · 4 · ({C}² + {C})", L * 4 * (C * C + C)),
        ("feed_forward", f"{L} · (2 · {C} · {d_ff} + {d_ff} + {C})", L * (2 * C * d_ff + d_ff + C)),
        ("norms", f"{L} · 2 · 2 · {C}", L * 4 * C),
        ("pooler", f"{C}² + {C}", C * C + C),
    ]
    shown = rows if pooler else rows[:-1]
    return Table(["part", "formula", "numbers"], [[Say(name), text, Say("whole", n=n)] for name, text, n in shown])


def _stated() -> Table:
    """What the paper says beside three ways of counting the released model."""
    rows = []
    for name, config in (("base", MODELS["base"]), ("large", MODELS["large"])):
        counts = (built(config, False), built(config, True), built(config, True, heads=True))
        rows.append([Say(name), *(round(n / MILLION, 1) for n in counts), STATED[name]])
    return Table(["size", "encoder", "with_pooler", "with_heads", "paper"], rows)
