"""Figure 1 of the Transformer with BERT's parts lit: what stays, what changes, what is new, what goes.

Vaswani et al. 2017, Figure 1; Devlin et al. 2019, §3 and A.2; the released code, where the paper is silent.
"""

from functools import partial
from typing import Annotated

import torch
from torch import Tensor, nn

from models import bert
from models.shapes import parameters_in
from study import local_bert
from study.controls import Block
from study.demo import Claim, Evidence, Measured, Origin, same
from study.memo import memo
from study.views import Diagram, Say, Table
from study.views.diagram import Arrow, Box
from study.views.stacks import BLOCKS, ENCODER, HEIGHT, WIDTH, stacks

HEADS = {"mlm_head": 26, "nsp_head": 100}  # what BERT puts on its encoder, and where
TOPICS = {  # of a block: what is told about it
    "source": "tokens",
    "source_embedding": "segments",
    "source_position": "positions",
    "encoder_self": "attention",
    "encoder_add_self": "post_ln",
    "encoder_feed_forward": "gelu",
    "encoder_add_feed_forward": "post_ln",
    "memory": "memory",
    "mlm_head": "mlm_head",
    "nsp_head": "nsp_head",
    "decoder_self": "causal",
    "cross_attention": "cross",
    "linear": "output",
    "softmax": "output",
}
REST = "decoder"  # all other blocks of the decoder
VERDICTS = {
    "stays": ("attention", "post_ln", "memory"),
    "changes": ("tokens", "segments", "positions", "gelu"),
    "new": ("mlm_head", "nsp_head"),
}  # the others go
RENAMED = {name: Say(f"now_{name}") for name in ("source", "source_embedding", "source_position", "memory")}
TEXT = "my dog is cute"
PRESETS = {
    "stays": {"block": "encoder_self"},
    "changes": {"block": "encoder_feed_forward"},
    "positions": {"block": "source_position"},
    "new": {"block": "mlm_head"},
    "goes": {"block": "cross_attention"},
}


def what_changes(block: Annotated[str, Block(*BLOCKS, *HEADS)] = "encoder_feed_forward") -> Evidence:
    """A block of the drawing: what it is in the Transformer, what BERT makes of it, and where that is written."""
    topic = TOPICS.get(block, REST)
    gelu, relu = (_through_torch(activation) for activation in ("gelu", "relu"))
    ours = bert.load().trace(TEXT).hidden  # (L+1, T, C)
    moved = (relu[-1] - gelu[-1]).norm() / gelu[-1].norm()
    drawing = [*stacks(lit=ENCODER, texts=RENAMED, layers="L", named=True), *_heads()]
    return Evidence(
        Diagram(drawing, WIDTH, HEIGHT, pick="block", selected=block),
        Table(["asked", "answered"], list(_told(topic))),
        claims=[
            same("same_as_torch", ours, gelu, abs=1e-4),  # float32 through six layers
            Claim(
                "same_parameters",
                measured=parameters_in(bert.load().encoder.layers[0]),
                expected=parameters_in(_torch_layer()),
            ),
        ],
        measured=[Measured("with_relu", moved, unit="share")] if topic == "gelu" else [],  # it tells of this block only
        origin=Origin.PRETRAINED,
        source=local_bert.MODEL,
    )


def verdict(topic: str) -> str:
    """Whether this part stays, changes, is new or goes."""
    return next((name for name, topics in VERDICTS.items() if topic in topics), "goes")


def _told(topic: str):
    """The rows of the table: the verdict, both papers, the place."""
    yield [Say("verdict"), Say(verdict(topic))]
    for question in ("transformer", "bert", "place"):
        yield [Say(question), Say(f"{topic}_{question}")]


def _heads() -> list[Box | Arrow]:
    """The two heads of the pre-training, above the encoder."""
    parts: list[Box | Arrow] = []
    for name, x in HEADS.items():
        parts.append(Box(x, 60, 66, 26, Say(name), role="value", size=12, name=name))
        side = 40 if name == "mlm_head" else 152
        parts.append(Arrow(((side, 134), (side, 86)), role="hidden"))
    return parts


def _torch_layer(activation: str = "gelu") -> nn.TransformerEncoderLayer:
    """The encoder layer of Vaswani et al. as torch builds it, post-norm, in the local BERT's size, without memory."""
    config = bert.load().config
    make = partial(nn.TransformerEncoderLayer, layer_norm_eps=config.eps, batch_first=True, norm_first=False)
    return make(config.d_model, config.n_head, config.d_ff, 0.0, activation, device="meta").eval()


@memo
@torch.no_grad()
def _through_torch(activation: str) -> Tensor:
    """The hidden states (L+1, T, C) of TEXT through torch's layers with the local BERT's weights."""
    x = bert.load().trace(TEXT).hidden[:1]  # (1, T, C): what enters the first layer
    states = [x[0]]
    for layer in bert.load().encoder.layers:
        theirs = _torch_layer(activation)
        theirs.load_state_dict(_weights(layer), assign=True)
        x = theirs(x)  # (1, T, C)
        states.append(x[0])
    return torch.stack(states)  # (L+1, T, C)


def _weights(layer: bert.Layer) -> dict[str, Tensor]:
    """One layer's weights under the names of torch's."""
    own = layer.attention
    found = {
        "self_attn.in_proj_weight": torch.cat([own.query.weight, own.key.weight, own.value.weight]),  # (3C, C)
        "self_attn.in_proj_bias": torch.cat([own.query.bias, own.key.bias, own.value.bias]),  # (3C,)
    }
    renamed = {
        "self_attn.out_proj": own.output,
        "linear1": layer.expand,
        "linear2": layer.contract,
        "norm1": layer.attention_norm,
        "norm2": layer.feed_forward_norm,
    }
    for name, module in renamed.items():
        found[f"{name}.weight"], found[f"{name}.bias"] = module.weight, module.bias
    return found
