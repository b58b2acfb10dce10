"""Mail to SES's mailbox simulator, with the configuration set of the stack."""

import time

from .account import Account

# An account in the sandbox may send one per second.
SECONDS_BETWEEN = 1.1
LOCAL_PART = "mail-feedback-smoke"


def configuration_set(account: Account) -> str | None:
    return account.outputs.get("ConfigurationSetName")


def reported(account: Account) -> set[str]:
    """The event types that the stack has SES report."""
    return {each.strip().lower() for each in account.parameters["SesEventTypes"].split(",")}


def find_sender(account: Account) -> str | None:
    """An address to send from: the first verified one, or any at the first verified domain."""
    request, found = {"PageSize": 100}, []
    while True:
        page = account.client("sesv2").list_email_identities(**request)
        found += page.get("EmailIdentities", [])
        if not page.get("NextToken"):
            return sender_of(found)
        request["NextToken"] = page["NextToken"]


def sender_of(identities: list[dict]) -> str | None:
    """Chooses a sender from the list; the same list gives the same choice."""
    usable = [each for each in identities if each.get("SendingEnabled") and each.get("VerificationStatus") == "SUCCESS"]
    addresses = sorted(each["IdentityName"] for each in usable if each["IdentityType"] == "EMAIL_ADDRESS")
    domains = sorted(each["IdentityName"] for each in usable if each["IdentityType"] == "DOMAIN")
    senders = addresses + [f"{LOCAL_PART}@{domain}" for domain in domains]
    return senders[0] if senders else None


def send(account: Account, sender: str, recipient: str, run: str) -> None:
    """Sends one mail, and pauses as the sandbox requires."""
    text = {"Data": f"A test of the stack {account.stack}, run {run}."}
    account.client("sesv2").send_email(
        FromEmailAddress=sender,
        ConfigurationSetName=configuration_set(account),
        Destination={"ToAddresses": [recipient]},
        Content={"Simple": {"Subject": {"Data": run}, "Body": {"Text": text}}},
    )
    time.sleep(SECONDS_BETWEEN)
