"""Servers compute the same derived ids as Python does."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import BigInteger, String, literal, null, select

from ferryman.domain.mapping import Shape
from ferryman.domain.run import key_text
from ferryman.tools.databases.connect import open_target
from ferryman.tools.prepare.identity_sql import derived_in, names_in
from tests.servers import Server
from tests.tools.identity_vectors import VECTORS, VECTORS_NAMESPACE


@pytest.mark.parametrize("kind", ["postgresql", "postgresql_15", "mariadb"])
def test_servers_give_the_vectors_and_null_for_null(kind: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(kind)
    made = server.database()
    if kind != "mariadb" and made.one("SELECT count(*) FROM pg_available_extensions WHERE name = 'uuid-ossp'"):
        made.run('CREATE EXTENSION "uuid-ossp"')
    target = open_target(made.url)
    with target.connect(reading=True) as connection:
        named = names_in(connection)
        for vector in VECTORS:
            if vector.version == 5 and not named:
                continue
            key = literal(vector.key[0], BigInteger) if vector.version == 8 else literal(key_text(vector.key), String)
            for shape in Shape:
                for given, expected in ((key, vector.spelt(shape)), (null(), None)):
                    made_id = derived_in(
                        target.dialect.name, VECTORS_NAMESPACE, vector.table, given, vector.version, shape
                    )
                    found = connection.execute(select(made_id)).scalar_one()
                    found = bytes(found) if isinstance(found, memoryview | bytearray) else found
                    found = found.decode() if isinstance(found, bytes) and isinstance(expected, str) else found
                    assert (str(found) if isinstance(found, UUID) else found) == expected, (vector, shape)
    assert named or kind == "postgresql"
