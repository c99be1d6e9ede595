"""The translator, Chinese to English: our own Transformer, trained here on Tatoeba's sentence pairs.

    tr = translator.load()
    tr.translate("你好。").text
    tr.translate("你好。", beam=4).candidates       # the other hypotheses and their scores
    tr.trace("你好。", "Hello.")                    # every attention of the model reading this pair

It has seen 27,000 short pairs: simple sentences go well, rare words do not. What was trained, how, and how good it is
says checkpoints/translator/CARD.md. Chinese is read character by character, English written in subwords, in which ▁
stands for the space before a word.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from models import checkpoint, decoding, translator_vocabulary
from models.transformer import Trace, Transformer, TransformerConfig
from models.translator_vocabulary import END, PAD, START, Vocabulary

PATH = Path(__file__).parent / "checkpoints" / "translator"
ALPHA = 0.6  # of the length penalty, as in Vaswani et al. 2017, §6.1
LONGEST = 200  # characters of a source: four times the longest it was trained on


@dataclass(frozen=True, eq=False)
class Step:
    """One token of a translation and the distribution that it was chosen from."""

    token: str
    id: int
    probability: float
    distribution: Tensor  # (V,)


@dataclass(frozen=True, eq=False)
class Translation:
    """A translation and how it came about. tokens[i] belongs to steps[i]; the end symbol is in steps only."""

    source: str  # in the form in which it was read
    source_tokens: tuple[str, ...]  # its characters; what training never saw is [UNK]
    text: str
    tokens: tuple[str, ...]
    steps: tuple[Step, ...]  # empty with keep=False
    log_prob: float  # of the whole translation, natural logarithm, end symbol included
    ended: bool  # False = cut at the limit of source length + 50
    candidates: tuple[tuple[str, float], ...]  # with a beam: all finished hypotheses and their scores, best first


class Translator:
    """A model and its vocabularies."""

    def __init__(self, model: Transformer, words: Vocabulary):
        self.model, self.vocabulary = model.eval(), words

    @property
    def config(self) -> TransformerConfig:
        """Sizes of the model."""
        return self.model.config

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """The English pieces in the order of their ids."""
        return tuple(self.vocabulary.target_pieces(range(self.vocabulary.target.get_vocab_size())))

    def translate(self, text: str, beam: int = 1, keep: bool = True) -> Translation:
        """The translation of one sentence; see translate_batch. Here always one sentence, whatever lines it has."""
        return self.translate_batch([text], beam, keep)[0]

    @torch.no_grad()
    def translate_batch(self, texts: Sequence[str], beam: int = 1, keep: bool = True) -> list[Translation]:
        """Translate each text, greedily or with a beam; with keep every step has its distribution.

        At most source length + 50 tokens each (Vaswani et al. 2017, §6.1). Raises ValueError for a text in which
        nothing is left to read, or one of more than LONGEST characters.
        """
        sources = [self.source_ids(text) for text in texts]
        out: list[Translation | None] = [None] * len(texts)
        for rows in _chunks(sources):
            ids = _pad([sources[r] for r in rows], self.device)  # (B, S)
            start = torch.full((len(rows), 1), START, device=self.device)  # (B, 1)
            limits = [len(sources[r]) + 50 for r in rows]
            cache = self.model.encode(ids)
            if beam == 1:
                found = [[d] for d in decoding.greedy(self.model.step, cache, start, END, limits, keep)]
            else:
                found = decoding.beam_search(self.model.step, cache, start, END, limits, beam, ALPHA, keep)
            for r, hypotheses in zip(rows, found, strict=True):
                out[r] = self._translation(texts[r], sources[r], hypotheses)
        return out

    @torch.no_grad()
    def trace(self, source: str, target: str | None = None) -> Trace:
        """Everything the model computes on a source and a given target (teacher forcing): batch size 1.

        The decoder reads START and then the target's tokens: its row i is the prediction of token i. Without a target
        it reads what it translates itself. source_tokens and target_tokens name the positions. Raises ValueError.
        """
        ids = self.source_ids(source)
        target_ids = self.target_ids(self.translate(source, keep=False).text if target is None else target)
        return self.model.trace(_pad([ids], self.device), _pad([target_ids], self.device))

    def source_ids(self, text: str) -> list[int]:
        """Chinese -> one id per character. Raises ValueError for a text that is too long, or holds nothing to read.

        An accent or a variation selector that stands alone, and U+FFFD, are nothing to read.
        """
        ids = self.vocabulary.encode_source(text)
        if not any(unicodedata.category(c)[0] != "M" and c != "\ufffd" for c in translator_vocabulary.canonical(text)):
            raise ValueError("there is nothing to translate in this text")
        if len(ids) > LONGEST:
            raise ValueError(f"the translator reads at most {LONGEST} characters, this text has {len(ids)}")
        return ids

    def target_ids(self, text: str) -> list[int]:
        """English -> the ids that the decoder reads: START, then the tokens."""
        return [START, *self.vocabulary.encode_target(text)]

    def source_tokens(self, text: str) -> tuple[str, ...]:
        """The characters as they are read; what training never saw is [UNK]."""
        return tuple(self.vocabulary.source[i] for i in self.source_ids(text))

    def target_tokens(self, text: str) -> tuple[str, ...]:
        """[START] and the pieces: the positions of the decoder in trace."""
        return tuple(self.vocabulary.target_pieces(self.target_ids(text)))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.model.target_embedding.weight.device

    def _translation(self, text: str, source: list[int], hypotheses: list[decoding.Decoded]) -> Translation:
        best = hypotheses[0]
        steps = tuple(
            Step(self.pieces[i], i, float(p[i]), p) for i, p in zip(best.tokens, best.distributions, strict=False)
        )
        words = [i for i in best.tokens if i != END]
        return Translation(
            source=translator_vocabulary.canonical(text),
            source_tokens=tuple(self.vocabulary.source[i] for i in source),
            text=self.vocabulary.decode_target(words),
            tokens=tuple(self.pieces[i] for i in words),
            steps=steps,
            log_prob=best.log_prob,
            ended=best.ended,
            candidates=tuple((self.vocabulary.decode_target(list(h.tokens)), h.score(ALPHA)) for h in hypotheses),
        )


def load(path: Path = PATH) -> Translator:
    """The trained translator, read once per process. Raises records.Unusable (missing, damaged, foreign file)."""
    return _load(path)


@checkpoint.once
def _load(path: Path) -> Translator:
    found = checkpoint.read(path, kind="translator", files=("tokenizer.json",))
    model = Transformer(TransformerConfig(**found.config["architecture"]))
    model.load_state_dict({name: tensor.float() for name, tensor in found.tensors.items()})
    return Translator(model, translator_vocabulary.load(path / "tokenizer.json"))


def _pad(rows: Sequence[Sequence[int]], device: torch.device) -> Tensor:
    """Rows of ids -> (B, longest), filled with PAD."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows], device=device)


def _chunks(sources: list[list[int]], size: int = 64) -> list[list[int]]:
    """Numbers of the sources, those of similar length together."""
    order = sorted(range(len(sources)), key=lambda i: len(sources[i]))
    return [order[i : i + size] for i in range(0, len(order), size)]
