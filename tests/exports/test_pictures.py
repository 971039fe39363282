"""The pictures: areas proportional, nothing overlaps, nothing leaves its frame."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfund.exports import Context
from depfund.exports._summary import summary
from depfund.exports.html._flow import lay
from depfund.exports.html._pictures import flows, legend, treemaps
from depfund.exports.html._treemap import squarify
from depfund.model import Allocation

SIZES = st.lists(st.integers(1, 10**9), min_size=1, max_size=60).map(lambda row: sorted(row, reverse=True))


@given(SIZES, st.sampled_from([(960, 400), (360, 440), (100, 100), (10, 900)]))
def test_areas_are_proportional_and_tile_the_frame(values: list[int], frame: tuple[int, int]) -> None:
    width, height = frame
    boxes = squarify(values, width, height)
    total, area = sum(values), width * height
    for value, box in zip(values, boxes, strict=True):
        assert box.w * box.h == pytest.approx(value / total * area, rel=1e-6, abs=1e-4)
        assert -1e-6 <= box.x <= box.x + box.w <= width + 1e-6
        assert -1e-6 <= box.y <= box.y + box.h <= height + 1e-6


@given(SIZES)
def test_boxes_do_not_overlap(values: list[int]) -> None:
    boxes = squarify(values, 960, 400)
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            across = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
            down = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
            assert min(across, down) <= 1e-6


def test_nothing_to_show_is_nothing() -> None:
    assert squarify([], 10, 10) == []
    assert [box.w for box in squarify([0, 0], 10, 10)] == [0.0, 0.0]
    assert [box.w * box.h for box in squarify([0, 5, 0], 10, 10)] == [0.0, 100.0, 0.0]


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from("uvwxyz")), st.integers(1, 10**7), min_size=1, max_size=25
    )
)
def test_bars_and_labels_of_one_side_never_overlap(found: dict[tuple[str, str], int]) -> None:
    left, right = sorted({a for a, _ in found}), sorted({b for _, b in found})
    made = lay(found, left, right, width=960, margin=250, row=34)
    for side, other in ((made.left, 0), (made.right, 1)):
        assert sum(bar.minor for bar in side) == sum(found.values())
        before = None
        for bar in side:
            assert bar.minor == sum(v for pair, v in found.items() if pair[other] == bar.key)
            assert 0 <= bar.y <= bar.y + bar.h <= made.height + 1
            middle = bar.y + bar.h / 2
            if before is not None:
                assert bar.y >= before[0]
                assert middle - before[1] >= 33.9  # two lines of text
            before = (bar.y + bar.h, middle)
    assert len(made.bands) == len(found)


@given(st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), st.integers(1, 10**6), min_size=1))
def test_bands_fill_their_bars(found: dict[tuple[str, str], int]) -> None:
    left, right = sorted({a for a, _ in found}), sorted({b for _, b in found})
    made = lay(found, left, right, width=960, margin=250)
    tops = {bar.key: bar.y for bar in made.left}
    for band in sorted(made.bands, key=lambda one: (one.source, right.index(one.target))):
        start = float(re.match(r"M\S+ (\S+?)C", band.path)[1])  # type: ignore[index]
        assert start == pytest.approx(tops[band.source], abs=0.06)
        bar = next(bar for bar in made.left if bar.key == band.source)
        tops[band.source] += bar.h * band.minor / bar.minor
    for bar in made.left:
        assert tops[bar.key] == pytest.approx(bar.y + bar.h)


def test_the_legend_and_the_map_sum_to_the_budget(plan: Allocation) -> None:
    rows = legend(plan)
    assert sum(float(row.amount.replace(",", "")) for row in rows) == 1000.0
    assert [row.platform for row in rows][-1] == "held"
    for picture in treemaps(plan, summary(plan).order):
        amounts = [cell.title.rsplit(": ", 1)[1].removesuffix(" USD") for cell in picture.cells]
        assert sum(float(text.replace(",", "")) for text in amounts) == 1000.0


def test_the_flow_is_exact_and_needs_an_explanation(plan: Allocation) -> None:
    order = summary(plan).order
    assert flows(plan, order, Context()) == []
    direct = list(plan.weights.basis.direct) if plan.weights.basis else []
    wide, narrow = flows(plan, order, Context(explain=lambda who: {"by_direct": dict.fromkeys(direct, 1)}))
    assert sum(bar.minor for bar in wide.flow.left) == sum(payment.amount.minor for payment in plan.payments)
    assert wide.flow.bands != narrow.flow.bands
    assert flows(plan, order, Context(explain=lambda who: {"by_direct": {"x": -1}})) == []
    assert flows(plan, order, Context(explain=lambda who: {"by_direct": "nonsense"})) == []
    nested = {"by_direct": {"linear": True, "shares": {"node": dict.fromkeys(direct, 1), "other": {direct[0]: 0}}}}
    assert flows(plan, order, Context(explain=lambda who: nested)) == [wide, narrow]
