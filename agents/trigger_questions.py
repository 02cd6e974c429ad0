"""Whether the new table's triggers fire for rows that are moved: asked where they may change or refuse such rows."""

from __future__ import annotations

from collections.abc import Iterator

from ferryman.agents.facts import Facts
from ferryman.agents.table_questions import leave_out
from ferryman.domain.changes import Option, Question, SetTriggers
from ferryman.domain.mapping import Action, Conflict, Mapping, TableMapping, Triggers
from ferryman.domain.schema import Table, Trigger
from ferryman.domain.trigger_effects import Effects, effects

TRIGGERS = "triggers"


def trigger_questions(table: TableMapping, mapping: Mapping, facts: Facts) -> Iterator[Question]:
    """One question for a table whose triggers may touch what is moved. What they only do elsewhere is told, not asked,
    and so is a column that nothing else fills."""
    target = facts.target.table(table.target)
    if table.action is not Action.COPY or not target.triggers:
        return
    told, total = list[str](), Effects()
    others = {one.target for one in mapping.tables}
    for trigger in _that_fire(table, target, facts):
        found = effects(trigger, target, facts.target.dialect, others)
        if what := _in_words(found, table):
            told.append(f"{trigger.name} {what}")
            total = total.plus(found)
    if told:
        yield _question(table, target, told, total)


def _that_fire(table: TableMapping, target: Table, facts: Facts) -> Iterator[Trigger]:
    """Rows are changed after they were inserted where the policy says so, and in rings, whose references come later."""
    ring = any(table.target in cycle for cycle in facts.findings.cycles)
    ring = ring or any(key.parent == table.target for key in target.foreign_keys)
    changes = ring or table.conflict in (Conflict.REPLACE, Conflict.MERGE)
    for trigger in target.triggers:
        if "insert" in trigger.events or (changes and "update" in trigger.events):
            yield trigger


def _in_words(found: Effects, table: TableMapping) -> str:
    parts = []
    if found.every_column:
        parts.append("may change any column of a row")
    elif columns := _moved(found, table):
        parts.append(f"may change {', '.join(columns)}")
    if found.tables:
        parts.append(f"writes to {', '.join(sorted(found.tables))} as well, which this plan moves")
    if found.refuses:
        parts.append("may refuse rows")
    if found.opaque:
        parts.append("does what cannot be read from here")
    return " and ".join(parts)


def _moved(found: Effects, table: TableMapping) -> list[str]:
    return sorted(found.columns & table.by_target.keys())


def _question(table: TableMapping, target: Table, told: list[str], total: Effects) -> Question:
    name = target.name
    against = total.every_column or total.tables or _moved(total, table)
    return Question(
        id=f"{TRIGGERS}:{name}",
        table=name,
        text=f"{name} has triggers that run for every row that is written: {'; '.join(told)}. What shall they do?",
        options=(
            _option(name, Triggers.FIRE, "Let them fire, as for any other program"),
            _option(name, Triggers.ASIDE, f"Set all triggers of {name} aside while its rows are moved, for everybody"),
            leave_out(name),
        ),
        recommended=Triggers.ASIDE if against else Triggers.FIRE,
        reason=(
            "Rows that a trigger changes are not what the old database says, and validation would find them different."
            " Whatever is set aside comes back as it was."
            if against
            else "What they refuse is asked about when it happens."
        ),
    )


def _option(table: str, triggers: Triggers, text: str) -> Option:
    return Option(key=triggers.value, text=text, changes=(SetTriggers(table=table, triggers=triggers),))
