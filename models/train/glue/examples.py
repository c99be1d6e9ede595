"""Sentences written for this project, which the judges of SST-2, CoLA and STS-B are asked for their card.

GLUE's own examples are not distributed here: these are, so that anyone can see that a checkpoint judges as its card
says. Some are plain, some meant to be hard; they are too few to be a score.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models import glue


@dataclass(frozen=True)
class Example:
    """A text or a pair, and the right answer by the task's own definition: a label, or a score from 0 to 5."""

    task: str
    text: str
    pair: str | None
    answer: str | float


SST2 = {
    "positive": (
        "A warm, funny film that earns every one of its tears.",
        "The actors are superb and the script never puts a foot wrong.",
        "I wanted to watch it again the moment it was over.",
        "Not a minute of its two hours is wasted.",
        "Hardly anyone will regret the price of a ticket.",
        "What looks like a cheap comedy turns out to be a small masterpiece.",
    ),
    "negative": (
        "A long, noisy film in which nothing happens.",
        "The jokes are old and the songs are worse.",
        "I have rarely been so glad to see the credits roll.",
        "Not even its fine cast can save this film.",
        "It is neither funny nor moving.",
        "Clever ideas and lovely pictures, and yet it puts you to sleep.",
    ),
}
COLA = {
    "acceptable": (
        "The old man gave his neighbour a basket of apples.",
        "Which book did you say that your sister was reading?",
        "Nobody has ever seen the river so low.",
        "The children who live next door play the piano.",
        "The window was opened by the teacher.",
        "Mary promised her brother to write soon.",
    ),
    "unacceptable": (
        "The old man gave to his neighbour of a basket.",
        "Which book did you ask who was reading it?",
        "Anybody has ever seen the river so low.",
        "The children who lives next door plays the piano.",
        "The window was opening by the teacher to.",
        "Mary promised write soon her brother.",
    ),
}
STSB = (
    ("A man is playing a guitar.", "A man plays the guitar.", 5.0),
    ("The two girls are running along the beach.", "Two girls run along a beach.", 5.0),
    ("A woman is cutting an onion.", "A woman is chopping an onion.", 4.5),
    ("The minister resigned on Monday.", "On Monday the minister stepped down.", 4.5),
    ("A dog is running through the snow.", "A dog is running across a field.", 3.0),
    ("A boy is riding a red bicycle.", "A girl is riding a blue bicycle.", 2.5),
    ("A man is playing a guitar.", "A man is playing the drums.", 2.0),
    ("The shop closes at six in the evening.", "The shop opens at nine in the morning.", 2.0),
    ("A woman is slicing bread.", "A woman is feeding a horse.", 1.0),
    ("A plane is taking off.", "A cat is asleep on the sofa.", 0.0),
    ("Share prices fell sharply in Tokyo.", "The choir will sing in the old church.", 0.0),
    ("My bicycle has a flat tyre.", "Whales sing under water.", 0.0),
)
EXAMPLES = (
    *(Example("sst2", text, None, label) for label, texts in SST2.items() for text in texts),
    *(Example("cola", text, None, label) for label, texts in COLA.items() for text in texts),
    *(Example("stsb", text, pair, score) for text, pair, score in STSB),
)


def judged(task: str, folder: Path = glue.PATH) -> list[dict]:
    """What the judge of a task, read from its folder, says of its examples: label and probability, or score."""
    judge = glue.load(task, folder)
    return [_told(example, judge) for example in EXAMPLES if example.task == task]


def _told(example: Example, judge: glue.Judge) -> dict:
    found = judge.predict(example.text, example.pair)
    row = {"task": example.task, "text": example.text, "pair": example.pair, "answer": example.answer}
    if isinstance(found, glue.Similarity):
        return row | {"score": round(found.score, 3)}
    return row | {"label": found.label, "probability": round(found.probability, 4)}


def section(rows: list[Mapping]) -> str:
    """The part of the card, as Markdown; empty without rows."""
    if not rows:
        return ""
    out = """## What seed 0 says of sentences of ours

Some are plain, some meant to be hard (negations, praise that turns, agreement across a clause); they are too few to be
a score.
"""
    for task in glue.SAVED:
        if not (own := [row for row in rows if row["task"] == task]):
            continue
        if task == "stsb":
            out += "\n| STS-B: first text | second text | ours | judge |\n|---|---|---:|---:|\n"
            out += "".join(f"| {r['text']} | {r['pair']} | {r['answer']:.1f} | {r['score']:.2f} |\n" for r in own)
            continue
        right = sum(r["label"] == r["answer"] for r in own)
        out += f"\n{glue.POSED[task].name}: right in {right} of {len(own)}.\n\n"
        out += "| | text | right | judge | probability |\n|---|---|---|---|---:|\n"
        for r in own:
            sign = "✓" if r["label"] == r["answer"] else "✗"
            out += f"| {sign} | {r['text']} | {r['answer']} | {r['label']} | {r['probability']:.2f} |\n"
    return out + "\n"
