"""Checks before a send whether an address may be mailed. Copy this file into your sender's code.

It needs boto3, idna 3.20 or newer, and the permission dynamodb:GetItem on the table named by SUPPRESSION_TABLE.

usage: python check.py ADDRESS PROVIDER SENDER_DOMAIN [LIST ...] [stream:NAME] [tenant:ses:NAME]
"""

import datetime
import os
import re
import sys
import unicodedata

import boto3
import idna

table = boto3.resource("dynamodb").Table(os.environ["SUPPRESSION_TABLE"])


def normalize_label(label):
    if label.isascii():
        return label.lower()
    text = idna.uts46_remap(label, std3_rules=False)
    if text.isascii():
        return text
    idna.check_initial_combiner(text)
    idna.check_bidi(text)
    joiners = [at for at, char in enumerate(text) if char in "\u200c\u200d"]
    if text.startswith("xn--") or not all(idna.valid_contextj(text, at) for at in joiners):
        raise ValueError("no domain")
    return "xn--" + text.encode("punycode").decode()


def normalize_domain(domain):
    domain = domain.strip()
    if re.fullmatch(r"\[[!-~]*\]", domain):
        return domain.lower()
    dot = "[.\u3002\uff0e\uff61]"
    key = ".".join(map(normalize_label, re.split(dot, re.sub(dot + r"\Z", "", domain))))
    if len(key) > 253 or not all(key.split(".")) or re.search(r"[\0- \x7f%#/:<>?@[\\\]^|]", domain + key):
        raise ValueError("no domain")
    return key


def normalize(address):
    """The key of an address without a display name; raises ValueError if there is none."""
    address = address.strip()
    local, _, domain = address.rpartition("@")
    quoted = re.fullmatch(r'"((?:[^"\\]|\\.)*)"', local)
    for spelling in [re.sub(r"\\(.)", r"\1", quoted[1]), local] if quoted else [local]:
        spelling = unicodedata.normalize("NFC", unicodedata.normalize("NFC", spelling).lower())
        plain = re.fullmatch(r'[^\s,;:<>()@"]+', spelling)
        if plain:
            break
    key = spelling + "@" + normalize_domain(domain)
    is_long = len(address.encode()) > 1024 or len(key.encode()) > 254
    if is_long or re.search(r"[\0-\x1f\x7f-\x9f]", address) or not (plain or re.fullmatch('".*"', spelling)):
        raise ValueError("no address")
    return key


def is_list(provider, name):
    """Whether a list of a provider, or a topic of one, can have this name; Mailjet numbers its lists."""
    if provider == "mailjet":
        return bool(re.fullmatch("[1-9][0-9]*", name))
    if provider == "ses":
        return bool(re.fullmatch("[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64})?", name))
    is_plain = not re.search(r"[\0-\x1f\x7f-\x9f]", name)
    return is_plain and all(part not in ("", "*") and part == part.strip() for part in name.split("/"))


def asked(provider, sender_domain, lists=(), tenant=None, stream=None):
    """The scopes that concern a send; raises ValueError for one that cannot exist."""
    if isinstance(lists, str):
        raise ValueError("lists is a text; give a list of names")
    provider = provider.lower()
    if not re.fullmatch(r"[^\s:\0-\x1f\x7f-\x9f]+", provider):
        raise ValueError("no provider")
    scopes = {"*", f"provider:{provider}", f"domain:{normalize_domain(sender_domain)}"}
    for name in lists:
        owner = provider
        if name.startswith("list:"):
            owner, _, name = name[5:].partition(":")
        elif ":" in name:
            name = ""
        owner = owner.lower()
        if owner not in (provider, "own") or not is_list(owner, name):
            raise ValueError("no list of this provider")
        scopes |= {f"list:{owner}:{part}" for part in (name, name.partition("/")[0])}
    if tenant is not None:
        name = tenant.removeprefix("tenant:ses:")
        if provider != "ses" or not re.fullmatch("[A-Za-z0-9_-]{1,64}", name):
            raise ValueError("no tenant of this provider")
        scopes.add(f"tenant:ses:{name}")
    if stream is not None:
        name = stream.removeprefix("stream:")
        if not re.fullmatch("[A-Za-z0-9_-]{1,64}", name):
            raise ValueError("no stream")
        scopes.add(f"stream:{name.lower()}")
    return scopes


def blocked(address, provider, sender_domain, lists=(), tenant=None, stream=None):
    """The entries that block this send, as (scope, reason, entry).

    A list is News, its topic News/Offers, or list:ses:News; list:own:NAME goes with every provider.
    """
    scopes = asked(provider, sender_domain, lists, tenant, stream)
    item = table.get_item(Key={"address": normalize(address)}, ConsistentRead=True).get("Item", {"suppressions": {}})
    states = {entry["state"] for reasons in item["suppressions"].values() for entry in reasons.values()}
    if not states <= {"suppressed", "lifted"}:
        raise ValueError("the item is no suppression record of a known version")
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return [
        (scope, reason, entry)
        for scope, reasons in item["suppressions"].items()
        if scope in scopes
        for reason, entry in reasons.items()
        if entry["state"] == "suppressed" and entry.get("until", "9999") > now
    ]


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    words = sys.argv[4:]
    tenant, stream = (next(filter(re.compile(kind).match, words), None) for kind in ("tenant:", "stream:"))
    lists = [word for word in words if word not in (tenant, stream)]
    entries = blocked(*sys.argv[1:4], lists, tenant, stream)
    for scope, reason, entry in entries:
        print("blocked:", reason, "for", scope, "since", entry["first_at"], entry.get("detail", ""))
    if not entries:
        print("allowed")
    sys.exit(2 if entries else 0)
