"""What the masked language model learns from, its recipe and its curve.   Devlin et al. 2019, §3.1, Task #1.

The weights of the BERT and its embeddings stay as they are. A share of the tokens is chosen; of these 80% become
[MASK], 10% another token, 10% stay, and the model has to say what stood there. The sequences of a batch have the same
length, so that nothing is padded.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from models import bert
from models.mlm import MaskedLM, Network
from models.train import loop, texts
from models.train.mlm.probes import PROBES, WATCHED

MASKED_FOR_TEST = 0.15  # the share that BERT was trained with


@dataclass(frozen=True)
class Recipe(loop.Recipe):
    """All that decides the result, beside the data and the number of processes."""

    steps: int = 15_000
    batch_tokens: int = 1_500  # per process
    peak: float = 1e-3
    warmup: int = 100
    decay: str = "linear"
    rank: int = 64
    alpha: float = 64.0
    masked: float = 0.2  # share of the tokens that are to be predicted
    least: int = 100  # characters: sentences of running text are joined until they have as many
    longest: int = 128  # tokens of a sequence, [CLS] and [SEP] included
    repeat: str = ""  # "tatoeba=2,wikitext2=2": sources that are read twice an epoch
    dev_share: float = 0.01
    test_share: float = 0.03


@dataclass(frozen=True)
class Point(loop.Point):
    """Losses are per chosen token."""

    dev_top1: float  # 0 to 1
    dev_top5: float


class Data:
    """The texts, split and encoded: sequences of ids from [CLS] to [SEP]."""

    def __init__(self, given: Sequence[str], recipe: Recipe, base: bert.Bert, test: Sequence[str] = ()):
        self.base, self.recipe = base, recipe
        found = {name: self.passages(files) for name, files in texts.gather(given).items()}
        others = {name: self.passages(files) for name, files in texts.gather(test).items()}
        if set(found) & set(others):
            raise ValueError(f"a source to train on and one to test on are both called {set(found) & set(others)}")
        split = texts.split(found, recipe.seed, recipe.dev_share, recipe.test_share, unseen(others))
        sides = (split.train, split.dev, split.test | others)
        self.train, self.dev, self.test = ({name: self.encode(p) for name, p in side.items()} for side in sides)
        self.others, self.test_passages = tuple(others), split.test
        self.passages_of = {of: {name: len(p) for name, p in side.items()} for of, side in vars(split).items()}
        repeated = repetitions(recipe.repeat, self.train)
        self.rows = [ids for name, rows in self.train.items() for ids in rows * repeated[name]]
        every = np.concatenate(self.rows)
        self.counts = np.bincount(every, minlength=base.config.vocab_size)  # (V,)
        self.checksum = hashlib.sha256(every.tobytes()).hexdigest()

    def passages(self, files: Sequence[texts.Text]) -> list[str]:
        """Running text in passages of at least recipe.least characters, rows of a table one by one."""
        out: list[str] = []
        for file in files:
            if file.running:
                sentences = [s for block in file.blocks for s in texts.sentences(block)]
                out += texts.passages(sentences, " ", self.recipe.least)
            else:
                out += file.blocks
        return out

    def encode(self, passages: Sequence[str]) -> list[np.ndarray]:
        """Texts -> ids; a text that is too long becomes several."""
        first, last = (self.base.tokenizer.token_to_id(t) for t in ("[CLS]", "[SEP]"))
        room, out = self.recipe.longest - 2, []
        for e in self.base.tokenizer.encode_batch(list(passages), add_special_tokens=False):
            cut = [e.ids[i : i + room] for i in range(0, len(e.ids), room)]
            out += [np.array([first, *ids, last], dtype=np.int64) for ids in cut]
        return out

    def tokens(self) -> dict[str, dict[str, int]]:
        """How many tokens each source has, [CLS] and [SEP] left out."""
        sides = {"train": self.train, "dev": self.dev, "test": self.test}
        return {side: {n: sum(len(ids) - 2 for ids in rows) for n, rows in of.items()} for side, of in sides.items()}


def long_sentences(passage: str) -> list[str]:
    """The sentences of a passage that are no commonplaces."""
    return [s for s in texts.sentences(passage) if len(texts.key(s)) >= texts.LONG]


def repetitions(repeat: str, sources: Mapping) -> dict[str, int]:
    """How often each source is read in an epoch. Raises ValueError for another name or no number."""
    out = dict.fromkeys(sources, 1)
    for part in filter(None, repeat.split(",")):
        name, _, times = part.partition("=")
        if name not in out or not times.isdigit():
            raise ValueError(f"--repeat: {part!r} is not one of {', '.join(out)} with a number, as in {name}=2")
        out[name] = int(times)
    return out


def batches(lengths: Sequence[int], tokens: int, seed: int, epoch: int) -> list[list[int]]:
    """Numbers of sequences, in a batch all of one length, together at most so many tokens: mixed anew every epoch."""
    random = np.random.default_rng((seed, epoch))
    length = np.asarray(lengths)
    order = random.permutation(len(length))
    order = order[np.argsort(length[order], kind="stable")]
    cut: list[list[int]] = []
    for same in np.split(order, np.flatnonzero(np.diff(length[order])) + 1):
        size = max(1, tokens // int(length[same[0]]))
        cut += [same[i : i + size].tolist() for i in range(0, len(same), size)]
    return [cut[j] for j in random.permutation(len(cut))]


@dataclass(frozen=True, eq=False)
class Masked:
    """A batch with gaps: ids (B, T), and M chosen places, the i-th at ids[rows[i], positions[i]], with its token."""

    ids: Tensor  # (B, T)
    rows: Tensor  # (M,) in rising order
    positions: Tensor  # (M,)
    targets: Tensor  # (M,)


def mask(ids: np.ndarray, base: bert.Bert, share: float, random: np.random.Generator, always: bool = False) -> Masked:
    """Choose a share of every row's tokens, at least one, and hide them: §3.1, Task #1.

    80% become [MASK], 10% a token drawn from the whole vocabulary, 10% stay; with always all become [MASK].
    Special tokens and [UNK] are never chosen.
    """
    special = [base.tokenizer.token_to_id(t) for t in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]
    rank = random.random(ids.shape)  # (B, T)
    rank[np.isin(ids, special)] = 2.0
    chosen = np.argsort(rank, axis=1)[:, : max(1, round(share * (ids.shape[1] - 2)))]  # (B, k)
    rows = np.repeat(np.arange(len(ids)), chosen.shape[1])  # (B k,)
    positions = chosen.ravel()  # (B k,)
    ordinary = rank[rows, positions] < 2
    rows, positions = rows[ordinary], positions[ordinary]  # (M,) each
    targets, fate = ids[rows, positions], random.random(len(rows))
    drawn = random.integers(base.config.vocab_size, size=len(rows))
    by = np.where(always | (fate < 0.8), special[-1], np.where(fate < 0.9, drawn, targets))
    given = ids.copy()
    given[rows, positions] = by
    return Masked(*(torch.from_numpy(a) for a in (given, rows, positions, targets)))


def unseen(others: Mapping[str, Sequence[str]]) -> list[str]:
    """What shall not be trained on: texts that are only tested on, their long sentences, and the probes."""
    passages = [s for texts_of in others.values() for p in texts_of for s in (p, *long_sentences(p))]
    return passages + [sentence for probe in PROBES for sentence in probe.filled]


@torch.no_grad()
def evaluate(
    network: Network, base: bert.Bert, rows: Sequence[np.ndarray], seed: int, counts: np.ndarray | None = None
) -> dict:
    """How many of the masked tokens of these sequences are guessed: the same ones are masked for the same seed.

    top1, top5: shares 0 to 1 of all masks, words_… of those that are words or pieces of them; loss in nats per mask.
    With counts, unigram_…: what the most frequent tokens guess.
    """
    pieces = map(base.tokenizer.id_to_token, range(base.config.vocab_size))
    word = torch.tensor([piece.removeprefix("##").isalpha() for piece in pieces])  # (V,)
    frequent = torch.from_numpy(np.argsort(-counts, kind="stable")[:5].copy()) if counts is not None else None
    better, loss, targets = _guesses(network, base, rows, np.random.default_rng(seed))  # (M,) each
    of_words = word[targets]
    out = {"masks": len(targets), "words": int(of_words.sum()), "loss": loss.mean()}
    for k in (1, 5):
        out |= {f"top{k}": (better < k).float().mean(), f"words_top{k}": (better[of_words] < k).float().mean()}
        if frequent is not None:
            out[f"unigram_top{k}"] = torch.isin(targets, frequent[:k]).float().mean()
    return {name: x if isinstance(x, int) else round(float(x), 4) for name, x in out.items()}


def _guesses(
    network: Network, base: bert.Bert, rows: Sequence[np.ndarray], random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Of all masks: how many tokens are held more probable than the right one, the loss in nats, the right one."""
    found, device = [], network.head.bias.device
    for batch in batches([len(ids) for ids in rows], 6_000, 0, 0):
        m = mask(np.stack([rows[i] for i in batch]), base, MASKED_FOR_TEST, random, always=True)
        with device:
            logits = network(m.ids.to(device), m.rows.to(device), m.positions.to(device)).float().cpu()  # (M, V)
        loss = cross_entropy(logits, m.targets, reduction="none")  # (M,)
        better = (logits > logits.gather(1, m.targets[:, None])).sum(1)  # (M,)
        found.append((better, loss, m.targets))
    better, loss, targets = (torch.cat(column) for column in zip(*found, strict=True))
    return better, loss, targets


