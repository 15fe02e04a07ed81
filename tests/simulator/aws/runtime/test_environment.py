"""Loading, warm state, errors in Lambda's shape, context and variables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.process
Make = Callable[..., Any]


def error_of(outcome: Any) -> dict[str, Any]:
    assert outcome.kind == "error", outcome
    return dict(json.loads(outcome.payload))


def test_module_state_stays_warm_and_is_lost_cold(make: Make) -> None:
    code = """
        count = 0
        def handler(event, context):
            global count
            count += 1
            return {"count": count, "event": event}
    """
    function = make(code)
    assert function.init().kind == "ok"
    assert function.value("a") == {"count": 1, "event": "a"}
    assert function.value({"b": 2}) == {"count": 2, "event": {"b": 2}}
    assert function.init().kind == "ok"
    assert function.value() == {"count": 1, "event": None}


def test_an_error_has_lambdas_shape_and_keeps_the_environment(make: Make) -> None:
    function = make(
        "def handler(event, context):\n    return inner(event)\ndef inner(n):\n    return 1 / n\n"
    )
    function.init()
    error = error_of(function(0))
    assert error == {
        "errorMessage": "division by zero",
        "errorType": "ZeroDivisionError",
        "requestId": "id-1",
        "stackTrace": [
            '  File "/var/task/app.py", line 2, in handler\n    return inner(event)\n',
            '  File "/var/task/app.py", line 4, in inner\n    return 1 / n\n',
        ],
    }
    assert function.calls.logs[-1].startswith("[ERROR] ZeroDivisionError: division by zero\n")
    assert function.environment.alive
    assert function.value(2) == 0.5


# Texts: AWS docs, "Lambda function errors in Python", and Lambda's open-source Python runtime
# client.
@pytest.mark.parametrize(
    ("code", "handler", "kind", "message"),
    [
        ("import nowhere", "app.handler", "ImportModuleError",
         "Unable to import module 'app': No module named 'nowhere'"),
        ("", "other.handler", "ImportModuleError",
         "Unable to import module 'other': No module named 'other'"),
        ("", "app.handler", "HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("", "handler", "MalformedHandlerName",
         "Bad handler 'handler': not enough values to unpack (expected 2, got 1)"),
        ("", "sys.exit", "BuiltInModuleConflict",
         "Cannot use built-in module sys as a handler module"),
        ("def handler(:\n", "app.handler", "UserCodeSyntaxError",
         "Syntax error in module 'app': invalid syntax (app.py, line 1)"),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded(
    make: Make, code: str, handler: str, kind: str, message: str
) -> None:
    error = error_of(make(code, handler=handler).init())
    assert (error["errorType"], error["errorMessage"]) == (f"Runtime.{kind}", message)


def test_a_syntax_error_names_the_line(make: Make) -> None:
    error = error_of(make("x = 1\ny = = 2\n").init())
    assert error["stackTrace"] == ['  File "/var/task/app.py" Line 2\n    y = = 2\n']


def test_a_module_that_raises_reports_its_own_error(make: Make) -> None:
    error = error_of(make("raise KeyError('no table')").init())
    assert (error["errorType"], error["errorMessage"]) == ("KeyError", "'no table'")


def test_a_result_that_is_no_json(make: Make) -> None:
    function = make("def handler(event, context): return {1, 2}")
    function.init()
    error = error_of(function())
    assert error["errorType"] == "Runtime.MarshalError"
    assert "Object of type set is not JSON serializable" in error["errorMessage"]


def test_a_result_beyond_the_quota(make: Make) -> None:
    function = make("def handler(event, context): return 'x' * 7_000_000")
    function.init()
    assert error_of(function())["errorType"] == "Function.ResponseSizeTooLarge"


def test_endless_recursion_is_an_ordinary_error(make: Make) -> None:
    function = make("def handler(event, context): return handler(event, context)")
    function.init()
    assert error_of(function())["errorType"] == "RecursionError"
    assert function.environment.alive


@pytest.mark.parametrize(
    ("act", "how"),
    [
        ("os._exit(3)", "exit status 3"),
        ("sys.exit(4)", "exit status 4"),
        ("sys.exit('no')", "exit status 1"),
        ("os.abort()", "signal: "),
        ("import ctypes; ctypes.string_at(0)", "signal: segmentation fault"),
    ],
)
def test_a_process_that_ends_is_an_exit_error(make: Make, act: str, how: str) -> None:
    function = make(f"import os, sys\ndef handler(event, context):\n    print('last')\n    {act}")
    function.init()
    outcome = function()
    assert outcome.kind == "exit"
    assert outcome.error_type == "Runtime.ExitError"
    message = json.loads(outcome.payload)["errorMessage"]
    assert message.startswith(f"RequestId: id-1 Error: Runtime exited with error: {how}")
    assert function.calls.logs[-1] == "last"
    assert not function.environment.alive
    with pytest.raises(RuntimeError, match="dead"):
        function()
    assert function.init().kind == "ok"


def test_exit_zero_gives_no_reason(make: Make) -> None:
    function = make("import sys\ndef handler(event, context): sys.exit()")
    function.init()
    message = json.loads(function().payload)["errorMessage"]
    assert message.endswith("Runtime exited without providing a reason")


def test_the_context_object(make: Make) -> None:
    function = make(
        """
        import time
        def handler(event, context):
            before = context.get_remaining_time_in_millis()
            time.sleep(1.5)
            return [before, context.get_remaining_time_in_millis(), context.function_name,
                    context.function_version, context.memory_limit_in_mb, context.aws_request_id,
                    context.invoked_function_arn, context.log_group_name, context.log_stream_name,
                    context.identity.cognito_identity_id, context.client_context.custom]
    """,
        log_stream="2023/11/14/[$LATEST]abc",
    )
    function.init()
    outcome = function(client_context='{"custom": {"k": "v"}}')
    assert json.loads(outcome.payload) == [
        60_000, 58_500, "f", "$LATEST", "128", "id-1",
        "arn:aws:lambda:us-east-1:123456789012:function:f", "/aws/lambda/f",
        "2023/11/14/[$LATEST]abc", None, {"k": "v"},
    ]  # fmt: skip


def test_the_environment_variables(run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "x")
    code = "import os\ndef handler(event, context): return dict(os.environ)"
    env = run(code, region="eu-west-1", memory_mb=256, env={"TABLE": "rides"})
    assert env["TABLE"] == "rides"
    assert env["AWS_REGION"] == env["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert (env["_HANDLER"], env["TZ"]) == ("app.handler", ":UTC")
    assert env["LAMBDA_TASK_ROOT"] == "/var/task"
    assert env["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert "SECRET_OF_THE_HOST" not in env
    assert "PYTHONHASHSEED" not in env


def test_layers_and_modules_of_the_zip(run: Make, write: Make) -> None:
    one = write("NAME = 'one'", "layer1", "python/shared.py")
    write("ONLY = 1", "layer1", "python/first.py")
    two = write("NAME = 'two'", "layer2", "python/shared.py")
    write("VALUE = 'from the zip'", "code", "simulator.py")
    code = "import shared, first, simulator\n"
    code += "def handler(e, c): return [shared.NAME, first.ONLY, simulator.VALUE, shared.__file__]"
    name, only, value, file = run(code, layers=(one, two))
    assert (name, only, value) == ("two", 1, "from the zip")
    assert Path(file).name == "shared.py"


def test_only_lambdas_packages_are_there(run: Make) -> None:
    code = """
        def handler(event, context):
            found = []
            for name in ("boto3", "botocore", "csv", "moto", "simpy", "pytest", "lab", "scenarios"):
                try:
                    __import__(name)
                    found.append(name)
                except ImportError:
                    pass
            return found
    """
    assert run(code) == ["boto3", "botocore", "csv"]


def test_log_lines_come_in_order(make: Make) -> None:
    function = make("""
        import logging, subprocess, sys
        def handler(event, context):
            print("one\\ntwo")
            logging.getLogger().setLevel("INFO")
            logging.info("three")
            sys.stderr.write("four\\n")
            subprocess.run(["echo", "five"], check=True)
            print("six", end="")
    """)
    function.init()
    assert function().kind == "ok"
    three = "[INFO]\t2023-11-14T22:13:20.000Z\tid-1\tthree"
    assert function.calls.logs == ["one", "two", three, "four", "six", "five"] or (
        function.calls.logs == ["one", "two", three, "four", "five", "six"]
    )


def test_a_world_that_gives_up_gets_its_own_exception(make: Make) -> None:
    class VirtualTimeoutError(Exception):
        pass

    function = make("import time\ndef handler(e, c): time.sleep(100)")
    function.init()

    def sleep(seconds: float) -> None:
        raise VirtualTimeoutError(seconds)

    function.calls.sleep = sleep
    with pytest.raises(VirtualTimeoutError):
        function()
    function.environment.kill()
    assert not function.environment.alive
