"""The decoder writes token by token: choose one yourself, and the rest follows.   Vaswani et al. 2017, §3.1, §6.1."""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from models import attention, decoding
from models.translator import ALPHA
from models.translator_vocabulary import END, START
from pages.t4_encoder_decoder.reading import CARD, CHINESE, LIMIT, Chinese, encode, read, the_translator
from study.controls import Slider
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Bars, Heatmap, Say, Span, Table, Tokens

SHOWN, RANKS, BEAM = 6, 5, 4  # tokens of a distribution that are drawn, ranks that can be chosen, width of the beam
MORE = 20  # tokens that a translation may have beyond its source
PRESETS = {
    "first": {"step_number": 1},
    "second_best": {"step_number": 1, "rank": 2},
    "close": {"chinese": CHINESE, "step_number": 4, "rank": 2},
    "sees": {"step_number": 6, "step": "sees"},
    "beam": {"step_number": 1, "step": "beam"},
}


@dataclass(frozen=True, eq=False)
class Path:
    """A translation as ids with its end, and the distribution behind each of its tokens, (n, V)."""

    ids: tuple[int, ...]
    distributions: Tensor

    @property
    def chosen(self) -> Tensor:
        """The probabilities of its tokens, (n,)."""
        ids = torch.tensor(self.ids)[:, None]  # (n, 1)
        return self.distributions.gather(1, ids)[:, 0]  # (n,)

    @property
    def log_prob(self) -> float:
        """ln of the product of the tokens' probabilities."""
        return self.chosen.log().sum().item()


def step_decoder(
    chinese: Chinese = CHINESE,
    step_number: Annotated[int, Slider(1, LIMIT)] = 1,
    rank: Annotated[int, Slider(1, RANKS)] = 1,
) -> Evidence:
    """Greedy up to the step, there the token of this rank, then greedy again."""
    greedy = follow(chinese, ())
    at = min(step_number, len(greedy.ids)) - 1  # the slider may go past the last token
    best = greedy.distributions[at].topk(SHOWN)
    chosen = best.indices[rank - 1].item()
    path = greedy if rank == 1 else follow(chinese, (*greedy.ids[:at], chosen))
    whole = _in_one_pass(chinese, path.ids)  # (n, V)
    steps = [
        Step("next", _next(best, rank, path.ids[:at]), *_translations(greedy, path, at)),
        Step("sees", *_sees(chinese, path.ids, at), _translations(greedy, path, at)[0]),
        Step("beam", _beam(chinese, greedy, path)),
    ]
    return Evidence(
        *steps,
        claims=[
            Claim("sums_to_one", measured=path.distributions[at].sum(), expected=1, abs=1e-9),
            same("same_in_one_pass", path.distributions, whole, abs=1e-4),  # float32, another order of additions
            # in one pass, where the other token stands in the text and only the mask hides it
            same("earlier_steps_stay", whole[: at + 1], _in_one_pass(chinese, greedy.ids)[: at + 1], abs=1e-5),
            Claim("greedy_takes_the_best", measured=_behind(greedy), expected=0),
        ],
        measured=[
            Measured("p_chosen", best.values[rank - 1], unit="share", step="next"),
            Measured("log_prob", path.log_prob, unit="nats", step="next"),
            Measured("log_prob_greedy", greedy.log_prob, unit="nats", step="next"),
        ],
        origin=Origin.TRAINED_HERE,
        source=CARD,
        notices=[*read(chinese).notices, *_behind_the_end(greedy, step_number)],
    )


@memo(size=128)
@torch.no_grad()
def follow(chinese: str, prefix: tuple[int, ...]) -> Path:
    """The translation that begins with these tokens and goes on greedily, token by token with the cache."""
    model, ids = the_translator().model, torch.tensor([encode(chinese)])  # (1, S)
    cache, limit = model.encode(ids), ids.shape[1] + MORE
    tokens = torch.tensor([[START]])  # (1, 1)
    chosen, rows = [], []
    while len(chosen) < limit and END not in chosen:
        logits, cache = model.step(tokens, cache)  # (1, 1, V)
        p = decoding.distribution(logits[0, -1])  # (V,)
        rows.append(p)
        given = prefix[len(chosen) :]
        chosen.append(given[0] if given else p.argmax().item())
        tokens = torch.tensor([chosen[-1:]])  # (1, 1)
    return Path(tuple(chosen), torch.stack(rows))


