"""The sum and its LayerNorm against transformers' module, alone and for many first visitors at once."""

import subprocess
import sys

import pytest
import torch

from models import bert_input
from pages.b2_input_embeddings.parts import library

LONG = "word " * 300, "word " * 200
TEXTS = [("my dog is cute", "he likes playing"), ("a", None), ("flightless 🙂 我爱", "x"), LONG]

FIRST_VISITORS = """
import hashlib, sys, threading
from concurrent.futures import ThreadPoolExecutor
import torch
from models import bert, bert_input
from pages.b2_input_embeddings.parts import library

def checksum():
    weights = bert.load().encoder.state_dict()
    return [hashlib.sha256(w.numpy().tobytes()).hexdigest() for w in weights.values()]

n, before, random = int(sys.argv[1]), checksum(), torch.get_rng_state()
gate, sums = threading.Barrier(n), [bert_input.taken_apart("word " * i, "a pair") for i in range(1, n + 1)]

def visit(s):
    gate.wait()
    return [float((ours - theirs).abs().max()) for ours, theirs in zip((s.total, s.normed), library(s))]

with ThreadPoolExecutor(n) as pool:
    assert max(map(max, pool.map(visit, sums))) < 1e-9
assert checksum() == before and not any(p.requires_grad for p in bert.load().encoder.parameters())
assert torch.equal(torch.get_rng_state(), random)
"""


@pytest.mark.parametrize(("text", "pair"), TEXTS)
def test_sum_and_norm_are_the_librarys(text, pair):
    s = bert_input.taken_apart(text, pair)
    total, normed = library(s)
    assert s.total.dtype == torch.float64
    torch.testing.assert_close(s.total, total, atol=1e-12, rtol=0)
    torch.testing.assert_close(s.normed, normed, atol=1e-9, rtol=0)


@pytest.mark.parametrize("visitors", [2, 16])
def test_first_visitors_at_once_all_get_the_librarys_sum(visitors):
    fresh = subprocess.run([sys.executable, "-c", FIRST_VISITORS, str(visitors)], capture_output=True, text=True)
    assert fresh.returncode == 0, fresh.stderr
