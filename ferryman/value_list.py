"""The different values of a legacy column, most frequent first: read when asked for, shown, and kept nowhere."""

from __future__ import annotations

from sqlalchemy import func, select

from ferryman.agents.wording import clean, count
from ferryman.desk import Beside, RowShown, shown
from ferryman.domain.conversation import ShowValues
from ferryman.domain.errors import Usage
from ferryman.domain.mapping import ColumnMapping
from ferryman.domain.transforms import ValueMap
from ferryman.graph.checks import live_catalogues
from ferryman.session import Session
from ferryman.tools.databases.dialect import clause

MOST_VALUES = 20  #: on one screen


def show_values(session: Session, wish: ShowValues) -> RowShown:
    """The values of a column with their rows, and what the plan's own words make of them. Raises Usage without a plan.

    Every row of the legacy table is looked at, whatever the plan filters.
    """
    table = session.plan.mapping.by_target.get(wish.table) if session.plan else None
    if table is None:
        raise Usage(f"No plan fills {clean(wish.table)} yet.", 'Say what is missing first, or "move everything".')
    rows = clause(live_catalogues(session.context).source.table(table.source))
    value = rows.c[wish.column]
    counted = select(value, func.count()).group_by(value).order_by(func.count().desc(), value).limit(MOST_VALUES)
    with session.context.source.connect("looking at the values of a column") as connection:
        different = connection.execute(select(func.count(value.distinct()))).scalar_one()
        found = connection.execute(counted).all()
    fed = next((column for column in table.columns if column.source == (wish.column,)), None)
    lines = tuple(_line(old, number, fed) for old, number in found)
    head = f"{clean(table.source)}.{clean(wish.column)} has {count(different, 'different value')}"
    return RowShown(head + (f", these are the most frequent {MOST_VALUES}" if different > MOST_VALUES else ""), lines)


def _line(old: object, rows: int, fed: ColumnMapping | None) -> Beside:
    after = next((pair.new for step in _maps(fed) for pair in step.pairs if pair.old == old), None)
    new = fed.target if fed and after is not None else ""
    return Beside(shown(old), count(rows, "row"), new, "" if after is None else shown(after))


def _maps(fed: ColumnMapping | None) -> tuple[ValueMap, ...]:
    return tuple(step for step in fed.steps if isinstance(step, ValueMap)) if fed else ()
