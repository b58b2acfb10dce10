"""An e-mail backend for Django that mails only those whom the function `check` allows. Copy this file into your project.

It needs boto3, and the permission lambda:InvokeFunction on the function. In settings.py:

    EMAIL_BACKEND = "yourproject.django_backend.EmailBackend"
    MAIL_FEEDBACK = {"function": "<CheckFunctionName>", "provider": "ses"}

For another backend than SMTP, put AskFirst before it: `class EmailBackend(AskFirst, YourBackend): pass`.

To state the lists, the tenant or the stream of a message, set `message.mail_feedback = {"lists": ["Newsletter"]}`.
"""

import functools
import json
import logging
from email.utils import parseaddr

import boto3
from django.conf import settings
from django.core.mail.backends import smtp
from django.dispatch import Signal

# The most addresses that one question may have.
LIMIT = 1000

log = logging.getLogger(__name__)

# Sent when recipients were removed from a message: `message`, and `results`, the function's answers about them.
recipients_blocked = Signal()


class NotAnswered(Exception):
    """Nobody knows whom to mail, so nobody was mailed: send again later."""


class AskFirst:
    """Removes blocked recipients from messages, before the next backend sends them."""

    def send_messages(self, messages):
        """Sends what has recipients left, and returns how many messages that were."""
        messages = list(messages or ())
        try:
            answers = ask_about(messages)
        except NotAnswered:
            if getattr(self, "fail_silently", False):
                return 0
            raise
        for message, results in zip(messages, answers):
            remove_blocked(type(self), message, results)
        remaining = [message for message in messages if message.recipients()]
        return super().send_messages(remaining) if remaining else 0


class EmailBackend(AskFirst, smtp.EmailBackend):
    """Django's SMTP backend behind the question."""


def ask_about(messages):
    """The results for each message, by recipient."""
    recipients = {}
    for message in messages:
        recipients.setdefault(mail_of(message), {}).update(dict.fromkeys(map(str, message.recipients())))
    results = {mail: ask(list(addresses), json.loads(mail)) for mail, addresses in recipients.items()}
    return [results[mail_of(message)] for message in messages]


def mail_of(message):
    """What a question says about a message, as JSON; messages of which it says the same share their questions."""
    domain = parseaddr(message.from_email)[1].rpartition("@")[2]
    mail = {"provider": settings.MAIL_FEEDBACK["provider"], "sender_domain": domain}
    return json.dumps(mail | getattr(message, "mail_feedback", {}), sort_keys=True)


def ask(addresses, mail):
    """The result for each address."""
    results = {}
    for start in range(0, len(addresses), LIMIT):
        part = addresses[start : start + LIMIT]
        try:
            results |= {result["address"]: result for result in invoke({"addresses": part, **mail})["results"]}
            if not results.keys() >= set(part):
                raise ValueError("results are missing")
        except Exception as error:
            raise NotAnswered(f"no answer about {len(addresses)} addresses: {error}") from error
    return results


def invoke(question):
    """The function's answer."""
    response = client().invoke(FunctionName=settings.MAIL_FEEDBACK["function"], Payload=json.dumps(question))
    answer = json.load(response["Payload"])
    if "FunctionError" in response:
        raise RuntimeError(answer)
    return answer


@functools.cache
def client():
    return boto3.client("lambda")


def remove_blocked(sender, message, results):
    """Removes the recipients of a message that may not be mailed, and reports them."""
    recipients = set(map(str, message.recipients()))
    blocked = {address for address in recipients if results[address].get("allowed") is not True}
    if not blocked:
        return
    for field in ("to", "cc", "bcc"):
        setattr(message, field, [address for address in getattr(message, field) if str(address) not in blocked])
    log.warning("removed %d of %d recipients", len(blocked), len(recipients))
    recipients_blocked.send(sender=sender, message=message, results=[results[address] for address in blocked])
