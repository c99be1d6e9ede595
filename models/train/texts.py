"""Running text and sentences for training language models: read, cleaned, cut into passages, split without a leak.

Read are plain text files in these forms, told apart by what is in them:

    book        paragraphs between blank lines, perhaps with Project Gutenberg's header and footer, which are cut off
    tokenised   one sentence a line, words and marks apart (`` I do n't know , '' she said .): put together again
    wikitext    one paragraph a line, with = headings =, @-@ and <unk>, which becomes [UNK]
    wordnet     WordNet's data.noun, data.verb …: of each entry its words and its gloss, "learn, larn: gain knowledge …"
    table       tab-separated, of which the first column is taken: Tatoeba's English, WikiSplit's whole sentences
    plain       anything else: one sentence or paragraph a line

Headings, contents, bracketed notes and marks of emphasis are left out. The lines of a paragraph become one line, verse
too.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LONG = 20  # letters and digits from which on a sentence that comes twice is a repetition, not a commonplace
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\ufeff": ""})
_START = re.compile(r"^.*\*\*\* ?START OF (?:THE|THIS) PROJECT GUTENBERG.*$", re.MULTILINE)
_END = re.compile(r"\*\*\* ?END OF (?:THE|THIS) PROJECT GUTENBERG|^ *End of (?:the )?Project Gutenberg", re.MULTILINE)
_HEADING = re.compile(
    r"=+ .* =+|\[.*\]|Produced by .*|(?i:chapter|volume|book|part|act|scene|actus|scoena|canto)\b.{0,12}"
)
_TITLE = re.compile(r"^\[ [^\]]{,80}\d{4} ?\] ")  # [ Emma by Jane Austen 1816 ]
_SYNSET = re.compile(r"\d{8} \d\d [nvasr] ([0-9a-f]{2}) (.*?) \| (.*)")  # wndb(5WN): count, words, pointers | gloss
_STOP = re.compile(  # a space between two sentences
    r"(?:(?<=[.!?])|(?<=[.!?][\"')]))(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\b[A-Z]\.)\s+"
    r"(?=[\"'(\[]?[A-Z0-9])"
)
_JOIN = [  # in this order
    (re.compile(r" @([-,.])@ "), r"\1"),
    (re.compile(r" (n't)\b", re.IGNORECASE), r"\1"),
    (re.compile(r"(\w) ?[`'] ?(s|m|d|t|re|ve|ll|st)\b", re.IGNORECASE), r"\1'\2"),
    (re.compile(r" ([,.;:?!%)\]}])"), r"\1"),
    (re.compile(r"([(\[{$£]) "), r"\1"),
]


@dataclass(frozen=True)
class Text:
    """A file: sentences or paragraphs in its order, and what stands between two of them."""

    blocks: list[str]
    joint: str = " "  # "\n" between paragraphs
    running: bool = True  # False: rows of a table, which do not belong together


@dataclass(frozen=True)
class Split:
    """Passages by source; no long sentence of dev or test is anywhere else."""

    train: dict[str, list[str]]
    dev: dict[str, list[str]]
    test: dict[str, list[str]]


def gather(given: Sequence[str]) -> dict[str, list[Text]]:
    """Sources by name: of each "path" or "name=path" its file, or the .txt and .tsv files of its folder.

    Without a name, a source is called like its file or folder. Raises ValueError where there is nothing to read.
    """
    sources: dict[str, list[Text]] = {}
    for argument in given:
        name, _, place = argument.rpartition("=")
        path = Path(place)
        files = sorted(f for f in path.iterdir() if f.suffix in (".txt", ".tsv")) if path.is_dir() else [path]
        found = [text for text in map(read, files) if text.blocks]
        if not found:
            raise ValueError(f"{path} has no text in it")
        sources.setdefault(name or path.resolve().stem, []).extend(found)
    return sources


def read(path: Path) -> Text:
    """A file, cleaned. Raises OSError, and ValueError for a file that is not UTF-8."""
    text = path.read_bytes().decode("utf-8").translate(_PLAIN).replace("\r\n", "\n").replace("\r", "\n")
    text = _story(text)
    lines = [line for line in text.split("\n") if line.strip()]
    if entries := [_entry(*found.groups()) for found in map(_SYNSET.fullmatch, lines) if found]:
        return Text(entries, running=False)
    table = sum("\t" in line for line in lines) > len(lines) / 2
    paragraphs = not table and len(re.findall(r"\n[ \t]*\n", text.strip())) > len(lines) / 20
    if table:
        lines = [line.split("\t")[0] for line in lines]
    elif paragraphs:
        lines = re.split(r"\n\s*\n", text)
    marks = re.findall(r"( ?)[,.;?!](?=\s|$)", text)
    apart = sum(map(bool, marks)) > len(marks) / 2
    if apart and "``" in text:  # here '' only closes
        lines = [re.sub(r"``|''(?=\w)", " “ ", line).replace("''", " ” ") for line in lines]
    blocks = [_clean(line, apart) for line in lines]
    return Text([b for b in blocks if b], "\n" if paragraphs else " ", running=not table)


def sentences(block: str) -> list[str]:
    """A paragraph, cut where one sentence ends and another begins with a capital: roughly right."""
    return _STOP.split(block)


def passages(units: Sequence[str], joint: str, least: int) -> Iterator[str]:
    """Neighbours joined until they have at least so many characters; the last passage may have fewer."""
    waiting: list[str] = []
    for unit in units:
        waiting.append(unit)
        if len(joint.join(waiting)) >= least:
            yield joint.join(waiting)
            waiting = []
    if waiting:
        yield joint.join(waiting)


def key(text: str) -> str:
    """What makes two sentences the same: their letters and digits, without case, width, spaces and punctuation."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def split(sources: Mapping[str, Sequence[str]], seed: int, dev: float, test: float, held_out: Sequence[str]) -> Split:
    """Draw these shares of every source's passages for dev and test; the rest trains.

    A passage that repeats another one is dropped, and so is one with a sentence of held_out. What shares a sentence of
    LONG letters with another passage trains. Raises ValueError for a source with too few passages.
    """
    kept = _kept(sources, {key(text) for text in held_out})
    owners = Counter(k for rows in kept.values() for _, keys in rows for k in keys)
    out = Split({}, {}, {})
    for number, (name, rows) in enumerate(kept.items()):
        free = [i for i, (_, keys) in enumerate(rows) if all(owners[k] == 1 for k in keys)]
        n_dev, n_test = max(1, round(dev * len(rows))), max(1, round(test * len(rows)))
        if n_dev + n_test > min(len(free), len(rows) // 2):
            raise ValueError(f"{name} has too few passages to hold out {n_dev} + {n_test}: {len(rows)}")
        order = np.random.default_rng((seed, number)).permutation(free).tolist()
        out.dev[name], out.test[name], out.train[name] = _sides([text for text, _ in rows], order, n_dev, n_test)
    return out


def _sides(texts: Sequence[str], order: Sequence[int], dev: int, test: int) -> tuple[list[str], list[str], list[str]]:
    """The first texts of this order for dev, the next for test; all others, in their own order, train."""
    held_out = order[: dev + test]
    others = set(range(len(texts))) - set(held_out)
    train = [texts[i] for i in sorted(others)]
    return [texts[i] for i in held_out[:dev]], [texts[i] for i in held_out[dev:]], train


def _kept(sources: Mapping[str, Sequence[str]], foreign: set[str]) -> dict[str, list[tuple[str, set[str]]]]:
    """Every passage that repeats no other one and holds nothing foreign, with the keys of itself and its sentences."""
    kept: dict[str, list[tuple[str, set[str]]]] = {name: [] for name in sources}
    whole: set[str] = set()
    for name, texts in sources.items():
        for text in texts:
            itself = key(text)
            keys = {itself} | {k for k in map(key, sentences(text)) if len(k) >= LONG}
            if itself and itself not in whole and not keys & foreign:
                whole.add(itself)
                kept[name].append((text, keys))
    return kept


def _story(text: str) -> str:
    """A book without what Project Gutenberg puts before and after it."""
    start = _START.search(text)
    text = text[start.end() :] if start else text
    end = _END.search(text)
    return text[: end.start()] if end else text


def _entry(count: str, words: str, gloss: str) -> str:
    """The words of a WordNet entry and what they mean; an adjective's place, as in "asleep(p)", is left out."""
    named = words.split(" ")[: 2 * int(count, 16) : 2]  # each is followed by a number
    return f"{', '.join(re.sub(r'[(][a-z]+[)]$', '', word).replace('_', ' ') for word in named)}: {gloss.strip()}"


def _clean(block: str, apart: bool) -> str:
    """One sentence or paragraph as it is printed; "" for a heading."""
    block = _TITLE.sub("", " ".join(block.split()))
    block = re.sub(r"_ ?([^_]*?) ?_", r"\1", block).replace("<unk>", "[UNK]")  # _emphasis_
    if apart:
        block = _together(block)
    block = re.sub(r"\s*--+\s*", " -- ", block).strip()
    if _HEADING.fullmatch(block) or not re.search(r"[a-z]{2}", block):
        return ""
    return block


def _together(block: str) -> str:
    """Words and marks that were taken apart, put together again.

    “ and ` open, ” closes; the others open and close in turns, and ' belongs to a plural before it.
    """
    for pattern, by in _JOIN[:3]:
        block = pattern.sub(by, block)
    out, glued, opened = "", True, set()  # glued: the next token follows without a space
    for token in block.replace("''", '"').replace("`", " ` ").split():
        mark = {"“": '"', "”": '"', "`": "'"}.get(token, token)
        if mark not in ('"', "'"):
            out += token if glued else f" {token}"
            glued = False
            continue
        plural = token == "'" and mark not in opened and out.endswith("s")
        closing = token == "”" or plural or (token not in "“`" and mark in opened)
        (opened.discard if closing else opened.add)(mark)
        out += mark if closing or glued else f" {mark}"
        glued = not closing
    for pattern, by in _JOIN[3:]:
        out = pattern.sub(by, out)
    return out
