"""payouts: a folder of every payout file that has a row, what is held, and a manifest that proves nothing was lost."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from depfund.documents import encode, save
from depfund.errors import ExportError
from depfund.exports import github_sponsors, withheld
from depfund.exports._context import Context
from depfund.exports._entries import Sheet, identity
from depfund.exports._routes import FILES, sheets
from depfund.model import SCHEMA, Allocation, Held

__all__ = ["files", "held", "write"]


def held(plan: Allocation, name: str) -> tuple[Held, ...]:
    """What the payout file ``name`` cannot take; empty for a format that is none."""
    made = sheets(plan, name)
    return tuple(made[name].held) if name in made else ()


def files(plan: Allocation, context: Context, *, rows: int | None = None) -> dict[str, str]:
    """File name → text, ``manifest.json`` last. ``rows`` cuts the GitHub file into several of at most that many.

    Raises :class:`~depfund.errors.ExportError` when files + held + fees differ from the budget.
    """
    made = sheets(plan)
    texts: dict[str, str] = {}
    listed: list[dict[str, Any]] = []
    sent = kept = 0
    for name, _, _ in FILES:
        sheet = made[name]
        kept += sum(item.minor for item in sheet.held)
        for file, text, placed in _cut(name, sheet, rows):
            total = sum(minor for _, minor in placed)
            sent += total
            texts[file] = text
            listed.append(_entry(file, name, text, placed, total))
    left, right = identity(plan, sent, kept)
    if left != right:
        raise ExportError(
            f"files, held and fees sum to {left} minor units, the budget is {right}; nothing was written. "
            "The plan's payments or fee lines contradict each other: split again, or correct the plan."
        )
    texts["held.csv"] = withheld.text(plan, {name: list(sheet.held) for name, sheet in made.items()})
    listed.append(
        {"file": "held.csv", "format": "held", "sha256": _digest(texts["held.csv"]), "minor": 0, "payees": {}}
    )
    texts["allocation.json"] = plan.to_json()
    manifest: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": "payouts",
        "budget": {"minor": plan.budget.minor, "currency": plan.budget.currency},
        "allocation": _digest(texts["allocation.json"]),
        "files": listed,
        "sums": {
            "files": sent,
            "held_by_split": sum(item.minor for item in plan.held),
            "held_by_files": kept,
            "fees_taken": plan.fees.taken,
            "fees_on_top": plan.fees.on_top,
            "fees_apart": right - plan.fees.on_top - sent - kept - sum(item.minor for item in plan.held),
        },
    }
    if context.generated:
        manifest["generated"] = context.generated
    texts["manifest.json"] = encode(manifest)
    return texts


def _cut(name: str, sheet: Sheet, rows: int | None) -> list[tuple[str, str, Sequence[tuple[str, int]]]]:
    """The files of one format: none without rows, several where the platform limits them."""
    if not sheet.placed:
        return []
    if name != "github-sponsors" or rows is None or len(sheet.placed) <= rows:
        return [(f"{name}.csv", sheet.text, sheet.placed)]
    cut = github_sponsors.parts(sheet.text, rows)
    return [(f"{name}-{at + 1}.csv", text, sheet.placed[at * rows : (at + 1) * rows]) for at, text in enumerate(cut)]


def _entry(file: str, name: str, text: str, placed: Sequence[tuple[str, int]], total: int) -> dict[str, Any]:
    payees: dict[str, int] = {}
    for payee, minor in placed:
        payees[payee] = payees.get(payee, 0) + minor
    return {"file": file, "format": name, "sha256": _digest(text), "minor": total, "payees": payees}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(plan: Allocation, folder: Path, context: Context, *, rows: int | None = None) -> list[Path]:
    """Write :func:`files` into ``folder`` (made if absent). Each file is moved into place whole, the manifest last.

    A payout file of an earlier run that this plan has no rows for is removed, so that nobody uploads it again.
    """
    texts = files(plan, context, rows=rows)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").unlink(missing_ok=True)
        for stale in _stale(folder, set(texts)):
            stale.unlink()
        for name, text in texts.items():
            save(text, folder / name)
        return [folder / name for name in texts]
    except OSError as error:
        raise ExportError(
            f"{folder} cannot be written: {error.strerror or error}. Name a folder that you may write to with --output."
        ) from error


def _stale(folder: Path, kept: set[str]) -> list[Path]:
    names = [folder / f"{name}.csv" for name, _, _ in FILES]
    names += sorted(folder.glob("github-sponsors-[0-9]*.csv"))
    return [path for path in names if path.name not in kept and path.is_file()]
