"""Derived ids as PostgreSQL and MariaDB compute them in SQL: the same as `identity.derive`, and held to its vectors.

PostgreSQL has no SHA-1 of its own: version 5 needs its extension `uuid-ossp` there (`names_in`).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import BigInteger, ColumnElement, Connection, String, cast, func, literal, text
from sqlalchemy.dialects.mysql import CHAR
from sqlalchemy.dialects.postgresql import UUID as PostgreSQLUuid

from ferryman.domain.mapping import Shape
from ferryman.tools.prepare.identity import Version, prefix

_NAMED = "SELECT count(*) FROM pg_catalog.pg_proc WHERE proname = 'uuid_generate_v5' AND pg_function_is_visible(oid)"


def names_in(connection: Connection) -> bool:
    """Whether the server behind a connection can compute version 5 ids."""
    return connection.dialect.name == "mysql" or bool(connection.execute(text(_NAMED)).scalar())


def derived_in(
    dialect: str, namespace: UUID, table_name: str, key: ColumnElement[Any], version: Version, shape: Shape
) -> ColumnElement[Any]:
    """The id as a server computes it. `key` is the legacy integer for version 8, and the key text for version 5.

    NULL gives NULL; a version 8 key must have been checked to lie in its range.
    """
    server = _POSTGRESQL if dialect == "postgresql" else _MYSQL
    digits = server.named(uuid5(namespace, table_name), key) if version == 5 else None
    if digits is None:
        digits = server.joined(literal(prefix(namespace, table_name), String), server.hexed(key))
    if shape is Shape.DASHED:
        return digits
    bare = func.replace(digits, "-", "")
    return server.bytes(bare) if shape is Shape.BINARY else bare


class _PostgreSQL:
    def joined(self, *parts: ColumnElement[Any]) -> ColumnElement[Any]:
        whole = parts[0]
        for part in parts[1:]:
            whole = whole.op("||")(part)
        return whole

    def hexed(self, key: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.lpad(func.to_hex(cast(key, BigInteger)), 12, "0")

    def named(self, space: UUID, key: ColumnElement[Any]) -> ColumnElement[Any]:
        return cast(func.uuid_generate_v5(cast(literal(str(space)), PostgreSQLUuid(as_uuid=False)), key), String)

    def bytes(self, digits: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.decode(digits, "hex")


class _MySQL:
    def joined(self, *parts: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.concat(*parts)

    def hexed(self, key: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.lpad(func.lower(func.hex(key)), 12, "0")

    def named(self, space: UUID, key: ColumnElement[Any]) -> ColumnElement[Any]:
        """Bytes 6 and 8 of the hash take the version and the variant."""
        unicode = cast(key, CHAR(charset="utf8mb4"))
        digits = func.sha1(func.concat(func.unhex(space.hex), unicode))
        variant = func.substr("89ab", func.conv(func.substr(digits, 17, 1), 16, 10).op("&")(3) + 1, 1)
        first, second, third = func.substr(digits, 1, 8), func.substr(digits, 9, 4), func.substr(digits, 14, 3)
        fourth, last = func.substr(digits, 18, 3), func.substr(digits, 21, 12)
        return func.concat(first, "-", second, "-5", third, "-", variant, fourth, "-", last)

    def bytes(self, digits: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.unhex(digits)


_POSTGRESQL, _MYSQL = _PostgreSQL(), _MySQL()
