"""One-click unsubscribe (RFC 8058): the two header fields of a mail. Copy `headers` into your sender."""

import base64
import hashlib
import hmac
import sys
import time


def headers(host, key_id, key, scope, address, now=None):
    """The fields of a mail to an address, whose link leaves a scope such as `list:own:weekly`."""

    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    payload = f"1\n{key_id}\n{int(time.time() if now is None else now)}\n{scope}\n{address}".encode()
    token = encode(payload) + "." + encode(hmac.new(key.encode(), payload, hashlib.sha256).digest())
    return {
        "List-Unsubscribe": f"<https://{host}/u/{token}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


if __name__ == "__main__":
    for name, value in headers(*sys.argv[1:]).items():
        print(f"{name}: {value}")
