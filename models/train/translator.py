"""Train the translator, Chinese to English, on Tatoeba's sentence pairs.   Vaswani et al. 2017, §5, on a small scale.

    python -m models.train.translator --data cmn.tsv                      # two cores: about an hour and a half
    accelerate launch -m models.train.translator --data cmn.tsv --gpu     # GPUs, machines: as `accelerate config` says
    torchrun --nproc_per_node 2 -m models.train.translator --data cmn.tsv # two processes on CPUs

Run again with the same arguments, it goes on where it was stopped. Every process takes its share of each batch, and the
loss is the mean over the tokens of all shares: n processes with batches of k tokens do what one does with n k.
What is kept is the exponential average of the weights over the last steps; they are measured, saved and described by
models.train.translator_report when the training ends.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path

import torch
from accelerate import Accelerator
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from models import vocabulary
from models.bleu import corpus_bleu
from models.train import pairs
from models.transformer import Transformer, TransformerConfig
from models.translator import Translator
from models.vocabulary import PAD, SPECIAL, UNK, Vocabulary

#: Sentences of ours whose attention is recorded while it sharpens; pairs that share them are not trained on.
WATCHED = (
    ("我昨天在图书馆看书。", "I read a book in the library yesterday."),
    ("他每天骑自行车去学校。", "He goes to school by bike every day."),
    ("这本书是我妹妹的。", "This book is my younger sister's."),
)


@dataclass(frozen=True)
class Recipe:
    """All that decides the result, beside the data and the number of processes."""

    steps: int = 20_000
    batch_tokens: int = 1_500  # padded, both languages, per process
    peak: float = 7e-4  # learning rate after the warm-up
    warmup: int = 1_500
    dropout: float = 0.3
    word_dropout: float = 0.1  # share of input tokens, of both languages, replaced by [UNK] in training
    label_smoothing: float = 0.1
    average: float = 0.998  # of the weights, per step
    d_model: int = 256
    n_layer: int = 3
    n_head: int = 4
    d_ff: int = 1024
    subwords: int = 3_000
    precision: str = "bf16"  # "bf16" or "no" (float32)
    seed: int = 0
    dev: int = 300
    test: int = 1_200
    every: int = 500  # steps between two points of the curve


@dataclass(frozen=True)
class Point:
    """The state after so many steps. The measurements are of the averaged weights, on the dev pairs."""

    step: int
    epoch: int
    minutes: float  # of training, all runs together, measurements left out
    lr: float
    train_loss: float  # nats per token since the last point, with label smoothing and dropout
    dev_loss: float  # nats per token, without
    dev_accuracy: float  # 0 to 1, of the next token, given the right ones before it
    dev_bleu: float  # greedy, 13a


@dataclass(frozen=True)
class Snapshot:
    """What the model does with WATCHED after so many steps: its translations, and cross-attention (L, H, T, S)."""

    step: int
    dev_bleu: float
    translations: tuple[str, ...]
    attention: tuple[list, ...]  # of the target in WATCHED, row = the token just read, weights rounded to 3 places


@dataclass
class Progress:
    """How far the training is: saved with the weights."""

    step: int = 0
    minutes: float = 0.0
    curve: list[dict] = field(default_factory=list)
    snapshots: list[dict] = field(default_factory=list)


class Data:
    """The split, the vocabularies learnt from its training pairs, and the encoded pairs."""

    def __init__(self, path: Path, recipe: Recipe):
        watched = [sentence for pair in WATCHED for sentence in pair]
        self.split = pairs.split(pairs.read(path), recipe.seed, recipe.dev, recipe.test, watched)
        chinese = [vocabulary.canonical(p.chinese) for p in self.split.train]
        english = [p.english.translate(vocabulary.PLAIN_QUOTES) for p in self.split.train]
        self.vocabulary = Vocabulary(
            tuple(pairs.characters(chinese, min_count=2)), pairs.subwords(english, recipe.subwords)
        )
        self.train, self.dev = self.encode(self.split.train), self.encode(self.split.dev)

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


def learning_rate(step: int, recipe: Recipe) -> float:
    """Linear to the peak, then half a cosine down to 1 % of it. step counts from 1."""
    if step <= recipe.warmup:
        return recipe.peak * step / recipe.warmup
    done = torch.tensor((step - recipe.warmup) / max(1, recipe.steps - recipe.warmup))
    return recipe.peak * (0.01 + 0.99 * float(1 + torch.cos(done.clamp(max=1) * torch.pi)) / 2)


def batch_numbers(rows: list[pairs.Ids], tokens: int, seed: int) -> Iterator[tuple[int, list[int]]]:
    """Without end: (epoch from 0, the numbers of a batch's rows)."""
    for epoch in count():
        for batch in pairs.batches(rows, tokens, seed, epoch):
            yield epoch, batch


def drop_words(ids: Tensor, share: float, random: torch.Generator) -> Tensor:
    """ids (B, T) with so large a share of its tokens replaced by [UNK]; padding and the special pieces stay."""
    dropped = (torch.rand(ids.shape, generator=random) < share) & (ids >= len(SPECIAL))
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


class Trainer:
    """One training with a life: made, perhaps resumed, advanced step by step, saved."""

    def __init__(self, data: Data, recipe: Recipe, folder: Path, cpu: bool = True):
        self.data, self.recipe, self.folder, self.progress = data, recipe, folder, Progress()
        self.accelerator = Accelerator(mixed_precision=recipe.precision, cpu=cpu)
        bare = Transformer(data.config(recipe), recipe.seed)
        self.average = Transformer(data.config(recipe), recipe.seed).to(self.accelerator.device).eval()
        fused = self.accelerator.device.type in ("cpu", "cuda")
        optimizer = torch.optim.AdamW(
            bare.parameters(), lr=recipe.peak, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.01, fused=fused
        )
        self.model, self.optimizer = self.accelerator.prepare(bare, optimizer)
        self.random = torch.Generator().manual_seed(recipe.seed + self.accelerator.process_index)
        torch.manual_seed(recipe.seed + self.accelerator.process_index)  # dropout: each process its own

    @property
    def bare(self) -> Transformer:
        """The model without what Accelerate put around it."""
        return self.accelerator.unwrap_model(self.model)

    def step(self, numbers: list[int]) -> float:
        """One update on these rows, shared among the processes: the mean loss of the tokens, in nats."""
        rank, world = self.accelerator.process_index, self.accelerator.num_processes
        rows = [self.data.train[i] for i in numbers]
        total = sum(len(t) + 1 for _, t in rows)  # tokens to be predicted, of all processes
        batch = pairs.collate(rows[rank::world] or rows[:1])
        source, target = torch.from_numpy(batch.source), torch.from_numpy(batch.target)  # (B, S), (B, T + 1)
        source = drop_words(source, self.recipe.word_dropout, self.random)
        given = drop_words(target[:, :-1], self.recipe.word_dropout, self.random)  # (B, T)
        device = self.accelerator.device
        self.model.train()
        with sdpa_kernel(SDPBackend.MATH):  # on short sentences the fused kernel's way back is slower: by a fifth here
            logits = self.model(source.to(device), given.to(device))  # (B, T, V)
        loss = token_losses(logits, target[:, 1:].to(device), self.recipe.label_smoothing) / total
        if not rows[rank::world]:
            loss = loss * 0  # fewer rows than processes: this one only keeps the others company
        lr = learning_rate(self.progress.step + 1, self.recipe)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.accelerator.backward(loss * world)  # the gradients are averaged over the processes
        self.accelerator.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.progress.step += 1
        self._update_average()
        return float(self.accelerator.reduce(loss.detach(), "sum"))

    @torch.no_grad()
    def _update_average(self) -> None:
        """average += (1 - decay) (weights - average), with a smaller decay at the beginning."""
        step = self.progress.step
        decay = min(self.recipe.average, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.average.parameters()), list(self.bare.parameters()), 1 - decay)

    @torch.no_grad()
    def measure(self, train_loss: float, epoch: int) -> Point:
        """Loss, accuracy and BLEU of the averaged weights on the dev pairs."""
        loss, right, tokens, rows = 0.0, 0, 0, self.data.dev
        for numbers in pairs.batches(rows, 4 * self.recipe.batch_tokens, 0, 0):
            batch = pairs.collate([rows[i] for i in numbers])
            target = torch.from_numpy(batch.target).to(self.accelerator.device)
            logits = self.average(torch.from_numpy(batch.source).to(target.device), target[:, :-1])  # (B, T, V)
            loss += float(token_losses(logits, target[:, 1:]))
            right += int(((logits.argmax(-1) == target[:, 1:]) & (target[:, 1:] != PAD)).sum())
            tokens += batch.tokens
        translated = self.translator().translate_batch([p.chinese for p in self.data.split.dev], keep=False)
        bleu = corpus_bleu([t.text for t in translated], [[p.english for p in self.data.split.dev]]).score
        p = self.progress
        return Point(
            p.step, epoch, round(p.minutes, 2), float(f"{learning_rate(max(1, p.step), self.recipe):.3g}"),
            round(train_loss, 4), round(loss / tokens, 4), round(right / tokens, 4), round(bleu, 2),
        )  # fmt: skip

    def snapshot(self, bleu: float) -> Snapshot:
        """Translations and cross-attention of WATCHED."""
        translator = self.translator()
        attention = [
            [[[[round(w, 3) for w in row] for row in head] for head in layer] for layer in a.tolist()]
            for a in (translator.trace(zh, en).cross_attentions[:, 0] for zh, en in WATCHED)
        ]
        texts = [t.text for t in translator.translate_batch([zh for zh, _ in WATCHED])]
        return Snapshot(self.progress.step, bleu, tuple(texts), tuple(attention))

    def translator(self) -> Translator:
        """The averaged weights, ready to translate."""
        return Translator(self.average, self.data.vocabulary)

    def save(self) -> None:
        """Everything needed to go on, in the folder; a half-written file never takes the place of a whole one."""
        state = {f"model.{n}": p for n, p in self.bare.state_dict().items()}
        state |= {f"average.{n}": p for n, p in self.average.state_dict().items()}
        names = {p: n for n, p in self.bare.named_parameters()}
        for group in self.optimizer.param_groups:
            for p in group["params"]:
                for kind, value in self.optimizer.state[p].items():
                    state[f"adam.{kind}.{names[p]}"] = value
        state["random.torch"], state["random.words"] = torch.get_rng_state(), self.random.get_state()
        record = json.dumps({"recipe": asdict(self.recipe), "progress": asdict(self.progress)})
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.folder / "state.new"
        save_file({k: v.detach().cpu().contiguous() for k, v in state.items()}, new, metadata={"record": record})
        new.replace(self.folder / "state.safetensors")

    def resume(self) -> bool:
        """Go on from the folder's state, if there is one. Raises ValueError if it is of another recipe."""
        path = self.folder / "state.safetensors"
        if not path.exists():
            return False
        with safe_open(path, framework="pt") as f:
            record = json.loads(f.metadata()["record"])
            if record["recipe"] != asdict(self.recipe):
                raise ValueError(f"{path} is of another recipe: give the same arguments, or another --work folder")
            state = {k: f.get_tensor(k) for k in f.keys()}  # noqa: SIM118 (not a dictionary)
        for prefix, model in (("model.", self.bare), ("average.", self.average)):
            model.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})
        for name, p in self.bare.named_parameters():
            kinds = [k.split(".")[1] for k in state if k.startswith("adam.") and k.split(".", 2)[2] == name]
            self.optimizer.state[p] = {kind: state[f"adam.{kind}.{name}"].to(p.device) for kind in kinds}
        if self.accelerator.num_processes == 1:  # the state is the first process's
            torch.set_rng_state(state["random.torch"])
            self.random.set_state(state["random.words"])
        self.progress = Progress(**record["progress"])
        return True


