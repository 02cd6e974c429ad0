"""What questions are about: for each topic the words that tell it, the first that fits decides. Data only."""

from __future__ import annotations

from ferryman.domain.conversation import Topic

TOPICS: tuple[tuple[Topic, str], ...] = (
    (
        Topic.PLAN,
        r"\bwhat (?:did|have) (?:i|we) (?:changed?|said|asked(?: for)?|altered)\b"
        r"|\bwhat (?:is|was|has been) (?:different|changed)\b",
    ),
    (
        Topic.LEFT_OUT,
        r"\b(?:left out|leave out|leaving out|leaves out|left behind|leave behind|stays behind|stay behind"
        r"|not (?:being )?(?:moved|migrated|copied|included|moving|migrating|transferred|taken)"
        r"|do not (?:take|bring|carry)|(?:not|wo not|will not|does not|do not) (?:get )?(?:move|moved|migrate"
        r"|migrated|copy|copied|come along|come over|transfer|transferred|included|make it)"
        r"|excluded?|excluding|omitted|skipped"
        r"|what do you skip|what is (?:still )?missing|missing from the plan"
        r"|does not (?:come|go) (?:along|over|with))\b",
    ),
    (
        Topic.PROBLEM,
        r"\b(?:what (?:went|is|goes) wrong|why did (?:it|that|this|the \w+) (?:stop|fail|break|happen|halt)"
        r"|what (?:is|was|are) the (?:problems?|issues?|errors?|matter|trouble|reason|cause)|what failed|what broke"
        r"|why (?:has|have|is|was|are) (?:it|that|this|the \w+|they) (?:\w+ )?(?:stop\w*|fail\w*|stuck|halt\w*"
        r"|broken|missing|paused)|what (?:has )?happened|why (?:is|are) (?:the |these |those )?(?:\d+ "
        r"|\w+ ){0,3}(?:missing|failing|not there|orphaned|gone)|explain the (?:problem|error|issue|failure)"
        r"|how many (?:rows |records |ones |of them )?(?:(?:are|is|were) (?:affected|concerned|wrong|bad|broken|faulty)"
        r"|fail|failed|do not fit|can not go)|what does (?:this|that|the error) mean"
        r"|root cause|how did (?:this|that) happen|why (?:this"
        r"|that) error|what kind of problem)\b|^(?:but )?why(?: not| is that| that)? ?\?*$",
    ),
    (
        Topic.TIME,
        r"\b(?:how long|how much time|how many (?:minutes|hours|seconds)|how fast|how soon|how quick(?:ly)?|eta"
        r"|duration|time (?:left|remaining|will it take|does it take|estimate)|take (?:long|all (?:night|day)"
        r"|forever|ages|a while|much time|hours|days)|when (?:will|is|are|does|do|can) (?:it|this|that|we|you"
        r"|everything|the \w+)(?: \w+)? (?:be )?(?:done|finish|finished|ready|complete|completed|over|end"
        r"|through)|when (?:will it|is it|does it) (?:be )?(?:done|finish\w*|over|end)|how slow|time frame"
        r"|by when)\b",
    ),
    (
        Topic.OPTIONS,
        r"\b(?:what|which)(?: one| option)? is (?:the )?best\b|\bwhat (?:do you mean|does .+ mean"
        r"|is meant by)\b|\b(?:options?|choices?|alternatives?|possibilities"
        r"|which (?:one|option|of (?:them|these|those"
        r"|the \w+))?(?: \w+)* ?(?:you (?:take|pick|choose|recommend|suggest|prefer|advise|do)"
        r"|is (?:the )?(?:best|better|safest|fastest|right))|what (?:would|do|should) (?:you|i|we) (?:recommend"
        r"|suggest|advise|do|pick|choose|prefer|take)|recommend\w*|advice|pros and cons|why (?:that"
        r"|this) (?:one|option)|why option|why the (?:first|second|third)|what (?:else )?can (?:i"
        r"|we) do(?: about| now| here| with)?|what now|difference between (?:option|the (?:first|two)|1|one)"
        r"|what should (?:i|we) do|what are my|which would you|trade ?offs?|what happens if i (?:skip|choose"
        r"|take|pick|pause))\b",
    ),
    (
        Topic.SAFETY,
        r"\b(?:safe|safely|safety|risk|risks|risky|danger|dangerous|undo|undone|undoing|reverse|reversed"
        r"|reversible|irreversible|revert|reverted|roll(?:ed)? ?back|roll (?:it|this|that|them|everything"
        r"|all) back|rollback|way back|go back|take (?:it|that) back|backup|back up|lose|loss|lost|break|breaks"
        r"|broken|damage|harm|destroy|destroyed|ruin|go(?:es)? wrong|fails?|crash|crashes|mess up|screw up"
        r"|worst case|trust|certain|guarantee|(?:touch|change|changes|changing|delete|deletes|modify|alter"
        r"|affect|write to|overwrite) (?:anything |something )?(?:in |to )?(?:the |my |our |your )*(?:old"
        r"|legacy|original|source|existing)|power (?:goes|cut|fails)|worried|scared|afraid|nervous|overwrite"
        r"|overwritten|secure|interrupted?|leave the building|private|privacy|stop (?:it )?(?:half ?way"
        r"|in the middle|any ?time)|stop in between)\b",
    ),
    (
        Topic.WRITES,
        r"\b(?:(?:what|which|where)(?: \w+){0,4} (?:written|write|writes|touch|touched|change|changed|changes"
        r"|modified|modify|created?|create|creates|altered|insert|inserted|affected|affect)|what (?:do|will"
        r"|would) you (?:write|touch|change|create|modify|alter)|what gets written|written where|writes? to"
        r"|write into)\b",
    ),
    (
        Topic.QUESTIONS,
        r"\b(?:what (?:else )?do you (?:still )?(?:need|want)(?: to know)?(?: from me)?|what (?:else )?(?:must|do"
        r"|should) i (?:decide|answer|tell you)|open questions?|any (?:open )?questions|(?:the|your|my"
        r"|which) questions?|what is (?:still )?(?:open|unclear|undecided)|questions (?:left|are)"
        r"|what is unclear)\b",
    ),
    (
        Topic.MATCH,
        r"\b(?:why do you (?:think|believe|say|assume)|what makes you (?:think|believe|so sure|sure|say)"
        r"|how do you know|how (?:sure|certain|confident) are you|are you (?:sure|certain|positive)"
        r"|how did you (?:match|find|know|guess|work)|why (?:is|are|does|do|did|was) .+ (?:mapped|matched"
        r"|feed\w*|go\w* (?:in|into|to)|become|the same as|paired|linked|end up|put (?:in|into))|evidence"
        r"|what (?:is|are) .+ (?:based on)|where did you get|on what basis|how come .+ (?:is|feeds|goes into"
        r"|becomes))\b",
    ),
    (
        Topic.ORDER,
        r"\b(?:why|how come|what for|for what reason|for which reason)\b.+\b(?:after|before|first|last|later"
        r"|earlier|ahead|wait|waits|behind|ahead of|follow|follows|precede|separate phase|phase|order|until"
        r"|sequence|as well|along|too|need|needs|also|at the end|at the start|in front|prior|so late|so early"
        r"|next)\b"
        r"|\bwhy (?:that|this|the) (?:order|sequence)\b|\b(?:what|which|in which|in what) (?:is the )?(?:order"
        r"|sequence)\b|\b(?:what|which)(?: \w+)? (?:goes|comes|is|moves|will be|gets|runs|go|come"
        r"|move)(?: \w+)? (?:first|last|before|after|next)\b|\bdepends? on\b|\bdependenc(?:y|ies)\b|\b(?:does"
        r"|do|will|is|are) .+ (?:before|after)\b .+|\bin which order\b|\bwhen (?:does|do|will|is"
        r"|are) .+ (?:turn|moved|come|migrated|copied|go|move|be moved|run)\b",
    ),
    (
        Topic.STATUS,
        r"\b(?:status|progress|how far|where are we|where do we stand|how (?:is it|are things|are we"
        r"|is everything|is that|are you) (?:going|doing|coming along|getting on|looking)|are we there yet"
        r"|is it (?:done|finished|over|ready|complete|running|still running|working|stuck)|are you (?:done"
        r"|finished|ready|still (?:there|working|running)|working)|what are you doing|what is (?:going on"
        r"|happening|it doing|running|being (?:moved|copied|done))|how much is (?:done|left|missing)"
        r"|how many (?:are )?(?:left|done|rows (?:are )?(?:left|done|moved)|so far|remaining)|what is left"
        r"|how (?:many|much)(?: of)?(?: \w+){0,4} (?:have|has|had|did|were|was|got|are|is)(?: \w+){0,2}"
        r" (?:moved?|migrated?|copied|copy|transferred|imported|arrived?|gone (?:over|in|through)|come (?:over|across)"
        r"|made it|went (?:over|in|through))(?! ?to be)"
        r"|what remains|everything (?:ok|all right|fine|in order)|did (?:it|that|everything) (?:work|finish"
        r"|arrive|succeed|go well)|is everything there|all there|did all|what (?:next|now)|what is next|what comes next"
        r"|next steps?|what should i do next|percent|half way|result|results|outcome)\b|^(?:and|so|well|done"
        r"|finished) ?\?$|^(?:update|news|any news)\b",
    ),
    (
        Topic.HELP,
        r"\b(?:help|what can (?:you|i) (?:do|say|ask|type|tell)|how do(?:es)? (?:this|it|i"
        r"|you)(?: \w+)? (?:work|use|start|begin|talk|stop|leave|pause|quit)|commands?|what is (?:this"
        r"|ferryman)|who are you|what are you|instructions|i (?:still )?do not understand|i am (?:lost"
        r"|confused)|what do i do|what should i (?:say|type)|what can i say|how can i (?:use|talk)|manual"
        r"|what is a (?:junction|catalog|phase|placeholder|ledger|rollback|batch|schema))\b|^(?:huh|what|pardon"
        r"|sorry|eh|hm|hmm) ?\?*$",
    ),
    (
        Topic.PLAN,
        r"\b(?:the plan|your plan|this plan|plan again|what (?:will|is going to|would) happen(?: now| next"
        r"| then| if i say yes| when i say yes)?|what (?:will|would|do|are) you (?:going to |gonna |about to "
        r"|planning to |plan to |want to |intend to )?(?:do|doing|move|moving|migrate|propose|plan|planning"
        r"|copy)|what happens (?:now|next|then|if i say (?:yes|ok)|when i (?:say|approve|agree).*|if i (?:say"
        r"|approve|agree).*)|what did you find|what have you found|findings|overview|summar\w+|say (?:that "
        r"|it )?again|repeat|explain (?:it|this|that|everything)(?: again| to me)?$|in (?:plain"
        r"|simple) (?:words|english|terms)|how many (?:rows|records|tables)(?: \w+){0,4}(?= \?$|$)|how much data"
        r"|what is (?:going to be|being) moved|what gets moved|what moves|what will be (?:moved|migrated|copied"
        r"|transferred)|steps|phases|walk me through|run me through|talk me through|take me through"
        r"|what are (?:the|your) (?:steps|phases)|the details?|more details?|which tables (?:will|are|do|get"
        r"|would))\b|^plan\b",
    ),
)
