"""What the translator learns from, its recipe and its curve.   Vaswani et al. 2017, §5, on a small scale.

The loop is models/train/loop.py's.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy

from models import translator_vocabulary
from models.bleu import corpus_bleu
from models.train import loop, pairs
from models.transformer import Transformer, TransformerConfig
from models.translator import Translator
from models.translator_vocabulary import PAD, SPECIAL, UNK, Vocabulary

#: Sentences of ours whose attention is recorded while it sharpens; pairs that share them are not trained on.
WATCHED = (
    ("我昨天在图书馆看书。", "I read a book in the library yesterday."),
    ("他每天骑自行车去学校。", "He goes to school by bike every day."),
    ("这本书是我妹妹的。", "This book is my younger sister's."),
)


@dataclass(frozen=True)
class Recipe(loop.Recipe):
    """All that decides the result, beside the data and the number of processes."""

    steps: int = 20_000
    batch_tokens: int = 1_500  # padded, both languages, per process
    peak: float = 7e-4  # learning rate after the warm-up
    warmup: int = 1_500
    dropout: float = 0.3
    word_dropout: float = 0.1  # share of input tokens, of both languages, replaced by [UNK] in training
    label_smoothing: float = 0.1
    d_model: int = 256
    n_layer: int = 3
    n_head: int = 4
    d_ff: int = 1024
    subwords: int = 3_000
    dev: int = 300
    test: int = 1_200


@dataclass(frozen=True)
class Point(loop.Point):
    """Losses are per token."""

    dev_accuracy: float  # 0 to 1, of the next token, given the right ones before it
    dev_bleu: float  # greedy, 13a


class Data:
    """The split, the vocabularies learnt from its training pairs, and the encoded pairs."""

    def __init__(self, path: Path, recipe: Recipe):
        watched = [sentence for pair in WATCHED for sentence in pair]
        self.split = pairs.split(pairs.read(path), recipe.seed, recipe.dev, recipe.test, watched)
        chinese = [translator_vocabulary.canonical(p.chinese) for p in self.split.train]
        english = [p.english.translate(translator_vocabulary.PLAIN_QUOTES) for p in self.split.train]
        self.vocabulary = Vocabulary(
            tuple(pairs.characters(chinese, min_count=2)), pairs.subwords(english, recipe.subwords)
        )
        self.train, self.dev = self.encode(self.split.train), self.encode(self.split.dev)
        self.checksum = hashlib.sha256(repr(self.train).encode()).hexdigest()

    def encode(self, chosen: list[pairs.Pair]) -> list[pairs.Ids]:
        """Pairs -> ids of both languages."""
        v = self.vocabulary
        return [(v.encode_source(p.chinese), v.encode_target(p.english)) for p in chosen]

    def config(self, recipe: Recipe) -> TransformerConfig:
        """The model for these vocabularies."""
        return TransformerConfig(
            source_vocab_size=len(self.vocabulary.source),
            target_vocab_size=self.vocabulary.target.get_vocab_size(),
            d_model=recipe.d_model,
            n_layer=recipe.n_layer,
            n_head=recipe.n_head,
            d_ff=recipe.d_ff,
            dropout=recipe.dropout,
            pre_norm=True,
            pad=PAD,
        )


def drop_words(ids: Tensor, share: float) -> Tensor:
    """ids (B, T) with so large a share of its tokens replaced by [UNK]; padding and the special pieces stay."""
    dropped = (torch.rand(ids.shape) < share) & (ids >= len(SPECIAL))
    return ids.masked_fill(dropped, UNK)


def token_losses(logits: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Sum over the tokens of target (B, T), padding left out, of the cross-entropy in nats; logits (B, T, V)."""
    return cross_entropy(
        logits.float().flatten(0, 1),
        target.flatten(),
        ignore_index=PAD,
        label_smoothing=label_smoothing,
        reduction="sum",
    )


