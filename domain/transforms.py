"""The named transforms: what may happen to a legacy value on its way. Data; `tools.prepare.transform` carries them out.

A column mapping applies its steps in order. The cast to the target column's own type comes last and is implied.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from ferryman.domain.model import Frozen
from ferryman.domain.zones import is_zone

Scalar = str | int | float | bool | None


class Rename(Frozen):
    """The value as it is, under the target's name."""

    use: Literal["rename"] = "rename"


class NewId(Frozen):
    """The row's own key by the table's identity policy. Source: the legacy key columns."""

    use: Literal["new_id"] = "new_id"


class PreserveLegacyId(Frozen):
    """The legacy key, kept beside the new one. A composite key is written as a JSON array."""

    use: Literal["preserve_legacy_id"] = "preserve_legacy_id"


class ForeignKeyTo(Frozen):
    """The new key of the parent row that the legacy columns name, by the parent's identity policy."""

    use: Literal["foreign_key"] = "foreign_key"
    parent: str  #: target table name; it has a TableMapping, copied or referred to
    column: str = ""  #: the parent's column that is referred to; empty: its primary key
    source: str = ""  #: the legacy table whose rows are named; empty: the one that the plan has for the parent


class AddCreatedAt(Frozen):
    """The legacy column's value where there is one and it is not NULL, else the run's start (kept in the ledger)."""

    use: Literal["add_created_at"] = "add_created_at"


class AddUpdatedAt(Frozen):
    """The legacy column's value where there is one and it is not NULL, else the run's start (kept in the ledger)."""

    use: Literal["add_updated_at"] = "add_updated_at"


class AddMetadataJson(Frozen):
    """{"legacy": {leftover column: value, ...}, "origin": {"table": ..., "key": ...}}; blobs as base64.

    The mapping's source columns are the leftovers, in order; the key is a scalar, or an array when composite.
    """

    use: Literal["add_metadata_json"] = "add_metadata_json"


class Constant(Frozen):
    """The same value in every row."""

    use: Literal["constant"] = "constant"
    value: Scalar


class Cast(Frozen):
    """To a family other than the value's own, where a rename would leave it as it is. A value that does not fit is
    a problem that preflight finds, never a silent NULL."""

    use: Literal["cast"] = "cast"
    to: str  #: a schema.Family


class ValuePair(Frozen):
    old: Scalar
    new: Scalar


class ValueMap(Frozen):
    """Old values to new ones, compared as text. `otherwise`: keep the old value, write NULL, or stop and ask."""

    use: Literal["value_map"] = "value_map"
    pairs: tuple[ValuePair, ...]
    otherwise: Literal["keep", "null", "stop"] = "stop"


class Concat(Frozen):
    """The source columns that are not NULL, joined. All NULL gives NULL."""

    use: Literal["concat"] = "concat"
    separator: str = " "


class Split(Frozen):
    """One part of a text, counted from 1 (from the end when negative); NULL where there is no such part.

    With `rest`, also what comes after it, or before it where parts are counted from the end.
    """

    use: Literal["split"] = "split"
    separator: str = " "
    part: int = 1
    rest: bool = False


class Lookup(Frozen):
    """A value of another legacy table: `value` of the row of `table` whose `key` equals the source column."""

    use: Literal["lookup"] = "lookup"
    table: str
    key: str
    value: str


class EpochToTimestamp(Frozen):
    """Seconds (or milliseconds) since 1970-01-01 UTC to a timestamp."""

    use: Literal["epoch_to_timestamp"] = "epoch_to_timestamp"
    unit: Literal["s", "ms"] = "s"


class Scale(Frozen):
    """A number times `multiply`, over `divide`, in decimal arithmetic: cents as an amount, milliseconds as seconds.

    Rounded half away from zero to `places`; without them exact, to 20 places where the quotient has no end.
    """

    use: Literal["scale"] = "scale"
    multiply: int = Field(default=1, ge=1, le=10**12)
    divide: int = Field(default=1, ge=1, le=10**12)
    places: int | None = Field(default=None, ge=0, le=20)


class ArrayToJson(Frozen):
    """An array as PostgreSQL prints it, "{1,2}", to one of JSON. NULL in it becomes null, an array in it an array.

    `of` says what the elements are: numbers, booleans and JSON stand as themselves, all others as texts.
    """

    use: Literal["array_to_json"] = "array_to_json"
    of: Literal["text", "number", "boolean", "json"] = "text"


