// One-click unsubscribe (RFC 8058): the two header fields of a mail. Copy `headers` into your sender.

import { createHmac } from "node:crypto";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";

/** The fields of a mail to an address, whose link leaves a scope such as `list:own:weekly`. */
export function headers(host, keyId, key, scope, address, now = Date.now() / 1000) {
  const payload = `1\n${keyId}\n${Math.floor(now)}\n${scope}\n${address}`;
  const mac = createHmac("sha256", key).update(payload).digest("base64url");
  const token = `${Buffer.from(payload).toString("base64url")}.${mac}`;
  return {
    "List-Unsubscribe": `<https://${host}/u/${token}>`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  };
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  for (const [name, value] of Object.entries(headers(...argv.slice(2)))) console.log(`${name}: ${value}`);
}
