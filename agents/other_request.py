"""What another request would do to the plan that lies there: said before it takes the plan's place."""

from __future__ import annotations

from collections.abc import Iterable

from ferryman.agents.wording import names
from ferryman.domain.mapping import Mapping, TableMapping
from ferryman.domain.plan import Plan


def other_request(plan: Plan, after: Mapping) -> str:
    """Which tables come and go, and what becomes of what a person decided."""
    old, new = ({table.target: table for table in mapping.copied} for mapping in (plan.mapping, after))
    answered = {question.table for question in plan.questions if question.answer is not None}
    decided = [name for name, table in old.items() if name in answered or _decided(table)]
    gone = [name for name in decided if name not in new]
    kept = [name for name in decided if name in new]
    told = [
        f"It takes in {_all(new.keys() - old.keys(), after)}" if new.keys() - old.keys() else "",
        f"It leaves out {_all(old.keys() - new.keys(), plan.mapping)}" if old.keys() - new.keys() else "",
        f"What you decided about {names(gone)} goes with it" if gone else "",
        f"What you decided about {names(kept)} is kept" if kept else "",
    ]
    return " ".join(f"{part}." for part in ("That is another request than the plan's", *told) if part)


def _all(tables: Iterable[str], mapping: Mapping) -> str:
    wanted = set(tables)
    return names(table.target for table in mapping.copied if table.target in wanted)


def _decided(table: TableMapping) -> bool:
    """Whether what a person said stands in it."""
    return bool(table.filter or table.policies) or any(column.is_said for column in table.columns)
