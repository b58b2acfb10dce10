// A plugin for nodemailer that mails only those whom the function `check` allows. Copy this file into your project.
//
// It needs @aws-sdk/client-lambda, and the permission lambda:InvokeFunction on the function. After all other plugins:
//
//   const transporter = nodemailer.createTransport(…);
//   transporter.use("stream", askFirst({ functionName: "<CheckFunctionName>", provider: "ses" }));
//   transporter.on("blocked", (results, mail) => …); // recipients were removed from a message
//
// To state the lists, the tenant or the stream of a message: sendMail({ …, mailFeedback: { lists: ["Newsletter"] } }).
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";

/** The most addresses that one question may have. */
const LIMIT = 1000;

/** Nobody knows whom to mail, so nobody was mailed: send again later. */
export class NotAnswered extends Error {
  code = "ENOTANSWERED";
}

/** None of the recipients may be mailed, so nobody was. */
export class AllBlocked extends Error {
  code = "EALLBLOCKED";

  constructor(results) {
    super("none of the recipients may be mailed");
    /** The function's answers about them: why, and until when. */
    this.results = results;
  }
}

/** The plugin. */
export function askFirst({ functionName, provider, client = new LambdaClient() }) {
  const removeBlocked = async (mail) => {
    const envelope = mail.message.getEnvelope();
    const recipients = [...new Set(envelope.to)];
    const results = await ask(client, functionName, recipients, mailOf(mail, provider));
    const blocked = results.filter((result) => result.allowed !== true);
    if (blocked.length === 0) return;
    const addresses = new Set(blocked.map((result) => result.address));
    const remaining = recipients.filter((address) => !addresses.has(address));
    if (remaining.length > 0) rewrite(mail, envelope, remaining, addresses);
    mail.mailer.emit("blocked", blocked, mail);
    if (remaining.length === 0) throw new AllBlocked(blocked);
  };
  // In a task of its own: an error in what follows is not one of this plugin.
  return (mail, done) => {
    removeBlocked(mail).then(() => setImmediate(done), (error) => setImmediate(done, error));
  };
}

/** What a question says about a message. */
function mailOf(mail, provider) {
  const sender = mail.message.getAddresses().from?.[0]?.address || mail.message.getEnvelope().from || "";
  return { provider, sender_domain: sender.slice(sender.lastIndexOf("@") + 1), ...mail.data.mailFeedback };
}

/** The result for each address. */
async function ask(client, functionName, addresses, mail) {
  const results = [];
  for (let start = 0; start < addresses.length; start += LIMIT) {
    const part = addresses.slice(start, start + LIMIT);
    try {
      const answer = await invoke(client, functionName, { addresses: part, ...mail });
      const known = new Map(answer.results.map((result) => [result.address, result]));
      if (!part.every((address) => known.has(address))) throw new Error("results are missing");
      results.push(...part.map((address) => known.get(address)));
    } catch (cause) {
      throw new NotAnswered(`no answer about ${addresses.length} addresses: ${cause.message}`, { cause });
    }
  }
  return results;
}

/** The function's answer. */
async function invoke(client, functionName, question) {
  const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(question) });
  // By itself, the SDK waits without end.
  const response = await client.send(command, { abortSignal: AbortSignal.timeout(15_000) });
  const answer = response.Payload.transformToString();
  if (response.FunctionError) throw new Error(answer);
  return JSON.parse(answer);
}

/** Leaves only the remaining recipients in the envelope, and removes the blocked ones from the headers. */
function rewrite(mail, envelope, remaining, blocked) {
  for (const [field, named] of Object.entries(mail.message.getAddresses())) {
    if (!["to", "cc", "bcc"].includes(field) || !named.some(({ address }) => blocked.has(address))) continue;
    mail.message.setHeader(field, named.filter(({ address }) => !blocked.has(address)));
  }
  // As objects, which are not parsed again.
  const from = envelope.from && { address: envelope.from };
  mail.message.setEnvelope({ ...envelope, from, to: remaining.map((address) => ({ address })) });
  mail.data.envelope = mail.message.getEnvelope(); // for transports of earlier versions
}
