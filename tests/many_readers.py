"""Run in a fresh process: python -m tests.many_readers SEED THREADS. Calls every demo of every lesson twice, from many
threads at once and in a random order, then prints one JSON line: a digest of each demo's evidence, and a checksum of
the weights of every model that readers share.
"""

import hashlib
import json
import random
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from study.demo import Demo, Evidence, Timed, demos
from study.notes import lessons


def parts(thing: object) -> Iterator[bytes]:
    """What evidence consists of, arrays by their bytes."""
    if isinstance(thing, np.ndarray):
        yield f"{thing.dtype} {thing.shape}".encode()
        yield np.ascontiguousarray(thing).tobytes()
    elif isinstance(thing, dict):
        for key, value in thing.items():
            yield from parts(key)
            yield from parts(value)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from parts(value)
    elif hasattr(thing, "__dataclass_fields__"):
        yield type(thing).__name__.encode()
        yield from parts({name: getattr(thing, name) for name in thing.__dataclass_fields__})  # later ones worked out
    else:
        yield repr(thing).encode()


def digest(evidence: Evidence) -> str:
    sha = hashlib.sha256()
    for part in parts(evidence):
        sha.update(part)
    return sha.hexdigest()[:16]


def call(demo: Demo) -> str:
    """The digest of a demo's first evidence at its defaults; of a demo that takes times only that its claims hold."""
    evidence = next(demo.start())
    assert all(claim.holds for claim in evidence.claims), demo.name
    return "" if demo.work and demo.work[1] is Timed else digest(evidence)


def weights() -> dict[str, str]:
    """A checksum of the weights and of the grad and training flags of each shared model."""
    from models import bert, glue, gpt, mlm, nsp, student, translator

    shared = {
        "bert": bert.load(),
        "translator": translator.load(),
        "gpt": gpt.load(),
        "mlm": mlm.load(),
        "nsp": nsp.load(),
        "student": student.load(),
        **{f"glue {task}": glue.load(task) for task in glue.SAVED},
    }
    return {name: digest_of(model) for name, model in shared.items()}


def digest_of(model: object) -> str:
    import torch

    sha = hashlib.sha256()
    parts = [model, *vars(model).values()]
    found = [(m.training, m.state_dict()) for m in parts if isinstance(m, torch.nn.Module)]
    found += [(False, tensors) for part in parts if (tensors := _tensors(part))]  # layers without a class
    assert found, type(model)
    for training, tensors in found:
        for name, tensor in sorted(tensors.items()):
            sha.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} {tensor.requires_grad} {training}".encode())
            sha.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()[:16]


def _tensors(part: object) -> dict[str, object]:
    """The tensors in a dictionary of tensors, or of pairs of them."""
    import torch

    pairs = part.items() if isinstance(part, dict) else ()
    named = {f"{name}.{i}": x for name, value in pairs if isinstance(value, tuple) for i, x in enumerate(value)}
    named |= {str(name): value for name, value in pairs}
    return {name: value for name, value in named.items() if isinstance(value, torch.Tensor)}


def main(seed: int, threads: int) -> dict[str, dict[str, str]]:
    calls = [(lesson.stem, name) for lesson in lessons for name in lesson.demos] * 2  # two readers of each at once
    random.Random(seed).shuffle(calls)
    start = threading.Barrier(threads)
    digests: dict[str, str] = {}

    def read(of: tuple[str, str]) -> None:
        result = call(demos(of[0])[of[1]])
        assert digests.setdefault(".".join(of), result) == result, of

    def read_first(of: tuple[str, str]) -> None:
        start.wait()  # nobody has imported or loaded anything yet
        read(of)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(read_first, calls[:threads]))
        list(pool.map(read, calls[threads:]))
    return {"digests": digests, "weights": weights()}


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
