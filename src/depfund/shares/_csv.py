"""Small CSV files that people write: separators, comments and numbers read with tolerance, errors with the line."""

from __future__ import annotations

import csv
import io
import re
from fractions import Fraction

from depfund.errors import PolicyError
from depfund.money import fraction

__all__ = ["number", "rows"]

_NUMBER = re.compile(r"(-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|-?\.\d+)\s*(?:[A-Za-z]{3}|%)?", re.ASCII)


def rows(text: str, name: str) -> list[tuple[int, list[str]]]:
    """The rows that hold something, with their line numbers; ``#`` begins a comment line.

    The separator is the comma, or where the first row has none the tab, or the semicolon.
    """
    lines = text.lstrip("\ufeff").splitlines()
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    mark = next((each for each in (",", "\t", ";") if each in first), ",")
    reader = csv.reader(io.StringIO("\n".join(lines) + "\n"), delimiter=mark, skipinitialspace=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells) and not cells[0].startswith("#"):
                found.append((reader.line_num, cells))
    except csv.Error as error:
        raise PolicyError(f"{name}, line {reader.line_num}: not CSV: {error}. Save it as CSV in UTF-8.") from error
    return found


def number(text: str, name: str, line: int) -> Fraction:
    """A number of the file, exactly; a currency code or a percent sign behind it is ignored."""
    found = _NUMBER.fullmatch(text)
    if not found:
        raise PolicyError(f"{name}, line {line}: {text!r} is not a number; write it as 4 or 2.50.")
    try:
        value = fraction(found[1].replace(",", ""))
    except ValueError as error:
        raise PolicyError(f"{name}, line {line}: {error} is no number of a ballot or a measure.") from error
    if value < 0:
        raise PolicyError(f"{name}, line {line}: {text} is negative; numbers here are zero or more.")
    return value
