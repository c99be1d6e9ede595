"""learned, relative: what distance explains, and how well one map moves a table of positions."""

import math
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from models import positional
from pages.t3_positional_encoding import learned, relative


def close(a, b, atol=1e-9):
    torch.testing.assert_close(a, b, rtol=0, atol=atol, check_dtype=False)


def test_distance_explains_what_depends_on_distance_only():
    place = torch.arange(20.0)
    toeplitz = (place.unsqueeze(-1) - place).abs().cos()
    mean, low, high = learned._by_distance(toeplitz)
    close(mean, place.cos(), 1e-6)
    close(low, high, 1e-6)
    assert learned._distance_explains(toeplitz) == pytest.approx(1, abs=1e-6)
    noise = torch.randn(20, 20, generator=torch.Generator().manual_seed(0))
    assert learned._distance_explains(noise + noise.T) < 0.3


def test_one_map_moves_sinusoids_and_none_moves_noise():
    sinusoids = positional.sinusoidal(200, 8, base=10, dtype=torch.float64)
    fitted, unchanged = learned.shift_errors(sinusoids, [1, 5], components=8)
    assert max(fitted) < 1e-12 and min(unchanged) > 0.1
    noise = torch.randn(200, 8, generator=torch.Generator().manual_seed(0))
    assert min(learned.shift_errors(noise, [1, 5], components=8)[0]) > 0.8


@pytest.mark.parametrize("d_model", [4, 12, 64])
def test_sines_alone_cannot_be_moved_by_a_linear_map(d_model):
    close(relative._table("both", 30, d_model, 7), positional.sinusoidal(37, d_model, dtype=torch.float64)[7:])
    sines = relative._table("sines", 3, d_model, 5)
    assert sines[1, 1].item() == pytest.approx(math.sin(6 * 10000 ** (-1 / d_model)))
    assert max(relative._misfit("both", d_model)) < 1e-12
    assert min(relative._misfit("sines", d_model)) > 0.03


def test_readers_side_by_side_get_the_same_number_to_the_last_bit():
    table = positional.sinusoidal(510, 64, dtype=torch.float64).cumsum(0)
    together = threading.Barrier(8)

    def read(_) -> tuple[float, ...]:
        together.wait()
        return tuple(learned.shift_errors(table, [1, 2, 4, 8, 16])[0])

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(read, range(16)))) == 1
