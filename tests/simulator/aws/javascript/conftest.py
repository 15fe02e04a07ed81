"""Node.js functions of a world, and what they answer."""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World


@pytest.fixture
def run_js(world: World, role: str) -> Callable[..., Any]:
    """Deploy one file and invoke it; its answer, with `told` the error or the log instead."""

    def run(source: str, runtime: str, file: str = "index.js", **options: Any) -> Any:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr(zipfile.ZipInfo(file), source)
        client = world.cloud.session().client("lambda")
        name = options.pop("FunctionName", f"f{len(client.list_functions()['Functions'])}")
        client.create_function(
            **{
                "FunctionName": name,
                "Runtime": runtime,
                "Role": role,
                "Handler": "index.handler",
                "Timeout": 60,
                "Code": {"ZipFile": made.getvalue()},
                **options,
            }
        )
        answer = client.invoke(FunctionName=name, Payload=b"{}", LogType="Tail")
        payload = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            log = base64.b64decode(answer["LogResult"]).decode()
            return {"failed": payload["errorType"], "message": payload["errorMessage"], "log": log}
        return payload

    return run
