"""B3 · Why "flight ##less" instead of "flightless"?   Devlin et al. 2018, §3, A.1; Wu et al. 2016, §4.1."""

import itertools
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from typing import Annotated

from models import bpe, held_out, subwords, wordpiece
from study.controls import Choice, Refusal, Slider, Text, Texts, Toggle, When
from study.demo import Claim, Evidence, Measured, Origin, Say, Span, Tokens, memo
from study.views import Heatmap, Key, Lines, Series, Table

VOCABULARY = "vocab.txt (bert-base-uncased), 30,522"
TATOEBA = "Tatoeba, CC BY 2.0 FR"
EXAMPLES = {
    "paper": "penguin [MASK] are flightless birds",
    "chinese": "我爱吃苹果，也爱看天安门。",
    "hashes": "##less is typed as #, #, less",
    "rare": "Xiaoming asks ChatGPT about COVID-19, Huawei and pneumonoultramicroscopicsilicovolcanoconiosis.",
    "numbers": "In 2018 it had 30522 pieces, 3.14159 of them for π.",
    "signs": "C'est naïve… 🙂 really?!",
}
TRAIN = """A penguin is a flightless bird: a bird, but a bird without flight.
The careless are fearless; the careful are fearful, and fear is careful.
Hope and help: the hopeless and the helpless hope for help, hopefully, helpfully.
Weightless in space, we feel weightlessness; carelessly, fearlessly, endlessly."""
WORDS = "flightless\nweightless\ntoothless\nmoonless\nflight\nweight\ntooth\nmoon\nflights\nmoonlight"
MOST, MERGES = 60, Slider(1, 1000, scale="log")


def split(
    sentence: Annotated[str, Text(400), When(example="typed")] = "Penguins are flightless birds, not wingless ones.",
    example: Annotated[str, Choice("typed", *EXAMPLES)] = "typed",
) -> Evidence:
    """A text as BERT reads it: its pieces, and what became of each word."""
    text = EXAMPLES.get(example, sentence)
    w, traces = _read(text)
    tokens = [p for t in traces for p in t.pieces]
    ids = [w.vocabulary[p] for p in tokens]
    theirs = subwords.library().encode(text, add_special_tokens=False)
    whole = [t for t in traces if t.pieces != (wordpiece.UNKNOWN,)]
    rows = {
        t.word: [_shortened(t.word), " ".join(t.pieces), ", ".join(str(w.vocabulary[p]) for p in t.pieces), _why(t)]
        for t in traces
    }
    shown = list(rows.values())[:24]
    return Evidence(
        _chips([(t.word, t.pieces) for t in traces], Say("pieces", n=len(tokens))),
        Table(["word", "pieces_of", "ids", "why"], shown, Say("each_word", shown=len(shown), all=len(rows))),
        claims=[
            Claim("same_length", measured=len(tokens), expected=len(theirs.tokens)),
            Claim("same_tokens", measured=_differ(tokens, theirs.tokens), expected=0),
            Claim("same_ids", measured=_differ(ids, theirs.ids), expected=0),
            Claim("rejoined", measured=sum(_joined(t.pieces) == t.word for t in whole), expected=len(whole)),
        ],
        measured=[
            Measured("words", len(traces)),
            Measured("cut_words", sum(len(t.pieces) > 1 for t in traces)),
            Measured("unknown", len(traces) - len(whole)),
        ],
        origin=Origin.PRETRAINED,
        source=VOCABULARY,
    )


def attempts(word: Annotated[str, Text(120)] = "flightless", step: Annotated[int, Slider(1, 60)] = 5) -> Evidence:
    """Longest match first: every look into the vocabulary, in order."""
    w, traces = _read(word)
    t = traces[0]
    tried, length = t.attempts, len(t.word)
    theirs = subwords.library().encode(t.word, add_special_tokens=False).tokens
    stops = {a.start: a.end for a in tried}  # where the looks from each start ended
    longer = sum(
        _piece(t.word, a.start, end) in w.vocabulary
        for a in tried if a.found for end in range(a.end + 1, length + 1)
    )  # fmt: skip
    claims = [
        Claim("looks", measured=len(tried), expected=sum(length - end + 1 for end in stops.values())),
        Claim("same_tokens", measured=_differ(t.pieces, theirs), expected=0),
        Claim("longest", measured=longer, expected=0),
    ]
    fewest = None if _unknown(t) or not tried else subwords.fewest(t.word, w.vocabulary)
    if fewest:
        claims.append(Claim("not_fewer", measured=len(t.pieces), expected=len(fewest), op="≥"))
    return Evidence(
        *([_at_step(t, min(step, len(tried))), _looks(t, min(step, len(tried)), w)] if tried else []),
        _chips([(t.word, t.pieces)], "result"),
        *([_chips([(t.word, fewest)], "fewest")] if fewest and len(fewest) < len(t.pieces) else []),
        claims=claims,
        origin=Origin.PRETRAINED,
        source=VOCABULARY,
        notices=[Say("only_first", words=len(traces))] * (len(traces) > 1) + [Say("no_looks")] * (not tried),
    )


