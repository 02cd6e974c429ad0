"""What asking a model has cost."""

from __future__ import annotations

from ferryman.domain.model import Frozen


class Usage(Frozen):
    """Questions, tokens, money and time. `cost` is None where no price is known."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @property
    def text(self) -> str:
        """In words: "3 questions, 1,204 tokens, 12 s of waiting, cost not known"."""
        if not self.calls:
            return "not asked"
        cost = "cost not known" if self.cost is None else f"cost {self.cost:,.4f}"
        questions = f"{self.calls:,} question{'' if self.calls == 1 else 's'}"
        return f"{questions}, {self.tokens:,} tokens, {self.seconds:,.0f} s of waiting, {cost}"

    def __add__(self, other: Usage) -> Usage:
        costs = [one.cost for one in (self, other) if one.cost is not None]
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost=sum(costs) if costs else None,
            seconds=round(self.seconds + other.seconds, 3),
        )
