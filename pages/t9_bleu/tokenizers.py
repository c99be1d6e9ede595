"""One output, one reference, five tokenizers: five scores.   Post 2018."""

from typing import Annotated

from models import bleu, chrf
from pages.t9_bleu import by_sacrebleu
from pages.t9_bleu.marked_tokens import marked
from pages.t9_bleu.scores import if_any, p_n
from study.controls import Refusal, Text
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Bars, Say, Table, Tokens

PRESETS = {
    "numbers": {
        "candidate": "他昨天在书店买了3本书，花了120元。",
        "reference": "昨天他在书店买了三本书，一共花了120元。",
    },
    "english": {
        "candidate": "It's 1,000-2,000 km away (or more).",
        "reference": "It is 1,000 - 2,000 km away, or more.",
    },
}


def tokenizers(
    candidate: Annotated[str, Text(120)] = "我们用 PyTorch 训练了一个 Transformer 模型。",
    reference: Annotated[str, Text(120)] = "我们用 PyTorch 训练了一个 Transformer 的模型。",
) -> Evidence:
    """Not a character changes, only where the texts are cut."""
    results = {name: bleu.sentence_bleu(candidate, [reference], name) for name in bleu.TOKENIZERS}
    if not all(result.tokens for result in results.values()):
        raise Refusal("no_tokens", tokenize="13a")
    scores = [result.score for result in results.values()]
    theirs = [by_sacrebleu.sentence(candidate, reference, name) for name in results]
    differ = sum(by_sacrebleu.tokens(candidate, name) != result.tokens for name, result in results.items())
    bars = Bars(scores, list(results), x="tokenizer", y="bleu", title="scores", y_range=(0, 105))
    cuts = (_cut(name, result, reference) for name, result in results.items())
    return Evidence(
        Step("cuts", *cuts),
        Step("scores", bars, _parts(results)),
        claims=[
            Claim("same_tokens", measured=differ, expected=0),
            same("same_scores", scores, theirs, abs=1e-9),
        ],
        measured=[
            Measured("spread", max(scores) - min(scores)),
            Measured("chrf", chrf.sentence_chrf(candidate, [reference]).score),
        ],
        origin=Origin.CALCULATED,
        source=by_sacrebleu.signature().replace("tok:13a", "tok:…"),  # each score has its own
        notices=[Say("reference_of", reference=reference)],  # a field of the rail shows only its beginning
    )


def _cut(name: str, result: bleu.SentenceBleu, reference: str) -> Tokens:
    """The candidate as this tokenizer cuts it, and the score that follows."""
    title = Say("split_by", tokenizer=name, length=result.sys_len, score=f"{result.score:.1f}")
    return marked(result, [bleu.split(reference, name)], 1, title)


def _parts(results: dict[str, bleu.SentenceBleu]) -> Table:
    columns = ["tokenizer", *(p_n(i + 1) for i in range(bleu.N)), "bp", "bleu"]
    rows = [[name, *map(if_any, b.precisions, b.totals), b.bp, b.score] for name, b in results.items()]
    return Table(columns, rows)
