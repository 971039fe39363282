"""The explanation and the code say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from depfund.channels.trust import BASE
from depfund.model import Channel

DOCS = Path(__file__).parents[2] / "docs" / "explanation"


def test_the_table_of_sources() -> None:
    text = (DOCS / "order-of-trust.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|.*\| (\d+) \|$", text, re.MULTILINE)
    assert [(name, int(number)) for name, number in rows] == list(BASE.items())


def test_every_standing_is_explained() -> None:
    text = (DOCS / "order-of-trust.md").read_text(encoding="utf-8")
    hint = Channel.__dataclass_fields__["standing"].type
    assert hint == "Standing"
    from depfund.model import Standing

    assert re.findall(r"^\| `(\w+)` \| [^|]*\|$", text, re.MULTILINE) == [
        "confirmed",
        "declared",
        "not_enrolled",
        "archived",
        "gone",
    ]
    assert set(get_args(Standing)) == {"confirmed", "declared", "not_enrolled", "archived", "gone"}
