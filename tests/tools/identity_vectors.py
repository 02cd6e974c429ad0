"""Ids that every implementation must give, in Python and in each dialect's SQL, computed from the RFC by hand.

Version 8: the first 80 bits of uuid5(namespace, table) and the legacy integer, then version and variant set.
Version 5: uuid5(uuid5(namespace, table), the legacy key as a JSON array without blanks).
"""

from typing import NamedTuple

from ferryman.domain.mapping import NAMESPACE, Shape
from ferryman.domain.run import Key
from ferryman.tools.prepare.identity import Version


class Vector(NamedTuple):
    """The id of one legacy row, dashed; `spelt` gives its other shapes."""

    table: str
    key: Key
    version: Version
    id: str

    def spelt(self, shape: Shape) -> str | bytes:
        digits = self.id.replace("-", "")
        if shape is Shape.BINARY:
            return bytes.fromhex(digits)
        return self.id if shape is Shape.DASHED else digits


VECTORS_NAMESPACE = NAMESPACE
VECTORS = (
    Vector("orders", (0,), 8, "fc2b0e96-e36c-8f1c-88af-000000000000"),
    Vector("orders", (1,), 8, "fc2b0e96-e36c-8f1c-88af-000000000001"),
    Vector("orders", (2**48 - 1,), 8, "fc2b0e96-e36c-8f1c-88af-ffffffffffff"),
    Vector("dispatch_bracket", (1569,), 8, "01341807-b2f1-8812-af7a-000000000621"),
    Vector("Größe", (17,), 8, "87764ff3-eaf1-87f5-8ebd-000000000011"),
    Vector("orders", (17,), 5, "18d1f184-872b-5ba2-bbd7-855aa49ef91d"),
    Vector("orders", (-1,), 5, "7b296de1-dc3e-56d9-b693-56db8deb1a68"),
    Vector("orders", (2**48,), 5, "fb2cab7d-b814-5b2f-a127-884df5a0ff2a"),
    Vector("orders", ("17",), 5, "0276cc32-5d0f-5ee3-8941-5c0ed221bc7f"),
    Vector("orders", ('Zoë "x"\n',), 5, "c7ea1988-3c4e-51d1-8fc1-f05d47751a70"),
    Vector("PlaylistTrack", (1, 3402), 5, "92c3da03-1438-5ea0-a4ce-060a5dcfb737"),
    Vector("orders", (1.5, "a"), 5, "dc3d6996-c834-50a6-8856-312d98f58158"),
    Vector("Größe", ("",), 5, "bb035842-4d4a-50a9-b1f7-6b38bbe89f2d"),
)
