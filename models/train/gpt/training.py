"""What the small GPT learns from, its recipe and its curve.   Radford et al. 2018, §3.1, eq. (1); 2019, §2.

The books are cut into passages of whole paragraphs; some are held out, the others are read in another order every
epoch, one after the other, with START between them. The tokenizer is learnt from the passages to train on.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from torch.nn.functional import cross_entropy

from models.decoder import GPT, GPTConfig
from models.gpt import START, START_TOKEN, Writer
from models.train import loop, texts

#: Beginnings of ours whose continuation is looked at while the model learns.
WATCHED = ("She opened the door and", "The old king said to his daughter:", "It was a cold morning, and")


@dataclass(frozen=True)
class Recipe(loop.Recipe):
    """All that decides the result, beside the data and the number of processes."""

    steps: int = 6_000
    batch_tokens: int = 2_048  # per process
    peak: float = 2e-3
    warmup: int = 300
    weight_decay: float = 0.1
    dropout: float = 0.0
    vocab_size: int = 3_000
    n_context: int = 256
    d_model: int = 192
    n_layer: int = 5
    n_head: int = 6
    d_ff: int = 768
    least: int = 1_500  # characters of a passage
    dev_share: float = 0.01
    test_share: float = 0.03


@dataclass(frozen=True)
class Point(loop.Point):
    """Losses are per token."""

    dev_bits: float  # bits per byte of text


class Data:
    """The passages, split, the tokenizer learnt from those to train on, and their ids."""

    def __init__(self, given: Sequence[str], recipe: Recipe):
        self.recipe = recipe
        found = {name: self.passages(files) for name, files in texts.gather(given).items()}
        split = texts.split(found, recipe.seed, recipe.dev_share, recipe.test_share, WATCHED)
        self.dev, self.test = split.dev, split.test
        self.passages_of = {side: {n: len(p) for n, p in of.items()} for side, of in vars(split).items()}
        train = [p for of in split.train.values() for p in of]
        self.tokenizer = byte_level_bpe(train, recipe.vocab_size)
        self.train = {name: self.encode(of) for name, of in split.train.items()}
        self.rows = [ids for of in self.train.values() for ids in of]
        every = np.concatenate(self.rows)
        self.counts = np.bincount(every, minlength=self.tokenizer.get_vocab_size())  # (V,)
        self.checksum = hashlib.sha256(every.tobytes()).hexdigest()
        if len(every) <= recipe.n_context:
            raise ValueError(f"{len(every)} tokens are too few for one window of n_context = {recipe.n_context}")

    def passages(self, files: Sequence[texts.Text]) -> list[str]:
        """Paragraphs or sentences joined to passages of at least recipe.least characters; none spans two files."""
        return [p for file in files for p in texts.passages(file.blocks, file.joint, self.recipe.least)]

    def encode(self, passages: Sequence[str]) -> list[np.ndarray]:
        """Texts -> ids, START first."""
        return [np.array([START, *e.ids], dtype=np.int64) for e in self.tokenizer.encode_batch(list(passages))]

    def tokens(self) -> dict[str, dict[str, int]]:
        """How many tokens each source has, START left out."""
        sides = {"train": self.train} | {
            side: {name: self.encode(of) for name, of in split.items()}
            for side, split in (("dev", self.dev), ("test", self.test))
        }
        return {side: {n: sum(len(ids) - 1 for ids in rows) for n, rows in of.items()} for side, of in sides.items()}

    def config(self) -> GPTConfig:
        """The model for this vocabulary."""
        r = self.recipe
        return GPTConfig(
            self.tokenizer.get_vocab_size(), r.n_context, r.d_model, r.n_layer, r.n_head, r.d_ff, r.dropout
        )


def byte_level_bpe(passages: Sequence[str], vocab_size: int) -> Tokenizer:
    """A byte-level BPE (Radford et al. 2019, §2.2): START, the 256 bytes, then merges; no text has an unknown piece."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[START_TOKEN],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(passages, trainer)
    return tokenizer


