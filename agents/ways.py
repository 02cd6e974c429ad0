"""What people call the ways out of a problem: for each strategy the words that mean it; the first fits."""

from __future__ import annotations

from ferryman.domain.mapping import Strategy

WAYS: tuple[tuple[Strategy, str], ...] = (
    (
        Strategy.ROLLBACK_TABLE,
        r"\b(?:undo|roll ?back|rollback|revert|take (?:it|that|this|the table) back|back out|take back|start over"
        r"|roll (?:it|this|that|the table|this table) back)\b",
    ),
    (
        Strategy.PAUSE,
        r"^(?:please |let us |just |i want to |i need to |can we |we )*(?:pause|wait|stop|hold|halt|hold on"
        r"|leave it for now|decide later|think about it|sleep on it|suspend)\b|^(?:ask|think|check) (?:my|our"
        r"|the|about|with|somebody|someone)\b|\b(?:decide|answer|think about) (?:it |this |that )?later\b"
        r"|\bneed to (?:ask|think|check)\b",
    ),
    (
        Strategy.PLACEHOLDERS,
        r"\b(?:placeholders?|dummy|dummies|stubs?|stand ?ins?|fake|empty (?:cases|parents|ones|rows|records)"
        r"|(?:create|make|invent|add) (?:\w+ )?(?:missing|empty|blank|temporary) |(?:create|make"
        r"|invent) (?:the )?(?:missing|parents?|them)\b)",
    ),
    (
        Strategy.MIGRATE_PARENTS,
        r"\b(?:adding|migrating|moving|bringing|copying|fetching|finding|getting|taking"
        r"|including) (?:the )?(?:missing|parents?)\b|\b(?:migrate|move|bring|copy|fetch|find|get|transfer"
        r"|import|take|include|add|pull|load|go get"
        r"|retrieve|restore|recover)\b(?: \w+){0,4} \b(?:missing|parents?|first|along|too|as well|in first"
        r"|over first)\b|\b(?:missing \w+|parents?|them) (?:come |go |in |over |along )*first\b|^(?:find|fetch"
        r"|get|bring|migrate|move|copy|include)(?: and \w+)? (?:them|those|the missing)\b",
    ),
    (
        Strategy.SET_NULL,
        r"\b(?:set|make|leave|write|put|use|turn|keep|store)\b(?: \w+){0,5} \b(?:null|empty|blank|nothing)\b"
        r"|\bempty (?:the |that |those )?(?:field|fields|value|values|reference|references)\b|\b(?:clear"
        r"|blank out|null out|nullify|unset|without (?:a |the )?(?:parent|reference|link|value))\b|^(?:null"
        r"|empty|blank)$",
    ),
    (
        Strategy.KEEP_COPIED,
        r"\b(?:keep|leave|accept|take|use) (?:it|them|those|these|that|this|the \w+|\w+)(?: \w+){0,2} as (?:it|they)"
        r" (?:is|are|was|were)(?: copied| moved)?\b|\bas copied\b|\bgo on (?:anyway|all the same|with it)\b"
        r"|\bcontinue (?:anyway|all the same)\b",
    ),
    (Strategy.TRUNCATE, r"\b(?:truncate|shorten|cut|trim|clip|abbreviate|chop|crop)\b"),
    (
        Strategy.QUARANTINE,
        r"\b(?:skip|skipping|quarantine|set (?:\w+ ){0,3}aside|put (?:\w+ ){0,3}aside|leave (?:\w+ ){0,4}(?:out"
        r"|aside|behind|away)|leave out|ignore|drop|exclude|omit|forget|park|discard|go on without"
        r"|continue without|do without|proceed without|without them|without those|manual review"
        r"|review (?:\w+ ){0,2}(?:later|by hand|manually)|deal with (?:\w+ ){0,2}later"
        r"|look at (?:\w+ ){0,2}later|fix (?:\w+ ){0,2}later|later by hand|sort (?:\w+ ){0,2}out later"
        r"|keep (?:\w+ ){0,2}aside|move on)\b",
    ),
)
