"""Distillation: what a soft target tells, and a student of two layers.   Hinton et al. 2015, §2; Sanh et al. 2019."""

from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from models import mlm
from models.records.student import MODELS, results
from study import local_bert
from study.controls import Refusal, Slider, Text
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Bars, Lines, Say, Series, Table

LONGEST, SHOWN = 40, 8  # tokens that are read; candidates that are shown
PRESETS = {
    "one": {"temperature": 1.0, "step": "soft"},
    "warm": {"temperature": 2.0, "step": "soft"},
    "paris": {"text": "paris is the [MASK] of france.", "step": "soft"},
    "student": {"step": "student"},
    "curves": {"step": "curves"},
}


def distilled(
    text: Annotated[str, Text(150)] = "i drink a cup of [MASK] every morning.",
    temperature: Annotated[float, Slider(0.5, 10, 0.5)] = 1.5,
) -> Evidence:
    """A gap's distribution, softened; then what our student kept of its teacher."""
    log_p, pieces = _gap(text)  # (V,)
    p, soft = log_p.exp(), soften(log_p, temperature)  # (V,) each
    best = log_p.topk(SHOWN).indices  # (SHOWN,)
    names = [pieces[i] for i in best.tolist()]
    gaps = (log_p[best[0]] - log_p[best]) / temperature  # (SHOWN,)
    soft_gaps = soft[best[0]].log() - soft[best].log()  # (SHOWN,)
    entropies = [float(entropy(soften(log_p, t))) for t in (temperature, temperature + 0.5)]
    highest = float(soften(log_p, 0.5).max())  # at the lowest temperature: the axis stays while T moves
    bars = Bars({"hard": p[best], "soft": soft[best]}, names, x="token", y="probability", y_range=(0, highest))
    r = results()
    student, teacher = r.models["student"], r.models["teacher"]
    return Evidence(
        Step("soft", bars),
        Step("student", _scores(), _kept()),
        Step("curves", _curves()),
        claims=[
            same("order_kept", soft_gaps, gaps, abs=1e-9),
            Claim("softer", measured=entropies[0], expected=entropies[1], abs=1e-9, op="≤"),
            same("gradient", gradient(log_p, temperature), _by_autograd(log_p, temperature), abs=1e-9),
        ],
        measured=[
            Measured("beside_first", 1 - soft[best[0]], unit="share", step="soft"),
            Measured("stsb_kept", student.stsb / teacher.stsb, unit="share", step="student"),
            Measured("faster", teacher.ms / student.ms, unit="times", step="student"),
            Measured("entropy", entropies[0], unit="nats", step="soft"),
            Measured("minutes", r.minutes, step="curves"),
        ],
        origin=Origin.TRAINED_HERE,
        source="models/checkpoints/mlm · models/checkpoints/student",
    )


def soften(log_p: Tensor, T: float) -> Tensor:
    """softmax(z / T) of logits z (V,); ln p serves as well: it differs from z by the same number everywhere."""
    return F.softmax(log_p / T, dim=-1)  # (V,)


def gradient(z: Tensor, T: float) -> Tensor:
    """T² · d KL(soft teacher ‖ soft student) / d z_student for a student whose logits are all 0: T (q - p), (V,)."""
    q = torch.full_like(z, 1 / len(z))  # (V,): the student's soft targets
    return T * (q - soften(z, T))  # (V,)


def _by_autograd(z: Tensor, T: float) -> Tensor:
    """The same by torch's own KL divergence and its derivative."""
    guess = torch.zeros_like(z, requires_grad=True)  # (V,)
    loss = F.kl_div(F.log_softmax(guess / T, dim=-1), F.softmax(z / T, dim=-1), reduction="sum")
    (found,) = torch.autograd.grad(T * T * loss, guess)
    return found  # (V,)


def entropy(p: Tensor) -> Tensor:
    """In nats."""
    return torch.special.entr(p).sum()


@memo
def _gap(text: str) -> tuple[Tensor, tuple[str, ...]]:
    """ln p at the first [MASK], (V,), and the vocabulary. Raises Refusal."""
    local_bert.fits(text, LONGEST)
    model = mlm.load()
    try:
        p = model.fill(text, k=1).masks[0].distribution  # (V,)
    except mlm.NoMask:
        raise Refusal("no_mask") from None
    return p.log(), model.pieces


def _scores() -> Bars:
    """STS-B of the teacher, the student and what it is compared with."""
    r = results()
    scores = [100 * r.models[name].stsb for name in MODELS]
    return Bars(scores, [str(i + 1) for i in range(len(MODELS))], x="row", y="stsb", y_range=(0, 100))


def _kept() -> Table:
    r, rows = results(), []
    for i, name in enumerate(MODELS):
        m = r.models[name]
        rows.append([i + 1, Say(name), m.layers, round(m.agreement, 2), round(m.ms, 1)])
    return Table(["row", "model", "layers", "agreement", "ms"], rows, "kept")


def _curves() -> Lines:
    """The cosine with the teacher's vector over the training."""
    series = []
    for start, curve in results().curves.items():
        steps, cosines = [p["step"] for p in curve], [p["dev_cosine"] for p in curve]
        series.append(Series(f"from_{start}", steps, cosines, points=True))
    return Lines(series, x="step", y="agreement", y_range=(0, 1))
