"""Written types and parameters -> layouts."""

from __future__ import annotations

from gflowspec.core.errors import InternalError
from gflowspec.lang import ast
from gflowspec.lang.formatting.blocks import is_inline
from gflowspec.lang.formatting.comments import Comments
from gflowspec.lang.formatting.document import (
    Document,
    Flat,
    Group,
    Hard,
    IfBroken,
    Line,
    Nest,
    flat_width,
    join,
)
from gflowspec.lang.formatting.expressions import expression


def written_type(node: ast.TypeExpr, comments: Comments) -> Document:  # noqa: C901, PLR0911 - one case for each kind of type
    """The layout of a type."""
    match node:
        case ast.NumberType(base=base, bounds=bounds):
            return (base, _bounds(bounds, comments))
        case ast.PlainType(base=base):
            return base
        case ast.NamedType(name=name):
            return name.text
        case ast.OptionalType(element=element):
            return (written_type(element, comments), "?")
        case ast.GroupType(inner=inner):
            return ("(", written_type(inner, comments), ")")
        case ast.TupleTypeExpr(items=items):
            return ("(", join(", ", [written_type(item, comments) for item in items]), ")")
        case ast.ArrayTypeExpr(shape=shape, element=element):
            sides = join(", ", [expression(side, comments) for side in shape])
            return ("array[", sides, "] of ", written_type(element, comments))
        case ast.SetTypeExpr(bounds=bounds, element=element):
            return ("set", _bounds(bounds, comments), " of ", written_type(element, comments))
        case ast.SeqTypeExpr(bounds=bounds, element=element):
            return ("seq", _bounds(bounds, comments), " of ", written_type(element, comments))
        case ast.MapTypeExpr(key=key, value=value):
            return ("map[", written_type(key, comments), "] of ", written_type(value, comments))
        case ast.GraphTypeExpr():
            return _graph(node, comments)
    message = f"no layout for {type(node).__name__}"
    raise InternalError(message)


def parameters(declared: tuple[ast.ParamDecl, ...], comments: Comments) -> Document:
    """``(a: T = e, b: U)``, or one on each line."""
    if not declared:
        return "()"
    items: list[Document] = []
    for index, item in enumerate(declared):
        comma: Document = "," if index + 1 < len(declared) else IfBroken(",")
        items.append((parameter(item, comments), comma))
    return Group(("(", Nest(2, (Line(""), join(Line(), items))), Line(""), ")"))


def parameter(node: ast.ParamDecl, comments: Comments) -> Document:
    """``name: type = default``."""
    above = comments.take(node.span.start)
    declared = (*above, f"{node.name.text}: ", written_type(node.type, comments))
    if node.default is None:
        return declared
    return (*declared, " = ", expression(node.default, comments))


def _bounds(bounds: ast.Bounds | None, comments: Comments) -> Document:
    if bounds is None:
        return ""
    lower = expression(bounds.lower, comments)
    upper = "" if bounds.upper is None else expression(bounds.upper, comments)
    opened, closed = ("(", ")") if bounds.open_below else ("[", "]")
    return (opened, lower, "..", upper, closed)


def _graph(node: ast.GraphTypeExpr, comments: Comments) -> Document:
    """On one line if it was written on one."""
    parts = [(*comments.take(part.span.start), _graph_part(part, comments)) for part in node.parts]
    close = comments.take(node.span.end)
    if not parts and not close:
        return f"{node.base} {{}}"
    line = Flat((f"{node.base} {{ ", join(" ", parts), *close, " }"))
    if is_inline(node.span, node.parts[0].span if parts else None) and flat_width(line):
        return line
    body = join(Hard(), [*parts, *([close] if close else [])])
    return (f"{node.base} {{", Nest(2, (Hard(), body)), Hard(), "}")


def _graph_part(part: ast.GraphPart, comments: Comments) -> Document:
    declared: Document = "" if part.type is None else written_type(part.type, comments)
    if part.kind == "nodes":
        bounds = _bounds(part.bounds, comments)
        return ("nodes", bounds, " of " if part.type else "", declared)
    if part.kind == "edges":
        return ("edges", " of " if part.type else "", declared)
    name = "" if part.name is None else part.name.text
    return (f"{part.kind} {name}: ", declared)
