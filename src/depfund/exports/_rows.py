"""CSV text: cells neutralised for spreadsheets, amounts plain numbers, lines ended by CRLF (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from depfund.exports._safe import cell

__all__ = ["sheet"]


def sheet(header: Sequence[str], rows: Iterable[Sequence[str | int | Decimal]]) -> str:
    """``rows`` under ``header``. Text is quoted and neutralised (:func:`~depfund.exports._safe.cell`), numbers are not.

    Quotes around all text keep a semicolon from starting a new cell where the reader's locale splits at it.
    """
    stream = io.StringIO(newline="")
    stream.write(",".join(header) + "\r\n")
    writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([cell(value) if isinstance(value, str) else value for value in row] for row in rows)
    return stream.getvalue()
