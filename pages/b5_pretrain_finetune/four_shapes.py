"""One encoder, four kinds of tasks: what goes in, which states the new layer reads.   Devlin et al. 2019, Figure 4."""

from collections.abc import Sequence
from typing import Annotated

from models import bert, shapes, wordpiece
from models.bert import BertConfig, Encoded
from pages.b5_pretrain_finetune.inputs import LINE, Line
from study import local_bert
from study.controls import Block, Refusal, Text, When
from study.demo import Claim, Evidence, Measured, Origin
from study.views import Diagram, Say, Table
from study.views.diagram import Arrow, Box, Part
from study.views.diagram import Text as Words

TASKS = ("pair", "single", "span", "tagging")
OUTPUTS = {"pair": 3, "single": 2, "span": 2, "tagging": 9}  # of MNLI, SST-2, SQuAD (start, end), CoNLL-2003
BASE = BertConfig(d_model=768, n_layer=12, n_head=12, d_ff=3072)  # BERT-base, with the released vocabulary
LIMIT, TOP, HEIGHT = 24, 54, 440  # tokens; units
PRESETS = {name: {"task": name} for name in TASKS}
ENDS = ("[CLS]", "[SEP]")
Short = Text(120)


def four_shapes(
    sentence: Line = LINE,
    task: Annotated[str, Block(*TASKS)] = "pair",
    second: Annotated[str, Short, When(task="pair")] = "The boy had written home.",
    question: Annotated[str, Short, When(task="span")] = "Who wrote the letter?",
    answer: Annotated[str, Short, When(task="span")] = "his son",
    phrase: Annotated[str, Short, When(task="tagging")] = "the old man",
) -> Evidence:
    """The reader's text as the input of a task, token by token, with what is read off each."""
    first, pair = {"pair": (sentence, second), "span": (question, sentence)}.get(task, (sentence, None))
    for text in (first, pair):
        local_bert.fits(text or first, LIMIT)
    local_bert.fits(first, LIMIT, pair)
    e = bert.load().encode(first, pair)
    if e.tokens.count("[SEP]") + e.tokens.count("[CLS]") > (2 if pair is None else 3):  # typed by hand
        raise Refusal("special")
    labels = labelled(task, e, {"span": answer, "tagging": phrase}.get(task, ""))
    new, parameters = OUTPUTS[task] * BASE.d_model, shapes.count_parameters(BASE).total
    rows = [[Say(part), Say(f"{part}_{task}")] for part in ("goes_in", "new_layer", "loss", "examples")]
    return Evidence(
        Diagram(_drawing(e, labels), 360, HEIGHT, pick="task", selected=task),
        Table(["part", "told"], rows),
        claims=[
            Claim("segments", measured=_wrong_segments(e), expected=0),
            Claim("read", measured=sum(label is not None for label in labels), expected=_expected(task, e, sentence)),
            Claim("few_new", measured=new, expected=1e-4 * parameters, op="≤"),
        ],
        measured=[
            Measured("new_weights", new),
            Measured("share", new / parameters, unit="share"),
            Measured("tokens", len(e.tokens)),
        ],
        origin=Origin.PAPER,
        source="Devlin et al. 2019, Figure 4",
        notices=local_bert.unknown(e.tokens),
    )


def labelled(task: str, e: Encoded, words: str) -> list[str | Say | None]:
    """What the new layer says at each token; None where it reads nothing. Raises Refusal("not_found")."""
    labels: list[str | Say | None] = [None] * len(e.tokens)
    if task in ("pair", "single"):
        labels[0] = Say("class")
        return labels
    last = max(e.segments)
    text = [i for i, token in enumerate(e.tokens) if e.segments[i] == last and token not in ENDS]
    start, stop = _found(e, text, words)
    if task == "span":
        for i in text:
            labels[i] = ""
        labels[start] = Say("start")
        labels[stop - 1] = Say("end") if stop - 1 > start else Say("start_end")
        return labels
    for i in text:
        if not e.tokens[i].startswith("##"):  # a word is read at its first piece (§5.3)
            labels[i] = "B" if i == start else "I" if start < i < stop else "O"
    return labels


def _found(e: Encoded, text: Sequence[int], words: str) -> tuple[int, int]:
    """Where these words stand among the tokens of the text: from the first to behind the last."""
    wanted = bert.load().encode(words).tokens[1:-1]
    for i in text:
        if wanted and e.tokens[i : i + len(wanted)] == wanted:
            return i, i + len(wanted)
    raise Refusal("not_found", words=words[:40])


def _wrong_segments(e: Encoded) -> int:
    """How many tokens have another segment than the number of [SEP] before them."""
    wrong = 0
    for i, segment in enumerate(e.segments):
        before = e.tokens[:i].count("[SEP]")
        wrong += before != segment
    return wrong


def _expected(task: str, e: Encoded, sentence: str) -> int:
    """How many states the new layer reads, counted otherwise: one, every token of the text, or one for each word."""
    pieces = wordpiece.load().tokenize(sentence)
    words = wordpiece.words(sentence)
    return {"pair": 1, "single": 1, "span": len(pieces), "tagging": len(words)}[task]


def _drawing(e: Encoded, labels: Sequence[str | Say | None]) -> list[Part]:
    """A row for each token: token, segment, the encoder, the last state, what is read off it."""
    n = len(e.tokens)
    high = min(22.0, (HEIGHT - TOP - 4) / n)
    tasks = []
    for i, name in enumerate(TASKS):
        left = 4 + 89 * i
        tasks.append(Box(left, 2, 85, 24, Say(name), name=name))
    heads = [
        *tasks,
        Words(100, 44, Say("token"), "end", bold=True),
        Words(118, 44, "A/B", bold=True, size=12),
        Words(232, 44, "C, T", bold=True),
        Words(262, 44, Say("output"), "start", bold=True),
    ]
    encoder = Box(134, TOP, 68, n * high - 2, "BERT", role="hidden")
    parts: list[Part] = [*heads, encoder]
    for i, (token, segment, label) in enumerate(zip(e.tokens, e.segments, labels, strict=True)):
        y = TOP + i * high
        middle, line = y + high / 2 - 1, y + high / 2 + 3
        parts += [
            Words(100, line, _short(token), "end", size=12),
            Words(118, line, "AB"[segment], size=12, role="position" if segment else ""),
            Box(216, y, 32, high - 2, "C" if i == 0 else f"T{i}", *_look(label), size=12),
        ]
        if label is not None:
            parts.append(Arrow(((248, middle), (260, middle)), role="value", head=False))
        if label:
            parts.append(Words(264, line, label, "start", "value", 12, bold=True))
    return parts


def _short(token: str) -> str:
    """A token that fits its column."""
    return token if len(token) < 14 else f"{token[:12]}…"


def _look(label: str | Say | None) -> tuple[str, bool]:
    """Role and fill of a last state: strong where the new layer reads it."""
    return ("value", True) if label is not None else ("mask", False)
