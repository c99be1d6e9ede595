"""What every training here shares: the loop, its schedule, going on where it was stopped.

A training is a Trainer that says what is learnt from a batch (loss), what the batches of an epoch are (batches) and
what its curve records (measure, snapshot). Every process takes its share of each batch, and the loss is the mean over
the predictions of all shares: n processes with batches of k tokens do what one does with n k. What is measured and
kept is the exponential average of the trained weights over the last steps. Weights that are not trained are not saved.
"""

import json
import math
import platform
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from tqdm import tqdm

from models.train.command import told

SHARES = (0.04, 0.08, 0.15, 0.3, 0.6)  # of all steps, after which a model is looked at: often while much changes


@dataclass(frozen=True)
class Recipe:
    """What every training has to decide; each adds its own. With the data and the processes, it decides the result."""

    steps: int = 10_000
    batch_tokens: int = 1_500  # per process
    peak: float = 1e-3  # learning rate after the warm-up
    warmup: int = 100
    floor: float = 0.01  # learning rate at the end, as a share of the peak
    decay: str = "cosine"  # "cosine" or "linear"
    weight_decay: float = 0.01  # of matrices and embeddings
    average: float = 0.998  # of the weights, per step
    precision: str = "bf16"  # "bf16" (loss in float32) or "no" (float32)
    seed: int = 0
    every: int = 500  # steps between two points of the curve


@dataclass(frozen=True)
class Point:
    """The state after so many steps. What a training measures is of the averaged weights, on its dev set."""

    step: int
    epoch: int
    minutes: float  # of training, all runs together, measurements left out
    lr: float
    train_loss: float  # nats per prediction since the last point, as it is trained: with dropout and smoothing
    dev_loss: float  # nats per prediction, without


@dataclass
class Progress:
    """How far the training is: saved with the weights."""

    step: int = 0
    minutes: float = 0.0  # of training, all runs together, measurements left out
    curve: list[dict] = field(default_factory=list)
    snapshots: list[dict] = field(default_factory=list)


def learning_rate(step: int, recipe: Recipe) -> float:
    """Linear to the peak, then half a cosine or a line down to its share `floor`. step counts from 1."""
    if step <= recipe.warmup:
        return recipe.peak * step / recipe.warmup
    done = min(1.0, (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup))
    left = (1 + math.cos(math.pi * done)) / 2 if recipe.decay == "cosine" else 1 - done
    return recipe.peak * (recipe.floor + (1 - recipe.floor) * left)


def snapshot_steps(recipe: Recipe, shares: Sequence[float] = SHARES) -> set[int]:
    """When the model is looked at: before the first step, after these shares of all steps, and at the end."""
    rounded = {round(s * recipe.steps / recipe.every) * recipe.every for s in shares}
    return {0, recipe.steps} | {s for s in rounded if 0 < s < recipe.steps}


