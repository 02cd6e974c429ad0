"""Level 1 for anything that is not a batch: the same thing again, a little later, at most three times."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from ferryman.domain.coordination import Agent
from ferryman.domain.errors import Transient
from ferryman.domain.events import Event, SelfRecovery
from ferryman.tools.databases.connect import Target
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
                error.tried = True
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


class Books(Protocol):
    """What has methods that are `patient`."""

    target: Target
    clock: Clock


Mine = TypeVar("Mine", bound=Books)
Given = ParamSpec("Given")


def patient(
    method: Callable[Concatenate[Mine, Given], Result],
) -> Callable[Concatenate[Mine, Given], Result]:
    """A method that is one transaction in a database server, done again where that ends in a Transient error.

    The line may be lost when the server has committed already: twice must come to the same as once. SQLite has no line,
    and waits for locks by itself.
    """

    @wraps(method)
    def doing(self: Mine, /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        if self.target.dialect.name == "sqlite":
            return method(self, *args, **kwargs)
        return patiently(lambda: method(self, *args, **kwargs), clock=self.clock)

    return doing
