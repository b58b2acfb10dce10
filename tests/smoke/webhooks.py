"""Both webhooks, called as their providers do, with the right password and with a wrong one."""

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from common.credential import basic

from .account import Account
from .expected import described
from .line import Line, failed, ok
from .records import Found

ACCEPTED, REFUSED = 200, 401
SUPPRESSION = ("*", "hard_bounce")


class Unredirected(urllib.request.HTTPRedirectHandler):
    """Follows no redirects: the credential goes only to the URL in the outputs."""

    def redirect_request(self, *_):
        return None


@dataclass(frozen=True)
class Webhook:
    """One webhook of the stack; `name` is the provider's name."""

    name: str
    output: str

    def address(self, run: str, *, refused: bool = False) -> str:
        return f"{self.name}+{run}{'-refused' if refused else ''}@example.com"

    def post(self, url: str, credential: dict[str, str], address: str, run: str) -> int:
        """Posts a made-up bounce of the address; returns the HTTP status."""
        headers = {"Content-Type": "application/json"}
        if self.name == "tencent":
            # Tencent sends no custom headers, so its credential is in the URL.
            url += "?" + urllib.parse.urlencode({"token": credential["password"]})
        else:
            headers |= basic(credential["username"], credential["password"])
        body = json.dumps(bounce(self.name, address, run)).encode()
        request = urllib.request.Request(url, body, headers, method="POST")
        try:
            with urllib.request.build_opener(Unredirected).open(request, timeout=40) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def judge_accepted(self, status: int, found: Found) -> Line:
        evidence = f"{status}; {described(found)}"
        question = f"Is a report of {self.name} with the password recorded?"
        if status == ACCEPTED and found.kinds == {"bounced"} and found.suppressed == {SUPPRESSION}:
            return ok(question, "yes", evidence)
        return failed(question, "no", f"{evidence}; expected {ACCEPTED}, bounced, hard_bounce for *")

    def judge_refused(self, status: int, found: Found) -> Line:
        evidence = f"{status}; {described(found)}"
        question = f"Is a report of {self.name} with a wrong password refused?"
        if status == REFUSED and not found.events and not found.suppression:
            return ok(question, "yes", evidence)
        return failed(question, "no", f"{evidence}; expected {REFUSED} and no record")


WEBHOOKS = (Webhook("mailjet", "MailjetWebhookUrl"), Webhook("tencent", "TencentWebhookUrl"))
UNREACHABLE = (OSError, http.client.HTTPException)


def credential(account: Account) -> dict[str, str]:
    """The current user name and password."""
    secret = account.client("secretsmanager").get_secret_value(SecretId=account.outputs["WebhookSecretArn"])
    return json.loads(secret["SecretString"])


def wrong(credential: dict[str, str]) -> dict[str, str]:
    """The same user with another password of the same length."""
    password = credential["password"]
    return credential | {"password": "".join("y" if letter == "x" else "x" for letter in password)}


def bounce(provider: str, address: str, run: str) -> dict:
    """A current hard bounce, as the provider formats it."""
    now, text = int(time.time()), "550 5.1.1 no such user"
    if provider == "tencent":
        facts = {"bulkId": run, "reason": text, "bounceType": "hard_bounce", "fromDomain": "example.com"}
        return {"event": "bounce", "email": address, "timestamp": now} | facts
    facts = {"hard_bounce": True, "error_related_to": "recipient", "error": "user unknown", "comment": text}
    return {"event": "bounce", "time": now, "MessageID": now, "email": address, "CustomID": run} | facts