class TextByName(Frozen):
    """The text that a JSON object holds under the first of these names that it has: {"en_US": "Chair"}. NULL where it
    has none. What is no object of texts is a problem.
    """

    use: Literal["text_by_name"] = "text_by_name"
    names: tuple[str, ...] = Field(min_length=1)


class LocalTime(Frozen):
    """A moment that a clock in a time zone showed, as the moment in UTC. One that says its own zone is that moment.

    What the clock showed twice, when it was set back: stop and ask, or take the first or the second time. What it never
    showed, when it was set forward: stop and ask, or read it as if the clock had not been set yet.
    """

    use: Literal["local_time"] = "local_time"
    zone: str  #: by its IANA name, "Europe/Berlin"
    doubtful: Literal["stop", "first", "second"] = "stop"

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if not is_zone(zone):
            raise ValueError(f"there is no time zone {zone}; names are like Europe/Berlin")
        return zone


class TextToDate(Frozen):
    """A text by a strptime format (%Y %m %d %H %M %S %y %b only) to a date or timestamp, as the target needs."""

    use: Literal["text_to_date"] = "text_to_date"
    format: str = "%Y-%m-%d"


class TextToNumber(Frozen):
    """A number as people write it to one as databases read it: with `decimal` a comma, "1.234,5" becomes 1234.5.

    The other mark, a blank or an apostrophe may stand between groups of three digits. What is written otherwise is a
    problem.
    """

    use: Literal["text_to_number"] = "text_to_number"
    decimal: Literal[",", "."] = ","


class BooleanWords(Frozen):
    """Words to true and false, case folded and trimmed. A word in neither list is a problem, NULL stays NULL.

    Unless told otherwise they are English, German, French, Spanish, Italian and Portuguese.
    """

    use: Literal["boolean_words"] = "boolean_words"
    true: tuple[str, ...] = (
        "y",
        "yes",
        "t",
        "true",
        "1",
        "on",
        "j",
        "ja",
        "wahr",
        "o",
        "oui",
        "vrai",
        "s",
        "si",
        "sim",
    )
    false: tuple[str, ...] = ("n", "no", "f", "false", "0", "off", "nein", "falsch", "non", "faux", "nao")


class Trim(Frozen):
    """Leading and trailing blanks off."""

    use: Literal["trim"] = "trim"


class EmptyToNull(Frozen):
    """An empty text (after trimming, if that came before) becomes NULL."""

    use: Literal["empty_to_null"] = "empty_to_null"


class TypeParent(Frozen):
    type: Scalar  #: what the legacy type column holds, such as "App\\Models\\Post" or a content type's number
    parent: str  #: target table name; it has a TableMapping


class KeyByType(Frozen):
    """The new key of a row of one of several parents. Source: the legacy type column, then the id column.

    The parents have one key column each. A type that is not listed: write NULL, or stop and ask.
    """

    use: Literal["key_by_type"] = "key_by_type"
    parents: tuple[TypeParent, ...]
    otherwise: Literal["null", "stop"] = "stop"


class RemapIds(Frozen):
    """A text that packs ids of one parent's rows, "12,15" or "[12, 15]", with the parent's new keys in their place.

    The parent has one key column. An id that no row of the parent has: stop and ask, or drop it from the list. Blanks
    around ids and empty places in a list go; a text that is no such list is a problem.
    """

    use: Literal["remap_ids"] = "remap_ids"
    parent: str  #: target table name; it has a TableMapping
    separator: str = ","  #: empty: a JSON array
    missing: Literal["stop", "drop"] = "stop"


class PythonFunction(Frozen):
    """`module:function`, called with one pyarrow.Array per source column, giving one of the same length.

    `source_hash` is the SHA-256 of the function's source text: a changed function is a changed plan.
    """

    use: Literal["python"] = "python"
    function: str
    source_hash: str = ""


Transform = Annotated[
    Rename
    | NewId
    | PreserveLegacyId
    | ForeignKeyTo
    | AddCreatedAt
    | AddUpdatedAt
    | AddMetadataJson
    | Constant
    | Cast
    | ValueMap
    | Concat
    | Split
    | Lookup
    | EpochToTimestamp
    | Scale
    | ArrayToJson
    | TextByName
    | LocalTime
    | TextToDate
    | TextToNumber
    | BooleanWords
    | Trim
    | EmptyToNull
    | KeyByType
    | RemapIds
    | PythonFunction,
    Field(discriminator="use"),
]
