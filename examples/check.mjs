// Checks before a send whether an address may be mailed. Copy this file into your sender's code.
//
// It needs the packages below (tr46 version 6), and the permission dynamodb:GetItem on the table named by SUPPRESSION_TABLE.
//
// usage: node check.mjs ADDRESS PROVIDER SENDER_DOMAIN [LIST ...] [stream:NAME] [tenant:ses:NAME]
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import tr46 from "tr46"; // Node.js's domainToASCII has different tables in each release, and so gives different keys

const client = DynamoDBDocumentClient.from(new DynamoDBClient());
const TableName = process.env.SUPPRESSION_TABLE;

const trim = (text) => text.replace(/^[\p{White_Space}\x1c-\x1f]+|[\p{White_Space}\x1c-\x1f]+$/gu, "");

function normalizeLabel(label) {
  if (/^[\0-\x7f]*$/.test(label)) return label.toLowerCase();
  const [behindLetter, alone] = ["a" + label, label].map((text) => tr46.toASCII(text, { checkBidi: true, checkJoiners: true }));
  return behindLetter?.startsWith("a") ? behindLetter.slice(1) : alone; // mapped to ASCII, or encoded
}

function normalizeDomain(domain) {
  const text = trim(domain);
  if (/^\[[!-~]*\]$/.test(text)) return text.toLowerCase();
  const labels = text.replace(/[.。．｡]$/, "").split(/[.。．｡]/).map(normalizeLabel);
  const key = labels.join(".");
  const isBad = /[\0- \x7f%#/:<>?@[\\\]^|]/.test(text + key);
  if (isBad || !labels.every(Boolean) || key.length > 253) throw new Error("no domain");
  return key;
}

/** The key of an address without a display name; throws if there is none. */
export function normalize(address) {
  const text = trim(address);
  const at = text.lastIndexOf("@");
  const local = text.slice(0, Math.max(at, 0));
  const unquoted = local.match(/^"((?:[^"\\]|\\.)*)"$/s)?.[1].replace(/\\(.)/gs, "$1") ?? local;
  const fold = (spelling) => spelling.normalize("NFC").toLowerCase().normalize("NFC");
  const isPlain = /^[^\p{White_Space},;:<>()@"]+$/u.test(fold(unquoted));
  const key = (isPlain ? fold(unquoted) : fold(local)) + "@" + normalizeDomain(text.slice(at + 1));
  const isLong = Buffer.byteLength(text) > 1024 || Buffer.byteLength(key) > 254;
  if (isLong || /\p{Cc}/u.test(text) || !(isPlain || /^".*"$/s.test(local))) throw new Error("no address");
  return key;
}

/** Whether a list of a provider, or a topic of one, can have this name; Mailjet numbers its lists. */
function isList(provider, name) {
  if (provider === "mailjet") return /^[1-9][0-9]*$/.test(name);
  if (provider === "ses") return /^[A-Za-z0-9_-]{1,64}(\/[A-Za-z0-9_-]{1,64})?$/.test(name);
  return !/\p{Cc}/u.test(name) && name.split("/").every((part) => part && part !== "*" && part === trim(part));
}

/** The scopes that concern a send; throws for one that cannot exist. */
export function asked(provider, senderDomain, lists = [], tenant, stream) {
  if (!Array.isArray(lists)) throw new Error("lists is no array; give an array of names");
  const sender = provider.toLowerCase();
  if (!/^[^\p{White_Space}\p{Cc}:]+$/u.test(sender)) throw new Error("no provider");
  const scopes = new Set(["*", `provider:${sender}`, `domain:${normalizeDomain(senderDomain)}`]);
  for (const list of lists) {
    const long = list.match(/^list:([^:]*):(.*)$/s);
    const short = list.includes(":") ? "" : list;
    const [owner, name] = long ? [long[1].toLowerCase(), long[2]] : [sender, short];
    if ((owner !== sender && owner !== "own") || !isList(owner, name)) throw new Error("no list of this provider");
    scopes.add(`list:${owner}:${name}`).add(`list:${owner}:${name.split("/")[0]}`);
  }
  const isName = (name) => /^[A-Za-z0-9_-]{1,64}$/.test(name);
  if (tenant !== undefined) {
    const name = tenant.replace(/^tenant:ses:/, "");
    if (sender !== "ses" || !isName(name)) throw new Error("no tenant of this provider");
    scopes.add(`tenant:ses:${name}`);
  }
  if (stream !== undefined) {
    const name = stream.replace(/^stream:/, "");
    if (!isName(name)) throw new Error("no stream");
    scopes.add(`stream:${name.toLowerCase()}`);
  }
  return scopes;
}

/**
 * The entries that block this send, as [scope, reason, entry].
 *
 * A list is News, its topic News/Offers, or list:ses:News; list:own:NAME goes with every provider.
 */
export async function blocked(address, provider, senderDomain, lists = [], tenant, stream) {
  const scopes = asked(provider, senderDomain, lists, tenant, stream);
  const { Item } = await client.send(new GetCommand({ TableName, Key: { address: normalize(address) }, ConsistentRead: true }));
  const now = new Date().toISOString();
  if (Item && !Item.suppressions) throw new Error("the item is no suppression record");
  const entries = Object.entries(Item?.suppressions ?? {})
    .flatMap(([scope, reasons]) => Object.entries(reasons).map(([reason, entry]) => [scope, reason, entry]));
  if (!entries.every(([, , { state }]) => state === "suppressed" || state === "lifted")) {
    throw new Error("the item is no suppression record of a known version");
  }
  return entries
    .filter(([scope, , { state, until }]) => scopes.has(scope) && state === "suppressed" && (until ?? "9999") > now);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [address, provider, senderDomain, ...words] = process.argv.slice(2);
  if (!senderDomain) throw new Error("usage: node check.mjs ADDRESS PROVIDER SENDER_DOMAIN [LIST ...] [stream:NAME] [tenant:ses:NAME]");
  const [tenant, stream] = ["tenant:", "stream:"].map((kind) => words.find((word) => word.startsWith(kind)));
  const lists = words.filter((word) => word !== tenant && word !== stream);
  const entries = await blocked(address, provider, senderDomain, lists, tenant, stream);
  for (const [scope, reason, entry] of entries) {
    console.log("blocked:", reason, "for", scope, "since", entry.first_at, entry.detail ?? "");
  }
  if (entries.length === 0) console.log("allowed");
  process.exitCode = entries.length === 0 ? 0 : 2;
}