def _at_step(t: wordpiece.Trace, n: int) -> Tokens:
    now = t.attempts[n - 1]
    spans = [Span(i, i + 1, "focus" if i >= now.start else "right") for i in range(now.end)]
    legend = {"focus": "tried_now"} | ({"right": "cut_off"} if now.start else {})
    return Tokens(t.word, spans, legend, Say("found_now" if now.found else "missed_now", step=n, piece=now.piece))


def _looks(t: wordpiece.Trace, n: int, w: wordpiece.WordPiece) -> Table:
    first = max(0, min(n - 12, len(t.attempts) - 24))
    rows = [
        ["▶" if i == n else "", i, a.piece, "✓" if a.found else "✗", str(w.vocabulary.get(a.piece, "–"))]
        for i, a in enumerate(t.attempts, 1)
    ][first : first + 24]
    return Table(["now", "step", "tried", "found", "id"], rows, Say("all_looks", shown=len(rows), all=len(t.attempts)))


def lost(
    first: Annotated[str, Text(60)] = "苹果很好吃。",
    second: Annotated[str, Text(60)] = "鸡蛋很难吃。",
) -> Evidence:
    """Two texts as BERT reads them: what [UNK] takes away, and whether anything is left that tells them apart."""
    (w, a), (_, b) = _read(first), _read(second)
    ids = [[w.vocabulary[p] for t in traces for p in t.pieces] for traces in (a, b)]
    theirs = [subwords.library().encode(text, add_special_tokens=False) for text in (first, second)]
    back = [subwords.library().decode(e.ids, skip_special_tokens=False) for e in theirs]
    swallowed = {t.word for t in (*a, *b) if _unknown(t)}
    rows = [["normalised", " ".join(t.word for t in a), " ".join(t.word for t in b)],
            ["ids", ", ".join(map(str, ids[0])), ", ".join(map(str, ids[1]))], ["decoded", *back]]  # fmt: skip
    return Evidence(
        _chips([(t.word, t.pieces) for t in a], Say("first_pieces", n=len(ids[0]))),
        _chips([(t.word, t.pieces) for t in b], Say("second_pieces", n=len(ids[1]))),
        Table(["what", "first_text", "second_text"], [[Say(key), *rest] for key, *rest in rows], "what_is_left"),
        claims=[
            Claim("same_tokens", measured=sum(_differ(i, e.ids) for i, e in zip(ids, theirs, strict=True)), expected=0),
            Claim("one_row", measured=len({w.vocabulary[t.pieces[0]] for t in (*a, *b) if _unknown(t)}),
                  expected=min(len(swallowed), 1)),
        ],
        measured=[Measured("positions", _differ(*ids)), Measured("swallowed", len(swallowed))],
        origin=Origin.PRETRAINED,
        source=VOCABULARY,
    )  # fmt: skip