class Trainer(loop.Trainer):
    """A Transformer, learning to translate."""

    looked_at = (0.023, 0.046, 0.07, 0.1, 0.15, 0.25, 0.5)

    def __init__(self, data: Data, recipe: Recipe, folder: Path, cpu: bool = True):
        self.data = data
        super().__init__(Transformer(data.config(recipe), recipe.seed), recipe, folder, data.checksum, cpu)
        self.recipe: Recipe = recipe

    def batches(self, epoch: int) -> Iterable[list[int]]:
        """Numbers of the pairs to train on."""
        tokens = self.recipe.batch_tokens * self.accelerator.num_processes
        return pairs.batches(self.data.train, tokens, self.recipe.seed, epoch)

    def loss(self, batch: Sequence[int], rows: list[int]) -> tuple[Tensor, int]:
        """Cross-entropy of the English tokens, the words of both languages thinned out."""
        chosen = [self.data.train[i] for i in batch]
        own = pairs.collate([chosen[i] for i in rows])
        source, target = torch.from_numpy(own.source), torch.from_numpy(own.target)  # (B, S), (B, T + 1)
        source = drop_words(source, self.recipe.word_dropout)
        given = drop_words(target[:, :-1], self.recipe.word_dropout)  # (B, T)
        with sdpa_kernel(SDPBackend.MATH):  # on short sentences the fused kernel's way back is slower: by a fifth here
            logits = self.model(source.to(self.device), given.to(self.device))  # (B, T, V)
        loss = token_losses(logits, target[:, 1:].to(self.device), self.recipe.label_smoothing)
        return loss, sum(len(english) + 1 for _, english in chosen)  # one more: the end

    def measure(self, train_loss: float, epoch: int) -> Point:
        """Loss, accuracy and BLEU on the dev pairs."""
        loss, right, tokens, rows = 0.0, 0, 0, self.data.dev
        with self.averaged() as model:
            for numbers in pairs.batches(rows, 4 * self.recipe.batch_tokens, 0, 0):
                batch = pairs.collate([rows[i] for i in numbers])
                target = torch.from_numpy(batch.target).to(self.device)
                logits = model(torch.from_numpy(batch.source).to(self.device), target[:, :-1])  # (B, T, V)
                loss += float(token_losses(logits, target[:, 1:]))
                right += int(((logits.argmax(-1) == target[:, 1:]) & (target[:, 1:] != PAD)).sum())
                tokens += batch.tokens
            bleu = self.dev_bleu(model)
        return Point(
            **self.so_far(train_loss, epoch),
            dev_loss=round(loss / tokens, 4),
            dev_accuracy=round(right / tokens, 4),
            dev_bleu=bleu,
        )

    def dev_bleu(self, model: Transformer) -> float:
        """Corpus BLEU on the dev pairs: greedy, 13a."""
        dev = self.data.split.dev
        found = Translator(model, self.data.vocabulary).translate_batch([p.chinese for p in dev], keep=False)
        return round(corpus_bleu([t.text for t in found], [[p.english for p in dev]]).score, 2)

    def snapshot(self) -> dict:
        """What the model does with WATCHED: translations, and the cross-attentions (L, H, T, S) of the given English.

        A row of the attention is the token just read; weights are rounded to 3 places. dev_bleu says how good it is.
        """
        curve = self.progress.curve  # its last point was measured just now; before the first step there is none
        with self.averaged() as model:
            translator = Translator(model, self.data.vocabulary)
            attention = [
                [[[[round(w, 3) for w in row] for row in head] for head in layer] for layer in a.tolist()]
                for a in (translator.trace(zh, en).cross_attentions[:, 0] for zh, en in WATCHED)
            ]
            translations = [t.text for t in translator.translate_batch([zh for zh, _ in WATCHED])]
            bleu = curve[-1]["dev_bleu"] if curve else self.dev_bleu(model)
            return {"dev_bleu": bleu, "translations": translations, "attention": attention}
