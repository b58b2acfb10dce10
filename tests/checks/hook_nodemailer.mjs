// Sends through examples/nodemailer_plugin.mjs; hooks.rs starts this with the function's endpoint.
import assert from "node:assert/strict";
import nodemailer from "nodemailer";
import { askFirst } from "./nodemailer_plugin.mjs";

const { FREE, BOUNCED, LEFT, CHECK, NO_TABLE, MISSING, SENSELESS, AWS_ENDPOINT_URL_LAMBDA } = process.env;
const from = "Example <news@example.com>";
const text = "text";

function transporter(functionName = CHECK, transport = { jsonTransport: true }) {
  const reports = [];
  const made = nodemailer.createTransport(transport);
  made.use("stream", askFirst({ functionName, provider: "ses" }));
  made.on("blocked", (results, mail) => reports.push([results.map((result) => result.address), mail.data.subject]));
  return { made, reports };
}

/** The questions since the previous call. */
const questions = async () => (await fetch(`${AWS_ENDPOINT_URL_LAMBDA}/questions`)).json();

/** The addresses of a field in what would have been sent. */
const named = (info, field) => (JSON.parse(info.message)[field] ?? []).map(({ address }) => address);

const scenarios = {
  async "every recipient is asked about once"() {
    const { made, reports } = transporter();
    const cc = [BOUNCED, { name: "Ann", address: FREE }];
    const bcc = `b@example.com, Team: c@example.com, ${BOUNCED};`;
    const info = await made.sendMail({ from, to: [FREE, "a@example.com"], cc, bcc, subject: "one", text });
    const [{ addresses, ...question }, ...more] = await questions();
    assert.deepEqual(addresses, [FREE, "a@example.com", BOUNCED, "b@example.com", "c@example.com"]);
    assert.deepEqual([question, more], [{ provider: "ses", sender_domain: "example.com" }, []]);
    assert.deepEqual(info.envelope.to, [FREE, "a@example.com", "b@example.com", "c@example.com"]);
    const fields = ["to", "cc", "bcc"].map((field) => named(info, field));
    assert.deepEqual(fields, [[FREE, "a@example.com"], [FREE], ["b@example.com", "c@example.com"]]);
    assert.deepEqual(reports, [[[BOUNCED], "one"]]);
  },

  async "display names and spellings are understood"() {
    const { made } = transporter();
    const to = [`"Doe, Jane" <${BOUNCED}>`, BOUNCED.toUpperCase(), `Jörg <${FREE}>`, { name: "J", address: BOUNCED }];
    const info = await made.sendMail({ from, to, text });
    assert.deepEqual(info.envelope.to, [FREE]);
    assert.deepEqual(JSON.parse(info.message).to, [{ name: "Jörg", address: FREE }]);
  },

  async "the headers name no blocked address"() {
    const { made } = transporter(CHECK, { streamTransport: true, buffer: true });
    const info = await made.sendMail({ from, to: BOUNCED, cc: `Ann <${FREE}>`, text });
    const headers = info.message.toString();
    assert.ok(!headers.includes(BOUNCED) && !/^To:/m.test(headers) && headers.includes(`Cc: Ann <${FREE}>`), headers);
    assert.deepEqual(info.envelope, { from: "news@example.com", to: [FREE] });
  },

  async "an envelope counts instead of the headers"() {
    const { made } = transporter();
    const envelope = { from: "bounces@example.org", to: [BOUNCED, '"a, b"@example.com'], cc: FREE };
    await questions();
    const info = await made.sendMail({ from, to: "list@example.com", envelope, text });
    assert.deepEqual(info.envelope, { from: "bounces@example.org", to: ['"a, b"@example.com', FREE] });
    assert.deepEqual(named(info, "to"), ["list@example.com"]);
    const [{ addresses, sender_domain }] = await questions();
    assert.deepEqual([addresses.length, sender_domain], [3, "example.com"]);
  },

  async "lists and domains are asked about"() {
    const { made } = transporter();
    const mailFeedback = { lists: ["Newsletter"], stream: "marketing" };
    const anyway = await made.sendMail({ from, to: [LEFT, FREE], text });
    const newsletter = await made.sendMail({ from, to: [LEFT, FREE], text, mailFeedback });
    assert.deepEqual([anyway.envelope.to, newsletter.envelope.to], [[LEFT, FREE], [FREE]]);
  },

  async "more than a thousand recipients are several questions"() {
    const { made } = transporter();
    const many = Array.from({ length: 2499 }, (_, number) => `${number}@example.com`);
    await questions();
    const info = await made.sendMail({ from, bcc: [...many, BOUNCED], text });
    assert.deepEqual((await questions()).map(({ addresses }) => addresses.length), [1000, 1000, 500]);
    assert.deepEqual([info.envelope.to, named(info, "bcc")], [many, many]);
  },

  async "nobody is mailed if all are blocked"() {
    const { made, reports } = transporter();
    const error = await made.sendMail({ from, to: BOUNCED, cc: BOUNCED, text }).catch((error) => error);
    assert.deepEqual([error.code, error.results.length], ["EALLBLOCKED", 1]);
    assert.equal(error.results[0].blocked_by[0].reason, "hard_bounce");
    assert.equal(reports.length, 1);
  },

  async "nobody is mailed without an answer"() {
    const senseless = SENSELESS.split(" ");
    assert.equal(senseless.length, 5);
    for (const functionName of [NO_TABLE, MISSING, ...senseless]) {
      const { made } = transporter(functionName);
      const result = await made.sendMail({ from, to: FREE, text }).catch((error) => error);
      const expected = ["unknown", "text"].includes(functionName) ? "EALLBLOCKED" : "ENOTANSWERED";
      assert.equal(result.code, expected, functionName);
      assert.ok(!`${result.message} ${result.cause?.message}`.includes(FREE), result.message);
    }
    const { made } = transporter();
    const wrong = made.sendMail({ from, to: FREE, text, mailFeedback: { lists: "Newsletter" } });
    await assert.rejects(wrong, { code: "ENOTANSWERED", message: /Malformed/ });
  },
};

for (const [name, scenario] of Object.entries(scenarios)) {
  await scenario();
  console.log("ok", name);
}
