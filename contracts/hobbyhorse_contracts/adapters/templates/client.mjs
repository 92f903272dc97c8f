#!/usr/bin/env node
// An adapter in Node (18 or newer), as a template: copy it, put your client where `generate` is, change NAME and
// ABOUT. It needs no packages. Try it: hobbyhorse certify adapter "node client.mjs"
import { createHash } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";

const NAME = "template-node";
const VERSION = "1";
const ABOUT = {
  language: "node",
  capabilities: ["generate", "download", "sleep_hook", "events", "batch"],
  config: { auto_retry: false }, // what fails is mostly left to the user
};
const sleepers = new Map(); // token: what goes on when it is woken
let tokens = 0;
let now = 0; // epoch seconds, as the kit told last

// A message is one JSON object on one line. Nothing else may go to stdout: use console.error.
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  if (message.now !== undefined) now = Math.max(now, message.now);
  if (message.type === "hello") {
    say({ type: "hello", protocol: 1, name: NAME, version: VERSION, ...ABOUT });
  } else if (message.type === "call") {
    answer(message);
  } else if (message.type === "wake") {
    sleepers.get(message.token)();
    sleepers.delete(message.token);
  } else if (message.type === "bye") {
    process.exit(0);
  }
});

// Makes the call; says how it ended. What is wrong with this adapter itself is a harness_error.
async function answer(call) {
  const { id } = call;
  try {
    say({ type: "answer", id, ok: true, result: await generate(call) });
  } catch (error) {
    if (!(error instanceof ClientError)) say({ type: "answer", id, harness_error: String(error.stack ?? error) });
    else say({ type: "answer", id, ok: false, error: { text: error.message, ...error.fields } });
  }
}

// Stands in for setTimeout: tells the kit, goes on when it says so.
function sleep(call, seconds) {
  const token = ++tokens;
  const woken = new Promise((resolve) => sleepers.set(token, resolve));
  say({ type: "sleep", id: call.id, token, seconds });
  return woken;
}

// ---- What follows is the client. Yours goes in its place. ------------------------------------------------------------

class ClientError extends Error {
  // `fields` has its `kind`, and whatever else is known: code, message, request_id, http_status, task_id.
  constructor(text, fields) {
    super(text);
    this.fields = fields;
  }
}

// Creates a task, waits for it, saves its clip.
async function generate(call) {
  const { poll_interval_s: interval = 15, timeout_s: timeout = 600, out } = call.options;
  const task_id = await create(call);
  say({ type: "event", id: call.id, event: "task_created", task_id });
  const ends = now + timeout;
  for (;;) {
    await sleep(call, interval);
    const { output, request_id } = await poll(call, task_id);
    const status = output.task_status;
    if (status === "SUCCEEDED") return { task_id, status, ...(await saved(output.video_url, task_id, out)) };
    const kind = { FAILED: "task", CANCELED: "canceled", UNKNOWN: "unknown_task" }[status];
    const { code, message } = output;
    if (kind) {
      throw new ClientError(`task ${task_id} is ${status}: ${code} ${message}`, { kind, code, message, task_id, request_id });
    }
    if (now >= ends) {
      const text = `task ${task_id} is ${status} after ${timeout} s; it may still finish`;
      throw new ClientError(text, { kind: "timeout", task_id });
    }
  }
}

// Sends the one request that costs money, once: whoever sends it again may pay twice.
async function create(call) {
  const url = `${call.base_url.replace(/\/$/, "")}/services/aigc/video-generation/video-synthesis`;
  const headers = { "Content-Type": "application/json", "X-DashScope-Async": "enable" };
  const hint = "the request may have been accepted: look before you send it again";
  try {
    const body = await fetched(url, call.api_key, { method: "POST", headers, body: JSON.stringify(call.request) });
    const { task_id } = JSON.parse(body.toString()).output;
    if (!task_id) throw new Error("the answer has no task_id");
    return task_id;
  } catch (error) {
    throw refused(error, "ambiguous", hint);
  }
}

// Asks how a task is; a few failures in a row do not end the wait.
async function poll(call, task_id) {
  const url = `${call.base_url.replace(/\/$/, "")}/tasks/${encodeURIComponent(task_id)}`;
  for (const wait of [5, 10, 20, 40, undefined]) {
    try {
      const body = JSON.parse((await fetched(url, call.api_key)).toString());
      if (!body.output) throw new Error("the answer has no output");
      return body;
    } catch (error) {
      if (wait === undefined || [400, 401, 403, 404].includes(error.status)) {
        throw refused(error, "network", `task ${task_id} may still finish`, { task_id });
      }
      await sleep(call, Math.max(wait, error.retryAfter ?? 0));
    }
  }
}

// Downloads the clip, without the API key, and saves it under its name once it is whole.
async function saved(url, task_id, out) {
  if (!url) throw new ClientError(`task ${task_id} succeeded without a video_url`, { kind: "integrity", task_id });
  let clip;
  try {
    clip = await fetched(url);
  } catch (error) {
    throw refused(error, "network", `the clip of task ${task_id} was not saved`, { task_id });
  }
  if (clip.subarray(4, 8).toString("latin1") !== "ftyp") {
    throw new ClientError(`what came for task ${task_id} is no MP4`, { kind: "integrity", task_id });
  }
  if (out) {
    await writeFile(`${out}.part`, clip);
    await rename(`${out}.part`, out);
  }
  return { bytes: clip.length, sha256: createHash("sha256").update(clip).digest("hex"), path: out };
}

async function fetched(url, key, { headers = {}, ...options } = {}) {
  const sent = { ...headers, "User-Agent": `${NAME}/${VERSION}`, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  const reply = await fetch(url, { ...options, headers: sent, redirect: "error", signal: AbortSignal.timeout(30_000) });
  const body = Buffer.from(await reply.arrayBuffer());
  if (!reply.ok) {
    const retryAfter = Number(reply.headers.get("retry-after")) || undefined;
    throw Object.assign(new Error(body.toString().slice(0, 200)), { status: reply.status, body, retryAfter });
  }
  return body;
}

// Returns a client's error for what fetch threw.
function refused(error, unsure, hint, fields = {}) {
  if (!error.status) return new ClientError(`${error.cause?.message ?? error.message}; ${hint}`, { kind: unsure, ...fields });
  let said = { message: error.message };
  try {
    const { code, message, request_id } = JSON.parse(error.body.toString());
    said = { code, message, request_id };
  } catch {}
  const known = { 400: "validation", 401: "auth", 403: "auth", 429: "quota" };
  const kind = known[error.status] ?? (error.status >= 500 ? unsure : "other");
  const text = `HTTP ${error.status} ${said.code}: ${said.message}; ${hint}`;
  return new ClientError(text, { kind, http_status: error.status, ...said, ...fields });
}
