"""Values that one kind of database has and another has not, and what becomes of each: see `test_hard_values`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ASKED = "asked"  #: preflight finds the row, and it is set aside as decided


@dataclass(frozen=True)
class Case:
    """A value in a column of the old database, and what becomes of it in columns of the new one."""

    name: str
    of: str  #: its column's type
    value: str  #: as SQL has it
    into: dict[str, tuple[str, Any]]


def case(name: str, of: str, value: str, **into: tuple[str, Any]) -> Case:
    """`into`: by the kind of the new database its column's type, and what is there afterwards or ASKED."""
    return Case(name, of, value, into)


TS, DT = "timestamp", "datetime(6)"

CASES: dict[str, list[Case]] = {
    "postgresql": [
        case("nulls", "json", "'\"\\\\\\u0000\"'", postgresql=("jsonb", ASKED)),
        case("slash", "json", "'\"\\\\u0000\"'", postgresql=("jsonb", "\\u0000"), sqlite=("json", "\\u0000")),
        case(
            "forever", "timestamp", "'infinity'", sqlite=(TS, ASKED), postgresql=(TS, "infinity"), mariadb=(DT, ASKED)
        ),
        case("zoned", "timestamp", "'infinity'", postgresql=("timestamptz", "infinity")),
        case("unzoned", "timestamptz", "'0044-03-15 12:00:00+00 BC'", postgresql=(TS, "0044-03-15 12:00:00 BC")),
        case("before", "timestamptz", "'0044-03-15 BC'", postgresql=("timestamptz", "0044-03-15 00:00:00+00 BC")),
        case("ending", "date", "'infinity'", postgresql=(TS, ASKED)),
        case("someday", "date", "'12024-01-01'", postgresql=("date", "12024-01-01")),
        case("sized", "numeric(10,2)", "'NaN'", postgresql=("numeric(12,4)", "NaN")),
        case("endless", "numeric", "'-Infinity'", postgresql=("numeric(10,2)", ASKED)),
        case("single", "real", "'NaN'", postgresql=("double precision", "nan")),
        case(
            "ever",
            "timestamptz",
            "'-infinity'",
            sqlite=(TS, ASKED),
            postgresql=("timestamptz", "-infinity"),
            mariadb=(DT, ASKED),
        ),
        case(
            "lastday",
            "date",
            "'infinity'",
            sqlite=("date", ASKED),
            postgresql=("date", "infinity"),
            mariadb=("date", ASKED),
        ),
        case(
            "ides",
            "date",
            "'0044-03-15 BC'",
            sqlite=("date", ASKED),
            postgresql=("date", "0044-03-15 BC"),
            mariadb=("date", ASKED),
        ),
        case(
            "midnight",
            "time",
            "'24:00'",
            sqlite=("time", ASKED),
            postgresql=("time", "24:00:00"),
            mariadb=("time(6)", ASKED),
        ),
        case(
            "odd",
            "numeric",
            "'NaN'",
            sqlite=("numeric(10,2)", ASKED),
            postgresql=("numeric", "NaN"),
            mariadb=("decimal(10,2)", ASKED),
        ),
        case(
            "huge",
            "numeric",
            "'Infinity'",
            sqlite=("numeric(10,2)", ASKED),
            postgresql=("numeric", "Infinity"),
            mariadb=("decimal(10,2)", ASKED),
        ),
        case(
            "nan",
            "double precision",
            "'NaN'",
            sqlite=("double", ASKED),
            postgresql=("double precision", "nan"),
            mariadb=("double", ASKED),
        ),
        case(
            "inf",
            "double precision",
            "'Infinity'",
            sqlite=("double", float("inf")),
            postgresql=("double precision", float("inf")),
            mariadb=("double", ASKED),
        ),
        case(
            "many",
            "integer[]",
            "'{1,2}'",
            sqlite=("text", "{1,2}"),
            postgresql=("text", "{1,2}"),
            mariadb=("text", "{1,2}"),
        ),
        case(
            "names",
            "text[]",
            "'{a,\"b c\"}'",
            sqlite=("text", '{a,"b c"}'),
            postgresql=("text[]", ["a", "b c"]),
            mariadb=("text", '{a,"b c"}'),
        ),
        case("none", "integer[]", "'{}'", sqlite=("json", []), postgresql=("jsonb", []), mariadb=("json", [])),
        case(
            "said",
            "text[]",
            "'{a,\"b, \\\\c\",NULL}'",
            sqlite=("json", ["a", "b, \\c", None]),
            postgresql=("json", ["a", "b, \\c", None]),
            mariadb=("json", ["a", "b, \\c", None]),
        ),
        case(
            "raw",
            "bytea",
            "'\\x00ff'",
            sqlite=("blob", b"\0\xff"),
            postgresql=("bytea", b"\0\xff"),
            mariadb=("blob", b"\0\xff"),
        ),
        case(
            "bits",
            "bit(8)",
            "B'10100000'",
            sqlite=("text", "10100000"),
            postgresql=("bit(8)", "10100000"),
            mariadb=("text", "10100000"),
        ),
        case(
            "padded",
            "char(5)",
            "'ab'",
            sqlite=("char(5)", "ab"),
            postgresql=("char(5)", "ab   "),
            mariadb=("char(5)", "ab"),
        ),
        case(
            "doc",
            "jsonb",
            "'{\"a\": 1}'",
            sqlite=("json", {"a": 1}),
            postgresql=("json", {"a": 1}),
            mariadb=("json", {"a": 1}),
        ),
        case(
            "lasting",
            "interval",
            "'1 day 2 hours'",
            sqlite=("text", "P1DT2H"),
            postgresql=("interval", "1 day, 2:00:00"),
            mariadb=("text", "P1DT2H"),
        ),
        case(
            "place",
            "inet",
            "'10.0.0.1/8'",
            sqlite=("text", "10.0.0.1/8"),
            postgresql=("inet", "10.0.0.1/8"),
            mariadb=("text", "10.0.0.1/8"),
        ),
        case(
            "paid",
            "money",
            "'12.50'",
            sqlite=("numeric(10,2)", 12.5),
            postgresql=("numeric(10,2)", 12.5),
            mariadb=("decimal(10,2)", 12.5),
        ),
        case("yes", "boolean", "true", sqlite=("boolean", 1), postgresql=("boolean", True), mariadb=("tinyint(1)", 1)),
        case(
            "ship",
            "text",
            "'🚢'",
            sqlite=("text", "🚢"),
            postgresql=("text", "🚢"),
            mariadb=("varchar(9) CHARACTER SET utf8mb3", ASKED),
        ),
        case(
            "latin",
            "text",
            "'Łódź'",
            sqlite=("text", "Łódź"),
            postgresql=("text", "Łódź"),
            mariadb=("varchar(9) CHARACTER SET latin1", ASKED),
        ),
        case(
            "fine",
            "numeric(40,20)",
            "1.00000000000000000001",
            sqlite=("numeric(40,20)", 1.0),
            postgresql=("numeric(40,20)", "1.00000000000000000001"),
            mariadb=("decimal(10,2)", 1.0),
        ),
        case(
            "big",
            "bigint",
            "3000000000",
            sqlite=("bigint", 3000000000),
            postgresql=("integer", ASKED),
            mariadb=("int", ASKED),
        ),
        case(
            "early",
            "timestamp",
            "'0001-01-01 00:00:00'",
            sqlite=(TS, "0001-01-01 00:00:00"),
            postgresql=(TS, "0001-01-01 00:00:00"),
            mariadb=(DT, "0001-01-01 00:00:00"),
        ),
        case(
            "year2k",
            "timestamp",
            "'1901-01-01'",
            sqlite=(TS, "1901-01-01 00:00:00"),
            postgresql=(TS, "1901-01-01 00:00:00"),
            mariadb=("timestamp NULL", ASKED),
        ),
        case(
            "late",
            "timestamp",
            "'12024-01-01'",
            sqlite=(TS, ASKED),
            postgresql=(TS, "12024-01-01 00:00:00"),
            mariadb=(DT, ASKED),
        ),
        case("blank", "text", "''", sqlite=("text", ""), postgresql=("text", ""), mariadb=("text", "")),
        case("word", "text", "'12'", sqlite=("integer", 12), postgresql=("integer", 12), mariadb=("int", 12)),
    ],
    "mariadb": [
        case("zero", "datetime", "'0000-00-00'", sqlite=(TS, ASKED), postgresql=(TS, ASKED), mariadb=(DT, ASKED)),
        case(
            "part", "date", "'2024-00-10'", sqlite=("date", ASKED), postgresql=("date", ASKED), mariadb=("date", ASKED)
        ),
        case(
            "minus", "time", "'-100:00:00'", sqlite=("time", ASKED), postgresql=("time", ASKED), mariadb=("time", ASKED)
        ),
        case(
            "two",
            "tinyint(1)",
            "2",
            sqlite=("boolean", ASKED),
            postgresql=("boolean", ASKED),
            mariadb=("tinyint(1)", ASKED),
        ),
        case("twotoo", "tinyint(1)", "2", sqlite=("integer", 2), postgresql=("integer", 2), mariadb=("int", 2)),
        case(
            "most",
            "bigint unsigned",
            "18446744073709551615",
            sqlite=("bigint", ASKED),
            postgresql=("numeric(20,0)", "18446744073709551615"),
            mariadb=("bigint unsigned", "18446744073709551615"),
        ),
        case(
            "mostint",
            "bigint unsigned",
            "18446744073709551615",
            sqlite=("text", "18446744073709551615"),
            postgresql=("bigint", ASKED),
            mariadb=("bigint", ASKED),
        ),
        case(
            "bits",
            "bit(64)",
            "b'" + "1" * 64 + "'",
            sqlite=("text", "18446744073709551615"),
            postgresql=("numeric(20,0)", "18446744073709551615"),
            mariadb=("bit(64)", ASKED),
        ),
        case(
            "flag", "bit(1)", "b'1'", sqlite=("boolean", 1), postgresql=("boolean", True), mariadb=("bit(1)", b"\x01")
        ),
        case(
            "size",
            "enum('S','M')",
            "'M'",
            sqlite=("text", "M"),
            postgresql=("text", "M"),
            mariadb=("enum('S','M')", "M"),
        ),
        case(
            "noenum",
            "enum('S','M')",
            "'S'",
            sqlite=("text", "S"),
            postgresql=("text", "S"),
            mariadb=("enum('M','L')", ASKED),
        ),
        case(
            "several",
            "set('a','b','c')",
            "'a,c'",
            sqlite=("text", "a,c"),
            postgresql=("text", "a,c"),
            mariadb=("set('a','b','c')", {"a", "c"}),
        ),
        case("annum", "year", "2024", sqlite=("integer", 2024), postgresql=("integer", 2024), mariadb=("year", 2024)),
        case(
            "padded",
            "char(5)",
            "'ab'",
            sqlite=("char(5)", "ab"),
            postgresql=("char(5)", "ab   "),
            mariadb=("char(5)", "ab"),
        ),
        case(
            "nul",
            "varchar(9)",
            "CONCAT('a', CHAR(0), 'b')",
            sqlite=("text", "a\0b"),
            postgresql=("text", ASKED),
            mariadb=("varchar(9)", "a\0b"),
        ),
        case(
            "ship",
            "varchar(9) CHARACTER SET utf8mb4",
            "'🚢'",
            sqlite=("text", "🚢"),
            postgresql=("text", "🚢"),
            mariadb=("varchar(9) CHARACTER SET utf8mb3", ASKED),
        ),
        case(
            "raw",
            "blob",
            "X'00FF'",
            sqlite=("blob", b"\0\xff"),
            postgresql=("bytea", b"\0\xff"),
            mariadb=("blob", b"\0\xff"),
        ),
        case(
            "doc",
            "json",
            "'{\"a\": 1}'",
            sqlite=("json", {"a": 1}),
            postgresql=("jsonb", {"a": 1}),
            mariadb=("json", {"a": 1}),
        ),
        case(
            "exact",
            "decimal(40,20)",
            "12345678901234567890.00000000000000000001",
            sqlite=("text", "12345678901234567890.00000000000000000001"),
            postgresql=("numeric", "12345678901234567890.00000000000000000001"),
            mariadb=("decimal(40,20)", "12345678901234567890.00000000000000000001"),
        ),
        case(
            "token",
            "uuid",
            "'0b0e8f2a-0000-4000-8000-000000000001'",
            sqlite=("text", "0b0e8f2a-0000-4000-8000-000000000001"),
            postgresql=("uuid", "0b0e8f2a-0000-4000-8000-000000000001"),
            mariadb=("binary(16)", ASKED),
        ),
        case(
            "seen",
            "timestamp NULL",
            "'2024-07-01 12:00:00'",
            sqlite=(TS, "2024-07-01 12:00:00"),
            postgresql=("timestamptz", "2024-07-01 12:00:00+00"),
            mariadb=("timestamp NULL", "2024-07-01 12:00:00"),
        ),
        case(
            "shape",
            "point",
            "POINT(1,2)",
            sqlite=("blob", b"\0\0\0\0\x01\x01\0\0\0\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\0@"),
            postgresql=("bytea", b"\0\0\0\0\x01\x01\0\0\0\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\0@"),
            mariadb=("blob", b"\0\0\0\0\x01\x01\0\0\0\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\0@"),
        ),
    ],
    "sqlite": [
        case("torn", "text", "CAST(X'61FF' AS TEXT)", postgresql=("text", ASKED), mariadb=("text", ASKED)),
        case(
            "nul",
            "text",
            "CAST(X'610062' AS TEXT)",
            sqlite=("text", "a\0b"),
            postgresql=("text", ASKED),
            mariadb=("text", "a\0b"),
        ),
        case(
            "noday", "date", "'2024-02-30'", sqlite=("date", ASKED), postgresql=("date", ASKED), mariadb=("date", ASKED)
        ),
        case(
            "zero",
            "timestamp",
            "'0000-00-00 00:00:00'",
            sqlite=(TS, ASKED),
            postgresql=(TS, ASKED),
            mariadb=(DT, ASKED),
        ),
        case(
            "midnight", "time", "'24:00'", sqlite=("time", ASKED), postgresql=("time", ASKED), mariadb=("time", ASKED)
        ),
        case("number", "text", "12", sqlite=("integer", 12), postgresql=("integer", 12), mariadb=("int", 12)),
        case(
            "word", "integer", "'abc'", sqlite=("integer", ASKED), postgresql=("integer", ASKED), mariadb=("int", ASKED)
        ),
        case(
            "huge",
            "real",
            "1e300",
            sqlite=("numeric(10,2)", ASKED),
            postgresql=("numeric(10,2)", ASKED),
            mariadb=("decimal(10,2)", ASKED),
        ),
        case(
            "inf",
            "real",
            "9e999",
            sqlite=("real", float("inf")),
            postgresql=("double precision", float("inf")),
            mariadb=("double", ASKED),
        ),
        case("raw", "text", "X'00FF'", sqlite=("text", ASKED), postgresql=("text", ASKED), mariadb=("text", ASKED)),
        case(
            "rawblob",
            "blob",
            "X'00FF'",
            sqlite=("blob", b"\0\xff"),
            postgresql=("bytea", b"\0\xff"),
            mariadb=("blob", b"\0\xff"),
        ),
        case(
            "blank", "integer", "''", sqlite=("integer", ASKED), postgresql=("integer", ASKED), mariadb=("int", ASKED)
        ),
        case("empty", "text", "''", sqlite=("text", ""), postgresql=("text", ""), mariadb=("text", "")),
        case(
            "two",
            "boolean",
            "2",
            sqlite=("boolean", ASKED),
            postgresql=("boolean", ASKED),
            mariadb=("tinyint(1)", ASKED),
        ),
        case(
            "half", "integer", "2.5", sqlite=("integer", ASKED), postgresql=("integer", ASKED), mariadb=("int", ASKED)
        ),
        case(
            "large",
            "integer",
            "9223372036854775807",
            sqlite=("bigint", 2**63 - 1),
            postgresql=("integer", ASKED),
            mariadb=("int", ASKED),
        ),
        case(
            "ship",
            "text",
            "'🚢'",
            sqlite=("text", "🚢"),
            postgresql=("varchar(1)", "🚢"),
            mariadb=("varchar(9) CHARACTER SET utf8mb3", ASKED),
        ),
        case(
            "cent",
            "real",
            "0.1",
            sqlite=("numeric(10,2)", 0.1),
            postgresql=("numeric(10,2)", 0.1),
            mariadb=("decimal(10,2)", 0.1),
        ),
        case("notdoc", "text", "'{'", sqlite=("json", ASKED), postgresql=("jsonb", ASKED), mariadb=("json", ASKED)),
        case(
            "nuldoc",
            "text",
            "'\"\\u0000\"'",
            sqlite=("json", "\0"),
            postgresql=("jsonb", ASKED),
            mariadb=("json", "\0"),
        ),
        case("nuljson", "text", "'\"\\u0000\"'", postgresql=("json", "\0")),
        case("spelt", "text", "'\"\\\\u0000\"'", sqlite=("json", "\\u0000"), postgresql=("jsonb", "\\u0000")),
        case(
            "token",
            "text",
            "'0B0E8F2A000040008000000000000001'",
            sqlite=("uuid", "0b0e8f2a-0000-4000-8000-000000000001"),
            postgresql=("uuid", "0b0e8f2a-0000-4000-8000-000000000001"),
            mariadb=("uuid", "0b0e8f2a-0000-4000-8000-000000000001"),
        ),
        case(
            "token9",
            "text",
            "'0b0e8f2a-0000-9000-8000-000000000001'",
            sqlite=("uuid", "0b0e8f2a-0000-9000-8000-000000000001"),
            postgresql=("uuid", "0b0e8f2a-0000-9000-8000-000000000001"),
            mariadb=("uuid", ASKED),
        ),
        case(
            "year", "integer", "1600", sqlite=("integer", 1600), postgresql=("integer", 1600), mariadb=("year", ASKED)
        ),
        case(
            "old",
            "timestamp",
            "'1901-01-01 00:00:00'",
            sqlite=(TS, "1901-01-01 00:00:00"),
            postgresql=(TS, "1901-01-01 00:00:00"),
            mariadb=("timestamp NULL", ASKED),
        ),
        case(
            "octets",
            "text",
            "'ööö'",
            sqlite=("text", "ööö"),
            postgresql=("varchar(3)", "ööö"),
            mariadb=("varchar(3)", "ööö"),
        ),
        case(
            "spaced",
            "text",
            "'ab  '",
            sqlite=("text", "ab  "),
            postgresql=("varchar(9)", "ab  "),
            mariadb=("varchar(9)", "ab  "),
        ),
        case(
            "tiny",
            "integer",
            "-1",
            sqlite=("integer", -1),
            postgresql=("smallint", -1),
            mariadb=("int unsigned", ASKED),
        ),
        case("single", "real", "0.1", sqlite=("real", 0.1), postgresql=("real", 0.1), mariadb=("float", 0.1)),
        case("toobig", "real", "1e300", sqlite=("real", 1e300), postgresql=("real", ASKED), mariadb=("float", ASKED)),
    ],
}
