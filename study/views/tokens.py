"""Tokens: chips with marks, lines from tokens to tokens."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from study.views.base import Key, Say, freeze, frozen, numbers

#: What a mark of a token may mean: found, found but struck out, missing, of interest, or masked.
MARKS = ("right", "clip", "wrong", "focus", "mask")
#: Lines of less weight are never drawn: among thousands of lines nobody would see them.
FAINTEST = 0.01


@dataclass(frozen=True)
class Span:
    """Tokens start to stop - 1 carry a mark (one of MARKS); hover: what to say about it."""

    start: int
    stop: int
    mark: str
    hover: Key = ""


@dataclass(frozen=True)
class Tokens:
    """A text as chips, in reading order, that wraps like a text.

    A span of one token colours its chip ("clip" strikes it out); longer ones are drawn as bars under their chips,
    overlapping ones below each other. legend: what each mark that occurs means.
    """

    tokens: Sequence[str]
    spans: Sequence[Span] = ()
    legend: Mapping[str, Key] = field(default_factory=dict)
    title: Key = ""

    def __post_init__(self):
        for name in ("tokens", "spans"):
            freeze(self, **{name: tuple(getattr(self, name))})
        freeze(self, legend=dict(self.legend))
        for s in self.spans:
            if s.mark not in MARKS or not 0 <= s.start < s.stop <= len(self.tokens):
                raise ValueError(f"{s} is no span of {len(self.tokens)} tokens")
            if s.mark not in self.legend:
                raise ValueError(f"the legend does not say what {s.mark!r} means")

    def lanes(self) -> list[list[Span]]:
        """The spans of more than one token, in as few rows as it takes for none to overlap."""
        rows: list[list[Span]] = []
        for span in sorted((s for s in self.spans if s.stop - s.start > 1), key=lambda s: (s.start, s.stop)):
            row = next((r for r in rows if r[-1].stop <= span.start), None)
            if row is None:
                rows.append([span])
            else:
                row.append(span)
        return rows

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, *self.legend.values(), *(s.hover for s in self.spans)) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        told = {m: k if isinstance(k, Say) else Say(k) for m, k in self.legend.items()}
        spans = sorted(self.spans, key=lambda s: (s.stop - s.start, s.start))
        rows = [[" ".join(self.tokens[s.start : s.stop]), s.start + 1, told[s.mark]] for s in spans]
        return ["text", "position", "mark"], rows or [[t, i + 1, ""] for i, t in enumerate(self.tokens)]


@dataclass(frozen=True)
class TokenLines:
    """Lines from the tokens at the left to those at the right, as strong as their weight: weights (H, T, S) in [0, 1].

    names: the H heads, each with a colour of its own. head: the one to show, None = all together. threshold: weights
    below it are not drawn; `drawn` says which are. focus: the left token whose lines are drawn at first (None = all);
    hover and keyboard move it, in the browser. hover: key of a sentence with {row} {col} {z} {head}.
    """

    left: Sequence[str]
    right: Sequence[str]
    weights: Any
    names: Sequence[str]
    head: int | None = None
    threshold: float = 0.0
    focus: int | None = None
    title: Key = ""
    left_title: Key = ""
    right_title: Key = ""
    hover: Key = "line_of"

    def __post_init__(self):
        z = frozen(self.weights)
        for name in ("left", "right", "names"):
            freeze(self, **{name: tuple(getattr(self, name))})
        if z.shape != (len(self.names), len(self.left), len(self.right)):
            raise ValueError(f"weights {z.shape}: {len(self.names)} heads, {len(self.left)} × {len(self.right)} tokens")
        if not (z.min() >= 0 and z.max() <= 1.0001):
            raise ValueError("lines show weights in [0, 1]")
        freeze(self, weights=z)

    @property
    def heads(self) -> list[int]:
        """The heads that are shown."""
        return list(range(len(self.names))) if self.head is None else [self.head]

    @property
    def shown(self) -> np.ndarray:
        """Their weights as the browser gets them, (heads, T, S) float32."""
        return self.weights[self.heads].astype(np.float32)

    @property
    def least(self) -> float:
        """The least weight that is drawn: a float32, so that the browser, comparing float32, decides alike."""
        return float(np.float32(max(self.threshold, FAINTEST)))

    @property
    def drawn(self) -> np.ndarray:
        """Which of the weights shown become lines, (heads, T, S)."""
        return self.shown >= self.least

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.left_title, self.right_title, self.hover) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        rows = []
        for h in self.heads:
            rows += [[self.names[h], t, *z] for t, z in zip(self.left, numbers(self.weights[h]), strict=True)]
        return ["head", self.left_title or "row", *(Say("as_is", text=c) for c in self.right)], rows
