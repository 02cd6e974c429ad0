"""In which order tables go: phases within what references allow, and what to do about rings of references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ferryman.domain.findings import TableType
from ferryman.domain.plan import Phase
from ferryman.domain.references import Reference, rings

#: Kinds in the order they go, as far as references allow.
RANKS = {TableType.CATALOG: 0, TableType.TRANSACTIONAL: 1, TableType.JUNCTION: 2}


@dataclass(frozen=True)
class Order:
    """The phases, and the references that no order can satisfy."""

    phases: tuple[Phase, ...]
    cycles: tuple[tuple[str, ...], ...] = ()  #: tables that refer to one another in a ring, the self-referring alone
    stuck: tuple[Reference, ...] = ()  #: in a ring, required, and known or allowed late: no row of it can be the first


def arrange(
    tables: Sequence[str],
    types: Mapping[str, TableType],
    references: Iterable[Reference],
    asked: Sequence[str] = (),
) -> Order:
    """Phases over target tables; only references between `tables` count, and the same input gives the same phases.

    Each phase takes the tables whose parents are all in earlier phases, of the first kind that has any: catalogs,
    then entities, then junctions. What was asked for comes first within its phase. References that close a ring and
    may be NULL are postponed to a second pass, listed with the phase that brings the later of the two tables; rings
    of required references stay together in one phase. They can be written where the new keys are known beforehand
    (the target's own checks wait until the run has proved them); those that cannot, or that the target checks at once,
    are reported in `stuck`.
    """
    within = [r for r in references if r.child in tables and r.parent in tables]
    cycles = _cycles(tables, within)
    postponed = _postponed(tables, types, within)
    kept = [r for r in within if r not in postponed]
    levels = _levels(_in_order(tables, asked), types, _parents(kept))
    closing = (r for r in kept if r.child == r.parent or (_same_ring(cycles, r) and _same_level(levels, r)))
    stuck = tuple(r for r in closing if r.made_late or (r.at_once and r.child != r.parent))
    phases = tuple(_phase(number, level, types, kept, levels) for number, level in enumerate(levels, 1))
    return Order(_with_second_pass(phases, postponed), cycles, stuck)


def _in_order(tables: Sequence[str], asked: Sequence[str]) -> list[str]:
    first = [name for name in dict.fromkeys(asked) if name in tables]
    return [*first, *(name for name in tables if name not in first)]


def _parents(references: Iterable[Reference]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for reference in references:
        found.setdefault(reference.child, []).append(reference.parent)
    return found


def _cycles(tables: Sequence[str], references: Sequence[Reference]) -> tuple[tuple[str, ...], ...]:
    to_itself = {r.child for r in references if r.child == r.parent}
    return tuple(ring for ring in rings(tables, _parents(references)) if len(ring) > 1 or ring[0] in to_itself)


def _postponed(
    tables: Sequence[str], types: Mapping[str, TableType], references: Sequence[Reference]
) -> list[Reference]:
    """Self-references that may be NULL, and as few others as open every ring that can be opened."""
    may_wait = [r for r in references if not r.required and not r.at_copy]
    postponed = [r for r in may_wait if r.child == r.parent]
    while True:
        left = [r for r in references if r not in postponed]
        inner = [r for ring in rings(tables, _parents(left)) for r in left if {r.child, r.parent} <= set(ring)]
        choice = [r for r in inner if r in may_wait and r.child != r.parent]
        if not choice:
            return postponed
        first = min(choice, key=lambda r: (r.checked, RANKS[types[r.child]], tables.index(r.child), r.columns))
        postponed.append(first)


def _levels(
    tables: Sequence[str], types: Mapping[str, TableType], parents: Mapping[str, list[str]]
) -> list[tuple[str, ...]]:
    """The tables of each phase. A ring that could not be opened moves as one."""
    units = list(rings(tables, parents))
    done: set[str] = set()
    levels: list[tuple[str, ...]] = []
    while units:
        ready = [unit for unit in units if _ready(unit, parents, done)]
        first = min(_rank(unit, types) for unit in ready)
        level = {name for unit in ready if _rank(unit, types) == first for name in unit}
        levels.append(tuple(name for name in tables if name in level))
        units = [unit for unit in units if not level.issuperset(unit)]
        done |= level
    return levels


def _ready(unit: tuple[str, ...], parents: Mapping[str, list[str]], done: set[str]) -> bool:
    return all(parent in done or parent in unit for name in unit for parent in parents.get(name, ()))


def _rank(unit: tuple[str, ...], types: Mapping[str, TableType]) -> int:
    return max(RANKS[types[name]] for name in unit)


def _same_ring(cycles: Sequence[tuple[str, ...]], reference: Reference) -> bool:
    return any({reference.child, reference.parent} <= set(ring) for ring in cycles)


def _same_level(levels: Sequence[tuple[str, ...]], reference: Reference) -> bool:
    return any({reference.child, reference.parent} <= set(level) for level in levels)


def _phase(
    number: int,
    tables: tuple[str, ...],
    types: Mapping[str, TableType],
    references: Sequence[Reference],
    levels: Sequence[tuple[str, ...]],
) -> Phase:
    parents = [r.parent for r in references if r.child in tables and r.parent not in tables]
    kind = max((types[name] for name in tables), key=RANKS.__getitem__)
    is_parent = any(r.parent in tables and r.child not in tables for r in references)
    return Phase(
        number=number,
        name=NAMES[kind],
        tables=tables,
        rationale=rationale(kind, len(tables), has_parents=bool(parents), is_parent=is_parent),
        prerequisites=tuple(dict.fromkeys(parents)),
        depends_on=tuple(n for n, level in enumerate(levels, 1) if set(level) & set(parents)),
    )


NAMES = {TableType.CATALOG: "catalogs", TableType.TRANSACTIONAL: "entities", TableType.JUNCTION: "junctions"}


def rationale(kind: TableType, tables: int, *, has_parents: bool, is_parent: bool) -> str:
    """Why a phase stands where it does, in two or three words."""
    if kind is TableType.JUNCTION:
        return "junction depends on parents" if tables == 1 else "junctions depend on parents"
    if kind is TableType.TRANSACTIONAL and is_parent:
        return "parent entities"
    return "depend on earlier phases" if has_parents else "no dependencies"


def _with_second_pass(phases: tuple[Phase, ...], postponed: Iterable[Reference]) -> tuple[Phase, ...]:
    number = {name: phase.number for phase in phases for name in phase.tables}
    late: dict[int, list[str]] = {}
    for reference in postponed:
        when = max(number[reference.child], number[reference.parent])
        late.setdefault(when, []).extend(
            f"{reference.child}.{column}" for column in reference.waiting or reference.columns
        )
    return tuple(phase.but(second_pass=tuple(dict.fromkeys(late.get(phase.number, ())))) for phase in phases)