def snapshot_steps(recipe: Recipe) -> set[int]:
    """When WATCHED is looked at: before the first step, often while much changes, and at the end."""
    shares = (0.023, 0.046, 0.07, 0.1, 0.15, 0.25, 0.5)
    rounded = {round(s * recipe.steps / recipe.every) * recipe.every for s in shares}
    return {0, recipe.steps} | {s for s in rounded if s}


def train(trainer: Trainer, show: bool = True) -> None:
    """Run to the end of the recipe, saving and measuring on the way."""
    recipe, progress, main = trainer.recipe, trainer.progress, trainer.accelerator.is_main_process
    tokens = recipe.batch_tokens * trainer.accelerator.num_processes
    losses, began, looked_at = [], time.perf_counter(), snapshot_steps(recipe)
    if progress.step == 0 and main:
        progress.snapshots.append(asdict(trainer.snapshot(trainer.measure(0.0, 0).dev_bleu)))
    bar = tqdm(total=recipe.steps, initial=progress.step, disable=not (show and main), mininterval=5, unit="step")
    for number, (epoch, batch) in enumerate(batch_numbers(trainer.data.train, tokens, recipe.seed)):
        if number < progress.step:
            continue  # done before the training was stopped
        if progress.step >= recipe.steps:
            break
        start = time.perf_counter()
        losses.append(trainer.step(batch))
        progress.minutes += (time.perf_counter() - start) / 60
        bar.update()
        if main and (progress.step % recipe.every == 0 or progress.step == recipe.steps):
            point = trainer.measure(sum(losses) / len(losses), epoch)
            progress.curve.append(asdict(point))
            losses.clear()
            if progress.step in looked_at:
                progress.snapshots.append(asdict(trainer.snapshot(point.dev_bleu)))
            trainer.save()
            elapsed = (time.perf_counter() - began) / 60
            tqdm.write(f"{elapsed:6.1f} min  {point}")
    bar.close()


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line: every part of the recipe is an option."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="English TAB Chinese TAB attribution, one pair a line")
    parser.add_argument("--out", type=Path, help="folder of the checkpoint; default: where the app looks for it")
    parser.add_argument("--work", type=Path, default=Path("runs/translator"), help="folder of the state to resume from")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--gpu", action="store_true", help="use GPUs if there are any")
    for name, default in asdict(Recipe()).items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(default), default=default, help=f"{default}")
    return parser.parse_args(arguments)


def main() -> None:
    args = parse()
    torch.set_num_threads(args.threads)
    recipe = Recipe(**{name: getattr(args, name) for name in asdict(Recipe())})
    trainer = Trainer(Data(args.data, recipe), recipe, args.work, cpu=not args.gpu)
    trainer.resume()
    train(trainer)
    if trainer.accelerator.is_main_process:
        from models.train import translator_report

        translator_report.write(trainer, args.out)


if __name__ == "__main__":
    main()
