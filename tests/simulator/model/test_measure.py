"""Means, time averages and their confidence intervals."""

from random import Random

import pytest

from simulator.model.measure import Level, Tally, student_t


@pytest.mark.parametrize(
    ("confidence", "freedom", "table"),
    [(0.95, 19, 2.093), (0.99, 19, 2.861), (0.95, 5, 2.571), (0.9, 60, 1.671)],
)
def test_students_t_is_that_of_the_tables(confidence: float, freedom: int, table: float) -> None:
    assert student_t(confidence, freedom) == pytest.approx(table, abs=0.005)


def test_too_few_degrees_of_freedom_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        student_t(0.95, 3)


def test_the_interval_of_independent_values_covers_their_mean_as_often_as_it_says() -> None:
    chance = Random(5)
    covered = 0
    for _ in range(200):
        tally = Tally()
        for _ in range(1_000):
            tally.add(chance.gauss(10.0, 3.0))
        covered += tally.estimate(0.9).covers(10.0)

    assert 165 <= covered <= 195  # 180 expected, three standard deviations about it


def test_a_tally_keeps_few_batches_however_many_values_there_are() -> None:
    tally = Tally()
    for number in range(100_000):
        tally.add(number % 10)

    assert tally.mean == 4.5
    assert len(tally._batches.means) < 128
    assert tally.estimate().covers(4.5)


def test_too_few_values_have_no_interval() -> None:
    tally = Tally()
    tally.add(1.0)
    with pytest.raises(ValueError, match="batches"):
        tally.estimate()


def test_a_level_is_averaged_over_the_time_it_held() -> None:
    level = Level(now_s=10.0)
    level.change(2, 12.0)
    level.change(1, 15.5)
    level.change(-3, 18.0)

    assert level.average(20.0) == pytest.approx((2 * 3.5 + 3 * 2.5) / 10)
    assert level.maximum == 3


def test_a_long_level_keeps_few_batches_and_its_average() -> None:
    level = Level()
    for second in range(0, 50_000, 2):
        level.change(1, second)
        level.change(-1, second + 1)

    assert len(level._batches.means) < 128
    assert level.estimate(50_000.0).mean == pytest.approx(0.5, abs=0.01)
    assert level.average(50_000.0) == pytest.approx(0.5)
