"""``flow``: an absorbing random walk from the root. The default.

A node keeps ``max(keep, 1 − per_dependency · k)`` of what reaches it, k being its dependencies, and passes the rest
on in equal parts; one without dependencies keeps everything. With ``keep="equal"`` it keeps 1/(k+1). ``hops``
limits how far a stake travels: what arrives by the last hop is kept.

    arrive = a + Σ_u (1 − k_u)/deg(u) · arrive(u),    w(v) = k_v · arrive(v)

Integers throughout (allocation.md, sections 3.2.4 and 11): the root splits 10^15 units, each node keeps the ceiling
and passes the floor on, the rest unit by unit to the smallest keys; components come in topological order, cycles are
followed to their end. O(n + m) without cycles. Absorbing Markov chains: Kemeny, Snell (1960).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, islice

from depfund.graph import components, numbers
from depfund.model import Kind
from depfund.weights._ask import Ask
from depfund.weights._cycles import even_out, visits
from depfund.weights._exact import flag, share, to_unit, whole
from depfund.weights._stream import stream

__all__ = ["Rule", "Walk", "keys_of", "rule_of", "values", "walk"]

Rows = Mapping[str, Mapping[str, Kind]]
_SWEEP = Fraction(1, 64)  # below this keep, solving a cycle is quicker than following it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How much of its inflow a node keeps: ``keep`` None is 1/(k+1)."""

    keep: Fraction | None = Fraction(1, 2)
    per_dependency: Fraction | None = Fraction(1, 5)
    hops: int | None = None

    def kept(self, count: int) -> Fraction:
        """The part that a node with ``count`` dependencies keeps."""
        if not count:
            return Fraction(1)
        least = Fraction(1, count + 1) if self.keep is None else self.keep
        return least if self.per_dependency is None else max(least, 1 - self.per_dependency * count)


@dataclass(slots=True)
class Walk:
    """What a walk left: ``kept`` by node and, when asked for, ``edges`` (source → target → units)."""

    kept: dict[str, int] = field(default_factory=dict)
    edges: dict[str, dict[str, int]] | None = None


def rule_of(parameters: Mapping[str, object]) -> Rule:
    """The rule that ``parameters`` state. Raises :class:`~depfund.errors.UsageError`."""
    keep, cut, hops = (parameters.get(name) for name in ("keep", "per_dependency", "hops"))
    equal = isinstance(keep, str) and keep.strip() == "equal"
    return Rule(
        keep=None if equal else share("1/2" if flag(keep) else keep, "keep", least=1),
        per_dependency=None if flag(cut) else share(cut, "per_dependency"),
        hops=None if flag(hops) else whole(hops, "hops"),
    )


def values(ask: Ask) -> dict[str, int]:
    """Units of 10^15 by node; they sum to exactly that."""
    rule = rule_of(ask.parameters)
    start = dict(zip(ask.stakes, to_unit(list(ask.stakes.values())), strict=True))
    if rule.hops is not None:
        return walk(start, ask.basis.requires, rule).kept
    made = numbers(ask.basis)
    keys, rows, table = made.keys, made.rows, _Table(rule)

    def circle(group: list[int], held: list[int]) -> None:
        named = [keys[node] for node in group]
        near = {*group, *chain.from_iterable(rows[node] for node in group)}
        have = {keys[node]: held[node] for node in near}
        onward = {keys[node]: dict.fromkeys([keys[target] for target in rows[node]]) for node in group}
        _circle(named, have, onward, {keys[node]: Fraction(*table[len(rows[node])]) for node in group}, None)
        for node in near:
            held[node] = have[keys[node]]

    held = stream({made.place(key): units for key, units in start.items()}, rows, table, circle)
    return {key: units for key, units in zip(keys, held, strict=True) if units}


def keys_of(rows: Rows) -> Rows:
    """``rows`` without self-loops."""
    if any(map(dict.__contains__, rows.values(), rows)):
        return {source: {t: kind for t, kind in row.items() if t != source} for source, row in rows.items()}
    return rows


