// Signs with what providers publish for Node.js, and sends to each node in turn. What was answered goes
// to the standard output, a line each.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.SENDERS_DIR}/node_modules/`);
const Stripe = require("stripe");
const { Webhooks } = await import(
  `${process.env.SENDERS_DIR}/node_modules/@octokit/webhooks/dist-bundle/index.js`
);
const standard = require("standardwebhooks");
const svix = require("svix");

const urls = process.env.URLS.split(",");
const sources = JSON.parse(process.env.SOURCES);
let turn = 0;

async function send(sender, source, name, body, headers) {
  const url = urls[turn++ % urls.length] + sources[source].path;
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  const text = await answer.text();
  const events = answer.ok ? JSON.parse(text).events : [];
  console.log(JSON.stringify({ sender, name, status: answer.status, events }));
}

// Each sender also sends a body that is not what it has signed.
async function signed(sender, source, name, body, sign) {
  await send(sender, source, name, body, await sign(body));
  if (!tampered.has(sender)) {
    tampered.add(sender);
    await send(sender, source, "tampered", body.replace("{", "{ "), await sign(body));
  }
}
const tampered = new Set();

const github = new Webhooks({ secret: sources.github.secret });
const examples = JSON.parse(
  readFileSync(
    `${process.env.SENDERS_DIR}/node_modules/@octokit/webhooks-examples/api.github.com/index.json`,
  ),
);
for (const { name, examples: bodies } of examples) {
  for (const [at, example] of bodies.entries()) {
    await signed("@octokit/webhooks", "github", name, JSON.stringify(example), async (body) => ({
      "x-github-event": name,
      "x-github-delivery": `${name}-${at}`,
      "x-hub-signature-256": await github.sign(body),
    }));
  }
}

for (const [sender, library, source, prefix] of [
  ["standardwebhooks (npm)", standard, "standard", "webhook"],
  ["svix (npm)", svix, "svix", "svix"],
]) {
  const webhook = new library.Webhook(sources[source].secret);
  for (let at = 0; at < 20; at++) {
    const body = JSON.stringify({ type: "invoice.paid", data: { at, of: sender } });
    await signed(sender, source, "invoice.paid", body, (it) => {
      const id = `msg_npm_${at}`;
      const now = new Date();
      return {
        [`${prefix}-id`]: id,
        [`${prefix}-timestamp`]: `${Math.floor(now / 1000)}`,
        [`${prefix}-signature`]: webhook.sign(id, now, it),
      };
    });
  }
}

const stripe = new (Stripe.default ?? Stripe)("sk_test_nothing");
for (let at = 0; at < 20; at++) {
  const body = JSON.stringify({ id: `evt_npm_${at}`, type: "charge.succeeded", object: "event" });
  await signed("stripe (npm)", "stripe", "charge.succeeded", body, (payload) => ({
    "stripe-signature": stripe.webhooks.generateTestHeaderString({
      payload,
      secret: sources.stripe.secret,
    }),
  }));
}