@torch.no_grad()
def _in_one_pass(chinese: str, ids: tuple[int, ...]) -> Tensor:
    """The distributions (n, V) at all positions at once, as in training: the decoder reads ids shifted right."""
    source = torch.tensor([encode(chinese)])  # (1, S)
    target = torch.tensor([[START, *ids[:-1]]])  # (1, n)
    logits = the_translator().model(source, target)  # (1, n, V)
    return decoding.distribution(logits[0])


def _behind_the_end(greedy: Path, step_number: int) -> list[Say]:
    """The notice that there is no such step, if there is none."""
    steps = len(greedy.ids)
    return [Say("last_step", steps=steps)] if step_number > steps else []


def _behind(path: Path) -> float:
    """By how much any token of a path is less probable than the best one of its step."""
    best = path.distributions.amax(-1)  # (n,)
    return (best - path.chosen).max().item()


def _next(best, rank: int, before: tuple[int, ...]) -> Bars:
    """The most probable next tokens, best first."""
    labels = _pieces(best.indices.tolist())
    title = Say("after", text=_text(before) or "[START]", token=labels[rank - 1])
    return Bars(best.values, labels, x="candidate", y="probability", title=title, y_range=(0, 1))


def _translations(greedy: Path, path: Path, at: int) -> list[Tokens]:
    """Both translations as chips: what was read before this step, and the token of the step."""
    chosen = Tokens(_pieces(path.ids), [Span(at, at + 1, "focus")], {"focus": "this_step"}, title="from_here")
    return [chosen, Tokens(_pieces(greedy.ids), title="greedy")]  # of the same height whatever the rank


@torch.no_grad()
def _sees(chinese: str, ids: tuple[int, ...], at: int) -> list[Heatmap]:
    """This step's row in masked self-attention and in cross-attention, a line per layer: the mean of its heads."""
    pair, read_ids = read(chinese), [START, *ids[:-1]]
    trace = pair.translator.model.trace(pair.source_ids, torch.tensor([read_ids]))
    own = trace.decoder_attentions[:, 0, :, at].mean(1)  # (L, T)
    cross = trace.cross_attentions[:, 0, :, at].mean(1)  # (L, S)
    layers = [f"L{n}" for n in range(len(own))]
    later = ~attention.causal_mask(len(read_ids))[at].expand(len(own), -1)  # (L, T)
    tokens = _pieces(read_ids)
    look = {
        "y": "layer",
        "scale": "weight",
        "hover": "weight_of",
    }
    return [
        Heatmap(own, layers, tokens, Say("own", token=tokens[at]), x="key_read", masked=later, **look),
        Heatmap(cross, layers, pair.source, Say("cross", token=tokens[at]), x="key_source", **look),
    ]


def _beam(chinese: str, greedy: Path, path: Path) -> Table:
    """The hypotheses of a beam, and beside them greedy and the reader's own, all by the same score."""
    rows = [[Say("beam_number", n=n), text, score] for n, (text, score) in enumerate(_candidates(chinese), 1)]
    found = {"greedy_search": greedy, "yours": path}
    for name, one in found.items():
        if name == "yours" and path is greedy:
            continue  # no choice of the reader's own
        penalty = decoding.length_penalty(len(one.ids), ALPHA)
        rows.append([Say(name), _text(one.ids), one.log_prob / penalty])
    return Table(["search", "translation", "score"], rows, Say("beam_of", width=BEAM, alpha=ALPHA))


@memo
def _candidates(chinese: str) -> tuple[tuple[str, float], ...]:
    return the_translator().translate(chinese, beam=BEAM, keep=False).candidates[:BEAM]


def _pieces(ids) -> list[str]:
    return [the_translator().pieces[i] for i in ids]


def _text(ids: tuple[int, ...]) -> str:
    return the_translator().vocabulary.decode_target([i for i in ids if i != END])
