"""How templates write what they show.

`markupsafe.escape` makes a Markup of each value, a class of its own written in Python; a template joins the values and drops them. So
what a template writes is escaped by the same code and stays a text: a page of 20 bookings writes 230 values. And `_` is called as it is,
without Jinja's look for functions that want its context: a page says 20 and more texts.
"""

from __future__ import annotations

from typing import Any

import flask.templating
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Call, Expr, Name, Template
from markupsafe import Markup, _escape_inner, escape

plain = _escape_inner


def shown(value: Any) -> str:
    """`value` as HTML: what `escape` gives, not marked as safe."""
    kind = type(value)
    if kind is str:
        return _escape_inner(value)
    return value if kind is Markup else escape(value)


class _Showing(CodeGenerator):
    """Writes what `shown` does, of a text without the call, where Jinja writes `escape(` around what stands in {{ }}. Its own variant for
    native types hooks in here too."""

    def visit_Template(self, node: Template, frame: Frame | None = None) -> None:
        self.writeline("from templating import plain, shown")
        super().visit_Template(node, frame)

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if _own(frame, finalize):
            self.write("(plain(value) if type(value := ")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if _own(frame, finalize):
            self.write(") is str else shown(value))")
        else:
            super()._output_child_post(node, frame, finalize)

    def visit_Call(self, node: Call, frame: Frame, **more: Any) -> None:
        if isinstance(node.node, Name) and node.node.name == "_" and len(node.args) == 1 and not node.kwargs:
            self.visit(node.node, frame)
            self.write("(")
            self.visit(node.args[0], frame)
            self.write(")")
        else:
            super().visit_Call(node, frame, **more)


def _own(frame: Frame, finalize: Any) -> bool:
    return frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None


class Templates(flask.templating.Environment):
    code_generator_class = _Showing
