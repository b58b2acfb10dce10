"""Makes seeds for the fuzzers from the samples and from the certificates in the source; `make fuzz` calls it."""

import base64
import json
import pathlib
import ssl
import struct

root = pathlib.Path(__file__).resolve().parent.parent
seeds = root / "fuzz" / "seeds"


def seed(target, name, content):
    folder = seeds / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def addresses(value):
    """Every text in a JSON value that holds an `@`."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [address for item in value for address in addresses(item)]
    return [value] if isinstance(value, str) and "@" in value and len(value) < 200 else []


def samples(provider):
    for path in sorted((root / "events" / provider).glob("*.json")):
        yield path.stem, path.read_text()


spellings = set()
for name, text in samples("ses"):
    invocation = json.loads(text)
    if "Records" not in invocation:
        detail = json.dumps(invocation["detail"])
        seed("ses", name, text)
        seed("invocation", f"ses-{name}", text)
        seed("invocation", f"ses-{name}-8", "8" + detail)
        spellings.update(addresses(invocation))
        continue
    envelope = invocation["Records"][0]["Sns"]
    message = envelope["Message"]
    seed("envelope", name, json.dumps(envelope))
    seed("ses", name, message)
    seed("invocation", f"ses-{name}", text)
    for kind in "34578":
        seed("invocation", f"ses-{name}-{kind}", kind + message)
    seed("invocation", f"ses-{name}-6", "6" + json.dumps(envelope))
    if message.startswith("{"):
        spellings.update(addresses(json.loads(message)))

for provider, kinds in {"mailjet": "02", "tencent": "1"}.items():
    for name, text in samples(provider):
        request = json.loads(text)
        body = request["body"]
        if request.get("isBase64Encoded"):
            body = base64.b64decode(body).decode()
        seed(provider, name, body)
        seed("invocation", f"{provider}-{name}", text)
        for kind in kinds:
            seed("invocation", f"{provider}-{name}-{kind}", kind + body)
        spellings.update(addresses(json.loads(body)))

vectors = json.loads((root / "tests" / "vectors" / "addresses.json").read_text())
spellings.update(addresses(vectors))
for place, spelling in enumerate(sorted(spellings)):
    seed("address", f"{place:03}", spelling)

for place, text in enumerate(
    [
        "2017-08-05T00:41:02.669Z",
        "2009-12-03T04:24:21.000-05:00",
        "2024-04-25T18:08:04.933666+03:00",
        "2018-10-08T14:05:45 +0000",
        "2016-12-31T23:59:60Z",
        "0",
        "1654064683",
        "1654064683123",
        "253402300799999",
        "smtp; 550-5.1.1 no\n550-5.7.1 such",
        "host mx (Exim 4.94.2) said: 5.2.2.",
    ]
):
    seed("timestamp", f"{place:02}", text)

# Each kind of change, at times that lie apart and together.
for first in range(8):
    rules = bytes([5, 30, 3, 30, 0, first])
    changes = (struct.pack(">BHBBB", kind, 4 * kind * first, kind, first, kind) for kind in [*range(8)] * 3 + [248, 255])
    seed("merge", str(first), rules + b"".join(changes))

# Two records, and what Lambda passes on from the stream.
for first in range(8):
    changes = b"".join(struct.pack(">BHBBB", kind, kind * first, kind, 3 * first, kind) for kind in [*range(8)] * 2)
    seed("changes", str(first), changes)


def text(value):
    return {"S": value}


def image(version, scopes):
    entry = {"state": text("suppressed"), "at": text("2026-11-20T12:00:00.000Z"), "provider": text("ses"), "event_id": text("1")}
    suppressions = {scope: {"M": {"unsubscribe": {"M": entry}}} for scope in scopes}
    return {
        "address": text("a@example.com"),
        "version": {"N": str(version)},
        "updated_at": text("2026-11-20T12:00:00.000Z"),
        "suppressions": {"M": suppressions},
        "soft_bounces": {"M": {"bounces": {"L": []}}},
    }


def stream_record(name, **images):
    body = {"Keys": {"address": text("a@example.com")}, "SequenceNumber": "1", "ApproximateCreationDateTime": 1763640000}
    return {"eventName": name, "eventSource": "aws:dynamodb", "dynamodb": body | images}


several = [f"list:ses:{number}" for number in range(12)]
records = [
    stream_record("INSERT", NewImage=image(1, ["*"])),
    stream_record("MODIFY", OldImage=image(1, ["*"]), NewImage=image(2, several)),
    stream_record("REMOVE", OldImage=image(2, several)),
    stream_record("MODIFY", NewImage=image(2, [])),
]
for place, record in enumerate(records):
    seed("changes", f"stream-{place}", json.dumps({"Records": [record]}))
seed("changes", "stream", json.dumps({"Records": records}))

confirmation = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
    "Token": "2336412f37",
    "TopicArn": "arn:aws:sns:us-east-1:123456789012:t",
    "Message": "m\n",
    "SubscribeURL": "https://sns.us-east-1.amazonaws.com/",
    "Timestamp": "2026-01-01T00:00:00.000Z",
    "SignatureVersion": "2",
    "Signature": "AA==",
    "SigningCertURL": "https://sns.us-east-1.amazonaws.com/x.pem",
}
seed("envelope", "confirmation", json.dumps(confirmation))
seed("invocation", "confirmation-6", "6" + json.dumps(confirmation))

certificates = [*(root / "src" / "sns" / "roots").glob("*.pem"), *(root / "events" / "certificates").glob("*.pem")]
for certificate in certificates:
    pem = certificate.read_text()
    seed("certificate", certificate.stem + "-pem", "\0" + pem)
    seed("certificate", certificate.stem + "-der", b"\1" + ssl.PEM_cert_to_DER_cert(pem))
