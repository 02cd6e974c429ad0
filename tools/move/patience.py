"""Level 1 for anything that is not a batch: the same thing again, a little later, at most three times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ferryman.domain.coordination import Agent
from ferryman.domain.errors import Transient
from ferryman.domain.events import Event, SelfRecovery
from ferryman.tools.move.backoff import MAX_RETRIES, Retry, next_attempt
from ferryman.tools.move.clock import SYSTEM, Clock

Result = TypeVar("Result")


def patiently(
    doing: Callable[[], Result],
    *,
    agent: Agent = Agent.MIGRATION_EXECUTION,
    table: str = "",
    emit: Callable[[Event], None] = lambda event: None,
    clock: Clock = SYSTEM,
) -> Result:
    """What `doing` gives; it is called again after a Transient error, which is told. The last one is raised.

    `doing` must be such that it can be done twice: a read, or one transaction.
    """
    attempt = 1
    while True:
        try:
            return doing()
        except Transient as error:
            step = next_attempt(error, attempt, 1, clock.dice)
            if not isinstance(step, Retry):
                raise
            emit(
                SelfRecovery(
                    agent=agent,
                    issue=error.what,
                    recovery=("retry_with_exponential_backoff", "verify_connection_health"),
                    attempt=attempt,
                    max_retries=MAX_RETRIES,
                    wait_seconds=step.wait,
                    table=table,
                )
            )
            clock.sleep(step.wait)
            attempt += 1
