"""From a definition's text to a program: syntax trees kept, strings read as JSON, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from antlr4 import ParserRuleContext  # type: ignore[import-untyped]
from moto.stepfunctions.parser import api
from moto.stepfunctions.parser.asl.component.state.exec.state_map.tolerated_failure import (
    ToleratedFailureCountStringJSONata,
)
from moto.stepfunctions.parser.asl.parse import asl_parser, preprocessor
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

from simulator.aws.seams import replace
from simulator.aws.states import adapting, jsontext, language
from simulator.aws.states.checking import Problem, downgrades, problems

plain_inner_string: Any = Preprocessor._inner_string_of


def install() -> None:
    """Read the strings of a definition as JSON has them; the interpreter keeps backslashes."""
    replace(preprocessor, "from_string_literal", _string)
    replace(Preprocessor, "_inner_string_of", staticmethod(_inner_string))
    replace(Preprocessor, "visitTolerated_failure_count_string_jsonata", _failure_count)


def _failure_count(preprocessor: Any, ctx: Any) -> ToleratedFailureCountStringJSONata:
    """The count; the interpreter takes it for the percentage."""
    text = preprocessor.visitString_jsonata(ctx=ctx.string_jsonata())
    return ToleratedFailureCountStringJSONata(string_jsonata=text)


def _string(parser_rule_context: Any) -> str:
    text: str = parser_rule_context.getText()
    try:
        read = json.loads(text, strict=False)
    except ValueError:
        read = text
    return read if isinstance(read, str) else text


def _inner_string(parser_rule_context: Any) -> str | None:
    text = plain_inner_string(parser_rule_context)
    return _string(parser_rule_context) if isinstance(text, str) and "\\" in text else text


@lru_cache(maxsize=256)
def _syntax_tree(definition: str) -> ParserRuleContext:
    """The antlr tree of a definition: by far the dearest part of starting an execution."""
    listener: Any = asl_parser.SyntaxErrorListener()  # type: ignore[no-untyped-call]
    tokens = asl_parser.CommonTokenStream(asl_parser.ASLLexer(asl_parser.InputStream(definition)))
    parser: Any = asl_parser.ASLParser(tokens)
    parser.removeErrorListeners()
    parser.addErrorListener(listener)
    tree: ParserRuleContext = parser.state_machine()
    if listener.errors:
        raise asl_parser.ASLParserException(errors=listener.errors)
    return tree


def parsing() -> Callable[[str], tuple[Any, ParserRuleContext]]:
    """The interpreter's parser for one world: a program is made once and serves all executions.

    Not for longer than a world: a program draws the names of its slots from the world's chance.
    """
    parsed: dict[str, tuple[Any, ParserRuleContext]] = {}

    def parse_once(definition: str) -> tuple[Any, ParserRuleContext]:
        if definition not in parsed:
            parsed[definition] = parse(definition)
        return parsed[definition]

    return parse_once


def parse(definition: str) -> tuple[Any, ParserRuleContext]:
    """The program and the syntax tree of a definition; raises whatever moto's parser raises."""
    located = "{%" in definition
    try:
        tree = _syntax_tree(definition)
        return _program(tree, {}, located=located), tree
    except Exception as error:  # the preprocessor raises whatever comes to hand
        adapted, kept = adapting.adapt(json.loads(definition))
        try:
            tree = _syntax_tree(json.dumps(adapted))
            return _program(tree, kept, located=located), tree
        except Exception:
            raise error from None  # its faults are told as they stand in the text


def _program(tree: Any, kept: Mapping[str, Mapping[str, Any]], *, located: bool) -> Any:
    # moto keeps the open query languages on the class: a parse that fails must not leave any.
    Preprocessor._query_language_per_scope.clear()
    program = Preprocessor().visit(tree)
    if located:
        language.locate(program)
    if kept:
        adapting.attach(program, kept)
    return program


def as_json(definition: str) -> Any:
    """The definition as JSON. Raises InvalidDefinition for what is none."""
    wrong = jsontext.fault(definition)
    if wrong:
        raise refused([_unreadable(definition, wrong)])
    return json.loads(definition)


def _unreadable(definition: str, wrong: jsontext.Fault) -> Problem:
    if not definition.strip():
        return Problem("SCHEMA_VALIDATION_FAILED", jsontext.NO_OBJECT, "")
    place = wrong.place(definition)
    return Problem("INVALID_JSON_DESCRIPTION", f"{wrong.message}\n at {place}", place)


def faults(definition: str, kind: str = "STANDARD") -> Iterator[Problem]:
    """What is wrong with a definition: its JSON, else its grammar, else what it means."""
    wrong = jsontext.fault(definition)
    if wrong:
        yield _unreadable(definition, wrong)
        return
    program = json.loads(definition)
    if not isinstance(program, dict):
        yield Problem("SCHEMA_VALIDATION_FAILED", "Expected value of type Object", "/")
        return
    missing = [name for name in ("States", "StartAt") if name not in program]
    if missing:
        told = f"These fields are required: [{', '.join(missing)}]"
        yield Problem("SCHEMA_VALIDATION_FAILED", told, "/")
        return
    downgraded = list(downgrades(program))
    if downgraded:
        yield from downgraded
        return
    try:
        parse(definition)
    except Exception as error:  # the preprocessor raises whatever comes to hand
        reason = str(error).removeprefix("ASLParserException ")
        yield Problem("SCHEMA_VALIDATION_FAILED", reason, "")
        return
    yield from problems(program, kind)


def validate(definition: str, kind: str = "STANDARD") -> None:
    """Refuse a definition that cannot run, in AWS's form, with the place where there is one.

    Source: AWS Step Functions API Reference, CreateStateMachine, InvalidDefinition.
    """
    found = list(faults(definition, kind))
    if found:
        raise refused(found)


def refused(found: list[Problem]) -> api.InvalidDefinition:
    """The refusal that tells these faults, all at once."""
    told = ", ".join(
        f"{fault.code}: {fault.message}"
        + (f" at {fault.location}" if f" at {fault.location}" not in f"{fault.message} at " else "")
        for fault in found
    )
    return api.InvalidDefinition(f"Invalid State Machine Definition: '{told}'")
