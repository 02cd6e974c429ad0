"""Which model advises, if any: the environment first, then `ferryman.toml` in the working folder.

    # ferryman.toml
    [model]
    name = "qwen2.5-coder-1.5b-instruct"
    base_url = "http://127.0.0.1:8080/v1"
    method = "json_schema"

The same in the environment: FERRYMAN_MODEL, FERRYMAN_MODEL_BASE_URL, FERRYMAN_MODEL_METHOD. The key comes from the
environment alone: FERRYMAN_MODEL_KEY. Without a name there is no model, and the rules do the whole job.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import SettingsConfigDict

from ferryman.agents.advice import Adviser
from ferryman.agents.budget import Limits
from ferryman.agents.client import OPENAI, Endpoint, Method, chat_model
from ferryman.domain.errors import Configuration
from ferryman.settings import FILE, Layered, read_file, refused

PREFIX = "FERRYMAN_MODEL_"
_NAME = "FERRYMAN_MODEL"


class ModelSettings(Layered):
    """All settings of the model. `key` is never printed."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", populate_by_name=True, env_ignore_empty=True)

    name: str = Field(default="", validation_alias=_NAME)
    base_url: str = OPENAI
    key: SecretStr = SecretStr("")
    method: Method = Method.JSON_SCHEMA
    timeout: float = Field(default=60.0, gt=0)  #: seconds without a sign of life
    answer_tokens: int = Field(default=1_000, gt=0)  #: the longest answer
    answer_seconds: float | None = Field(default=None, gt=0)  #: for a whole answer; None: five times the timeout
    max_calls: int | None = Field(default=60, ge=0)  #: the limits are per run
    max_tokens: int | None = Field(default=300_000, ge=0)
    max_cost: float | None = Field(default=None, ge=0)
    max_seconds: float | None = Field(default=900.0, ge=0)
    prompt_tokens: int = Field(default=6_000, ge=500)  #: the longest prompt
    price_in: float | None = Field(default=None, ge=0)  #: per million tokens
    price_out: float | None = Field(default=None, ge=0)

    @field_validator("base_url")
    @classmethod
    def _bare(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not an http or https address")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("it holds more than an address; the key belongs into FERRYMAN_MODEL_KEY")
        return url.rstrip("/")

    @field_validator("key")
    @classmethod
    def _sendable(cls, key: SecretStr) -> SecretStr:
        """Without the line end that a file or a copy leaves behind. What HTTP cannot carry is no key."""
        bare = key.get_secret_value().strip()
        if not bare.isascii() or not all(character.isprintable() and character != " " for character in bare):
            raise ValueError("it holds characters that no key has")
        return SecretStr(bare)

    @classmethod
    def in_file(cls, path: Path) -> dict[str, Any]:
        found = read_file(path).get("model", {})
        if not isinstance(found, dict):
            raise Configuration(f"{FILE}: [model] is no table.", f"Write [model] and below it name = ... in {FILE}.")
        if "key" in found:
            raise Configuration(f"{FILE} holds the model's key.", f"Put it into {PREFIX}KEY and take it out of {FILE}.")
        return found

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(
            name=self.name,
            base_url=self.base_url,
            key=self.key.get_secret_value(),
            method=self.method,
            timeout=self.timeout,
            answer_tokens=self.answer_tokens,
            answer_seconds=self.answer_seconds,
        )

    @property
    def limits(self) -> Limits:
        return Limits(
            calls=self.max_calls,
            tokens=self.max_tokens,
            cost=self.max_cost,
            seconds=self.max_seconds,
            prompt_tokens=self.prompt_tokens,
            price_in=self.price_in,
            price_out=self.price_out,
        )


def load_model() -> ModelSettings:
    """The model's settings as they are now. Raises Configuration for what cannot be taken as it stands."""
    try:
        return ModelSettings()
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        variable = _NAME if where in ("name", _NAME) else PREFIX + where.upper()
        raise refused(error, "model", variable, ModelSettings.model_fields) from error


def adviser(settings: ModelSettings | None = None) -> Adviser | None:
    """The model that the settings name; None where they name none."""
    found = settings or load_model()
    if not found.name:
        return None
    return Adviser(
        model=chat_model(found.endpoint),
        name=found.name,
        method=found.method,
        limits=found.limits,
        answer_tokens=found.answer_tokens,
        answer_seconds=found.endpoint.longest,
    )
