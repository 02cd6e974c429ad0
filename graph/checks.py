"""Whether what was approved is what stands here now: read again from both live databases."""

from __future__ import annotations

from ferryman.agents.wording import clean
from ferryman.domain.approval import Binding
from ferryman.domain.errors import Refused
from ferryman.domain.plan import Plan
from ferryman.graph.binding import bind, changed_parts
from ferryman.graph.context import Context
from ferryman.graph.facts import Catalogues
from ferryman.tools.discover.introspect import introspect


def live_catalogues(context: Context) -> Catalogues:
    """Both catalogues as they are at this moment."""
    with context.source.connect() as connection:
        source = introspect(connection, context.source.dialect)
    with context.target.connect(reading=True) as connection:
        return Catalogues(source, introspect(connection, context.target.dialect))


def binding_now(plan: Plan, context: Context) -> tuple[Binding, Catalogues]:
    """What an approval of this plan would bind at this moment, and the catalogues that it speaks of."""
    found = live_catalogues(context)
    binding = bind(plan, context.source.identity, context.target.identity, (found.source, found.target))
    return binding, found


def refuse_drift(binding: Binding, token: str) -> None:
    """Raises Refused, naming what changed, when an approval does not bind what stands here now."""
    if not binding.is_token(token):
        given = clean(token)[:40]
        raise Refused(
            f'"{given}" is not an approval; nothing was written.',
            f"Review the plan; if it is right, approve {binding.token}.",
        )
    changed = changed_parts(binding, token)
    if changed:
        raise Refused(
            f"The approval does not hold: since it was given, {_listed(changed)} changed.",
            f"Review the plan again (`ferryman plan`), then approve {binding.token}.",
        )


def _listed(parts: tuple[str, ...]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
