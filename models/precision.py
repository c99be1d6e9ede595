"""Half precision is for keeping numbers, not for adding them up.   Micikevicius et al. 2018, §3.3.

float16 ends at 65,504, so that 300² is infinite in it; bfloat16 has 8 significant bits, so that 256 + 1 is 256. torch
keeps its tensors in half precision and sums, squares and exponentials in float32; the modules here do the same.
"""

import torch
from torch import Tensor


def wide(x: Tensor) -> Tensor:
    """x in float32 where it is float16 or bfloat16, otherwise x itself: what intermediate results are computed in."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
