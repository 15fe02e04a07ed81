"""Units, sizes and throughput of DynamoDB, by the Developer Guide's own examples."""

import pytest

from simulator.model.capacity import (
    OnDemand,
    Throughput,
    index_write_units,
    read_units,
    write_units,
)
from simulator.model.item_size import item_size, number_size


@pytest.mark.parametrize(
    ("size", "consistent", "units"),
    [(0, False, 0.5), (1, True, 1.0), (4096, True, 1.0), (4097, False, 1.0), (8192, False, 1.0)],
)
def test_reads_are_counted_by_4_kb_half_where_eventually_consistent(size, consistent, units):
    """ "DynamoDB read and write operations": read capacity."""
    assert read_units(size, consistent=consistent) == units


@pytest.mark.parametrize(("size", "units"), [(0, 1.0), (1024, 1.0), (1025, 2.0), (10_240, 10.0)])
def test_writes_are_counted_by_1_kb(size, units):
    assert write_units(size) == units


def test_an_index_pays_for_what_changes_in_it():
    """ "Using Global Secondary Indexes in DynamoDB": provisioned throughput considerations."""
    assert index_write_units(None, None, same_key=False) == 0
    assert index_write_units(None, 1500, same_key=False) == 2
    assert index_write_units(1500, None, same_key=False) == 2
    assert index_write_units(100, 1500, same_key=True) == 2
    assert index_write_units(100, 1500, same_key=False) == 3


@pytest.mark.parametrize(
    ("text", "size"), [("1", 2), ("27", 2), ("-27", 3), ("461", 3), ("17462", 4), ("1000", 2)]
)
def test_a_number_takes_a_byte_for_two_digits_and_one_more(text, size):
    """ "DynamoDB item sizes and formats"."""
    assert number_size(text) == size


def test_an_item_is_names_and_values_with_three_bytes_for_a_container_and_one_for_a_member():
    assert item_size({"id": {"S": "é"}}) == 4
    assert item_size({"b": {"B": "aGVsbG8="}}) == 6
    assert item_size({"l": {"L": [{"S": "ab"}, {"BOOL": True}]}}) == 1 + 3 + (1 + 2) + (1 + 1)
    assert item_size({"m": {"M": {"k": {"NULL": True}}}}) == 1 + 3 + 1 + 1 + 1
    assert item_size({"s": {"SS": ["ab", "c"]}, "n": {"NS": ["1", "22"]}}) == 1 + 3 + 1 + 4


def test_unused_throughput_is_kept_for_five_minutes_and_no_longer():
    """ "Burst and adaptive capacity"."""
    throughput = Throughput(2.0, 300.0, 0.0)
    throughput.take(600.0, 0.0)
    assert not throughput.admits(0.0)
    assert throughput.admits(1.0)
    throughput.take(10_000.0, 10_000.0)
    assert not throughput.admits(10_000.0 + 4_600.0)
    assert throughput.admits(10_000.0 + 4_701.0)


def test_on_demand_follows_twice_the_peak_of_half_an_hour():
    """ "DynamoDB on-demand capacity mode": initial throughput, previous peak."""
    throughput = OnDemand(4_000.0, 0.0)
    throughput.take(3_000.0, 0.0)
    throughput.take(3_000.0, 1.0)
    assert throughput.per_s == 6_000.0
    throughput.take(1.0, 2_000.0)
    assert throughput.per_s == 4_000.0
