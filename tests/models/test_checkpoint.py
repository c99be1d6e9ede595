"""Checkpoints: written and read back, and refused where a file is missing, damaged or another model's."""

import json
import struct

import pytest
import torch

from models import checkpoint
from models.checkpoint import Unusable


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "words.txt").write_text("a b c", encoding="utf-8")
    tensors = {"w": torch.linspace(-1, 1, 7), "n": torch.tensor([1, 2])}
    checkpoint.write(tmp_path, "toy", tensors, {"size": 7}, files=("words.txt",))
    return tmp_path


def test_what_is_written_is_read_in_half_precision(folder):
    found = checkpoint.read(folder, "toy", ("words.txt",))
    assert found.config["size"] == 7 and found.config["kind"] == "toy"
    assert found.tensors["w"].dtype == torch.float16 and found.tensors["n"].tolist() == [1, 2]
    assert torch.allclose(found.tensors["w"].float(), torch.linspace(-1, 1, 7), atol=1e-3)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "words.txt"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(Unusable, match=name) as caught:
        checkpoint.read(folder, "toy", ("words.txt",))
    assert caught.value.reason == "checkpoint_missing" and caught.value.path == folder / name


@pytest.mark.parametrize("name", ["model.safetensors", "words.txt"])
def test_a_changed_file_is_refused(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(Unusable, match="SHA-256") as caught:
        checkpoint.read(folder, "toy", ("words.txt",))
    assert caught.value.reason == "checkpoint_damaged"


def test_another_model_is_refused(folder):
    with pytest.raises(Unusable, match="'toy', not 'gpt'") as caught:
        checkpoint.read(folder, "gpt")
    assert caught.value.reason == "checkpoint_foreign"


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}", '{"kind": "toy"}', '{"kind": "toy", "sha256": 3}'])
def test_a_config_that_is_none_is_refused(folder, text):
    (folder / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(Unusable) as caught:
        checkpoint.read(folder, "toy")
    assert caught.value.reason == "checkpoint_damaged"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", struct.pack("<Q", 1 << 60) + b"{}", b"\x80\x04pickle"])
def test_a_file_that_is_no_safetensors_is_refused_even_with_its_checksum(folder, content):
    (folder / "model.safetensors").write_bytes(content)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    import hashlib

    config["sha256"]["model.safetensors"] = hashlib.sha256(content).hexdigest()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(Unusable, match="not a safetensors file"):
        checkpoint.read(folder, "toy")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e6])
def test_weights_that_half_precision_cannot_hold_are_not_written(tmp_path, bad):
    with pytest.raises(ValueError, match="not finite"):
        checkpoint.write(tmp_path, "toy", {"w": torch.tensor([bad])}, {})


def test_a_model_is_made_once_until_its_files_change(folder, tmp_path):
    made = []

    @checkpoint.once
    def load(path, size=7):
        made.append(size)
        return checkpoint.read(path, "toy")

    assert load(folder) is load(folder) and made == [7]
    assert load(folder, 8) is not load(folder) and made == [7, 8]
    checkpoint.write(folder, "toy", {"w": torch.zeros(2)}, {})
    assert load(folder).tensors["w"].tolist() == [0, 0] and made == [7, 8, 7]
    (folder / "config.json").unlink()
    for _ in range(2):  # a failure is not kept
        with pytest.raises(Unusable, match="cannot read"):
            load(folder)
    assert made == [7, 8, 7, 7, 7]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.int64])
def test_storage_with_two_names_is_written_under_both(tmp_path, dtype):
    w = torch.arange(12).to(dtype).view(3, 4)
    views = {"w": w, "again": w, "transposed": w.T, "row": w[1], "flat": w.view(-1)}
    checkpoint.write(tmp_path, "toy", views, {})
    found = checkpoint.read(tmp_path, "toy").tensors
    assert found.keys() == views.keys()
    assert all(torch.equal(found[name].to(dtype), t) for name, t in views.items())
