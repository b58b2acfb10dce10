"""Sends through examples/django_backend.py; hooks.rs starts this with the function's endpoint."""

import json
import logging
import os
import urllib.request

from django.conf import settings

FREE, BOUNCED, LEFT = (os.environ[name] for name in ("FREE", "BOUNCED", "LEFT"))
CHECK = {"function": os.environ["CHECK"], "provider": "ses"}
settings.configure(EMAIL_BACKEND="__main__.Backend", MAIL_FEEDBACK=CHECK)

from django.core import mail  # noqa: E402
from django.core.mail.backends import locmem  # noqa: E402
from django_backend import AskFirst, EmailBackend, NotAnswered, recipients_blocked  # noqa: E402


class Backend(AskFirst, locmem.EmailBackend):
    """Keeps in mail.outbox what would be sent."""


def message(to, mail_feedback=None, sender="Example <news@example.com>", **fields):
    new = mail.EmailMessage("subject", "text", sender, to, **fields)
    if mail_feedback is not None:
        new.mail_feedback = mail_feedback
    return new


def questions():
    """The questions since the previous call."""
    with urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL_LAMBDA"] + "/questions") as answer:
        return json.load(answer)


def sent():
    """To, Cc and Bcc of what would have been sent since the previous call."""
    messages, mail.outbox = [(one.to, one.cc, one.bcc) for one in mail.outbox], []
    return messages


def every_recipient_is_asked_about_once():
    one = message([FREE, "a@example.com"], cc=[BOUNCED, FREE], bcc=["b@example.com", BOUNCED])
    assert one.send() == 1
    (question,) = questions()
    assert sorted(question.pop("addresses")) == ["a@example.com", "b@example.com", BOUNCED, FREE]
    assert question == {"provider": "ses", "sender_domain": "example.com"}
    assert sent() == [([FREE, "a@example.com"], [FREE], ["b@example.com"])]
    assert BOUNCED not in one.message().as_string()


def messages_share_a_question():
    messages = [message([FREE, f"{number}@example.com"]) for number in range(20)] + [message([BOUNCED], cc=[BOUNCED])]
    assert mail.get_connection().send_messages(messages) == 20
    (question,) = questions()
    assert len(question["addresses"]) == 22
    assert len(sent()) == 20


def what_was_removed_is_reported():
    reports, lines = [], []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    logging.getLogger("django_backend").addHandler(handler)

    def receive(sender, message, results, **_):
        reports.append((sender, message, results))

    recipients_blocked.connect(receive)
    one = message([FREE, BOUNCED])
    assert one.send() == 1 and message([FREE]).send() == 1
    recipients_blocked.disconnect(receive)
    ((sender, reported, (result,)),) = reports
    assert (sender, reported, result["address"]) == (Backend, one, BOUNCED)
    assert result["blocked_by"][0]["reason"] == "hard_bounce"
    assert lines == ["removed 1 of 2 recipients"]
    assert len(sent()) == 2


def display_names_and_spellings_are_understood():
    named = [f"Jane Doe <{BOUNCED}>", f'"Doe, Jane" <{BOUNCED.title()}>', f"Jörg <{FREE}>", BOUNCED.upper()]
    assert message(named, bcc=["no address"]).send() == 1
    assert sent() == [([f"Jörg <{FREE}>"], [], [])]


def lists_and_domains_are_asked_about():
    newsletter = {"lists": ["Newsletter"], "stream": "marketing"}
    messages = [
        message([LEFT, FREE]),
        message([LEFT, FREE], newsletter),
        message([FREE, "a@example.com"], dict(reversed(newsletter.items()))),
        message([FREE], sender="news@example.org"),
    ]
    questions()
    assert mail.get_connection().send_messages(messages) == 4
    asked = questions()
    assert [len(question["addresses"]) for question in asked] == [2, 3, 1]
    assert [question["sender_domain"] for question in asked] == ["example.com", "example.com", "example.org"]
    assert [question.get("lists") for question in asked] == [None, ["Newsletter"], None]
    assert [to for to, _, _ in sent()] == [[LEFT, FREE], [FREE], [FREE, "a@example.com"], [FREE]]


def more_than_a_thousand_recipients_are_several_questions():
    many = [f"{number}@example.com" for number in range(2499)]
    questions()
    assert message([], bcc=[*many, BOUNCED]).send() == 1
    assert [len(question["addresses"]) for question in questions()] == [1000, 1000, 500]
    assert sent() == [([], [], many)]


def nobody_is_mailed_without_recipients():
    assert message([BOUNCED]).send() == 0 and sent() == []
    # Django's own backend does not even connect: no server listens there.
    assert EmailBackend(host="127.0.0.1", port=9).send_messages([message([BOUNCED])]) == 0


def nobody_is_mailed_without_an_answer():
    for function in [os.environ["NO_TABLE"], os.environ["MISSING"], "null", "no-results", "empty-results"]:
        settings.MAIL_FEEDBACK = {"function": function, "provider": "ses"}
        one = message([FREE], cc=[BOUNCED])
        try:
            one.send()
        except NotAnswered as error:
            assert FREE not in str(error) + str(error.__cause__)
        else:
            raise AssertionError(f"{function} answers")
        assert mail.get_connection(fail_silently=True).send_messages([one]) == 0
        assert (one.to, one.cc) == ([FREE], [BOUNCED]), "it can be sent again"
    assert "unknown" in os.environ["SENSELESS"] and "text" in os.environ["SENSELESS"]
    for function in ["unknown", "text"]:
        settings.MAIL_FEEDBACK = {"function": function, "provider": "ses"}
        assert message([FREE]).send() == 0, function
    settings.MAIL_FEEDBACK = CHECK
    wrong = message([FREE], {"lists": "Newsletter"})
    try:
        wrong.send()
    except NotAnswered as error:
        assert "Malformed" in str(error), error
    else:
        raise AssertionError("a malformed question is answered")
    assert sent() == []


mail.outbox = []
for scenario in [
    every_recipient_is_asked_about_once,
    messages_share_a_question,
    what_was_removed_is_reported,
    display_names_and_spellings_are_understood,
    lists_and_domains_are_asked_about,
    more_than_a_thousand_recipients_are_several_questions,
    nobody_is_mailed_without_recipients,
    nobody_is_mailed_without_an_answer,
]:
    scenario()
    print("ok", scenario.__name__)
