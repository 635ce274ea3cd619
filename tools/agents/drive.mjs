// Drives `ackord channel` with the official TypeScript SDK, as a host that takes notifications. What it wants of
// the cluster, and what it sees, goes to the standard output, a line each.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const modules = `${process.env.AGENTS_DIR}/node_modules/@modelcontextprotocol`;
const { Client } = await import(`${modules}/sdk/dist/esm/client/index.js`);
const { StdioClientTransport } = await import(`${modules}/sdk/dist/esm/client/stdio.js`);
const v2 = await import(`${modules}/client/dist/index.mjs`);
const v2stdio = await import(`${modules}/client/dist/stdio.mjs`);

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (line) => console.log(JSON.stringify(line));
const proved = (what) => say({ do: "proved", what });

async function ask(line) {
  say(line);
  return JSON.parse((await answers.next()).value);
}

const submit = async (type, more = {}) => (await ask({ do: "submit", type, ...more })).event;

const files = mkdtempSync(join(tmpdir(), "ackord-driver-"));
process.on("exit", () => rmSync(files, { recursive: true }));

const about = { name: "driver", version: "1" };
const start = (session, more = {}) => ({
  command: process.env.ACKORD,
  args: ["channel"],
  env: {
    ACKORD_SERVER: process.env.ACKORD_SERVER,
    ACKORD_TOKEN_FILE: process.env.ACKORD_TOKEN_FILE,
    ACKORD_TAG: process.env.ACKORD_TAG,
    ACKORD_SESSION: session,
    ACKORD_LOG: process.env.ACKORD_LOG ?? "error",
    XDG_CONFIG_HOME: files,
    XDG_RUNTIME_DIR: files,
    ...more,
  },
});

// A host: notifications as they come, and calls of tools.
class Host {
  static async start(session, more) {
    const host = new Host();
    host.pushed = [];
    host.waiting = [];
    host.client = new Client(about);
    host.verdicts = [];
    host.client.fallbackNotificationHandler = async ({ method, params }) => {
      if (method === "notifications/claude/channel/permission") return void host.verdicts.push(params);
      assert.equal(method, "notifications/claude/channel");
      for (const [name, value] of Object.entries(params.meta)) {
        assert.match(name, /^[A-Za-z0-9_]+$/);
        assert.equal(typeof value, "string");
      }
      const next = host.waiting.shift();
      next ? next(params) : host.pushed.push(params);
    };
    host.transport = new StdioClientTransport(start(session, more));
    await host.client.connect(host.transport);
    host.pid = host.transport.pid;
    return host;
  }

  async next() {
    return this.pushed.shift() ?? new Promise((resolve) => this.waiting.push(resolve));
  }

  // The next event, which must be this one.
  async event(id) {
    const { content, meta } = await this.next();
    assert.equal(meta.ackord_kind, "event", content);
    assert.equal(meta.ackord_event_id, id);
    assert.match(content, /\nthe body\n/);
    say({ do: "saw", event: id, delivery: Number(meta.ackord_delivery), process: this.pid });
    return Number(meta.ackord_delivery);
  }

  async call(name, args = {}) {
    const result = await this.client.callTool({ name, arguments: args }, undefined, { timeout: 180_000 });
    assert.equal(result.content[0].type, "text");
    return { text: result.content[0].text, isError: result.isError === true };
  }

  async ok(name, args) {
    const { text, isError } = await this.call(name, args);
    assert.ok(!isError, `${name}: ${text}`);
    return text;
  }

  async ack(event, delivery) {
    await this.ok("event_ack", { event_id: event, delivery, summary: "done" });
    say({ do: "acked", event, delivery });
  }

  kill() {
    process.kill(this.pid, "SIGKILL");
  }
}

async function handshake() {
  const host = await Host.start("typescript");
  const { experimental, tools } = host.client.getServerCapabilities();
  assert.deepEqual(experimental, { "claude/channel": {} });
  assert.ok(tools);
  const instructions = host.client.getInstructions();
  assert.match(instructions, /event_ack/);
  assert.ok(Buffer.byteLength(instructions) <= 2048);
  const listed = (await host.client.listTools()).tools;
  assert.equal(listed.length, 32);
  for (const tool of listed) assert.ok(Buffer.byteLength(tool.description) <= 2048, tool.name);
  proved("the handshake declares the channel, and tools");
  return host;
}

// A host that knows the revision without a handshake, and would rather have it.
async function negotiation() {
  const client = new v2.Client(about, { versionNegotiation: { mode: "auto" } });
  await client.connect(new v2stdio.StdioClientTransport(start("typescript-auto")));
  assert.ok(client.getNegotiatedProtocolVersion() < "2026-07-28");
  assert.deepEqual(client.getServerCapabilities().experimental, { "claude/channel": {} });
  await client.close();
  proved("a host that probes for 2026-07-28 falls back to a revision with channels");
}

