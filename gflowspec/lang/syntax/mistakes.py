"""Common mistakes of syntax, each with a malformed snippet and what to say about it.

A mistake is recognised by the token that was found, its neighbours, and what could have stood
there instead. The tests parse every ``snippet`` and expect its ``message``.
"""

from __future__ import annotations

from enum import Enum

import attrs

from gflowspec.core.frozen import Frozen


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Found(Frozen):
    """An unexpected token and its surroundings; texts are empty where there is no token.

    Attributes:
        token: The text of the token.
        before: The texts of the tokens in front of it, the nearest one last.
        following: The text of the token behind it.
        head: The token in front of the innermost open bracket.
        accepts: What could stand there: keywords and signs as they are written, and ``a name``,
            ``a number``, ``a string``.
    """

    token: str
    before: tuple[str, ...]
    following: str
    head: str
    accepts: frozenset[str]

    @property
    def previous(self) -> str:
        """The text of the token in front."""
        return self.before[-1] if self.before else ""

    @property
    def is_word(self) -> bool:
        """Whether the token is a name or a keyword."""
        return self.token[:1].isalpha() or self.token[:1] == "_"


class Mend(Enum):
    """Where the text of a repair goes."""

    TOKEN = "instead of the token"
    FRONT = "in front of the token"
    BEHIND = "behind the previous token"
    PREVIOUS = "instead of the previous token and this one"
    FOLLOWING = "instead of the token and the following one"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Mistake(Frozen):
    """A pattern over ``Found`` and its message; an empty field of the pattern fits anything.

    ``mend`` says where ``text`` has to stand for the mistake to be mended; None if that takes more
    than one text in one place.
    """

    snippet: str
    message: str
    help: str
    mend: Mend | None = None
    text: str = ""
    tokens: str = ""
    previous: str = ""
    following: str = ""
    head: str = ""
    accepts: str = ""
    refuses: str = ""
    word: bool = False

    def fits(self, found: Found) -> bool:
        """Whether this is what happened; words of a field are alternatives, of ``accepts`` all."""
        pairs = (
            (self.tokens, found.token),
            (self.previous, found.previous),
            (self.following, found.following),
            (self.head, found.head),
        )
        return (
            all(not field or text in field.split() for field, text in pairs)
            and found.accepts.issuperset(self.accepts.split())
            and found.accepts.isdisjoint(self.refuses.split())
            and (found.is_word or not self.word)
        )


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        snippet="// side of the grid\nconst side = 8",
        mend=Mend.TOKEN,
        text="#",
        tokens="//",
        refuses="//",
        message="`//` divides and rounds down, it is no comment",
        help="a comment begins with `#`, documentation of what follows with `##`",
    ),
    Mistake(
        snippet="/* side of the grid */ const side = 8",
        tokens="/",
        refuses="/",
        following="*",
        message="there are no comments between `/*` and `*/`",
        help="a comment begins with `#` and ends with the line",
    ),
    Mistake(
        snippet="-- side of the grid\nconst side = 8",
        tokens="-",
        following="-",
        refuses="-",
        message="`--` is no comment",
        help="a comment begins with `#`, documentation of what follows with `##`",
    ),
    Mistake(
        snippet="const a = sum(x * y for (x, y) in pairs)",
        tokens="(",
        previous="for",
        message="`for` names one element: it takes no pairs apart",
        help="write the pairs as lists, `[[0, 1], [1, 2]]`, and read `p[0]` and `p[1]` of each `p`",
    ),
    Mistake(
        snippet="const a == 1",
        mend=Mend.TOKEN,
        text="=",
        tokens="==",
        accepts="=",
        message="`==` compares, it does not give a value",
        help="write `=`",
    ),
    Mistake(
        snippet="environment E() { stop when x = 1 }",
        mend=Mend.TOKEN,
        text="==",
        tokens="=",
        accepts="==",
        message="`=` gives a value, it does not compare",
        help="to compare, write `==`",
    ),
    Mistake(
        snippet="const a := 1",
        mend=Mend.TOKEN,
        text="=",
        tokens=":=",
        accepts="=",
        message="`:=` fills a slot in an action",
        help="write `=`",
    ),
    Mistake(
        snippet="environment E() { action a(i: int[0..3]) { x += i } }",
        tokens=":",
        accepts="in",
        message="a binder of an action has no type",
        help="say which values it ranges over: `i in 0..3`",
    ),
    Mistake(
        snippet="environment E(side = 8) { stop }",
        tokens="=",
        accepts=":",
        message="the type is missing",
        help="write `name: type = value`, for example `side: int[2..64] = 8`",
    ),
    Mistake(
        snippet="experiment e { train.steps: 100 }",
        mend=Mend.TOKEN,
        text=" =",
        tokens=":",
        accepts="= +=",
        message="a setting is given with `=`",
        help="write `path = value`",
    ),
    Mistake(
        snippet="experiment e { objective = tb, reward = R() }",
        mend=Mend.TOKEN,
        tokens=",",
        accepts="}",
        refuses=",",
        message="nothing stands between two entries of a block",
        help="remove the comma; a line break is enough",
    ),
    Mistake(
        snippet="environment E() { action a() { x -= 1 } }",
        tokens="-",
        accepts="+= :=",
        message="there is no `-=`",
        help="write `+= -1`",
    ),
    Mistake(
        snippet="environment E() { action a() { x++ } }",
        tokens="+ * /",
        accepts="+= :=",
        message="this is not an effect",
        help="an effect is written `x += 1`, `x := value`, `x = value` or `x.add(value)`",
    ),
    Mistake(
        snippet="environment E() { terminal filled(w) }",
        mend=Mend.FRONT,
        text="when ",
        previous="terminal mode skip",
        accepts="when",
        message="`when` is missing",
        help="the condition is written `when ...`",
    ),
    Mistake(
        snippet="environment E() { stop if x == 3 }",
        mend=Mend.TOKEN,
        text="when",
        tokens="if",
        accepts="when",
        message="the condition of an action is written `when`",
        help="replace `if` by `when`",
    ),
    Mistake(
        snippet="environment E() { stop() }",
        mend=Mend.FOLLOWING,
        tokens="(",
        previous="stop",
        message="`stop` has no parentheses",
        help="write `stop` or `stop when ...`",
    ),
    Mistake(
        snippet="environment E { stop }",
        mend=Mend.BEHIND,
        text="()",
        tokens="{ when",
        accepts="(",
        refuses="=>",
        message="parentheses are missing",
        help="write `()` if there is nothing to put between them",
    ),
    Mistake(
        snippet="reward R for E { R = 1 }",
        mend=Mend.BEHIND,
        text="()",
        tokens="for",
        accepts="( =",
        message="parentheses are missing",
        help="write `()` in front of `for` if there is nothing to put between them",
    ),
    Mistake(
        snippet="environment E() { state { x: int[0, 3] } }",
        tokens=", ] : -",
        head="int real set seq nodes",
        accepts="..",
        refuses=", ]",
        message="bounds are written `lower..upper`",
        help="both ends are included: `int[0..3]`",
    ),
    Mistake(
        snippet="const a = 2 ** 3",
        mend=Mend.PREVIOUS,
        text="^",
        tokens="*",
        previous="*",
        message="there is no `**`",
        help="a power is written `^`",
    ),
    Mistake(
        snippet="const a = c ? 1 : 2",
        tokens="?",
        message="there is no `? :`",
        help="a conditional is written `a if c else b`",
    ),
    Mistake(
        snippet="experiment e { train.optimizer.lr = 10% }",
        previous="%",
        message="the divisor of `%` is missing",
        help="`%` is the remainder; ten percent is written `0.1`",
    ),
    Mistake(
        snippet="const a = x[1:]",
        tokens="]",
        previous=":",
        message="a slice has both ends",
        help="write `x[1:len(x)]`",
    ),
    Mistake(
        snippet="const a = x[:2]",
        mend=Mend.FRONT,
        text="0",
        tokens=":",
        previous="[",
        message="a slice has both ends",
        help="write `x[0:2]`",
    ),
    Mistake(
        snippet="reward R() { logR = 0 }",
        tokens="{",
        accepts="for",
        refuses="+",
        message="a reward names the environments that it is for",
        help="write `reward R() for Hypergrid { ... }`",
    ),
    Mistake(
        snippet="fn f(x: int) { x + 1 }",
        tokens="{",
        accepts="->",
        message="the value of a function is one expression",
        help="write `fn f(x: int) = x + 1`",
    ),
    Mistake(
        snippet="experiment e() { objective = tb }",
        tokens="(",
        accepts="extends",
        message="an experiment has no parameters",
        help="write `experiment name { ... }`",
    ),
    Mistake(
        snippet="import hypergrid",
        previous="import",
        accepts="",
        message="the path of an import is a string",
        help='write `import "gfs:std/hypergrid" { Hypergrid }`',
    ),
    Mistake(
        snippet="const a = sum(i for i index(x))",
        mend=Mend.FRONT,
        text="in ",
        accepts="in ,",
        refuses="+",
        word=True,
        message="`in` is missing",
        help="a generator is written `for i in index(x)`",
    ),
    Mistake(
        snippet="environment E() { x: int[0..3] }",
        following=":",
        accepts="state action",
        word=True,
        message="a variable stands outside of `state`",
        help="write `state { x: int[0..3] = 0 }`",
    ),
    Mistake(
        snippet="environment E() { u = 3 }",
        mend=Mend.FRONT,
        text="let ",
        following="= (",
        accepts="let",
        word=True,
        message="a definition begins with `let`",
        help="write `let name = value`",
    ),
)