def walk(
    start: Mapping[str, int],
    requires: Rows,
    rule: Rule,
    *,
    transparent: Collection[str] = (),
    edges: bool = False,
) -> Walk:
    """Let ``start`` units (by node) flow over ``requires`` (rows in code point order).

    ``transparent`` nodes keep nothing while they have dependencies; each must be able to reach one that is not.
    ``sum(kept) == sum(start)``, and with ``edges`` every node's account balances to the unit.
    """
    requires = keys_of(requires)
    if rule.hops is not None:
        return _limited(start, requires, rule, rule.hops, transparent, edges=edges)
    table = _Table(rule)
    ledger: dict[str, dict[str, int]] | None = {} if edges else None
    bits = sum(start.values()).bit_length()
    cells = {node: count << bits for node, count in Counter(chain.from_iterable(requires.values())).items()}
    for node in requires:
        cells.setdefault(node, 0)
    for node, amount in start.items():
        cells[node] = cells.get(node, 0) + amount
    if _pass_on(cells, 1 << bits, requires, table, transparent, ledger) == len(cells):
        return Walk(cells, ledger)
    stuck = {node for node, cell in cells.items() if cell >> bits}
    held = {node: cell & ((1 << bits) - 1) for node, cell in cells.items()}
    _through_cycles(held, stuck, requires, table, transparent, ledger)
    return Walk(held, ledger)


class _Table(dict[int, tuple[int, int]]):
    """Degree → numerator and denominator of the kept part."""

    def __init__(self, rule: Rule) -> None:
        super().__init__()
        self.rule = rule

    def __missing__(self, count: int) -> tuple[int, int]:
        kept = self.rule.kept(count)
        self[count] = found = (kept.numerator, kept.denominator)
        return found


