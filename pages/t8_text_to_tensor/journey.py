"""A sentence from its characters to the distribution of the next token, station by station.   Vaswani et al. 2017."""

from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from models import attention
from pages.t8_text_to_tensor.inputs import CARD, CHINESE, Chinese, Head, Layer
from pages.t8_text_to_tensor.stations import STATIONS, Shape, Stop, station_map, told
from pages.t8_text_to_tensor.travel import Trip, longest, piece, travel
from study import local_bert
from study.controls import Slider
from study.demo import Claim, Evidence, Measured, Origin, same
from study.views import Heatmap, Say, Tokens, View

SHOWN = 24  # of the numbers of a vector
EACH = 8  # of the numbers of one head, or of each of q, k and v
BEST = 8  # entries of the vocabulary
PRESETS = {
    "embed": {"station": "embedding"},
    "split": {"station": "qkv", "head": 1},
    "square": {"station": "weights", "head": 1},
    "expand": {"station": "wide"},
    "last": {"station": "next", "written": 4},
}


def journey(
    chinese: Chinese = CHINESE,
    station: Stop = "qkv",
    layer: Layer = 0,
    head: Head = 1,
    written: Annotated[int, Slider(0, 12, upto=lambda values: longest(values["chinese"]))] = 3,
) -> Evidence:
    """The map of all stations with their shapes, and the numbers of the chosen one."""
    trip = travel(chinese, written, layer)
    sizes = {"n": len(chinese), **trip.sizes()}
    shapes = {name: s.shape(sizes) for name, s in STATIONS.items()}
    likely = trip.tensors["next"][0, -1].max()
    return Evidence(
        station_map(shapes, sizes, station),
        _values(trip, chinese, station, head),
        told(STATIONS[station], shapes[station]),
        claims=_claims(trip, layer, shapes),
        measured=[Measured("likely", likely, unit="share")],
        origin=Origin.TRAINED_HERE,
        source=CARD,
        notices=local_bert.unknown(trip.pieces, "unknown_to_translator"),
    )


def _values(trip: Trip, text: str, station: str, head: int) -> View:
    """A picture of a station's numbers; of wide tensors a slice."""
    pieces, target, z = trip.pieces, trip.target, trip.tensors
    match station:
        case "text":
            return Tokens(list(text), title="typed")
        case "pieces":
            return Tokens(pieces, title="as_read")
        case "ids" | "target":
            named = pieces if station == "ids" else target
            return Tokens([f"{name} {n}" for name, n in zip(named, z[station][0].tolist(), strict=True)], title="ids")
        case "qkv":
            parts = [z[name][0, head, :, :EACH] for name in ("qkv", "keys", "values")]  # (S, EACH) each
            columns = [f"{letter}{n + 1}" for letter in "qkv" for n in range(EACH)]
            title = Say("of_qkv", head=head, shown=EACH, width=z["qkv"].shape[-1])
            return Heatmap(torch.cat(parts, 1), pieces, columns, title, y="token")
        case "mixed" | "joined":
            rows = _by_head(z["joined"][0], len(z["weights"][0]))
            columns = [f"h{h} · {n + 1}" for h in range(len(z["weights"][0])) for n in range(EACH)]
            return Heatmap(rows, pieces, columns, "heads", y="token")
        case "scores" | "weights" | "masked" | "cross":
            return _pairs(trip, station, head)
        case "logits" | "next":
            best = z["logits"][0, -1].topk(BEST).indices.tolist()
            look = {"scale": "weight"} if station == "next" else {}
            names = [piece(n) for n in best]
            return Heatmap(
                z[station][0][:, best],
                target,
                names,
                Say("best", shown=BEST),
                x="vocabulary",
                y="decoder_token",
                **look,
            )
        case _:
            rows = target if station in ("entered", "states") else pieces
            shown = z[station][0, :, :SHOWN]  # (S or T, SHOWN)
            title = Say("slice", shown=SHOWN, width=z[station].shape[-1])
            return Heatmap(shown, rows, [str(n + 1) for n in range(SHOWN)], title, x="dimension", y="token")


def _by_head(joined: Tensor, n_head: int) -> Tensor:
    """The first numbers of every head, side by side: joined (S, C) -> (S, n_head · EACH)."""
    return joined.unflatten(-1, (n_head, -1))[..., :EACH].flatten(1)


def _pairs(trip: Trip, station: str, head: int) -> Heatmap:
    """A number for each pair of a query and a key, of one head."""
    z = trip.tensors[station][0, head]  # (S or T, S or T)
    asks = trip.target if station in ("masked", "cross") else trip.pieces
    answers = trip.target if station == "masked" else trip.pieces
    look = {"scale": "signed" if station == "scores" else "weight"}
    if station == "masked":
        look["masked"] = ~attention.causal_mask(len(asks))
    return Heatmap(z, asks, answers, Say("of_head", head=head), x="keys", y="queries", **look)


def _claims(trip: Trip, layer: int, shapes: dict[str, Shape]) -> list[Claim]:
    z, trace = trip.tensors, trip.trace
    real = [tuple(z[name].shape) != shape for name, shape in shapes.items() if name in z]
    theirs = F.scaled_dot_product_attention(z["qkv"], z["keys"], z["values"])  # (1, H, S, d_k)
    chosen = trip.translation.steps[len(trip.target) - 1].distribution  # (V,)
    return [  # float32: terms are added in another order
        Claim("shapes", measured=sum(real), expected=0),
        same("same_as_torch", z["mixed"], theirs, abs=1e-5),
        same("same_weights", z["weights"], trace.encoder_attentions[layer], abs=1e-5),
        same("same_stream", trip.after, trace.encoder_states[2 * layer + 2], abs=1e-4),
        same("same_next", z["next"][0, -1], chosen, abs=1e-4),
        same("sums_to_one", z["next"].sum(-1), 1, abs=1e-5),
    ]
