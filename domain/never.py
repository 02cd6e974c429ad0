"""How MariaDB and MySQL write that there is no moment: zero dates, which are none."""

from __future__ import annotations

_DAY = "0000-00-00"

#: As they print, with as many digits behind the seconds as a column has.
NEVER = (_DAY, f"{_DAY} 00:00:00", *(f"{_DAY} 00:00:00.{'0' * digits}" for digits in range(1, 7)))
