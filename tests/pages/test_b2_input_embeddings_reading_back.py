"""Token and position read back from their sum."""

import torch

from models import bert_input
from pages.b2_input_embeddings import reading_back


def test_rows_of_the_tables_are_read_back():
    total, ids, positions = reading_back.random_sums(50, seed=3)
    read = reading_back.read_back(total, 384)
    assert torch.equal(read.ids, ids) and torch.equal(read.positions, positions)
    again, same, _ = reading_back.random_sums(50, seed=3)
    assert torch.equal(again, total) and torch.equal(same, ids)
    few = reading_back.read_back(total, 4)
    assert (few.ids == ids).float().mean() < 0.3 and (few.positions == positions).float().mean() < 0.3


def test_a_few_directions_of_their_own_tell_the_positions():
    total, _, positions = reading_back.random_sums(100, seed=1)
    assert torch.equal(reading_back.positions_along(total, 384), reading_back.read_back(total, 384).positions)
    right = [(reading_back.positions_along(total, k) == positions).double().mean() for k in (1, 4, 8)]
    assert right[0] < right[1] < right[2] and right[2] > 0.97
    first_eight = reading_back.read_back(total, 8).positions  # coordinates, not directions
    assert (first_eight == positions).double().mean() < 0.1


def test_room():
    room = reading_back.room()
    position = bert_input.tables()[2].double()
    energy = torch.linalg.svdvals(position - position.mean(0)).square()
    assert energy[: int(room["position"])].sum() >= 0.9 * energy.sum()
    assert energy[: int(room["position"]) - 1].sum() < 0.9 * energy.sum()
    assert room["token"] > 10 * room["position"]
