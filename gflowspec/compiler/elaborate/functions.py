"""Functions on their own: checked once over the declared types of their parameters."""

from __future__ import annotations

from gflowspec.compiler.elaborate.session import Context, Value, is_error
from gflowspec.compiler.elaborate.types import convert
from gflowspec.compiler.elaborate.written import written_type
from gflowspec.core.types import ErrorType
from gflowspec.ir.expr import Bound, Expr
from gflowspec.lang import ast

#: Findings that depend on the arguments: they are decided at each call.
AT_CALLS = frozenset({"GFS121", "GFS123", "GFS124", "GFS131", "GFS307", "GFS334"})


def check_function(node: ast.Function, context: Context) -> None:
    """Report what is wrong with the types in a function whatever its arguments are."""
    names = {}
    for param in node.params:
        of = written_type(param.type, context)
        variable: Expr = Bound(type=of, name=param.name.text, span=param.name.span)
        names[param.name.text] = Value(variable)
        if param.default is not None and not isinstance(of, ErrorType):
            convert(context.of(param.default), of, context)
    result = None if node.result is None else written_type(node.result, context)
    context.session.active.append(id(node))
    with context.session.aside() as bag:
        found = context.binding(names).of(node.body)
        if result is not None and not is_error(found):
            convert(found, result, context)
    context.session.active.pop()
    for item in bag:
        if item.code not in AT_CALLS:
            context.report(item)