def _pass_on(
    cells: dict[str, int],
    one: int,
    requires: Rows,
    table: _Table,
    transparent: Collection[str],
    ledger: dict[str, dict[str, int]] | None,
) -> int:
    """Every node whose dependents are all done, in any such order; how many those are.

    A cell is what arrived plus ``one`` (above any amount) for each edge still to come: an edge costs one look-up.
    In the end it is what the node keeps.
    """
    ready = [node for node, cell in cells.items() if cell < one]
    take, rows, more = ready.pop, requires.get, ready.append
    done = 0
    while ready:
        node = take()
        done += 1
        row = rows(node)
        if not row:
            continue
        amount, count = cells[node], len(row)
        over, under = (0, 1) if transparent and node in transparent else table[count]
        kept = -(-amount * over // under)
        each, rest = divmod(amount - kept, count)
        cells[node] = kept
        come = each - one
        for target in row:
            cell = cells[target] + come
            cells[target] = cell
            if cell < one:
                more(target)
        if rest:
            for target in islice(row, rest):
                cells[target] += 1
        if ledger is not None and amount > kept:
            ledger[node] = _parts(row, each, rest)
    return done


def _parts(row: Mapping[str, Kind], each: int, rest: int) -> dict[str, int]:
    return {target: each + (place < rest) for place, target in enumerate(row) if each or place < rest}


def _through_cycles(
    held: dict[str, int],
    stuck: set[str],
    requires: Rows,
    table: _Table,
    transparent: Collection[str],
    ledger: dict[str, dict[str, int]] | None,
) -> None:
    """What waits for itself, directly or through a cycle above it, component by component."""
    inner = {node: [t for t in requires.get(node, ()) if t in stuck] for node in sorted(stuck)}
    for group in components(inner, inner):
        if not any(held[node] for node in group):
            continue
        kept = {node: Fraction(*table[len(requires.get(node, ()))]) for node in group}
        kept |= {node: Fraction(0) for node in group if node in transparent and node in requires}
        if len(group) == 1:
            _step(group[0], held, requires, kept, ledger)
        else:
            _circle(group, held, requires, kept, ledger)


def _circle(
    group: list[str],
    held: dict[str, int],
    requires: Mapping[str, Mapping[str, object]],
    kept: Mapping[str, Fraction],
    ledger: dict[str, dict[str, int]] | None,
) -> None:
    """One component of several nodes."""
    if not any(held[node] for node in group):
        return
    if min(kept.values()) >= _SWEEP:
        _follow(group, held, requires, kept, ledger)
    else:
        _solve(group, held, requires, kept, ledger)


def _step(
    node: str,
    held: dict[str, int],
    requires: Rows,
    kept: Mapping[str, Fraction],
    ledger: dict[str, dict[str, int]] | None,
) -> None:
    row = requires.get(node)
    if row:
        keep = -(-held[node] * kept[node].numerator // kept[node].denominator)
        parts = _parts(row, *divmod(held[node] - keep, len(row)))
        held[node] = keep
        for target, part in parts.items():
            held[target] += part
        if ledger is not None and parts:
            ledger[node] = parts


def _follow(
    group: list[str],
    held: dict[str, int],
    requires: Mapping[str, Mapping[str, object]],
    kept: Mapping[str, Fraction],
    ledger: dict[str, dict[str, int]] | None,
) -> None:
    """Sweep the component until everything in it is kept or has left; each visit keeps a unit at least."""
    pending = {node: held[node] for node in group}
    stays = dict.fromkeys(group, 0)
    sent = {node: dict.fromkeys(requires[node], 0) for node in group}
    plan = [(node, kept[node].numerator, kept[node].denominator, len(requires[node])) for node in group]
    while any(pending.values()):
        for node, over, under, count in plan:
            amount = pending[node]
            if not amount:
                continue
            pending[node] = 0
            keep = -(-amount * over // under)
            stays[node] += keep
            each, rest = divmod(amount - keep, count)
            row = sent[node]
            for place, target in enumerate(row):
                part = each + (place < rest)
                if not part:
                    break
                row[target] += part
                if target in pending:
                    pending[target] += part
    _settle(stays, sent, held, ledger)


def _solve(
    group: list[str],
    held: dict[str, int],
    requires: Mapping[str, Mapping[str, object]],
    kept: Mapping[str, Fraction],
    ledger: dict[str, dict[str, int]] | None,
) -> None:
    """Solve the component exactly, then round what is kept and what leaves by largest remainder."""
    members = set(group)
    each = {node: (1 - kept[node]) / len(requires[node]) for node in group}
    inner = {node: {t: each[node] for t in requires[node] if t in members} for node in group}
    leaving = {node: 1 - each[node] * len(inner[node]) for node in group}
    came = {node: held[node] for node in group}
    amounts = visits(came, inner, leaving)
    places: list[tuple[str, str | None]] = []
    for node in group:
        places.append((node, None))
        places += [(node, target) for target in requires[node] if target not in members]
    shares = [amounts[node] * (kept[node] if target is None else each[node]) for node, target in places]
    stays, sent = dict.fromkeys(group, 0), {node: dict.fromkeys(requires[node], 0) for node in group}
    for (node, target), part in zip(places, to_unit(shares, sum(came.values())), strict=True):
        if target is None:
            stays[node] = part
        else:
            sent[node][target] = part
    for node in group:
        for target in inner[node]:
            sent[node][target] = int(amounts[node] * each[node])
    surplus = {node: came[node] - stays[node] - sum(sent[node].values()) for node in group}
    for node in group:
        for target in inner[node]:
            surplus[target] += sent[node][target]
    loops = {node: {t: sent[node][t] for t in inner[node]} for node in group}
    even_out(surplus, loops)
    for node in group:
        sent[node] |= loops[node]
    _settle(stays, sent, held, ledger)


def _settle(
    stays: Mapping[str, int],
    sent: Mapping[str, Mapping[str, int]],
    held: dict[str, int],
    ledger: dict[str, dict[str, int]] | None,
) -> None:
    for row in sent.values():
        for target, part in row.items():
            if target not in stays:
                held[target] += part
    held.update(stays)
    if ledger is not None:
        ledger |= {
            node: {t: part for t, part in row.items() if part} for node, row in sent.items() if any(row.values())
        }


def _limited(
    start: Mapping[str, int],
    requires: Rows,
    rule: Rule,
    hops: int,
    transparent: Collection[str],
    *,
    edges: bool,
) -> Walk:
    """At most ``hops`` steps from the root, one layer at a time."""
    table = _Table(rule)
    kept: defaultdict[str, int] = defaultdict(int)
    ledger: dict[str, dict[str, int]] | None = {} if edges else None
    layer: Mapping[str, int] = start
    for _ in range(hops - 1):
        below: defaultdict[str, int] = defaultdict(int)
        for node in sorted(layer):
            amount, row = layer[node], requires.get(node)
            if not row:
                kept[node] += amount
                continue
            over, under = (0, 1) if node in transparent else table[len(row)]
            keep = -(-amount * over // under)
            kept[node] += keep
            each, rest = divmod(amount - keep, len(row))
            for target, part in _parts(row, each, rest).items():
                below[target] += part
                if ledger is not None:
                    sent = ledger.setdefault(node, {})
                    sent[target] = sent.get(target, 0) + part
        layer = below
        if not layer:
            break
    for node, amount in layer.items():
        kept[node] += amount
    return Walk(kept, ledger)