def stream(rows: Sequence[np.ndarray], n_context: int, seed: int, epoch: int) -> np.ndarray:
    """One epoch: (N, n_context + 1) ids, each window overlapping its neighbours in the text by one token.

    The rows come in another order every epoch, the first window begins anywhere, and the windows are mixed.
    """
    random = np.random.default_rng((seed, epoch))
    text = np.concatenate([rows[i] for i in random.permutation(len(rows))])
    first = int(random.integers(min(n_context, len(text) - n_context)))
    count = (len(text) - 1 - first) // n_context
    starts = first + n_context * random.permutation(count)  # (N,)
    return text[starts[:, None] + np.arange(n_context + 1)]  # (N, n_context + 1)


def measured(writer: Writer, passages: Sequence[str], counts: np.ndarray | None = None) -> dict:
    """How well the model predicts these texts: nats per token, perplexities per token and character, bits per byte.

    Only the text's own tokens count, not START. With counts, unigram_perplexity: per token, of their frequencies.
    """
    rows = [writer.ids(p) for p in passages]
    nats = -sum(sum(found) for found in writer.log_probs(rows))
    tokens, chars = sum(len(ids) - 1 for ids in rows), sum(map(len, passages))
    size = sum(len(p.encode()) for p in passages)
    out = {
        "passages": len(passages),
        "tokens": tokens,
        "characters": chars,
        "bytes": size,
        "loss": round(nats / tokens, 4),
        "perplexity": round(math.exp(nats / tokens), 2),
        "char_perplexity": round(math.exp(nats / chars), 3),
        "bits_per_byte": round(nats / math.log(2) / size, 4),
    }
    if counts is not None:
        log_p = np.log((counts + 1) / (counts + 1).sum())
        unigram = -sum(log_p[ids[1:]].sum() for ids in rows) / tokens
        out["unigram_perplexity"] = round(math.exp(unigram), 1)
    return out


class Trainer(loop.Trainer):
    """A GPT, learning to say the next token."""

    def __init__(self, data: Data, recipe: Recipe, folder: Path, cpu: bool = True):
        self.data = data
        super().__init__(GPT(data.config(), recipe.seed), recipe, folder, data.checksum, cpu)
        self.recipe: Recipe = recipe

    def batches(self, epoch: int) -> Iterable[np.ndarray]:
        """Windows (B, n_context + 1); what is left over at the end of an epoch is another text in the next one."""
        r = self.recipe
        windows = stream(self.data.rows, r.n_context, r.seed, epoch)  # (N, n_context + 1)
        size = max(1, r.batch_tokens // r.n_context) * self.accelerator.num_processes
        for i in range(0, max(1, len(windows) - size + 1), size):
            yield windows[i : i + size]

    def loss(self, batch: np.ndarray, rows: list[int]) -> tuple[Tensor, int]:
        """Cross-entropy of every next token."""
        own = torch.from_numpy(batch[rows]).to(self.device)  # (B, n_context + 1)
        logits = self.model(own[:, :-1])  # (B, n_context, V)
        loss = cross_entropy(logits.float().flatten(0, 1), own[:, 1:].flatten(), reduction="sum")
        return loss, batch[:, 1:].size

    def measure(self, train_loss: float, epoch: int) -> Point:
        """Loss on the dev passages of all sources together."""
        with self.averaged() as model:
            found = measured(Writer(model, self.data.tokenizer), [p for of in self.data.dev.values() for p in of])
        return Point(**self.so_far(train_loss, epoch), dev_loss=found["loss"], dev_bits=found["bits_per_byte"])

    def snapshot(self) -> dict:
        """Continuations of WATCHED."""
        with self.averaged() as model:
            writer = Writer(model, self.data.tokenizer)
            return {"texts": [writer.generate(p, 40, temperature=0.7, keep=False).text for p in WATCHED]}
