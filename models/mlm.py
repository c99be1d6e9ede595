"""The masked language model: the local BERT with a LoRA adapter and a head, trained here.   Devlin et al. 2019, §3.1.

    m = mlm.load()
    m.fill("paris is the [MASK] of france.").masks[0].candidates      # ((token, probability), ...), best first
    e = m.encode("the cat sat on the mat.")
    m.distribution(e.ids, [2, 6])            # what may stand at these positions, both masked: (2, V)
    m.score("the cat sat on the mat.").total # its pseudo-log-likelihood

The local BERT was trained further to embed sentences and has lost its head: it cannot fill a gap. Here its weights
stay as they are. Beside every linear layer stands an adapter (models/lora.py, Hu et al. 2021), and the head is BERT's:
dense, GELU, LayerNorm, then the token embedding, transposed, and a bias per piece. How both were trained, and how good
they are, says checkpoints/mlm/CARD.md. The weights of bert.load() are shared, not changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import bert, checkpoint, lora
from models.bert import Bert, BertConfig, Encoded
from models.bert_adapters import ADAPTED, fingerprint, put, shared, taken
from models.records import Unusable
from models.seeded import seeded

PATH = Path(__file__).parent / "checkpoints" / "mlm"
MASK = "[MASK]"


class NoMask(ValueError):
    """The text has no [MASK] in it."""


@dataclass(frozen=True, eq=False)
class Mask:
    """One [MASK] and what may stand there."""

    position: int  # in the tokens, [CLS] included
    candidates: tuple[tuple[str, float], ...]  # the k most probable tokens and their probabilities, best first
    distribution: Tensor  # (V,) float64


@dataclass(frozen=True, eq=False)
class Filled:
    """A text with its masks, in their order; each is predicted without knowing what stands at the others."""

    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    masks: tuple[Mask, ...]


@dataclass(frozen=True, eq=False)
class Score:
    """A text's pseudo-log-likelihood (Salazar et al. 2020): ln p of each token, masked alone, given all the others."""

    tokens: tuple[str, ...]  # without [CLS] and [SEP]
    log_probs: tuple[float, ...]  # natural logarithm
    total: float


class Head(nn.Module):
    """From the last hidden states to logits over the vocabulary."""

    def __init__(self, config: BertConfig):
        super().__init__()
        self.dense = nn.Linear(config.d_model, config.d_model)
        self.norm = nn.LayerNorm(config.d_model, eps=config.eps)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

    def forward(self, x: Tensor, table: Tensor) -> Tensor:
        """x (M, C), table (V, C): the token embedding -> logits (M, V)."""
        x = self.norm(F.gelu(self.dense(x)))  # (M, C)
        return F.linear(x, table, self.bias)  # (M, V)


class Network(nn.Module):
    """A BERT encoder with adapters, and the head on it. Only adapters and head are to be trained.

    Everything else is shared with the given encoder, not copied, and never changed. The same seed, the same weights.
    """

    def __init__(self, base: Bert, rank: int, alpha: float, seed: int = 0):
        super().__init__()
        self.encoder = shared(base.encoder)
        with seeded(seed):
            self.head = Head(base.config)
        lora.attach(self.encoder, ADAPTED, rank, alpha, seed)

    def forward(self, ids: Tensor, rows: Tensor, positions: Tensor, mask: Tensor | None = None) -> Tensor:
        """ids (B, T), without padding -> logits (M, V) at M places, the i-th of them ids[rows[i], positions[i]].

        mask (T, T) boolean, True = may attend: it was trained without one.
        """
        hidden = self.encoder(ids, torch.zeros_like(ids), mask)[1][-1]  # (B, T, C)
        return self.head(hidden[rows, positions], self.encoder.embedding.token.weight)  # (M, V)

    def learnt(self) -> dict[str, Tensor]:
        """What the checkpoint holds: adapters and head, by name."""
        return taken(self.encoder, self.head)

    def load_learnt(self, tensors: dict[str, Tensor]) -> None:
        """Take over what learnt() gave. Raises ValueError, RuntimeError for tensors of another model."""
        put(self.encoder, self.head, tensors)


