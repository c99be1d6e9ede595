"""How long each model takes to load, in a process of its own, against importing torch alone.

python -m tests.bench.bench_loading [--repeats 3]
"""

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import median

MODELS = {"bert": "bert.load()", "translator": "translator.load()", "wordpiece": "wordpiece.load()"}


def seconds(code: str) -> tuple[float, float]:
    """Of a new process: for importing torch, and for what comes after."""
    script = f"""
import time; a = time.perf_counter(); import torch; torch.set_num_threads(1); b = time.perf_counter()
{code}
print(b - a, time.perf_counter() - b)"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    first, rest = map(float, out.stdout.split())
    return first, rest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    print(f"{'model':>12} {'import torch s':>15} {'load s':>8} {'load / import':>14}")
    for name, call in MODELS.items():
        runs = [seconds(f"from models import {name}; {call}") for _ in range(repeats)]
        torch_s, load_s = (median(column) for column in zip(*runs, strict=True))
        print(f"{name:>12} {torch_s:>15.2f} {load_s:>8.3f} {load_s / torch_s:>14.2f}")
    for card in sorted((Path(__file__).parents[2] / "models" / "checkpoints").glob("*/model.safetensors")):
        if card.parent.name not in MODELS:
            print(f"not measured: {card.parent.name}")


if __name__ == "__main__":
    main()
