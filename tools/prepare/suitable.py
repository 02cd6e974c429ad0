"""Which identity suits a table's keys: decided from both catalogues, the profile and whether the target has rows."""

from __future__ import annotations

from ferryman.domain.mapping import Derived, Generated, IdPolicy, Kept, KeyPair, Matched, Shape
from ferryman.domain.profile import TableProfile
from ferryman.domain.schema import Column, Family, Table
from ferryman.tools.prepare.identity import HIGHEST
from ferryman.tools.prepare.lineage import ROWID

LEGACY_COLUMNS = ("legacy_id", "old_id", "external_id", "import_id", "legacy_key", "source_id")
_TEXTS = (Family.TEXT, Family.UUID, Family.ENUM)


def suitable_identity(source: Table, target: Table, profile: TableProfile | None, target_rows: int) -> IdPolicy | str:
    """The policy for a target table's new keys, or in words why none suits.

    | target key                  | legacy key                          | policy                             |
    |-----------------------------|-------------------------------------|------------------------------------|
    | several columns             | any                                 | kept: each is mapped by itself     |
    | UUID, CHAR(36), (32), 16 B  | a UUID of the same form             | kept                               |
    | the same                    | one integer from 0 to 2**48 - 1     | derived, version 8                 |
    | the same                    | negative, text or composite         | derived, version 5                 |
    | text that takes 36 or more  | one text column that fits           | kept                               |
    | the same                    | anything else                       | derived                            |
    | shorter text                | one column that fits                | kept                               |
    | integer                     | one whole number, target empty      | kept                               |
    | integer, made by the target | anything else                       | generated                          |

    Where the target has rows and a column for legacy keys, rows are matched by that first.
    """
    key = source.key or (("rowid",) if source.rowid else ())
    if not key:
        return f"nothing tells the rows of {source.name} apart"
    if not target.primary_key:
        return f"{target.name} has no primary key, and no unique columns that are never empty"
    if len(target.primary_key) > 1:
        return Kept()
    made = _made(source, key, target.column(target.primary_key[0]), profile, target_rows)
    home = next((name for name in LEGACY_COLUMNS if name in target.by_name), None)
    if isinstance(made, str | Matched) or not target_rows or home is None or len(key) > 1:
        return made
    return Matched(on=(KeyPair(source=key[0], target=home),), otherwise=made)


def _made(
    source: Table, key: tuple[str, ...], target: Column, profile: TableProfile | None, target_rows: int
) -> IdPolicy | str:
    legacy = source.by_name.get(key[0]) if len(key) == 1 else None
    if target.family is Family.INTEGER:
        return _number(source, legacy, key, target, target_rows)
    shape = shape_of(target)
    if shape is None:
        return _short_text(source, legacy, target)
    if legacy is not None and _same_form(legacy, target, shape):
        return Kept()
    return Derived(version=8 if _orderable(key, legacy, profile) else 5, shape=shape)


def shape_of(column: Column) -> Shape | None:
    """How a key column holds a UUID; None where it cannot."""
    if column.family is Family.BINARY:
        return Shape.BINARY if column.length in (None, 16) else None
    if column.family is Family.UUID:
        return Shape.DASHED
    if column.family is not Family.TEXT or (column.length is not None and column.length < 32):
        return None
    return Shape.HEX if column.length is not None and column.length < 36 else Shape.DASHED


def _same_form(legacy: Column, target: Column, shape: Shape) -> bool:
    """Whether a legacy key goes into the target's key column as it is: UUID to UUID, text to a text that takes it."""
    if shape is Shape.BINARY:
        return legacy.family is Family.BINARY
    if legacy.family is Family.UUID or (shape_of(legacy) is shape and legacy.length is not None):
        return True
    fixed = target.family is Family.UUID or target.length in (32, 36)
    return legacy.family in _TEXTS and not fixed and _fits(legacy, target)


def _fits(legacy: Column, target: Column) -> bool:
    return target.length is None or (legacy.length is not None and legacy.length <= target.length)


def _orderable(key: tuple[str, ...], legacy: Column | None, profile: TableProfile | None) -> bool:
    """Whether version 8 holds every key: one integer, none below zero or from 2**48 on as far as was looked."""
    if key == (ROWID,):
        return True
    if legacy is None or legacy.family is not Family.INTEGER:
        return False
    seen = profile.by_name.get(legacy.name) if profile else None
    ends = (seen.lowest, seen.highest) if seen else ()
    return all(end is None or (isinstance(end, int) and 0 <= end <= HIGHEST) for end in ends)


def _number(
    source: Table, legacy: Column | None, key: tuple[str, ...], target: Column, target_rows: int
) -> IdPolicy | str:
    is_number = key == (ROWID,) or (legacy is not None and _counts(legacy))
    if is_number and not target_rows:
        return Kept()
    if target.autoincrement:
        return Generated()
    if is_number:
        return f"{target.name} of the new table is a number, and rows are there already that may have the same ones"
    return f"{target.name} of the new table is a number, and the key of {source.name} is not"


def _counts(key: Column) -> bool:
    """Whether a key holds whole numbers: integers, or decimals without places (a value with some is asked about)."""
    return key.family is Family.INTEGER or (key.family is Family.DECIMAL and not key.scale)


def _short_text(source: Table, legacy: Column | None, target: Column) -> IdPolicy | str:
    if legacy is None or target.family not in _TEXTS:
        return f"{target.name} of the new table is {target.native}, which the key of {source.name} does not fit"
    return Kept()