async function delivery(host) {
  const event = await submit("first");
  const number = await host.event(event);
  const extended = await host.ok("event_extend", { event_id: event });
  assert.match(extended, /yours until/);
  await host.ack(event, number);
  proved("an event comes as a notification, is claimed and acknowledged by tools");
}

async function everyTool(host) {
  const event = await submit("tools");
  const number = await host.event(event);
  const arguments_ = {
    event_next: {},
    event_get: { event_id: event },
    event_why: { event_id: event },
    event_body: { event_id: event },
    event_history: { limit: 3 },
    event_extend: { event_id: event },
    checkpoint: { note: "half done" },
    session_list: {},
    account_info: {},
    token_list: {},
    source_create: { slug: "driven", type: "github", secret: "a secret of the drivers" },
    source_list: {},
    source_update: { id: "driven", mode: "disabled" },
    source_test: { id: "driven", body: "{}" },
    source_delete: { id: "driven" },
    session_send: { target: "somebody", message: "hello" },
    effect_begin: { key: "mail" },
    effect_complete: { key: "mail", result: "sent" },
    cron_create: { schedule: "@daily", prompt: "look around", label: "driven" },
    cron_update: { id: "driven", schedule: "@weekly", silence: { after_seconds: 864000, session: "ops" } },
    cron_list: {},
    cron_pause: { id: "driven" },
    cron_resume: { id: "driven" },
    cron_delete: { id: "driven" },
  };
  for (const [name, args] of Object.entries(arguments_)) await host.ok(name, args);
  await host.ok("event_nack", { event_id: event, reject: true, reason: "nobody can do it" });
  const dead = await host.ok("dead_list");
  assert.ok(dead.includes(event) && dead.includes("nobody can do it"), dead);
  await host.ok("dead_replay", { event_id: event });
  const again = await host.event(event);
  assert.ok(again > number);
  await host.ack(event, again);
  const { tools } = await host.client.listTools();
  for (const { name } of tools) {
    const { text } = await host.call(name, { nonsense: 1 });
    assert.ok(text.length > 0, name);
  }
  proved("every tool answers");
}

async function words(host) {
  const tag = `${process.env.ACKORD_TAG}-other`;
  const other = await Host.start("typescript-other", { ACKORD_TAG: tag });
  await other.ok("event_next");
  await host.ok("session_send", { target: tag, message: "is it good?" });
  const asked = await other.next();
  assert.equal(asked.meta.ackord_from, "typescript");
  assert.match(asked.content, /\nis it good\?\n/);
  const question = asked.meta.ackord_event_id;
  await other.ok("session_reply", { event_id: question, message: "it is" });
  await other.ok("event_ack", { event_id: question });
  const answer = await host.next();
  assert.match(answer.content, /\nit is\n/);
  assert.equal(answer.meta.ackord_in_reply_to, question);
  await host.ok("event_ack", { event_id: answer.meta.ackord_event_id });
  await other.client.close();
  proved("a message to another tag is answered in its conversation");
}

async function cron(host) {
  await host.ok("cron_create", { schedule: "@yearly", prompt: "look around", label: "by-hand" });
  await host.ok("cron_fire", { id: "by-hand" });
  const { content, meta } = await host.next();
  assert.equal(meta.ackord_kind, "event");
  assert.match(content, /look around/);
  await host.ok("event_ack", { event_id: meta.ackord_event_id });
  await host.ok("cron_delete", { id: "by-hand" });
  proved("a cron that is fired by hand comes as an event");
}

async function tokens() {
  const file = join(files, "mine");
  const secret = (await ask({ do: "token" })).token;
  writeFileSync(file, secret, { mode: 0o600 });
  const host = await Host.start("typescript-token", {
    ACKORD_TAG: `${process.env.ACKORD_TAG}-token`,
    ACKORD_TOKEN_FILE: file,
  });
  await host.ok("event_next");
  const made = await host.ok("token_create", { label: "other" });
  const path = /\S+\/tokens\/tok_\w+/.exec(made)[0];
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(!made.includes(readFileSync(path, "utf8").trim()), "no secret is shown");
  const rotated = await host.ok("token_rotate");
  const fresh = readFileSync(file, "utf8").trim();
  assert.ok(fresh !== secret && !rotated.includes(fresh), rotated);
  assert.match(await host.ok("account_info"), /attached: ses_/);
  await host.client.close();
  proved("a token is made and another one replaced, and no model sees a secret");
}

