"""The runs on GLUE's tasks: which there are, which are on file, and how each is done.   Devlin et al. 2019, §4.1, §5.3.

Every finished run is recorded in results.json and not repeated. No run and no step of a run is chosen by its score on
the dev set.
"""

import json
import platform
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from itertools import product
from pathlib import Path

import torch

from models import bert, bert_files, glue
from models.train import loop
from models.train.command import told
from models.train.glue import data as glue_data
from models.train.glue import examples, probe
from models.train.glue.card import card
from models.train.glue.measure import answers_of, cells, majority, scores
from models.train.glue.tune import Rows, Settings, fine_tune, order

KEPT = 0  # the seed whose adapters are saved
STAGES = ("probe", "lora", "curve")


@dataclass(frozen=True)
class Plan:
    """All that decides the results, beside data and seeds. The learning rates of the curve are tried out."""

    lora: dict[str, Settings] = field(
        default_factory=lambda: {
            "sst2": Settings("lora", epochs=1, batch_tokens=1024, peak=1e-3),
            "cola": Settings("lora", epochs=5, batch_tokens=512, peak=1e-3),
            "rte": Settings("lora", epochs=3, batch_tokens=1536, peak=1e-3),
            "mrpc": Settings("lora", epochs=3, batch_tokens=1536, peak=1e-3),
            "stsb": Settings("lora", epochs=4, batch_tokens=1024, peak=1e-3),
        }
    )
    curve: Settings = field(default_factory=lambda: Settings("", epochs=0, batch_tokens=512, peak=0.0, points=1))
    epochs: dict[str, int] = field(default_factory=lambda: {"100": 30, "1000": 8, "10000": 2})  # by examples
    rates: tuple[float, ...] = (5e-5, 1.5e-4, 5e-4)  # for each start the best one, after
    tuning: tuple[int, int] = (3000, 2)  # so many examples and epochs, measured on as many others of the training set
    tuning_seed: int = 100

    def computed_in(self, precision: str) -> "Plan":
        """The same in "bf16" or "no" (float32)."""
        tasks = {name: replace(settings, precision=precision) for name, settings in self.lora.items()}
        return replace(self, lora=tasks, curve=replace(self.curve, precision=precision))


