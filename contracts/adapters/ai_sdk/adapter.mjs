// An adapter for `experimental_generateVideo` of the AI SDK with the provider @ai-sdk/alibaba. v6/ and v7/ start it with
// a generation of the packages.
//
// Nothing in the packages is changed. Replaced is what they take their time from: `setTimeout` where their function
// `delay` calls it, and `Date.now`. Their download refuses addresses of this machine, where the emulator is: it is given
// a name that does not exist instead, by their own option `download`, and what it asks of that name is led back.
import { AsyncLocalStorage } from "node:async_hooks";
import { Console } from "node:console";
import { createHash } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";

const ELSEWHERE = "clips.invalid";
const KINDS = { 400: "validation", 401: "auth", 403: "auth", 404: "validation", 429: "quota" };
const CODES = { DataInspectionFailed: "moderation", Arrearage: "quota", "AllocationQuota.FreeTierOnly": "quota" };
const stdout = process.stdout;
globalThis.console = new Console(process.stderr); // stdout belongs to the protocol
const current = new AsyncLocalStorage(); // the id of the call
const sleepers = new Map(); // token: what goes on when it is woken
const stops = new Map(); // id of a call: its AbortController
let tokens = 0;
let now = 0; // epoch seconds, as the kit told last

const say = (message) => stdout.write(`${JSON.stringify(message)}\n`);

const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;
globalThis.setTimeout = (then, delay, ...rest) => {
  const caller = new Error().stack.split("\n")[2];
  if (!caller?.includes("@ai-sdk/provider-utils")) return realSetTimeout(then, delay, ...rest);
  const token = ++tokens;
  sleepers.set(token, then);
  say({ type: "sleep", id: current.getStore(), token, seconds: Math.max(0, (delay ?? 0) / 1000) });
  return { virtual: token };
};
globalThis.clearTimeout = (timer) => (timer?.virtual ? sleepers.delete(timer.virtual) : realClearTimeout(timer));
Date.now = () => now * 1000;

// Leads what is asked of the name that does not exist to this machine.
function lead(holder) {
  const { fetch } = holder;
  holder.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.hostname !== ELSEWHERE) return fetch(input, init);
    url.hostname = "127.0.0.1";
    return fetch(url, { ...init, dispatcher: undefined }); // theirs refuses this machine once more
  };
}

// Starts it. `packages` is the name and version that it says hello with; `ai` and `createAlibaba` are the packages', and
// `undici` is what they download with, unless they do so with Node's own `fetch`.
export function run(packages, ai, createAlibaba, undici) {
  lead(undici);
  lead(globalThis);
  const about = {
    ...packages,
    language: `Node ${process.versions.node.split(".")[0]}`,
    capabilities: ["generate", "download", "sleep_hook", "abort", "tls"],
    config: { time: "patch", auto_retry: true, additions: [] }, // two more attempts, says `maxRetries`
  };
  createInterface({ input: process.stdin }).on("line", (line) => {
    const message = JSON.parse(line);
    if (message.now !== undefined) now = message.now; // every scenario begins at the same instant
    if (message.type === "hello") say({ type: "hello", protocol: 1, ...about });
    else if (message.type === "call") current.run(message.id, () => answer(message, ai, createAlibaba));
    else if (message.type === "cancel") stops.get(message.id)?.abort();
    else if (message.type === "bye") process.exit(0);
    else if (message.type === "wake") {
      const then = sleepers.get(message.token);
      sleepers.delete(message.token);
      then?.();
    }
  });
}