class Trainer(ABC):
    """One training with a life: made, perhaps resumed, advanced step by step, saved."""

    looked_at: Sequence[float] = SHARES

    def __init__(self, model: nn.Module, recipe: Recipe, folder: Path, data: str, cpu: bool = True):
        """data: a checksum of what is trained on, so that a training does not go on with something else."""
        if recipe.decay not in ("cosine", "linear"):
            raise ValueError(f"decay must be cosine or linear, not {recipe.decay!r}")
        self.recipe, self.folder, self.data_checksum, self.progress = recipe, folder, data, Progress()
        self.accelerator = Accelerator(mixed_precision=recipe.precision, cpu=cpu)
        learnt = [p for p in model.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in learnt if p.dim() > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in learnt if p.dim() <= 1], "weight_decay": 0.0},  # biases and gains
        ]
        fused = self.accelerator.device.type in ("cpu", "cuda")
        optimizer = torch.optim.AdamW(groups, lr=recipe.peak, betas=(0.9, 0.98), eps=1e-9, fused=fused)
        self.model, self.optimizer = self.accelerator.prepare(model, optimizer)
        self.average = {name: p.detach().clone() for name, p in self.learnt.items()}
        torch.manual_seed(recipe.seed + self.accelerator.process_index)  # dropout: each process its own

    @abstractmethod
    def batches(self, epoch: int) -> Iterable[Sequence]:
        """The batches of one epoch, for all processes together; the same epoch gives the same ones."""

    @abstractmethod
    def loss(self, batch: Sequence, rows: list[int]) -> tuple[Tensor, int]:
        """The summed loss of these rows of a batch, in nats, and how many predictions the whole batch has."""

    @abstractmethod
    def measure(self, train_loss: float, epoch: int) -> Point:
        """A point of the curve; each training adds measurements of its own."""

    def so_far(self, train_loss: float, epoch: int) -> dict[str, float]:
        """What every Point has, but for the dev loss."""
        p, rate = self.progress, learning_rate(max(1, self.progress.step), self.recipe)
        at = {"step": p.step, "epoch": epoch, "minutes": round(p.minutes, 2), "lr": float(f"{rate:.3g}")}
        return at | {"train_loss": round(train_loss, 4)}

    def snapshot(self) -> dict | None:
        """What the averaged weights do with a few watched inputs; None: nothing is watched."""
        return None

    @property
    def bare(self) -> Any:
        """The model without what Accelerate put around it."""
        return self.accelerator.unwrap_model(self.model)

    @property
    def learnt(self) -> dict[str, nn.Parameter]:
        """The parameters that are trained, by name."""
        return {name: p for name, p in self.bare.named_parameters() if p.requires_grad}

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.accelerator.device

    def step(self, batch: Sequence) -> float:
        """One update on this batch, shared among the processes: the mean loss of its predictions, in nats."""
        rank, world = self.accelerator.process_index, self.accelerator.num_processes
        rows = list(range(len(batch)))[rank::world]
        self.model.train()
        loss, total = self.loss(batch, rows or [0])
        loss = loss / max(1, total)
        if not rows:
            loss = loss * 0  # fewer rows than processes: this one only keeps the others company
        lr = learning_rate(self.progress.step + 1, self.recipe)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.accelerator.backward(loss * world)  # the gradients are averaged over the processes
        self.accelerator.clip_grad_norm_(self.learnt.values(), 1.0)
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
        torch._foreach_lerp_(list(self.average.values()), list(self.learnt.values()), 1 - decay)

    @contextmanager
    def averaged(self) -> Iterator[Any]:
        """The model with the averaged weights, for looking at it: afterwards it has its own again."""
        learnt = self.learnt
        own = {name: p.detach().clone() for name, p in learnt.items()}
        self.bare.eval()
        try:
            with torch.no_grad():
                for name, p in learnt.items():
                    p.copy_(self.average[name])
                yield self.bare
        finally:
            with torch.no_grad():
                for name, p in learnt.items():
                    p.copy_(own[name])
            self.bare.train()

    def save(self) -> None:
        """Everything needed to go on, in the folder; a half-written file never takes the place of a whole one."""
        learnt = self.learnt
        state = {f"model.{n}": p for n, p in learnt.items()} | {f"average.{n}": p for n, p in self.average.items()}
        for name, p in learnt.items():
            state |= {f"adam.{kind}.{name}": value for kind, value in self.optimizer.state[p].items()}
        state["random.torch"] = torch.get_rng_state()
        record = {"recipe": asdict(self.recipe), "data": self.data_checksum, "progress": asdict(self.progress)}
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.folder / "state.new"
        tensors = {k: v.detach().cpu().contiguous() for k, v in state.items()}
        save_file(tensors, new, metadata={"record": json.dumps(record)})
        new.replace(self.folder / "state.safetensors")

    def resume(self) -> bool:
        """Go on from the folder's state, if there is one. Raises ValueError if it is of another recipe or other data.

        With several processes the random numbers of dropout begin anew: the state is the first process's.
        """
        path = self.folder / "state.safetensors"
        if not path.exists():
            return False
        with safe_open(path, framework="pt") as f:
            record = json.loads(f.metadata()["record"])
            for what, found in (("recipe", asdict(self.recipe)), ("data", self.data_checksum)):
                if record[what] != found:
                    raise ValueError(f"{path} is of another {what}: give the same arguments, or another --work folder")
            state = {k: f.get_tensor(k) for k in f.keys()}  # noqa: SIM118 (not a dictionary)
        with torch.no_grad():
            for name, p in self.learnt.items():
                p.copy_(state[f"model.{name}"])
                self.average[name].copy_(state[f"average.{name}"])
                kinds = [k.split(".")[1] for k in state if k.startswith("adam.") and k.split(".", 2)[2] == name]
                self.optimizer.state[p] = {kind: state[f"adam.{kind}.{name}"].to(p.device) for kind in kinds}
        if self.accelerator.num_processes == 1:
            torch.set_rng_state(state["random.torch"])
        self.progress = Progress(**record["progress"])
        return True


def numbered(trainer: Trainer) -> Iterator[tuple[int, Sequence]]:
    """Without end: (epoch from 0, a batch)."""
    for epoch in count():
        for batch in trainer.batches(epoch):
            yield epoch, batch


def train(trainer: Trainer, show: bool = True) -> None:
    """Run to the end of the recipe, saving and measuring on the way."""
    recipe, progress, main = trainer.recipe, trainer.progress, trainer.accelerator.is_main_process
    losses, looked_at = [], snapshot_steps(recipe, trainer.looked_at)
    if progress.step == 0 and main:
        _look(trainer)
    bar = tqdm(total=recipe.steps, initial=progress.step, disable=not (show and main), mininterval=5, unit="step")
    for number, (epoch, batch) in enumerate(numbered(trainer)):
        if progress.step >= recipe.steps:
            break
        if number < progress.step:
            continue  # done before the training was stopped
        start = time.perf_counter()
        losses.append(trainer.step(batch))
        progress.minutes += (time.perf_counter() - start) / 60
        bar.update()
        if main and (progress.step % recipe.every == 0 or progress.step == recipe.steps):
            point = trainer.measure(sum(losses) / len(losses), epoch)
            progress.curve.append(asdict(point))
            losses.clear()
            if progress.step in looked_at:
                _look(trainer)
            trainer.save()
            if show:
                tqdm.write(f"{progress.minutes:6.1f} min  {point}")
    bar.close()


def finish(trainer: Trainer) -> bool:
    """Go on from where it was stopped, to the end. True where this process is the one that writes the report."""
    trainer.resume()
    train(trainer)
    return trainer.accelerator.is_main_process


def _look(trainer: Trainer) -> None:
    seen = trainer.snapshot()
    if seen is not None:
        trainer.progress.snapshots.append({"step": trainer.progress.step, **seen})


def about(trainer: Trainer, module: str) -> dict:
    """How the results came about: the part of results.json that every training has."""
    return {
        "command": " ".join([f"python -m {module}", *told(sys.argv[1:])]),
        "date": date.today().isoformat(),
        "torch": torch.__version__,
        "machine": f"{platform.system()} {platform.machine()}, {torch.get_num_threads()} threads",
        "recipe": asdict(trainer.recipe),
        "minutes": trainer.progress.minutes,
        "curve": trainer.progress.curve,
        "snapshots": trainer.progress.snapshots,
    }


def save_json(path: Path, content: Any) -> None:
    """One item of a list per line, so that a difference can be read."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text.replace('},{"', '},\n{"') + "\n", encoding="utf-8")