// What the agent may not do alone: allowed and denied by another token, and denied by nobody.
async function permissions() {
  const host = await Host.start("typescript-approvals", { ACKORD_APPROVALS: "true" });
  const { experimental } = host.client.getServerCapabilities();
  assert.deepEqual(experimental, { "claude/channel": {}, "claude/channel/permission": {} });
  await host.ok("event_next");
  const method = "notifications/claude/channel/permission_request";
  const request = (request_id) => ({
    method,
    params: { request_id, tool_name: "Bash", description: "Run\na command", input_preview: '{"command": "ls"}' },
  });
  const verdict = async (host, request_id) => {
    while (host.verdicts.length === 0) await host.ok("account_info");
    const got = host.verdicts.shift();
    assert.equal(got.request_id, request_id);
    return got.behavior;
  };
  await host.client.notification({ method, params: { request_id: 7 } });
  await host.client.notification(request("abcde"));
  await ask({ do: "approve", allow: true });
  assert.equal(await verdict(host, "abcde"), "allow");
  await host.client.notification(request("fghij"));
  await ask({ do: "approve", allow: false });
  assert.equal(await verdict(host, "fghij"), "deny");
  assert.deepEqual(host.verdicts, []);
  await host.client.close();
  const hasty = await Host.start("typescript-approvals", {
    ACKORD_APPROVALS: "true",
    ACKORD_APPROVAL_TIMEOUT: "1s",
  });
  await hasty.ok("event_next");
  await hasty.client.notification(request("kmnop"));
  assert.equal(await verdict(hasty, "kmnop"), "deny");
  await hasty.client.close();
  proved("permissions are asked elsewhere: allowed, denied, and denied at the deadline");
}

// A person presses escape while the model waits for an event.
async function cancelled(host) {
  const gone = new AbortController();
  const call = { name: "event_next", arguments: { wait_seconds: 60 } };
  const waiting = host.client.callTool(call, undefined, { signal: gone.signal });
  await host.ok("account_info");
  gone.abort("escape");
  await assert.rejects(waiting);
  await host.ok("account_info");
  const event = await submit("after-a-cancel");
  await host.ack(event, await host.event(event));
  proved("a call that was cancelled takes no event");
}

async function saidTwice(host) {
  const first = await submit("said-twice");
  const number = await host.event(first);
  const second = await submit("said-once");
  await host.ok("event_ack", { summary: "tests are green" });
  say({ do: "acked", event: first, delivery: number });
  const next = await host.event(second);
  const again = await host.ok("event_ack", { summary: "tests are green" });
  assert.ok(again.includes(`${first} was already acknowledged`), again);
  assert.match(await host.ok("event_get", { event_id: second }), /leased/);
  await host.ack(second, next);
  proved("an answer that is said twice without a name counts once");
}

async function interrupt(host) {
  const event = await submit("long");
  const first = await host.event(event);
  await host.ok("checkpoint", { event_id: event, note: "half done" });
  const urgent = await submit("urgent", { interrupt: true });
  const gone = await host.next();
  assert.equal(gone.meta.ackord_kind, "gone");
  const number = await host.event(urgent);
  const wrong = await host.call("event_ack", { summary: "of the long one" });
  assert.ok(wrong.isError);
  await host.ack(urgent, number);
  const resumed = await host.event(event);
  assert.ok(resumed > first);
  await host.ack(event, resumed);
  proved("an interrupt goes first, and what it set aside resumes");
}

async function leaderKilled(host) {
  const event = await submit("leader");
  const number = await host.event(event);
  await host.ok("event_extend", { event_id: event });
  await ask({ do: "kill_leader" });
  await host.ack(event, number);
  const next = await submit("after-the-leader");
  await host.ack(next, await host.event(next));
  await ask({ do: "start_all" });
  proved("the leader killed in mid-delivery: the same delivery is acknowledged, and the next one comes");
}

async function adapterKilled(host) {
  const event = await submit("adapter");
  const first = await host.event(event);
  await host.ok("event_extend", { event_id: event });
  host.kill();
  const back = await Host.start("typescript");
  const second = await back.event(event);
  assert.equal(second, first + 1);
  const old = await back.call("event_ack", { event_id: event, delivery: first });
  assert.ok(old.isError, old.text);
  await back.ack(event, second);
  proved("the adapter killed with -9: the event comes back under a new number, fenced");
  return back;
}

async function bothKilled(host) {
  const event = await submit("both");
  await host.event(event);
  await ask({ do: "kill_leader" });
  host.kill();
  const back = await Host.start("typescript");
  await back.ack(event, await back.event(event));
  await ask({ do: "start_all" });
  proved("the leader and the adapter killed at once");
  return back;
}

await negotiation();
let host = await handshake();
await delivery(host);
await cancelled(host);
await saidTwice(host);
await interrupt(host);
await words(host);
await cron(host);
await tokens();
await permissions();
await leaderKilled(host);
host = await adapterKilled(host);
host = await bothKilled(host);
await everyTool(host);
await host.client.close();
process.exit(0);
