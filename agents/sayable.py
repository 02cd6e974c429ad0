"""Whether a text that a model wrote may be shown: it claims nothing that the facts do not say.

Numbers, names and big words ("successfully", "safe", "deleted") must stand in the facts. What is left may still be
beside the point, so such a text is shown beside the rules' own words, as the model's, and never instead of them.
"""

from __future__ import annotations

import re

LONGEST = 600  #: characters of one text

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_NAME = re.compile(r"\b\w*[A-Za-z]\w*_\w+\b|\b[a-z]+[A-Z]\w*\b")
_LINK = re.compile(r"https?:|www\.|://|[<>`{}|\\]|\b[\w.-]+\.(?:com|net|org|io)\b", re.IGNORECASE)
_COUNTED = {
    word: str(number)
    for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
    if word != "one"
}
_MANY = frozenset("dozen dozens hundred hundreds thousand thousands million millions billion half percent".split())
_CLAIMS = re.compile(
    r"\b(succe\w+|complet\w+|finish\w*|verif\w+|validat\w+|approv\w+|confirm\w*|guarantee\w*|safe\w*|backup\w*|back up"
    r"|undo\w*|undone|restor\w+|delet\w+|drop\w*|truncat\w+|overwr\w+|lost|lose|loses|corrupt\w*|no risk|risk-free"
    r"|all rows|every row|nothing (?:is|was) lost|encrypt\w*|password\w*)\b",
    re.IGNORECASE,
)


def unsayable(text: str, facts: str) -> str:
    """Why a text is not to be shown, in words that its writer can mend it by; "" where it may be."""
    if not text.strip():
        return "the text is empty"
    if len(text) > LONGEST:
        return f"the text is longer than {LONGEST} characters"
    if any(ord(letter) < 32 and letter != "\n" for letter in text) or _LINK.search(text):
        return "the text holds more than plain words"
    low = facts.casefold()
    return (
        _missing("the number", _NUMBER.findall(text), _numbers(facts))
        or _missing("the name", _NAME.findall(text), frozenset(re.findall(r"\w+", facts)))
        or _worded(text.casefold(), low)
        or _claimed(text, low)
    )


def _numbers(facts: str) -> frozenset[str]:
    found = _NUMBER.findall(facts)
    return frozenset((*found, *(number.replace(",", "") for number in found)))


def _missing(what: str, said: list[str], known: frozenset[str]) -> str:
    wrong = next((one for one in said if one not in known and one.replace(",", "") not in known), "")
    return f"{what} {wrong} does not stand in the facts" if wrong else ""


def _worded(text: str, facts: str) -> str:
    """Numbers in words."""
    there = set(re.findall(r"\w+", facts))
    for word in re.findall(r"[a-z]+", text):
        if word in _MANY and word not in there:
            return f"the number {word} does not stand in the facts"
        if word in _COUNTED and word not in there and _COUNTED[word] not in there:
            return f"the number {word} does not stand in the facts"
    return ""


def _claimed(text: str, facts: str) -> str:
    for match in _CLAIMS.finditer(text):
        claim = match.group(1).casefold()
        if claim[:6] not in facts:
            return f'the facts do not say "{claim}"'
    return ""
