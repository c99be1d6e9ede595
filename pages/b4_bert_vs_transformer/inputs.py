"""What several demos of this lesson share: the sentence, how much of it fits, and who depends on whom."""

from collections.abc import Callable
from typing import Annotated

from torch import Tensor
from torch.autograd.functional import jacobian

from study.controls import Sentence

LINE = "She opened the book and read the first chapter."
LIMIT = 20  # tokens, [CLS] and [SEP] included

Line = Annotated[str, Sentence(200)]


def depends(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """(N, N) of x (N, C): whether any component of output i changes with any of input j."""
    slopes = jacobian(function, x)  # (N, C, N, C)
    return slopes.abs().amax((1, 3)) > 1e-12
