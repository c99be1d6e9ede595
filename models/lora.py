"""LoRA: fine-tuning with two thin matrices beside a frozen one.   Hu et al. 2021, §4.1, eq. (3).

    h = W_0 x + alpha/r B A x        W_0 (d_out, d_in) frozen; A (r, d_in) and B (d_out, r) are trained

B begins at 0, so that the adapted model is at first the model itself. alpha is a constant: it keeps the size of the
update the same when r is changed. Per layer r·(d_in + d_out) numbers are trained and stored instead of d_in·d_out, and
merge adds them to the weights, after which the model costs what it cost before.

    encoder = copy.deepcopy(bert.load().encoder)                   # attach changes a module; load() shares its own
    parameters = lora.attach(encoder, ["query", "value"], rank=64)
    optimizer = torch.optim.AdamW(parameters)
    ...
    safetensors.torch.save_file(lora.adapters(encoder), path)      # rank, alpha and the names go into the config
    lora.load_adapters(encoder, safetensors.torch.load_file(path))
    lora.merge(encoder)                                            # or lora.detach(encoder): the model as it was
"""

import copy
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Where = str | Iterable[str] | Callable[[str, nn.Linear], bool]


class LoRA(nn.Module):
    """An nn.Linear that is left as it is, and the low-rank update beside it."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float, generator: torch.Generator):
        """A is Gaussian as in §4.1, with the variance 1/(3 d_in) of the uniform draw in the authors' code; B is 0."""
        super().__init__()
        d_out, d_in = base.weight.shape
        draw = torch.randn(rank, d_in, generator=generator) * (3 * d_in) ** -0.5  # (r, d_in)
        self.base = base.requires_grad_(False)
        self.lora_a = nn.Parameter(draw.to(base.weight))
        self.lora_b = nn.Parameter(base.weight.new_zeros(d_out, rank))
        self.scale = alpha / rank
        self.frozen: tuple[nn.Parameter, ...] = ()  # what attach stopped from being trained, in the whole module

    def forward(self, x: Tensor) -> Tensor:
        low = F.linear(x, self.lora_a)  # (..., r)
        return self.base(x) + self.scale * F.linear(low, self.lora_b)  # (..., d_out)

    @property
    def weight(self) -> Tensor:
        """W_0 + alpha/r B A, (d_out, d_in): of a plain layer that gives the same output."""
        return self.base.weight + self.scale * self.lora_b @ self.lora_a  # (d_out, d_in)

    @property
    def bias(self) -> Tensor | None:
        """The base's, (d_out,)."""
        return self.base.bias


def attach(module: nn.Module, where: Where, rank: int, alpha: float | None = None, seed: int = 0) -> list[nn.Parameter]:
    """Put a LoRA in the place of linear layers, freeze all else, and return what is left to train: A and B of each.

    A layer that has several names in the module (tied layers) gets one LoRA, under all of them.
    where: names, each of which stands for the layer of this name or for all whose last parts it is ("query" for every
    "layers.….attention.query"); or a function of name and layer. module is changed in place. alpha is by default the
    rank; the paper keeps the first rank it tried. The same seed draws the same A.
    Raises ValueError for a rank below 1, a name or function that finds no nn.Linear, or a module that has adapters.
    """
    if rank < 1:
        raise ValueError(f"the rank must be at least 1, got {rank}")
    if _layers(module):
        raise ValueError("this module has adapters already: detach or merge them first")
    found = _find(module, where)
    generator = torch.Generator().manual_seed(seed)
    frozen = tuple(p for p in module.parameters() if p.requires_grad)
    module.requires_grad_(False)
    adapted = {name: LoRA(base, rank, rank if alpha is None else alpha, generator) for name, base in found.items()}
    for layer in adapted.values():
        layer.frozen = frozen
        layer.train(layer.base.training)
        _put(module, layer.base, layer)
    return [p for layer in adapted.values() for p in (layer.lora_a, layer.lora_b)]


