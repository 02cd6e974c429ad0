"""Whether a table's first rows could be written where a reference must be filled and its constraint stays in force."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import and_, literal, select

from ferryman.domain.errors import Configuration
from ferryman.domain.plan import Plan
from ferryman.domain.references import Reference, references_of
from ferryman.domain.schema import Database
from ferryman.tools.databases import postgresql_constraints
from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.prepare.bonds import as_one, bond_of
from ferryman.tools.prepare.side_by_side import legacy_rows
from ferryman.tools.prepare.sqlite_scope import column_of
from ferryman.tools.prepare.transform import CompiledTable

RING = "ring:"  #: how the id of a question about tables that refer to one another begins


def check_first_rows(
    source: Source, target: Target, target_db: Database, plan: Plan, compiled: Mapping[str, CompiledTable]
) -> None:
    """Raises Configuration, with what has to be granted, where rows would come before those that they must name.

    A ring of several tables is left to the question that the plan has about it.
    """
    asked = any(question.id.startswith(RING) for question in plan.open_questions)
    for reference in references_of(plan.mapping, target_db):
        if not (reference.required and reference.at_once and reference.child in compiled):
            continue
        if reference.child == reference.parent:
            ahead = refers_ahead(source, compiled[reference.child], reference)
        else:
            ahead = not asked and plan.comes_later(reference.child, reference.parent)
        if ahead:
            with target.connect("asking for rights over constraints", reading=True) as connection:
                way_out = postgresql_constraints.way_out(connection, reference.child, reference.name)
            raise Configuration(
                f"Rows of {reference.text} come before those that they must name, and {reference.name} cannot be set "
                "aside.",
                way_out,
                table=reference.child,
            )


def refers_ahead(source: Source, compiled: CompiledTable, reference: Reference) -> bool:
    """Whether a row names a row of its own table that batches come to later."""
    bond = bond_of(compiled, reference.columns)
    if not bond.pairs or bond.legacy_parent != compiled.source:
        return True
    also = {name for pair in bond.pairs for name in pair}
    with legacy_rows(source, f"looking what {reference.child} refers to", compiled, also) as (connection, seen, rows):
        later = rows.alias()
        named = and_(*(column_of(rows, ours) == column_of(later, theirs) for ours, theirs in bond.pairs))
        ahead = as_one(seen.key_columns(later)) > as_one(seen.key_columns(rows))
        found = select(literal(1)).select_from(rows.join(later, named)).where(ahead, seen.in_filter(rows)).limit(1)
        return connection.execute(found).first() is not None
