"""Why a model gave no answer: what the client library raises, as one of our errors with its two lines.

Busy          Transient: no sign of life, a dropped line, 408, 409, 429, 5xx: worth another try
  Slow          its whole answer takes too long: another try would take as long
Unusable      Permanent: 400, 401, 402, 403, 404, an account that is used up: the same question will never be answered
Interrupted   the person pressed Ctrl-C
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from ferryman.agents.chunks import Ended, Garbled, NoModel
from ferryman.agents.line import Line
from ferryman.agents.wording import count
from ferryman.domain.errors import FerrymanError, Permanent, Transient

Failed = TypeVar("Failed", bound=FerrymanError)

_ADDRESS = "Check FERRYMAN_MODEL and FERRYMAN_MODEL_BASE_URL (which mostly ends in /v1)."
_SPENT = ("insufficient_quota", "billing_hard_limit_reached")  #: a 429 or 400 of OpenAI's that no waiting mends
NO_KEY = "none"  #: what is sent as the key where none is set
_OWN = "It is a chat model of the program that Ferryman runs in: look there."
_LOG = "Its own log may say why; a proxy in between may be what ends it."


class Busy(Transient):
    """The model did not answer this time. `wait` is what the server asks for, in seconds, where it says so."""

    received: str | None = None  #: what had come of the answer; None: the server never had the question

    def __init__(self, what: str, do: str = "", *, wait: float | None = None) -> None:
        super().__init__(what, do)
        self.wait = wait


class Slow(Busy):
    """It writes and writes."""


class Unusable(Permanent):
    """The model cannot be asked with these settings."""

    exit_code = 4
    status: int | None = None  #: the server's, where it gave one
    received: str | None = None  #: as in Busy


class Interrupted(FerrymanError):
    """The person did not want to wait."""

    exit_code = 130
    received: str | None = None  #: as in Busy


def gone(line: Line) -> Interrupted:
    """Of a person who does not wait."""
    return _with(line, Interrupted("The model's answer was not waited for."))


def late(line: Line, seconds: float) -> Slow:
    """Of an answer that is not whole after so many seconds."""
    how_far = f"; it had written {count(line.tokens, 'token')}" if line.tokens else ""
    what = f"The model's answer was not whole after {seconds:,.0f} s{how_far}."
    return _with(line, Slow(what, "FERRYMAN_MODEL_ANSWER_SECONDS gives it longer."))


def typed(call: Callable[[], Any], line: Line) -> Any:
    """The call's result, or its error as one of ours. A refusal and a cut that the library raises pass through."""
    import openai

    try:
        return call()
    except (openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError):
        raise
    except (Ended, Garbled, NoModel) as error:
        raise _with(line, _of_stream(error, line)) from error
    except openai.APITimeoutError as error:
        raise _with(line, _silent(line)) from error
    except openai.APIStatusError as error:
        status = 402 if error.code in _SPENT else error.status_code
        keyless = error.request.headers.get("authorization", "") in ("", f"Bearer {NO_KEY}")
        raise _of_status(status, error.response.headers.get("retry-after"), keyless) from error
    except openai.APIConnectionError as error:
        cause = error.__cause__
        raise _with(line, _of_stream(cause, line) if cause else _unreachable()) from error
    except (openai.APIError, ValidationError) as error:  # the latter: LangChain cannot hold what came
        raise _with(line, _of_stream(Garbled(), line)) from error
    except Exception as error:
        if line.ours:
            raise
        # an embedder's model: each provider's client has errors of its own
        raise _with(line, Busy(f"The model did not answer: {type(error).__name__}.", _OWN)) from error


def _with(line: Line, error: Failed) -> Failed:
    """The error, with what had come of the answer, where the server has the question and so counts it."""
    if isinstance(error, Busy | Interrupted):
        error.received = line.received if line.taken else None
    return error


def _after(line: Line) -> str:
    return f"after {count(line.tokens, 'token')} of its answer" if line.tokens else "before its answer began"


def _unreachable() -> Busy:
    return Busy("The model cannot be reached.", "Check FERRYMAN_MODEL_BASE_URL, and that it is running.")


def _silent(line: Line) -> Busy:
    if not line.taken:
        return _unreachable()
    how = f"The model fell silent {_after(line)}." if line.tokens else "The model did not answer in time."
    return Busy(how, "FERRYMAN_MODEL_TIMEOUT gives it longer.")


def _of_stream(error: BaseException, line: Line) -> FerrymanError:
    """What went wrong with an answer on its way, or with the connection for it."""
    if isinstance(error, NoModel):
        return Unusable("What answers there is no model: it sends a page, or other text.", _ADDRESS)
    if isinstance(error, Garbled) and not line.tokens:
        return Busy("The model's server sends something else than an answer.", _ADDRESS)
    if isinstance(error, Garbled):
        return Busy(f"The model's server sent an error {_after(line)}.", _LOG)
    if not line.taken:
        return _unreachable()
    return Busy(f"The line to the model broke off {_after(line)}.", _LOG)


def _of_status(status: int, retry_after: str | None, keyless: bool) -> FerrymanError:
    if status in (408, 409, 425, 429) or (status >= 500 and status not in (501, 505)):
        do = "It is busy or ill: try again later, or look into its own log."
        return Busy(f"The model's server says {status}.", do, wait=_seconds(retry_after))
    told = {
        401: f"The model's server {'asks for a key' if keyless else 'does not take the key that is set'}.",
        402: "The model's account is used up.",
        403: "The model's server does not let this key use this model.",
        404: "The model's server does not know this model, or answers at another address.",
    }
    if 300 <= status < 400:
        return Unusable(f"The model's server sends on to another address: it says {status}.", _ADDRESS)
    what = told.get(status, f"The model's server does not take the question: it says {status}.")
    mend = {
        401: "Set FERRYMAN_MODEL_KEY." if keyless else "Set FERRYMAN_MODEL_KEY to one that this server takes.",
        402: "Pay in at its provider, or set FERRYMAN_MODEL_KEY to one of another account.",
        403: "Set FERRYMAN_MODEL_KEY, or FERRYMAN_MODEL to one that it may use.",
        404: _ADDRESS,
        501: _ADDRESS,
        505: _ADDRESS,
    }
    error = Unusable(what, mend.get(status, "Try another FERRYMAN_MODEL_METHOD; `ferryman doctor` tells them apart."))
    error.status = status
    return error


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds. A date there is not read: our own waiting time stands in."""
    try:
        return max(float(retry_after), 0.0) if retry_after else None
    except ValueError:
        return None