def adapters(module: nn.Module) -> dict[str, Tensor]:
    """Copies of A and B of every adapted layer, by name: "….query.lora_a" (r, d_in), "….query.lora_b" (d_out, r)."""
    return {name: p.detach().clone() for name, p in _parameters(module).items()}


def load_adapters(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Copy tensors, as adapters gave them, into a module to which adapters of the same rank are attached.

    Raises ValueError, and changes nothing, where a name is missing, foreign, or has another shape.
    """
    own = _parameters(module)
    wrong = [
        f"{name} is {tuple(tensors[name].shape)}, not {tuple(p.shape)}"
        for name, p in own.items()
        if name in tensors and tensors[name].shape != p.shape
    ]
    complaints = {
        "missing": [name for name in own if name not in tensors],
        "foreign": [name for name in tensors if name not in own],
        "wrong shape": wrong,
    }
    if any(complaints.values()):
        listed = [f"{what}: {_some(names)}" for what, names in complaints.items() if names]
        raise ValueError("these are not the adapters of this module; " + "; ".join(listed))
    with torch.no_grad():
        for name, p in own.items():
            p.copy_(tensors[name])


def detach(module: nn.Module) -> None:
    """Undo attach: the original layers, untouched, in their places, and trainable again what was so before."""
    _replace(module, lambda layer: layer.base)


def merge(module: nn.Module) -> None:
    """Put plain linear layers with the weights W_0 + alpha/r B A in the places of adapted ones (§4.1).

    The outputs are the same but for rounding. The original layers are not changed, only no longer part of the module.
    """

    @torch.no_grad()
    def merged(layer: LoRA) -> nn.Linear:
        plain = copy.deepcopy(layer.base)
        plain.weight.copy_(layer.weight)
        return plain

    _replace(module, merged)


def count_parameters(rank: int, d_in: int, d_out: int) -> int:
    """Trained numbers in one adapted layer, r·(d_in + d_out). For square layers the |Θ| / L of Hu et al. 2021, §5.1."""
    return rank * (d_in + d_out)


def _find(module: nn.Module, where: Where) -> dict[str, nn.Linear]:
    """The linear layers meant by where, each once; no subclass of nn.Linear, whose weights may be used uncalled."""
    everything = module.named_modules(remove_duplicate=False)
    linear = {name: layer for name, layer in everything if type(layer) is nn.Linear and name}
    if callable(where):
        chosen, unknown = [name for name, layer in linear.items() if where(name, layer)], []
    else:
        ends = [where] if isinstance(where, str) else list(where)
        named = {end: [name for name in linear if f".{name}".endswith(f".{end}")] for end in ends}
        chosen = [name for name in linear if any(name in names for names in named.values())]
        unknown = [end for end, names in named.items() if not names]
    if unknown or not chosen:
        raise ValueError(f"no linear layer found for {_some(unknown) or where}; there are: {_some(list(linear))}")
    wanted = {id(linear[name]) for name in chosen}
    return {name: layer for name, layer in module.named_modules() if id(layer) in wanted}  # by its first name


def _layers(module: nn.Module) -> dict[str, LoRA]:
    return {name: layer for name, layer in module.named_modules() if isinstance(layer, LoRA)}


def _parameters(module: nn.Module) -> dict[str, nn.Parameter]:
    return {f"{name}.{p}": getattr(layer, p) for name, layer in _layers(module).items() for p in ("lora_a", "lora_b")}


def _replace(module: nn.Module, by: Callable[[LoRA], nn.Linear]) -> None:
    layers = _layers(module)
    for layer in layers.values():
        for p in layer.frozen:
            p.requires_grad_(True)
    for layer in layers.values():
        _put(module, layer, by(layer))


def _put(module: nn.Module, old: nn.Module, new: nn.Module) -> None:
    """new in the place of old, under every name that old has in the module."""
    for name in [name for name, layer in module.named_modules(remove_duplicate=False) if layer is old]:
        module.set_submodule(name, new)


def _some(names: list[str]) -> str:
    """The first three, and how many more."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
