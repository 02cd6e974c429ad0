"""Whether the phases of a plan hold: every copied table in one of them, parents before their children."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ferryman.domain.fit_names import Misfit, closest
from ferryman.domain.plan import Phase, Plan
from ferryman.domain.references import Reference, postponable, references_of, rings
from ferryman.domain.schema import Database


def phase_misfits(plan: Plan, target: Database) -> Iterator[Misfit]:
    """What of the phases does not hold."""
    copied = [table.target for table in plan.mapping.copied]
    where = {name: number for number, phase in enumerate(plan.phases) for name in phase.tables}
    yield from _of_tables(plan, copied)
    for number, table in enumerate(plan.mapping.tables):
        if table.target in copied and table.target not in where:
            what = f"no phase has {table.target}"
            yield Misfit(("mapping", "tables", number, "target"), what, "add it to a phase's tables")
    yield from _of_numbers(plan)
    yield from _of_prerequisites(plan)
    late = {column for phase in plan.phases for column in phase.second_pass}
    references = references_of(plan.mapping, target)
    for reference in references:
        yield from _of_order(reference, where, late, plan, _closed(reference, references, late))
    for number, phase in enumerate(plan.phases):
        yield from _of_second_pass(number, phase, target)


def _of_tables(plan: Plan, copied: list[str]) -> Iterator[Misfit]:
    seen: set[str] = set()
    for number, phase in enumerate(plan.phases):
        for at, name in enumerate(phase.tables):
            if name not in copied:
                what = f"{name} is not copied by this plan"
                yield Misfit(("phases", number, "tables", at), what, closest(name, copied))
            elif name in seen:
                yield Misfit(("phases", number, "tables", at), f"{name} is in two phases", "one phase for each table")
            seen.add(name)


def _of_numbers(plan: Plan) -> Iterator[Misfit]:
    for number, phase in enumerate(plan.phases):
        if phase.number != number + 1:
            yield Misfit(
                ("phases", number, "number"), f"phase {phase.number} stands at place {number + 1}", str(number + 1)
            )
        for at, other in enumerate(phase.depends_on):
            if not 1 <= other < phase.number:
                what = f"phase {phase.number} cannot depend on phase {other}"
                yield Misfit(("phases", number, "depends_on", at), what, "an earlier phase")


def _of_prerequisites(plan: Plan) -> Iterator[Misfit]:
    """What a phase waits for: a table that is filled before it, or that is there and only referred to."""
    referred = {table.target for table in plan.mapping.tables} - {table.target for table in plan.mapping.copied}
    before: set[str] = set()
    for number, phase in enumerate(plan.phases):
        for at, name in enumerate(phase.prerequisites):
            if name not in before | referred:
                what = f"phase {phase.number} waits for {name}, which no earlier phase fills"
                yield Misfit(("phases", number, "prerequisites", at), what, closest(name, before | referred))
        before |= set(phase.tables)


def _closed(reference: Reference, references: Iterable[Reference], late: set[str]) -> bool:
    """Whether a reference lies in a ring that no second pass opens, and can be written with keys known beforehand."""
    if not (reference.required or reference.at_copy) or reference.made_late:
        return False
    above: dict[str, list[str]] = {}
    for other in references:
        if not any(f"{other.child}.{column}" in late for column in other.columns):
            above.setdefault(other.child, []).append(other.parent)
    return any({reference.child, reference.parent} <= set(ring) for ring in rings(tuple(above), above))


def _of_order(
    reference: Reference, where: dict[str, int], late: set[str], plan: Plan, closed: bool
) -> Iterator[Misfit]:
    child, parent = where.get(reference.child), where.get(reference.parent)
    if child is None or parent is None or parent < child:
        return
    postponed = any(f"{reference.child}.{column}" in late for column in reference.columns)
    asked = any(q.id.startswith("ring:") and q.table in plan.phases[child].tables for q in plan.open_questions)
    if (
        postponed
        or ((asked or closed) and child == parent)
        or (reference.child == reference.parent and reference.required)
    ):
        return
    at = plan.phases[child].tables.index(reference.child)
    what = f"{reference.child} refers to {reference.parent}, which is not in an earlier phase"
    would = f"put {reference.parent} into an earlier phase"
    if not reference.required:
        would += f", or {reference.child}.{reference.waiting[0]} into second_pass"
    yield Misfit(("phases", child, "tables", at), what, would)


def _of_second_pass(number: int, phase: Phase, target: Database) -> Iterator[Misfit]:
    for at, name in enumerate(phase.second_pass):
        table_name, _, column = name.rpartition(".")
        table = target.by_name.get(table_name)
        path = ("phases", number, "second_pass", at)
        if table is None or column not in table.by_name:
            columns = [f"{table_name}.{c}" for c in table.by_name] if table else list(target.by_name)
            yield Misfit(path, f"there is no column {name}", closest(name, columns))
        elif not postponable(table, (column,)):
            yield Misfit(
                path, f"{name} does not take NULL, so it cannot wait", "an order in which its parent comes first"
            )
