"""How schemathesis asks the running app, beyond its own ways. Run by openapi-findings.ts.

JSON Schema cannot say what two parameters mean together, such as `to` after `from`: the document says it in words, and the app refuses
it with a 400 like any other bad question. Everything else that a schema takes must be answered.
"""
import re
import time

import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

TOGETHER = re.compile(
    r"must be after from"
    r"|The window is longer than \d+ days"
    r"|which makes \d+ points"
    r"|with tz, whole days were expected"
)
STREAM = "/api/v1/stream"
ZONES = ["UTC", "America/New_York", "Asia/Kathmandu"]


@schemathesis.check
def accepts_what_the_document_takes(ctx, response, case):
    if response.status_code == 400 and TOGETHER.search(response.json()["detail"]):
        return None
    return positive_data_acceptance(ctx, response, case)


@schemathesis.check
def answers_in_the_end(ctx, response, case):
    """A machine that is busy may say 503 with Retry-After for a while; everything else of 500 and more is a finding at once."""
    tries = 0
    while response.status_code == 503 and "retry-after" in response.headers and tries < 5:
        time.sleep(2)
        tries += 1
        response = case.call()
    return not_a_server_error(ctx, response, case)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Three zones stand for four hundred, each of which would be asked for."""
    for path in raw_schema["paths"].values():
        for parameter in path["get"]["parameters"]:
            if parameter["name"] == "tz":
                parameter["schema"]["enum"] = ZONES


@schemathesis.hook
def before_call(context, case, kwargs):
    """A stream never ends, so its headers are all that is asked for..."""
    if case.operation.path == STREAM and case.method.upper() == "GET":
        case.method = "HEAD"


@schemathesis.hook
def after_call(context, case, response):
    """...but for a refusal, which has a body."""
    if case.operation.path == STREAM and case.method == "HEAD" and response.status_code >= 400:
        response.content = requests.get(response.request.url, timeout=60).content
