"""Triggers of a target's table taken away and put back just as they were: what each kind of database brings to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection


@dataclass(frozen=True)
class Aside:
    """A trigger as it was, with the statements that take it away and bring it back."""

    name: str
    away: str
    back: str
    table: str = ""  #: PostgreSQL only: the table or partition that it is on, as the server quotes it
    mode: str = ""  #: MariaDB and MySQL only: the `sql_mode` that it was made in
    letters: str = ""  #: likewise: its `character_set_client`
    collation: str = ""  #: likewise: its `collation_connection`


class Keeper(Protocol):
    """One kind of database's way with triggers. Errors of its driver come out translated, or as `DBAPIError`."""

    def of(self, connection: Connection, table: str) -> tuple[Aside, ...]:
        """The triggers of a table that run for what this session writes: in the order in which bringing them back
        leaves them as they are."""

    def take_away(self, connection: Connection, trigger: Aside) -> None:
        """Take one away, in the caller's transaction where the database can. Transient where others are at work."""

    def bring_back(self, connection: Connection, trigger: Aside) -> None:
        """Put one back; nothing happens where it is there, or where its table is gone."""

    def hidden(self, connection: Connection) -> str:
        """Why there may be triggers that this role is not shown; empty where it is shown all."""

    def why_not(self, connection: Connection, table: str) -> str:
        """Why this role cannot take a table's triggers away and put them back as they were; empty where it can."""


def run(connection: Connection, statement: str) -> None:
    """A statement as it stands: a % in it is none of the driver's."""
    connection.exec_driver_sql(statement.replace("%", "%%") if connection.dialect.name != "sqlite" else statement)
