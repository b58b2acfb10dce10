"""Seeds for the fuzzers, made of the samples and of the certificates in the source: `make fuzz` calls it."""

import json
import pathlib
import ssl

root = pathlib.Path(__file__).resolve().parent.parent
corpus = root / "fuzz" / "corpus"


def seed(target, name, content):
    folder = corpus / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


for sample in sorted((root / "events" / "ses").glob("*.json")):
    envelope = json.loads(sample.read_text())["Records"][0]["Sns"]
    seed("envelope", sample.stem, json.dumps(envelope).encode())

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
seed("envelope", "confirmation", json.dumps(confirmation).encode())

certificates = [*(root / "src" / "sns" / "roots").glob("*.pem"), *(root / "events" / "certificates").glob("*.pem")]
for certificate in certificates:
    pem = certificate.read_text()
    seed("certificate", certificate.stem + "-pem", b"\0" + pem.encode())
    seed("certificate", certificate.stem + "-der", b"\1" + ssl.PEM_cert_to_DER_cert(pem))
