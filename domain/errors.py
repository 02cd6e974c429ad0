"""Everything that can go wrong, by what happens next.

    FerrymanError
    ├── Transient        the same thing may work in a moment: level 1, at the spot
    ├── NeedsDecision    only a person (or their policy) can say what is right: level 3
    └── Permanent        trying again changes nothing
        ├── Usage            the command line or a plan file is wrong           exit 2
        ├── Configuration    a database cannot be reached, opened or written    exit 4
        ├── Refused          an approval, a fingerprint or a lease forbids it   exit 5
        └── Corrupt          what the ledger says and what is there disagree    exit 1

The type decides who deals with it. Each carries two lines: what happened, and what to do.
"""


class FerrymanError(Exception):
    """Something went wrong; `what` says what happened, `do` what the reader can do about it."""

    exit_code = 1
    rows: tuple[str, ...] = ()  #: rows that it is about, by their keys: for the screen, and kept nowhere

    def __init__(self, what: str, do: str = "", *, table: str = "") -> None:
        super().__init__(f"{what}\n{do}" if do else what)
        self.what = what
        self.do = do
        self.table = table


class Transient(FerrymanError):
    """A connection, lock, time-out, deadlock or serialization failure: worth another try."""

    tried = False  #: level 1 has tried often enough, so whoever it comes to next leaves it at that


class NeedsDecision(FerrymanError):
    """Data, constraints or drift that no retry mends: the run stops before it and asks.

    `constraint` names what was violated where the database says so, e.g. "UNIQUE users.email"; never a row's value.
    """

    exit_code = 5
    row: int | None = None  #: which of the rows that were to be written, counted from 0, where the database says so

    def __init__(self, what: str, do: str = "", *, table: str = "", constraint: str = "") -> None:
        super().__init__(what, do, table=table)
        self.constraint = constraint


class Permanent(FerrymanError):
    """Trying again changes nothing."""


class Usage(Permanent):
    """The command line, an answer or a plan file does not make sense as it stands."""

    exit_code = 2


class Configuration(Permanent):
    """A database cannot be reached, read, or written with the rights at hand."""

    exit_code = 4


class Refused(Permanent):
    """An approval, a fingerprint or a lease does not allow what was asked for."""

    exit_code = 5


class Corrupt(Permanent):
    """The ledger and the database disagree; nothing is guessed."""