async function answer(call, ai, createAlibaba) {
  const stop = new AbortController();
  stops.set(call.id, stop);
  let result;
  try {
    result = await generate(call, ai, createAlibaba, stop.signal);
  } catch (error) {
    say({ type: "answer", id: call.id, ok: false, error: told(error, stop.signal.aborted) });
    return;
  }
  try {
    const clip = Buffer.from(result.video.uint8Array);
    const { taskId: task_id, videoUrl: url } = result.providerMetadata?.alibaba ?? {};
    const { out } = call.options;
    if (out) {
      await writeFile(`${out}.part`, clip);
      await rename(`${out}.part`, out);
    }
    const sha256 = createHash("sha256").update(clip).digest("hex");
    say({ type: "answer", id: call.id, ok: true, result: { task_id, url, bytes: clip.length, sha256, path: out } });
  } catch (error) {
    say({ type: "answer", id: call.id, harness_error: error.stack });
  }
}

// Calls generateVideo with what the packages have an option for.
function generate(call, ai, createAlibaba, abortSignal) {
  const { poll_interval_s, timeout_s } = call.options;
  const { prompt, negative_prompt } = call.request.input ?? {};
  const { duration, seed, watermark, prompt_extend, resolution, ratio } = call.request.parameters ?? {};
  const intervalMs = poll_interval_s === undefined ? undefined : poll_interval_s * 1000;
  const timeoutMs = timeout_s === undefined ? undefined : timeout_s * 1000;
  const settings = {
    negativePrompt: negative_prompt,
    watermark,
    promptExtend: prompt_extend,
    pollIntervalMs: intervalMs, // v6; v7 has `poll`
    pollTimeoutMs: timeoutMs,
  };
  const provider = createAlibaba({ apiKey: call.api_key, videoBaseURL: call.base_url.replace(/\/api\/v1(\/?)$/, "$1") });
  const download = ai.createDownload();
  return ai.experimental_generateVideo({
    model: provider.video(call.request.model),
    prompt: prompt ?? "",
    duration,
    seed,
    resolution: dimensions(resolution, ratio),
    aspectRatio: ratio,
    providerOptions: { alibaba: defined(settings) },
    poll: intervalMs === undefined && timeoutMs === undefined ? undefined : defined({ intervalMs, timeoutMs }),
    abortSignal,
    download: ({ url, abortSignal: signal }) => download({ url: elsewhere(url, call.base_url), abortSignal: signal }),
  });
}

// The size in pixels that the SDK's `resolution` wants, of "720P" and "16:9".
function dimensions(tier, ratio = "16:9") {
  const side = Number(/^(\d+)P$/.exec(tier ?? "")?.[1]);
  const [wide, high] = ratio.split(":").map(Number);
  if (!side || !wide || !high) return tier;
  const other = Math.round((side * Math.max(wide, high)) / Math.min(wide, high) / 2) * 2;
  return wide >= high ? `${other}x${side}` : `${side}x${other}`;
}

// The URL of a clip that is on the service's own address, with a name that the SDK does not refuse.
function elsewhere(url, base) {
  const found = new URL(url);
  if (found.hostname === new URL(base).hostname) found.hostname = ELSEWHERE;
  return found;
}

const defined = (given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

// Says what generateVideo threw: its class, its words, and the fields that its classes have.
function told(thrown, isStopped) {
  const error = thrown?.lastError ?? thrown; // of a RetryError
  const text = `${thrown?.name}: ${thrown?.message}`;
  const [, task_id, said] = /Task ID: (\S+?)(?:\.\s*(.*))?$/s.exec(text) ?? [];
  const fields = {
    code: error?.data?.code ?? undefined,
    message: error?.data?.message ?? (said || undefined),
    request_id: error?.data?.request_id ?? undefined,
    http_status: error?.statusCode,
    task_id,
  };
  return { kind: kindOf(error, text, isStopped), text, ...defined(fields) };
}

function kindOf(error, text, isStopped) {
  if (isStopped) return "canceled";
  if (/timed out after/.test(text)) return "timeout";
  if (/Video generation failed/.test(text)) return "task";
  if (/Video generation canceled/.test(text)) return "canceled";
  if (/Cannot connect to API/.test(text)) return "network";
  if (/DownloadError/.test(error?.name)) return error.statusCode ? "other" : "network";
  return CODES[error?.data?.code] ?? KINDS[error?.statusCode] ?? "other";
}
