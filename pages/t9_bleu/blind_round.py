"""Rank three translations yourself, then see how BLEU ranks them."""

from typing import Annotated, NamedTuple

from models import bleu
from pages.t9_bleu import by_sacrebleu
from pages.t9_bleu.scores import bleu_and_chrf
from study.controls import Anew, Choice, Slider, Toggle
from study.demo import Evidence, Measured, Origin, Step, same
from study.views import Bars, Say, Table


class Turn(NamedTuple):
    """A round: the translations are called A, B and C; ours is our own ranking, best first (the notes say why)."""

    chinese: str
    reference: str
    translations: tuple[str, str, str]
    ours: str

    def named(self) -> dict[str, str]:
        return dict(zip("ABC", self.translations, strict=True))


TURNS = (
    Turn("会议推迟到下星期五了。", "The meeting has been postponed until next Friday.",
         ("Meeting push to the next week five.", "The meeting has been put off until next Friday.",
          "The meeting was delayed to Friday next week."), "BCA"),
    Turn("这家饭馆的菜很好吃，但是太贵了。", "The food at this restaurant is delicious, but it is too expensive.",
         ("The food at this restaurant is delicious, but it is not expensive.",
          "This restaurant dish is very good eat, but too expensive.",
          "This restaurant has great food, but the prices are too high."), "CBA"),
    Turn("我在图书馆等你。", "I will wait for you at the library.",
         ("I'll be waiting for you in the library.", "I wait you library.",
          "I will wait for you in the library."), "CAB"),
    Turn("她五岁就开始学钢琴了。", "She started learning the piano at the age of five.",
         ("She began to learn the piano when she was five.", "She has been learning the piano for five years.",
          "She started learning piano at five ages."), "ACB"),
    Turn("除了我，大家都去了。", "Everyone went except me.",
         ("Everyone went, including me.", "Everyone but me went.", "Except me, everyone all went."), "BCA"),
    Turn("他不但没有道歉，反而笑了。", "Instead of apologizing, he laughed.",
         ("Instead of laughing, he apologized.", "He laughed and no sorry.",
          "He did not apologize; he laughed instead."), "CBA"),
)  # fmt: skip
PRESETS = {"expensive": {"turn": 2}, "piano": {"turn": 4}, "except_me": {"turn": 5}}


def blind_round(
    turn: Annotated[int, Slider(1, len(TURNS))] = 1,
    best: Annotated[str, Choice("none", *"ABC"), Anew("turn")] = "none",
    worst: Annotated[str, Choice("none", *"ABC"), Anew("turn")] = "none",
    reveal: Annotated[bool, Toggle(), Anew("turn")] = False,
) -> Evidence:
    """The sentences alone until the reader reveals the rankings: theirs, ours, BLEU's."""
    this = TURNS[turn - 1]
    title = Say("turn", turn=turn, turns=len(TURNS))
    twice = [Say("same_twice")] if best == worst != "none" else []
    if not reveal:
        texts = Table(["what", "text"], [*_given(this), *this.named().items()], title)
        return Evidence(Step("ranks", texts), origin=Origin.CALCULATED, source=by_sacrebleu.signature(), notices=twice)
    unranked = [Say("not_ranked")] if "none" in (best, worst) else twice
    yours = "" if unranked else best + next(x for x in "ABC" if x not in (best, worst)) + worst
    scores = {name: bleu_and_chrf(text, this.reference) for name, text in this.named().items()}
    bars = {"bleu": [scores[x][0] for x in "ABC"], "chrf": [scores[x][1] for x in "ABC"]}
    theirs = [by_sacrebleu.sentence(text, this.reference) for text in this.translations]
    return Evidence(
        Step("ranks", _ranks(yours, this, scores, title)),
        Step("scores", Bars(bars, list("ABC"), y="score", title="scores", y_range=(0, 100))),
        claims=[same("same_scores", bars["bleu"], theirs, abs=1e-9)],
        measured=_agreements(yours, this),
        origin=Origin.CALCULATED,
        source=by_sacrebleu.signature(),
        notices=[Say(f"why_{turn}"), *unranked],
    )


def _given(turn: Turn) -> list[list]:
    """What is translated, and the reference."""
    return [[Say("source"), turn.chinese], [Say("reference"), turn.reference]]


def _ranks(yours: str, turn: Turn, scores: dict[str, tuple[float, float]], title: Say) -> Table:
    """The sentences, each translation with its three ranks and two scores."""
    rankings = yours, turn.ours, _by_bleu(turn)
    rows = [[*row, *[None] * 5] for row in _given(turn)]
    for x, text in turn.named().items():
        ranks = [ranking.index(x) + 1 if ranking else None for ranking in rankings]
        rows.append([x, text, *ranks, *scores[x]])
    return Table(["what", "text", "yours", "ours", "rank", "bleu", "chrf"], rows, title)


def _agreements(yours: str, turn: Turn) -> list[Measured]:
    by_bleu = _by_bleu(turn)
    pairs = [("us_and_bleu", turn.ours, by_bleu)]
    if yours:
        pairs = [("you_and_bleu", yours, by_bleu), ("you_and_us", yours, turn.ours), *pairs]
    all_turns = sum(_agree(other.ours, _by_bleu(other)) for other in TURNS)
    return [*(Measured(name, _agree(a, b)) for name, a, b in pairs), Measured("all_turns", all_turns)]


def _by_bleu(turn: Turn) -> str:
    """A, B and C by BLEU, best first."""
    scores = {x: bleu.sentence_bleu(text, [turn.reference]).score for x, text in turn.named().items()}
    return "".join(sorted("ABC", key=scores.get, reverse=True))


def _agree(a: str, b: str) -> int:
    """How many of the three pairs two rankings put in the same order."""
    return sum((a.index(x) < a.index(y)) == (b.index(x) < b.index(y)) for x, y in ("AB", "AC", "BC"))
