"""Names of Python's operators as they are written."""

import ast

SIGN = {
    ast.Lt: '<',
    ast.LtE: '<=',
    ast.Gt: '>',
    ast.GtE: '>=',
    ast.Eq: '==',
    ast.NotEq: '!=',
    ast.In: 'in',
    ast.NotIn: 'not in',
    ast.Is: 'is',
    ast.IsNot: 'is not',
}
NEGATED = {
    ast.Lt: '>=',
    ast.LtE: '>',
    ast.Gt: '<=',
    ast.GtE: '<',
    ast.Eq: '!=',
    ast.NotEq: '==',
    ast.In: 'not in',
    ast.NotIn: 'in',
    ast.Is: 'is not',
    ast.IsNot: 'is',
}
LOOSE = (
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.UnaryOp,
    ast.IfExp,
    ast.Lambda,
    ast.Await,
    ast.GeneratorExp,
    ast.NamedExpr,
    ast.Yield,
)
BINARY = {
    ast.Add: '+',
    ast.Sub: '-',
    ast.Mult: '*',
    ast.Div: '/',
    ast.FloorDiv: '//',
    ast.Mod: '%',
    ast.Pow: '**',
    ast.MatMult: '@',
    ast.BitAnd: '&',
    ast.BitOr: '|',
    ast.BitXor: '^',
    ast.LShift: '<<',
    ast.RShift: '>>',
}