class Trainer(loop.Trainer):
    """Adapter and head, learning to fill gaps."""

    def __init__(self, data: Data, recipe: Recipe, folder: Path, cpu: bool = True):
        self.data = data
        network = Network(data.base, recipe.rank, recipe.alpha, recipe.seed)
        frequency = torch.from_numpy(data.counts + 0.5).float()  # (V,)
        with torch.no_grad():
            network.head.bias.copy_((frequency / frequency.sum()).log())  # to begin with, what is frequent is likely
        super().__init__(network, recipe, folder, data.checksum, cpu)
        self.recipe: Recipe = recipe

    def batches(self, epoch: int) -> Iterable[list[int]]:
        """Numbers of the sequences to train on."""
        r = self.recipe
        tokens = r.batch_tokens * self.accelerator.num_processes
        return batches([len(ids) for ids in self.data.rows], tokens, r.seed, epoch)

    def loss(self, batch: Sequence[int], rows: list[int]) -> tuple[Tensor, int]:
        """Cross-entropy of the chosen tokens. The same step hides the same ones, whatever the number of processes."""
        random = np.random.default_rng((self.recipe.seed, 1, self.progress.step))
        m = mask(np.stack([self.data.rows[i] for i in batch]), self.data.base, self.recipe.masked, random)
        mine = torch.tensor(rows)
        own = torch.isin(m.rows, mine)  # (M,)
        places = torch.searchsorted(mine, m.rows[own]), m.positions[own]
        with self.device:  # the encoder numbers its positions where it stands
            logits = self.model(m.ids[mine].to(self.device), *(p.to(self.device) for p in places))  # (M, V)
        loss = cross_entropy(logits.float(), m.targets[own].to(self.device), reduction="sum")
        return loss, len(m.targets)

    def measure(self, train_loss: float, epoch: int) -> Point:
        """Loss and accuracy on the dev texts of all sources together."""
        rows = [ids for of in self.data.dev.values() for ids in of]
        with self.averaged() as network:
            found = evaluate(network, self.data.base, rows, seed=0)
        measured = {"dev_loss": found["loss"], "dev_top1": found["top1"], "dev_top5": found["top5"]}
        return Point(**self.so_far(train_loss, epoch), **measured)

    def snapshot(self) -> dict:
        """The five best fillings of every watched probe."""
        with self.averaged() as network, self.device:
            model = MaskedLM(self.data.base, network)
            found = [model.fill(probe.text, k=5).masks[0].candidates for probe in WATCHED]
        return {"fills": [[[token, round(p, 4)] for token, p in candidates] for candidates in found]}