def three_ways(
    text: Annotated[str, Text(400), When(source="typed")] = "Penguins are flightless birds, not wingless ones.",
    source: Annotated[str, Choice("typed", "english", "chinese")] = "typed",
) -> Evidence:
    """The same text word by word, character by character and in pieces, out of BERT's own vocabulary."""
    if source != "typed":
        text = "\n".join(getattr(p, source) for p in held_out.load().pairs)
    _, traces = _read(text)
    words = [t.word for t in traces]
    units = {
        "words": words,
        "characters": [c for word in words for c in ([word] if word in wordpiece.SPECIAL else word)],
        "pieces": [p for t in traces for p in t.pieces],
    }
    rows = subwords.usable(wordpiece.load().vocabulary)
    missing = {name: [u for u in found if u not in rows[name]] for name, found in units.items()}
    missing["pieces"] = [p for p in units["pieces"] if p == wordpiece.UNKNOWN]
    length = {name: len(found) for name, found in units.items()}
    table = [
        [Say(name), len(rows[name]), length[name], len(missing[name]), 100 * len(missing[name]) / length[name],
         (length[name] / length["words"]) ** 2]
        for name in units
    ]  # fmt: skip
    return Evidence(
        Table(["unit", "rows", "length", "missing", "missing_share", "pairs"], table, "counted"),
        *(_chips([(u, [u]) for u in found[:48]], Say(f"cut_{name}", shown=min(len(found), 48), all=len(found)),
                 set(missing[name]))
          for name, found in units.items()),
        claims=[
            Claim("no_shorter_than_words", measured=length["pieces"], expected=length["words"], op="≥"),
            Claim("no_longer_than_characters", measured=length["pieces"], expected=length["characters"], op="≤"),
            Claim("same_pieces", measured=length["pieces"],
                  expected=len(subwords.library().encode(text, add_special_tokens=False).ids)),
        ],
        measured=[Measured("in_one_piece", 100 * sum(t.pieces == (t.word,) for t in traces) / len(traces), "percent")],
        origin=Origin.PRETRAINED,
        source=VOCABULARY if source == "typed" else f"{VOCABULARY}; {TATOEBA}",
    )  # fmt: skip


def growing(
    merges: Annotated[int, MERGES] = 96,
    line: Annotated[int, Slider(1, 250)] = 1,
) -> Evidence:
    """A vocabulary grows on one half of the sentences and reads the other half, which it never saw."""
    learnt_from, read, lines, g = _grown()
    at = min(merges, len(g.merges))
    here = g.at.index(at)
    library = subwords.library_bpe(learnt_from, at)
    known = library.get_vocab()  # the library leaves out characters that it has not seen; we keep them
    theirs = {word: len(library.encode(word).tokens) + sum(c not in known for c in word) for word in read}
    words = wordpiece.words(lines[line - 1])
    cut = [bpe.apply(g.merges[:at], word) for word in words]
    size = [g.characters + n for n in g.at]
    rows = {word for word, _ in learnt_from.most_common(g.characters + at)}
    return Evidence(
        Lines([Series("pieces_per_word", size, g.pieces)], x="vocabulary", y="pieces_per_word", title="lengths",
              here=g.characters + at, y_range=(1, 3.5)),
        Lines([Series("unknown_words", size, [100 * x for x in g.unknown_words]),
               Series("cut_words", size, [100 * x for x in g.cut], dashed=True)],
              x="vocabulary", y="share", title="shares", here=g.characters + at, y_range=(0, 80)),
        _chips([(word, [word]) for word in words], "line_words", {word for word in words if word not in rows}),
        _chips([(t.word, t.pieces) for t in cut], Say("line_pieces", n=sum(len(t.pieces) for t in cut))),
        claims=[
            Claim("same_as_library", measured=g.pieces[here],
                  expected=sum(theirs[w] * n for w, n in read.items()) / read.total(), abs=1e-9),
            Claim("never_longer", measured=max(b - a for a, b in itertools.pairwise(g.pieces)), expected=0, op="≤"),
        ],
        measured=[
            Measured("rows_here", g.characters + at), Measured("all_merges", len(g.merges)),
            Measured("unknown_here", 100 * g.unknown_words[here], "percent"),
            Measured("new_characters", len(set("".join(read)) - set("".join(learnt_from)))),
        ],
        origin=Origin.TRAINED_HERE,
        source=TATOEBA,
    )  # fmt: skip


