"""What an approval of this plan on these databases would bind, as they are now."""

from __future__ import annotations

from ferryman.domain.approval import Binding, Identity, digest
from ferryman.domain.plan import Plan
from ferryman.domain.schema import Database

_PARTS = {
    "plan": "the plan itself",
    "source": "the old database (another file or server stands behind its name)",
    "source_schema": "the old database's tables or columns",
    "target": "the new database (another file or server stands behind its name)",
    "target_schema": "the new database's tables or columns",
    "preflight": "the kinds of problems found in the data",
}


def bind(plan: Plan, source: Identity, target: Identity, catalogues: tuple[Database, Database]) -> Binding:
    """`catalogues`: source and target as they were introspected, without inferred references."""
    return Binding(
        plan=digest(plan.hash),
        source=digest(source.dialect, source.place),
        source_schema=digest(catalogues[0].fingerprint),
        target=digest(target.dialect, target.place),
        target_schema=digest(catalogues[1].fingerprint),
        preflight=digest(*plan.preflight.classes, "skipped" if plan.preflight.skipped else ""),
    )


def changed_parts(binding: Binding, token: str) -> tuple[str, ...]:
    """What is not as it was when `token` was given, in words; () when it binds."""
    return tuple(_PARTS[name] for name in binding.changed(token))
