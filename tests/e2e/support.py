"""The pages for support through the deployed function, as CloudWatch invokes it for the widget of the dashboard."""

import json
import time
from html.parser import HTMLParser

import messages
import pytest
from botocore.exceptions import ClientError
from permissions import assumed, new_user
from stack import Stack


class Widget(HTMLParser):
    """The text of a page, and what its actions would call."""

    def __init__(self, html: str):
        super().__init__()
        self.words, self.actions, self.hidden = [], [], None
        self.feed(html.partition("</style>")[2])

    def handle_starttag(self, tag, attributes):
        assert tag not in ("script", "iframe", "img", "use"), tag
        if tag == "cwdb-action":
            self.hidden = dict(attributes) | {"json": ""}

    def handle_endtag(self, tag):
        if tag == "cwdb-action":
            self.actions.append((self.hidden["endpoint"], json.loads(self.hidden["json"])))
            self.hidden = None

    def handle_data(self, data):
        if self.hidden is not None:
            self.hidden["json"] += data
        else:
            self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def action(self, **wanted: str) -> dict:
        """The only action with these fields."""
        (found,) = [fields for _, fields in self.actions if wanted.items() <= fields.items()]
        return found


def looks_and_decides(stack: Stack, signer, may_decide: bool) -> None:
    """Somebody with permission looks a bounced address up and, if allowed, lifts; others are refused."""
    (widget,) = dashboard(stack)["widgets"]
    endpoint, parameters = widget["properties"]["endpoint"], widget["properties"]["params"]
    assert widget["type"] == "custom" and endpoint == stack.outputs["SupportFunctionArn"]
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": endpoint}
    person = new_user(stack, f"support-{time.time_ns()}", statement)

    def shown(fields: dict, typed: dict | None = None) -> Widget:
        answer = invoke(stack, endpoint, request(fields, typed or {}, parameters), **person)
        assert isinstance(answer, str), answer
        widget = Widget(answer)
        assert {endpoint for endpoint, _ in widget.actions} == {endpoint}
        return widget

    described = invoke(stack, endpoint, {"describe": True}, **person)
    assert "```yaml" in described["markdown"]
    address = f"looked-up-{time.time_ns()}@example.com"
    envelope = messages.notification(signer, stack.topic, messages.bounce(address))
    assert stack.invoke(messages.lambda_event(envelope)).error is None
    first = shown(parameters)
    assert "Why did it not arrive?" in first.text
    (look_up,) = [fields for _, fields in first.actions if "typed" in fields]
    assert "Why did it not arrive?" in shown({"page": "address"}, {"address": address}).text, "no link takes what is typed"
    page = shown(look_up, {"address": address})
    assert "Do not mail it. It is blocked for every send." in page.text
    assert "550 5.1.1" in page.text
    for name, expected in (("message", "What happened to this message?"), ("overview", "Overview"), ("failures", "Failures")):
        assert expected in shown({"page": name}).text, name
    lifts_only_if_allowed(stack, shown, page, address, may_decide)
    role_is_small(stack, address, may_decide)
    stranger = new_user(stack, f"stranger-{time.time_ns()}")
    with pytest.raises(ClientError, match="AccessDenied"):
        invoke(stack, endpoint, request(parameters, {}, parameters), **stranger)


def lifts_only_if_allowed(stack: Stack, shown, page: Widget, address: str, may_decide: bool) -> None:
    def allowed() -> bool:
        (result,) = stack.ask({"addresses": [address]}).payload["results"]
        return result["allowed"]

    forced = {"page": "decide", "step": "write", "action": "lift", "address": address, "reason": "hard_bounce", "actor": "e2e"}
    if not may_decide:
        assert all(fields["page"] != "decide" for _, fields in page.actions)
        assert "These pages may only read" in shown(forced).text
        assert not allowed()
        return
    assert "The record has changed since you looked" in shown(forced | {"seen": "x"}).text
    form = shown(page.action(page="decide", action="lift"))
    confirm = shown(form.action(step="review"), {"actor": "e2e", "note": "works again"})
    assert "Lift hard_bounce for * of" in confirm.text and not allowed()
    assert "Lifted hard_bounce" in shown(confirm.action(step="write")).text
    assert allowed()


def role_is_small(stack: Stack, address: str, may_decide: bool) -> None:
    """With the function's own credentials: no scan, no deletion, and no writing unless it may decide."""
    dynamodb = stack.cloud.client("dynamodb", **assumed(stack, stack.configuration_of("SupportFunctionName")["Role"]))
    suppressions, events = stack.outputs["SuppressionTableName"], stack.outputs["EventTableName"]
    key = {"address": {"S": address}}
    item = dynamodb.get_item(TableName=suppressions, Key=key)["Item"]
    refused = [
        lambda: dynamodb.delete_item(TableName=suppressions, Key=key),
        lambda: dynamodb.scan(TableName=suppressions),
        lambda: dynamodb.scan(TableName=events),
    ]
    if not may_decide:
        refused.append(lambda: dynamodb.put_item(TableName=suppressions, Item=item))
    for call in refused:
        with pytest.raises(ClientError, match="AccessDenied"):
            call()


def dashboard(stack: Stack) -> dict:
    name = f"{stack.name}-support"
    return json.loads(stack.cloud.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])


def invoke(stack: Stack, endpoint: str, payload: dict, **credentials):
    answer = stack.cloud.client("lambda", **credentials).invoke(FunctionName=endpoint, Payload=json.dumps(payload))
    body = json.loads(answer["Payload"].read())
    assert answer.get("FunctionError") is None, body
    return body


def request(fields: dict, typed: dict, parameters: dict) -> dict:
    """What CloudWatch sends: the JSON of the action at top level, and what was typed in the context."""
    context = {
        "dashboardName": "support",
        "widgetId": "widget-1",
        "accountId": "000000000000",
        "locale": "en",
        "timezone": {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0},
        "period": 300,
        "isAutoPeriod": True,
        "timeRange": {"mode": "relative", "start": 1, "end": 2, "relativeStart": 3},
        "theme": "light",
        "linkCharts": True,
        "title": "support",
        "forms": {"all": typed},
        "params": parameters,
        "width": 588,
        "height": 369,
    }
    return fields | {"widgetContext": context}