class Experiment:
    """The runs of a plan: those on file, and those still to be done."""

    def __init__(self, plan: Plan, data: Path, out: Path, work: Path, show: bool = True):
        """Raises ValueError if out holds runs of another plan."""
        self.plan, self.folder, self.out, self.work, self.show = plan, data, out, work, show
        self.reader, self.data, self.encoded, self.total = bert.load(), {}, {}, 0
        base = {"plan": json.loads(json.dumps(asdict(plan))), "base": bert_files.SHA256["model.safetensors"]}
        self.results = base | {"data": {}, "baselines": {}, "examples": [], "runs": []}
        if (out / "results.json").exists():
            found = json.loads((out / "results.json").read_text(encoding="utf-8"))
            if {name: found.get(name) for name in base} != base:
                raise ValueError(f"{out / 'results.json'} holds runs of another plan: give another --out")
            self.results |= {name: found.get(name, empty) for name, empty in self.results.items()}

    # ---- what is learnt from

    def task(self, name: str) -> glue_data.Data:
        """A task's data, described in the results. Raises ValueError where the runs on file had others."""
        if name not in self.data:
            self.data[name] = glue_data.read(self.folder, name)
            about, known = self.data[name].about(), self.results["data"].get(name)
            if known and known["sha256"] != about["sha256"]:
                raise ValueError(f"{self.out / 'results.json'} is of other data of {name}: give another --out")
            self.results["data"][name] = about
            if name != "stsb":
                posed = glue.POSED.get(name) or glue.Task("WNLI", ("0", "1"))
                self.results["baselines"][name] = {"majority": majority(posed, self.data[name])}
        return self.data[name]

    def rows(self, name: str) -> tuple[Rows, Rows]:
        """A task's training and dev set, encoded."""
        if name not in self.encoded:
            data = self.task(name)
            self.encoded[name] = tuple(
                Rows(probe.encode(self.reader, side), torch.tensor([e.answer for e in side]))
                for side in (data.train, data.dev)
            )
        return self.encoded[name]

    # ---- what is on file

    def find(self, **wanted) -> dict | None:
        """The run on file that has these values."""
        return next((r for r in self.results["runs"] if wanted.items() <= r.items()), None)

    def forget(self, **wanted) -> None:
        """Take the runs that have these values off the file."""
        self.results["runs"] = [r for r in self.results["runs"] if not wanted.items() <= r.items()]

    def record(self, **run) -> None:
        """Enter a run and save."""
        self.results["runs"].append(run)
        self.write()
        if self.show:
            told = " ".join(f"{name} {run[name]}" for name in ("task", "stage", "seed", "examples", "minutes", "dev"))
            print(f"run {len(self.results['runs'])} of {self.total}: {told}", flush=True)

    def write(self) -> dict:
        """results.json, and its content; a half-written file never takes the place of a whole one."""
        about = {
            "command": " ".join(["python -m models.train.glue", *told(sys.argv[1:])]),
            "date": date.today().isoformat(),
            "torch": torch.__version__,
            "machine": f"{platform.system()} {platform.machine()}, {torch.get_num_threads()} threads",
            "minutes": round(sum(r["minutes"] for r in self.results["runs"]), 1),
        }
        self.out.mkdir(parents=True, exist_ok=True)
        loop.save_json(self.out / "results.new", about | self.results)
        (self.out / "results.new").replace(self.out / "results.json")
        return about | self.results

    # ---- the stages

    def probe(self, name: str, seeds: Sequence[int]) -> None:
        """The linear probes of a task; for STS-B also the cosine, with which nothing is learnt."""
        task, data = glue.POSED[name], self.task(name)
        stages = ("probe", "probe apart") if task.pair else ("probe",)
        if all(self.find(task=name, stage=stage, seed=seed) for stage, seed in product(stages, seeds)):
            return
        path = self.work / "features" / f"{name}.safetensors"
        found = probe.features(self.reader, data, path, self.plan.curve.precision, self.show)
        answers, actual = torch.tensor([e.answer for e in data.train]), [e.answer for e in data.dev]
        if name == "stsb":
            cosine = probe.cosines(found, "dev")
            self.results["baselines"][name] = {"cosine": {"dev": scores(task, cosine, actual)}}
        for stage, seed in product(stages, seeds):
            if self.find(task=name, stage=stage, seed=seed):
                continue
            began = time.perf_counter()
            x, dev = (found[s] if stage == "probe" else probe.compared(found, s) for s in ("train", "dev"))
            outputs, penalty = probe.probe(task, x, answers, dev, seed)
            self.record(
                task=name,
                stage=stage,
                seed=seed,
                examples=len(x),
                penalty=penalty,
                minutes=round((time.perf_counter() - began) / 60, 3),
                dev=scores(task, answers_of(task, outputs), actual),
                cells=cells(task, answers_of(task, outputs), actual),
            )

    def lora(self, name: str, seeds: Sequence[int]) -> None:
        """The fine-tuning of a task; the adapters of KEPT are saved, rounded as they were when they were measured."""
        task, settings = glue.POSED[name], self.plan.lora[name]
        for seed in seeds:
            kept = self.out / name if seed == KEPT and name in glue.SAVED else None
            if self.find(task=name, stage="lora", seed=seed) and not (kept and not (kept / "config.json").exists()):
                continue
            self.forget(task=name, stage="lora", seed=seed)
            train, dev = self.rows(name)
            model, run = fine_tune(task, self.reader.encoder, train, dev, settings, seed, self.show)
            if kept:
                shutil.rmtree(kept, ignore_errors=True)
                glue.save(kept, name, model, settings.rank, settings.alpha)
            self.record(task=name, stage="lora", seed=seed, examples=len(train.rows), **run)

    def curve(self, seeds: Sequence[int]) -> None:
        """SST-2 with few and with more examples, from both starts, each with the learning rate that suits it.

        Raises ValueError where there are not so many examples.
        """
        task, (train, dev) = glue.POSED["sst2"], self.rows("sst2")
        if (most := max(map(int, self.plan.epochs))) > len(train.rows):
            raise ValueError(f"SST-2 has {len(train.rows)} examples to learn from here, the curve takes {most}")
        for start in ("pretrained", "random"):
            peak = self.tuned(start)
            for (size, epochs), seed in product(self.plan.epochs.items(), seeds):
                if self.find(task="sst2", stage=start, seed=seed, examples=int(size)):
                    continue
                chosen = train[order(len(train.rows), seed)[: int(size)]]
                settings = self.settings(start, epochs, peak)
                _, run = fine_tune(task, self.reader.encoder, chosen, dev, settings, seed, self.show)
                self.record(task="sst2", stage=start, seed=seed, examples=len(chosen.rows), **run)

    def tuned(self, start: str) -> float:
        """The learning rate of Plan.rates that is right most often on other examples of the training set."""
        (size, epochs), seed = self.plan.tuning, self.plan.tuning_seed
        train, stage, reached = self.rows("sst2")[0], f"tuning {start}", {}
        numbers = order(len(train.rows), seed)
        for peak in self.plan.rates:
            if not self.find(task="sst2", stage=stage, peak=peak):
                chosen, others = train[numbers[:size]], train[numbers[size : 2 * size]]
                settings = self.settings(start, epochs, peak)
                _, run = fine_tune(glue.POSED["sst2"], self.reader.encoder, chosen, others, settings, seed, self.show)
                self.record(task="sst2", stage=stage, seed=seed, examples=size, **run)
            reached[peak] = self.find(task="sst2", stage=stage, peak=peak)["dev"]["accuracy"]
        return max(reached, key=reached.__getitem__)

    def settings(self, start: str, epochs: int, peak: float) -> Settings:
        """Of a run of the curve."""
        return replace(self.plan.curve, start=start, epochs=epochs, peak=peak)

    def count(self, posed: Sequence[str], stages: Sequence[str], seeds: int) -> int:
        """How many runs that makes, those on file among them."""
        probes = sum(2 if glue.POSED[name].pair else 1 for name in posed) * seeds
        curve = 2 * len(self.plan.rates) + 2 * len(self.plan.epochs) * seeds if "sst2" in posed else 0
        return sum(n for stage, n in zip(STAGES, (probes, len(posed) * seeds, curve), strict=True) if stage in stages)

    def run(self, tasks: Sequence[str], stages: Sequence[str], seeds: Sequence[int]) -> None:
        """What of these is not on file yet, then the card. Raises ValueError for the seed that chooses the rates."""
        if self.plan.tuning_seed in seeds:
            raise ValueError(f"seed {self.plan.tuning_seed} chooses the learning rates: give other --seeds")
        for name in tasks:
            self.task(name)
        posed = [name for name in tasks if name in glue.POSED]
        self.total = self.count(posed, stages, len(seeds))
        for stage in (self.probe, self.lora):
            for name in posed if stage.__name__ in stages else ():
                stage(name, seeds)
        if "curve" in stages and "sst2" in tasks:
            self.curve(seeds)
        kept = [task for task in glue.SAVED if (self.out / task / "config.json").exists()]
        self.results["examples"] = [row for task in kept for row in examples.judged(task, self.out)]
        (self.out / "CARD.md").write_text(card(self.write()), encoding="utf-8")