def shared(
    piece: Annotated[str, Text(40)] = "##less",
    words: Annotated[str, Texts(300, most=14)] = WORDS,
    layer: Annotated[int, Slider(0, 6)] = 0,
) -> Evidence:
    """One row of the embedding matrix for all words with this piece: its neighbours, and the words side by side."""
    import torch

    from models import piece_vectors

    known = wordpiece.load().vocabulary
    wanted = next((p for p in (piece.strip(), piece.strip().lower()) if p in known), None)
    if wanted is None:
        raise Refusal("no_such_piece", pieces=" ".join(wordpiece.load().tokenize(piece)[:8]))
    listed = list(dict.fromkeys(word for line in Texts.lines(words) for word in wordpiece.words(line)))
    if not 2 <= len(listed) <= 14 or max(map(len, listed)) > 40:
        raise Refusal("few_words", words=len(listed))
    near, row = piece_vectors.nearest(wanted, 8), piece_vectors.row(wanted)
    again = [torch.cosine_similarity(piece_vectors.row(p), row, dim=0) for p, _ in near]
    traces = [piece_vectors.trace(word) for word in listed]
    have = torch.tensor([wanted in t.tokens[1:-1] for t in traces])  # (W,)
    rows = [t.embeddings.token[t.tokens.index(wanted)] for t in traces if wanted in t.tokens]  # (C,) each
    alike = piece_vectors.alike(listed, layer)  # (W, W)
    pairs = torch.ones_like(alike, dtype=torch.bool).triu(1)
    groups = {"both": pairs & have & have[:, None], "only_one": pairs & (have ^ have[:, None])}
    return Evidence(
        Table(["nearest", "cosine"], near, Say("neighbours", piece=wanted)),
        Table(["word", "pieces_of", "has_it"],
              [[word, " ".join(t.tokens[1:-1]), "✓" if has else ""]
               for word, t, has in zip(listed, traces, have.tolist(), strict=True)], "the_words"),
        Heatmap(alike, listed, listed, Say("alike", layer=layer), hover="cosine_of"),
        claims=[
            Claim("one_row", measured=max((float((r - row).abs().max()) for r in rows), default=0), expected=0),
            Claim("same_as_torch", measured=max(abs(c - x) for (_, c), x in zip(near, again, strict=True)), expected=0,
                  abs=1e-9),
        ],
        measured=[Measured("words_with", have.sum())]
        + [Measured(name, alike[group].mean()) for name, group in groups.items() if group.any()],
        origin=Origin.PRETRAINED,
        source="all-MiniLM-L6-v2",
    )  # fmt: skip


