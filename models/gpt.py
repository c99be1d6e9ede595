"""A small GPT that writes English, trained here on old books.   Radford et al. 2018; 2019, §2.

    w = gpt.load()
    found = w.generate("She opened the door and", n=40, temperature=0.8, seed=1)
    found.text                               # the continuation
    found.steps[0].distribution              # what its first token was drawn from, (V,)
    w.score("The cat sat on the mat.").total # ln p of the whole sentence

It has read some novels, poems and plays: its sentences sound like them and make little sense. What was trained, how,
and how good it is says checkpoints/gpt/CARD.md. Texts are cut by a byte-level BPE (Radford et al. 2019, §2.2), so that
any text can be read. Every text begins with START, which in training stood between two passages: it also ends a text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders
from torch import Tensor

from models import checkpoint, decoding
from models.bert import TooLong
from models.decoder import GPT, Cache, GPTConfig, Trace

PATH = Path(__file__).parent / "checkpoints" / "gpt"
START_TOKEN, START = "<|endoftext|>", 0


@dataclass(frozen=True, eq=False)
class Step:
    """One token of a text and the distribution that it was chosen from."""

    token: str
    id: int
    probability: float
    distribution: Tensor  # (V,) float64


@dataclass(frozen=True, eq=False)
class Generated:
    """A continuation and how it came about. tokens[i] belongs to steps[i]; where the text ended, START is in steps."""

    prompt: str
    prompt_tokens: tuple[str, ...]  # START included
    text: str  # what was written after the prompt
    tokens: tuple[str, ...]
    steps: tuple[Step, ...]  # empty with keep=False
    log_prob: float  # of the whole continuation, natural logarithm, in the distributions it was drawn from
    ended: bool  # by START; False = cut at n tokens


@dataclass(frozen=True, eq=False)
class Score:
    """ln p of every token of a text, given START and all tokens before it."""

    tokens: tuple[str, ...]
    log_probs: tuple[float, ...]
    total: float


@dataclass(frozen=True, eq=False)
class Window:
    """What is needed to go on with a text of any length: its last tokens and their keys and values."""

    ids: Tensor  # (B, T), T <= n_context
    cache: Cache

    def select(self, rows: Tensor) -> "Window":
        """The windows of these rows of the batch."""
        return Window(self.ids[rows], self.cache.select(rows))


class Writer:
    """A model and its tokenizer. Safe to share between threads: nothing in it changes after loading."""

    def __init__(self, model: GPT, tokenizer: Tokenizer):
        self.model, self.tokenizer = model.eval(), tokenizer

    @property
    def config(self) -> GPTConfig:
        """Sizes of the model."""
        return self.model.config

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """The pieces in the order of their ids, to be shown: ▁ is a space, ↵ the end of a line."""
        decode = decoders.ByteLevel().decode
        raw = [self.tokenizer.id_to_token(i) for i in range(self.config.vocab_size)]
        shown = [decode([piece]) for piece in raw]  # \ufffd: part of a character
        return tuple(
            r if i == START or "\ufffd" in s else s.replace(" ", "▁").replace("\n", "↵")
            for i, (r, s) in enumerate(zip(raw, shown, strict=True))
        )

    def ids(self, text: str) -> list[int]:
        """START and the tokens of a text; a start symbol that somebody typed is left out."""
        return [START, *(i for part in text.split(START_TOKEN) for i in self.tokenizer.encode(part).ids)]

    def tokens(self, text: str) -> tuple[str, ...]:
        """START and the pieces of a text: the positions in trace."""
        return tuple(self.pieces[i] for i in self.ids(text))

    def generate(
        self,
        prompt: str = "",
        n: int = 50,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int = 0,
        keep: bool = True,
    ) -> Generated:
        """Continue a text by at most n tokens, each drawn from decoding.distribution; temperature 0 is greedy.

        Where the text outgrows n_context, the older half is forgotten. With keep every step has its distribution.
        Raises TooLong for the prompt, ValueError for n < 1 and what decoding.distribution refuses.
        """
        ids = self._readable(prompt)
        begin = torch.tensor([ids], device=self.device)
        window = Window(begin[:, :0], self.model.start(1))
        [found] = decoding.sample(self._step, window, begin, START, n, seed, temperature, top_k, top_p, keep)
        written = [i for i in found.tokens if i != START]
        steps = tuple(
            Step(self.pieces[i], i, float(p[i]), p) for i, p in zip(found.tokens, found.distributions, strict=False)
        )
        return Generated(
            prompt=prompt,
            prompt_tokens=tuple(self.pieces[i] for i in ids),
            text=self.tokenizer.decode(written),
            tokens=tuple(self.pieces[i] for i in written),
            steps=steps,
            log_prob=found.log_prob,
            ended=found.ended,
        )

    @torch.no_grad()
    def next(self, text: str, temperature: float = 1.0) -> Tensor:
        """The distribution of the token after a text, (V,) float64. Raises TooLong."""
        ids = torch.tensor([self._readable(text)], device=self.device)
        return decoding.distribution(self.model(ids)[0, -1], temperature)

    @torch.no_grad()
    def trace(self, text: str) -> Trace:
        """Everything the model computes on a text, START included: batch size 1. Raises TooLong."""
        return self.model.trace(torch.tensor([self._readable(text)], device=self.device))

    def score(self, text: str) -> Score:
        """ln p of a text of any length, token by token; see log_probs."""
        return self.scores([text])[0]

    def scores(self, texts: Sequence[str]) -> list[Score]:
        """The same for many texts."""
        rows = [self.ids(text) for text in texts]
        return [
            Score(tuple(self.pieces[i] for i in ids[1:]), tuple(found), sum(found, 0.0))
            for ids, found in zip(rows, self.log_probs(rows), strict=True)
        ]

    @torch.no_grad()
    def log_probs(self, rows: Sequence[Sequence[int]], tokens: int = 4_000) -> list[list[float]]:
        """Of each row of ids, ln p of its tokens from the second on, given those before it.

        Of a row longer than n_context, every token has at least n_context / 2 tokens before it that the model sees, or
        all there are. At most so many tokens are read at a time.
        """
        found = [[0.0] * (len(ids) - 1) for ids in rows]
        jobs = [(i, *w) for i, ids in enumerate(rows) for w in windows(len(ids) - 1, self.config.n_context)]
        jobs.sort(key=lambda job: job[3] - job[1])
        for batch in _chunks(jobs, tokens):
            longest = max(end - start for _, start, _, end in batch)
            given = torch.full((len(batch), longest + 1), START)  # padding stands behind, where nothing sees it
            for row, (i, start, _, end) in zip(given, batch, strict=True):
                row[: end + 1 - start] = torch.tensor(rows[i][start : end + 1])
            given = given.to(self.device)
            log_probs = self.model(given[:, :-1]).float().log_softmax(-1)  # (B, T, V)
            values = log_probs.gather(-1, given[:, 1:, None])[..., 0].tolist()  # B lists of T
            for row, (i, start, first, end) in zip(values, batch, strict=True):
                found[i][first:end] = row[first - start : end - start]
        return found

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.model.embedding.weight.device

    def _readable(self, text: str) -> list[int]:
        ids = self.ids(text)
        if len(ids) > self.config.n_context:
            raise TooLong(len(ids), self.config.n_context)
        return ids

    def _step(self, tokens: Tensor, window: Window) -> tuple[Tensor, Window]:
        """The step of decoding, for texts of any length: models/decoding.py."""
        ids = torch.cat((window.ids, tokens), 1)  # (B, T)
        if ids.shape[1] <= self.config.n_context:
            logits, cache = self.model.step(tokens, window.cache)  # (B, T, V)
        else:
            ids = ids[:, -max(1, self.config.n_context // 2) :]  # positions are learned: the rest moves to the front
            logits, cache = self.model.step(ids, self.model.start(len(ids)))
        return logits, Window(ids, cache)


def load(path: Path = PATH) -> Writer:
    """The trained model, read once per process. Raises records.Unusable for a missing, damaged or foreign file."""
    return _load(path)


@checkpoint.once
def _load(path: Path) -> Writer:
    found = checkpoint.read(path, kind="gpt", files=("tokenizer.json",))
    model = GPT(GPTConfig(**found.config["architecture"]))
    model.load_state_dict({name: tensor.float() for name, tensor in found.tensors.items()})
    return Writer(model.requires_grad_(False), Tokenizer.from_file(str(path / "tokenizer.json")))


def windows(n: int, context: int) -> Iterator[tuple[int, int, int]]:
    """(start, first, end): read tokens start … end - 1 of a text, keep the predictions from token first on."""
    first = 0
    while first < n:
        end = min(n, first + (context if first == 0 else max(1, context // 2)))
        yield max(0, end - context), first, end
        first = end


def _chunks(jobs: list[tuple[int, int, int, int]], tokens: int) -> Iterator[list[tuple[int, int, int, int]]]:
    """Neighbours that fit together, padded to the longest, which comes last."""
    chunk: list[tuple[int, int, int, int]] = []
    for job in jobs:
        if chunk and (len(chunk) + 1) * (job[3] - job[1]) > tokens:
            yield chunk
            chunk = []
        chunk.append(job)
    if chunk:
        yield chunk
