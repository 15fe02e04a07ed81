"""The module that Lambda puts beside inline code, so that it can answer a custom resource.

Ours, with the interface that is documented. Source: AWS CloudFormation User Guide, "cfn-response
module".
"""

_PYTHON = """\
import json
import urllib.request

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False,
         reason=None):
    answer = {
        "Status": responseStatus,
        "Reason": reason or "See the details in CloudWatch Log Stream: " + context.log_stream_name,
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    body = json.dumps(answer).encode()
    print("Response body:", body.decode())
    request = urllib.request.Request(
        event["ResponseURL"], data=body, method="PUT", headers={"content-type": ""}
    )
    try:
        with urllib.request.urlopen(request) as response:
            print("Status code:", response.status)
    except Exception as error:
        print("send(..) failed executing the request:", error)
"""

_NODE = """\
const https = require("https");
const { URL } = require("url");

exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

exports.send = (event, context, status, data, physicalResourceId, noEcho) =>
  new Promise((resolve) => {
    const body = JSON.stringify({
      Status: status,
      Reason: "See the details in CloudWatch Log Stream: " + context.logStreamName,
      PhysicalResourceId: physicalResourceId || context.logStreamName,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
      NoEcho: noEcho || false,
      Data: data,
    });
    console.log("Response body:", body);
    const address = new URL(event.ResponseURL);
    const request = https.request(
      {
        hostname: address.hostname,
        path: address.pathname + address.search,
        method: "PUT",
        headers: { "content-type": "", "content-length": Buffer.byteLength(body) },
      },
      (response) => {
        console.log("Status code:", response.statusCode);
        resolve(context.done && context.done());
      }
    );
    request.on("error", (error) => {
      console.log("send(..) failed executing the request:", error);
      resolve(context.done && context.done(error));
    });
    request.end(body);
  });
"""

HELPERS = {"cfnresponse.py": _PYTHON, "cfn-response.js": _NODE}