def vocabulary(
    query: Annotated[str, Text(30, optional=True)] = "less",
    among: Annotated[str, Choice("all", "whole", "continuing", "other", "chinese", "never", "unused")] = "all",
    longest: Annotated[bool, Toggle()] = False,
) -> Evidence:
    """Search the 30,522 pieces; what they are."""
    w = wordpiece.load()
    kinds = {piece: subwords.kind(piece) for piece in w.vocabulary}
    wanted = query.strip() if query.strip() in w.vocabulary else query.strip().lower()
    hits = [p for p, k in kinds.items() if wanted in p and among in ("all", k)]
    if longest:
        hits.sort(key=len, reverse=True)
    made_of = {k: [p for p in kinds if kinds[p] == k] for k in subwords.KINDS}
    single = {p for p in w.vocabulary if len(p) == 1}
    double = {p.removeprefix(wordpiece.PREFIX) for p in w.vocabulary if p[:2] == wordpiece.PREFIX and len(p) == 3}
    bodies = [f"{joint}{p.removeprefix(wordpiece.PREFIX)}" for p in made_of["never"] for joint in ("", "a")]
    came = {t for e in subwords.library().encode_batch(bodies, add_special_tokens=False) for t in e.tokens}
    rows = [[p, str(w.vocabulary[p]), Say(f"kind_{kinds[p]}"), " ".join(w.tokenize(p))] for p in hits[:16]]
    return Evidence(
        Table(["piece", "id", "kind", "typed"], rows or [["–", "–", "–", "–"]],
              Say("hits", shown=min(len(hits), 16), all=len(hits))),
        Table(["kind", "count", "example"],
              [[Say(f"kind_{k}"), len(found), " ".join(found[:: max(len(found) // 6, 1)][:6])]
               for k, found in made_of.items()], "made_of"),
        claims=[
            Claim("rows_add_up", measured=sum(map(len, made_of.values())), expected=30_522),
            Claim("both_forms", measured=len(single ^ double), expected=0),
            Claim("never_come", measured=len(came & set(made_of["never"])), expected=0),
        ],
        measured=[Measured("hits", len(hits)), Measured("characters", len(single))],
        origin=Origin.PRETRAINED,
        source=VOCABULARY,
    )  # fmt: skip


def train(
    text: Annotated[str, Texts(1500, most=30)] = TRAIN,
    word: Annotated[str, Text(60)] = "lightless",
    rule: Annotated[str, Choice("gain", "ratio", "count")] = "gain",
    merges: Annotated[int, Slider(0, MOST)] = 12,
) -> Evidence:
    """WordPiece and byte-pair encoding learnt on the reader's text, merge by merge; then a word that is new to them."""
    counts = subwords.learnable(text)
    new = next((found for found in wordpiece.words(word) if found not in wordpiece.SPECIAL), None)
    if not counts or new is None:
        raise Refusal("nothing_left")
    steps = {"wordpiece": _steps(text, rule, wordpiece.PREFIX), "bpe": _steps(text, "count", "")}
    a, b = (found[:merges] for found in steps.values())
    states = [subwords.cut(counts, a, wordpiece.PREFIX), subwords.cut(counts, b, "")]
    rows = subwords.learnt(a, counts)
    pieces = wordpiece.WordPiece({p: i for i, p in enumerate([wordpiece.UNKNOWN, *rows])}).trace(new).pieces
    byte_pairs = bpe.apply([s.pair for s in b], new).pieces
    library = _library(text, merges)
    known = library.bpe.get_vocab()  # the library's BPE leaves out characters that it has not seen; ours keeps them
    text_before = subwords.likelihood(subwords.cut(counts, [], wordpiece.PREFIX), counts)
    text_after = subwords.likelihood(states[0], counts)
    lengths = {name: subwords.pieces_after(found, counts) for name, found in steps.items()}
    first = [w for w in wordpiece.words(text) if w in counts][:24]
    return Evidence(
        _as_cut(first, states[0], a, Say("cut_wordpiece", pieces=lengths["wordpiece"][len(a)], merges=len(a))),
        _as_cut(first, states[1], b, Say("cut_bpe", pieces=lengths["bpe"][len(b)], merges=len(b))),
        _history(a, b, rule),
        _scores(states[0], counts, Say("candidates", step=len(a) + 1)),
        _chips([(new, pieces)], Say("new_wordpiece", rows=len(rows))),
        _chips([(new, byte_pairs)], Say("new_bpe", rows=len(set("".join(counts))) + len(b))),
        _chips([(new, library.unigram.encode(new).tokens)],
               Say("new_unigram", rows=library.unigram.get_vocab_size() - 1)),
        Lines([Series(f"{name}_length", range(len(y)), y, dashed=name == "bpe") for name, y in lengths.items()],
              x="merges", y="text_length", title="lengths", here=merges),
        claims=[
            Claim("same_merges", measured=_differ([s.pair for s in b], subwords.merges(library.bpe)), expected=0),
            Claim("same_bpe", measured=_differ([p for p in byte_pairs if p in known], library.bpe.encode(new).tokens),
                  expected=0),
            Claim("same_wordpiece", measured=_differ(pieces, subwords.reading(rows).encode(new).tokens), expected=0),
            Claim("gains_add_up", measured=sum(s.gain for s in a), expected=text_after - text_before, abs=1e-6),
            Claim("library_counts", measured=library.against_count, expected=0),
        ],
        measured=[
            Measured("in_common", len({s.merged.removeprefix(wordpiece.PREFIX) for s in a} & {s.merged for s in b})),
            Measured("likelihood", text_after, unit="nats"),
        ],
        origin=Origin.TOY,
        source=f"tokenizers {_version()}",
    )  # fmt: skip


# --- what train shows ------------------------------------------------------------------------------------------------
@memo
def _steps(text: str, by: str, prefix: str) -> list[bpe.Step]:
    return bpe.train(subwords.learnable(text), MOST, by, prefix)


@memo
def _library(text: str, merges: int) -> subwords.Library:
    return subwords.libraries(subwords.learnable(text), merges)


def _as_cut(words: Iterable[str], state: subwords.Cut, steps: Sequence[bpe.Step], title: Say) -> Tokens:
    """The beginning of the text in its present pieces; those of the last merge are marked."""
    return _chips([(word, state[word]) for word in words], title, (), steps[-1].merged if steps else " ")


def _history(a: Sequence[bpe.Step], b: Sequence[bpe.Step], rule: str) -> Table:
    rows = []
    for i, (x, y) in enumerate(itertools.zip_longest(a, b), 1):
        left = [" + ".join(x.pair), x.score] if x else ["", ""]
        right = [" + ".join(y.pair), y.count] if y else ["", ""]
        rows.append([i, *left, *right])
    columns = ["step", "wordpiece_pair", Say(f"by_{rule}"), "bpe_pair", "by_count"]
    return Table(columns, rows[-8:] or [["–"] * 5], Say("history", shown=min(len(rows), 8), all=len(rows)))


def _scores(words: subwords.Cut, counts: Counter[str], title: Say) -> Table:
    """WordPiece's next candidates and what each rule gives them, two of each rule's best; ✓ marks a rule's highest."""
    found = bpe.candidates(words, counts, wordpiece.PREFIX)
    rules = ("count", "gain", "ratio")
    score = {rule: {c.pair: round(getattr(c, rule), 9) for c in found} for rule in rules}
    best = {c.pair: c for r in rules for c in sorted(found, key=lambda c: -score[r][c.pair])[:2]}
    rows = [
        [" + ".join(pair), c.left, c.right,
         *(f"{score[r][pair]:.4g}{' ✓' * (score[r][pair] == max(score[r].values()))}" for r in rules)]
        for pair, c in best.items()
    ]  # fmt: skip
    columns = ["pair", "left", "right", *(Say(f"by_{rule}") for rule in rules)]
    return Table(columns, rows or [["–"] * 6], title)


# --- what several demos use ------------------------------------------------------------------------------------------
def _read(text: str) -> tuple[wordpiece.WordPiece, list[wordpiece.Trace]]:
    w = wordpiece.load()
    traces = w.traces(text)
    if not traces:
        raise Refusal("nothing_left")
    return w, traces


def _unknown(t: wordpiece.Trace) -> bool:
    return t.pieces == (wordpiece.UNKNOWN,) and t.word != wordpiece.UNKNOWN


def _piece(word: str, start: int, end: int) -> str:
    return wordpiece.PREFIX * (start > 0) + word[start:end]


def _joined(pieces: Sequence[str]) -> str:
    return "".join(p.removeprefix(wordpiece.PREFIX) if i else p for i, p in enumerate(pieces))


def _shortened(word: str) -> str:
    """A long word for a table's cell, which has to fit a phone."""
    return word if len(word) <= 20 else f"{word[:12]}…{word[-6:]}"


def _differ(ours: Sequence, theirs: Sequence) -> int:
    """At how many places two lists differ; what one of them lacks counts too."""
    return sum(a != b for a, b in itertools.zip_longest(ours, theirs))


def _why(t: wordpiece.Trace) -> Say:
    if t.word in wordpiece.SPECIAL:
        return Say("why_special")
    if not _unknown(t):
        return Say("why_whole") if len(t.pieces) == 1 else Say("why_cut", n=len(t.pieces))
    return Say("why_missing", piece=t.attempts[-1].piece) if t.attempts else Say("why_long", n=len(t.word))


def _chips(
    cuts: Iterable[tuple[str, Sequence[str]]], title: Key, missing: Container[str] = (wordpiece.UNKNOWN,), new: str = ""
) -> Tokens:
    """Words with their pieces: a bar under each cut word; marked is what continues a word, or else the new piece."""
    tokens, spans = [], []
    for word, pieces in cuts:
        at = len(tokens)
        tokens += pieces
        if len(pieces) > 1:
            spans.append(Span(at, at + len(pieces), "right", Say("one_word", word=word)))
        for i, p in enumerate(pieces, at):
            marked = p == new if new else p.startswith(wordpiece.PREFIX) and len(p) > 2
            spans += [Span(i, i + 1, "wrong" if p in missing else "focus")] * (p in missing or marked)
    names = {"focus": "last_merge" if new else "continues", "right": "cut_word", "wrong": "unknown_piece"}
    return Tokens(tokens, spans, {m: name for m, name in names.items() if any(s.mark == m for s in spans)}, title)


@memo
def _grown() -> tuple[Counter[str], Counter[str], list[str], subwords.Growth]:
    """The first half of the held-out English sentences to learn from, the second to read."""
    lines = [p.english for p in held_out.load().pairs]
    half = len(lines) // 2
    learnt_from, read = (subwords.learnable("\n".join(part)) for part in (lines[:half], lines[half:]))
    return learnt_from, read, lines[half:], subwords.growth(learnt_from, read, [0, *MERGES.ladder, 10**6])


def _version() -> str:
    from importlib.metadata import version

    return version("tokenizers")