class MaskedLM:
    """The network with the tokenizer. Safe to share between threads: nothing in it changes after loading."""

    def __init__(self, base: Bert, network: Network):
        self.base, self.network = base, network.eval()
        self.mask_id = base.tokenizer.token_to_id(MASK)

    @property
    def limit(self) -> int:
        """The most tokens that fit, [CLS] and [SEP] included. It was trained on far shorter texts: see the card."""
        return self.base.limit

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """The pieces of the vocabulary in the order of their ids."""
        return tuple(self.base.tokenizer.id_to_token(i) for i in range(self.base.config.vocab_size))

    def encode(self, text: str) -> Encoded:
        """Tokens and ids as the model reads them; [MASK] is one token. Raises bert.TooLong; never cuts."""
        return self.base.encode(text)

    def fill(self, text: str, k: int = 10) -> Filled:
        """What may stand at each [MASK] of a text. Raises NoMask, bert.TooLong, ValueError for k < 1."""
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        e = self.encode(text)
        positions = [i for i, token in enumerate(e.ids) if token == self.mask_id]
        if not positions:
            raise NoMask(f"the text has no {MASK} to fill")
        masks = []
        for position, p in zip(positions, self.distribution(e.ids, positions), strict=True):
            best = p.topk(min(k, len(p)))
            named = [(self.pieces[i], q) for q, i in zip(best.values.tolist(), best.indices.tolist(), strict=True)]
            masks.append(Mask(position, tuple(named), p))
        return Filled(tuple(e.tokens), tuple(e.ids), tuple(masks))

    @torch.no_grad()
    def distribution(self, ids: Sequence[int], positions: Sequence[int], mask: Tensor | None = None) -> Tensor:
        """Probabilities (M, V), float64, of what stands at M positions of a text if all of them are masked.

        ids: as encode gives them, [CLS] and [SEP] included; mask as in Network.forward. Raises bert.TooLong, and
        ValueError for no position, or one that is not in the text.
        """
        if len(ids) > self.limit:
            raise bert.TooLong(len(ids), self.limit)
        if not positions or not all(0 <= i < len(ids) for i in positions):
            raise ValueError(f"need positions from 0 to {len(ids) - 1}, got {list(positions)}")
        at = torch.tensor(list(positions))  # (M,)
        masked = torch.tensor([list(ids)]).index_fill(1, at, self.mask_id)  # (1, T)
        return self.network(masked, torch.zeros_like(at), at, mask).double().softmax(-1)  # (M, V)

    def score(self, text: str) -> Score:
        """The pseudo-log-likelihood of a text, token by token.

        Raises bert.TooLong, and ValueError for a text of which BERT reads nothing.
        """
        return self.scores([text])[0]

    @torch.no_grad()
    def scores(self, texts: Sequence[str], tokens: int = 4000) -> list[Score]:
        """The same for many texts; at most so many tokens at a time, each text once for every token of it."""
        encoded = [self.encode(text) for text in texts]
        if any(e.blank for e in encoded):
            raise ValueError("there is nothing to score in an empty text")
        found = [[0.0] * (len(e.ids) - 2) for e in encoded]
        for batch in _masked_alone([e.ids for e in encoded], tokens):
            whose, positions = (torch.tensor(column) for column in zip(*batch, strict=True))  # (M,) each
            ids = torch.tensor([encoded[i].ids for i, _ in batch])  # (M, T)
            rows = torch.arange(len(batch))
            right = ids[rows, positions]  # (M,)
            ids[rows, positions] = self.mask_id
            values = self.network(ids, rows, positions).double().log_softmax(-1)[rows, right].tolist()  # M numbers
            for i, position, value in zip(whose.tolist(), positions.tolist(), values, strict=True):
                found[i][position - 1] = value
        return [Score(tuple(e.tokens[1:-1]), tuple(f), sum(f)) for e, f in zip(encoded, found, strict=True)]


def load(path: Path = PATH, base: Bert | None = None) -> MaskedLM:
    """The trained model on the local BERT, or on the given base, read once per process.

    Raises records.Unusable for a missing, damaged or foreign file, of the checkpoint or of the local BERT.
    """
    return _load(path, base or bert.load())


def fill(text: str, k: int = 10) -> Filled:
    """load().fill(text, k)."""
    return load().fill(text, k)


@checkpoint.once
def _load(path: Path, base: Bert) -> MaskedLM:
    found = checkpoint.read(path, kind="mlm")
    if found.config["base"] != fingerprint(base.encoder):
        raise Unusable("checkpoint_foreign", path, f"the adapter in {path} was trained on another BERT")
    network = Network(base, found.config["rank"], found.config["alpha"])
    network.load_learnt(found.tensors)
    return MaskedLM(base, network.requires_grad_(False))


def _masked_alone(rows: Sequence[Sequence[int]], tokens: int) -> Iterator[list[tuple[int, int]]]:
    """Batches of (number of a row, position in it), each row's tokens one by one; in a batch all rows are as long."""
    lengths = {len(ids) for ids in rows}
    for length in sorted(lengths):
        jobs = [(i, t) for i, ids in enumerate(rows) if len(ids) == length for t in range(1, length - 1)]
        size = max(1, tokens // length)
        yield from (jobs[i : i + size] for i in range(0, len(jobs), size))
