"""What a process does before its first run, so that the run does not wait for it. Source: torch's notes on threads."""

import torch


def make_ready() -> None:
    """One thread, for the matrices here are small; and the first optimiser of a process imports torch._dynamo."""
    torch.set_num_threads(1)
    torch.optim.SGD([torch.zeros(1)])
