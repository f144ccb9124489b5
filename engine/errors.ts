/** Every error that a user can meet: code, message template, whether trying again can help. docs/errors.md is held equal. */
export const ERRORS = {
  CONFIG_INVALID: { message: "{where}: {what}. {fix}", retryable: false },
  CONFIG_UNREADABLE: {
    message: "Cannot read the config {path}: {why}. Name an existing file with -c.",
    retryable: false,
  },
  USAGE: { message: "{what}. See `tidegauge {command} --help`.", retryable: false },
  STATE_MISMATCH: {
    message:
      "Monitor {monitor} was configured differently when its state was learnt ({what}). Restore that setting, or forget the state with `tidegauge reset --monitor {monitor}`.",
    retryable: false,
  },
  SNAPSHOT_UNREADABLE: {
    message:
      "A saved state of {detector} has version {version}, this program reads up to {known}. Run the newer program, or `tidegauge reset`.",
    retryable: false,
  },
  KEY_ON_TWO_PARTITIONS: {
    message:
      "Monitor {monitor}: key {key} arrives on more than one partition ({where}), so its events have no order. Write the topic keyed by it, set `repartition: true` to have its events keyed anew, or `order: none` to keep a state per key and partition.",
    retryable: false,
  },
  REPARTITION_TOPIC: {
    message: "Monitor {monitor}: its internal topic {topic} cannot be used: {why}. {fix}.",
    retryable: false,
  },
  TOPIC_NOT_WRITABLE: {
    message:
      "The brokers refuse records for {topic}[{partition}]: {why}. Allow the service to write there, or raise the topic's max.message.bytes; nothing was left out.",
    retryable: false,
  },
  TOPIC_RECREATED: {
    message:
      "Monitor {monitor}: {topic} is not the one whose position is stored (identity {stored}, now {now}). `tidegauge reset --monitor {monitor}` starts anew.",
    retryable: false,
  },
  FENCED: { message: "Another member owns {lane} now (epoch {epoch}); nothing was written.", retryable: true },
  DETECTOR_FAILED: {
    message:
      "Detector {detector} of monitor {monitor} failed at {position}: {why}. The monitor is halted; its last commit stands.",
    retryable: false,
  },
  STORE_UNAVAILABLE: {
    message: "The store does not answer: {why}. Check that it runs and where; events wait meanwhile.",
    retryable: true,
  },
  STORE_OWNED: {
    message: "{path} is in use by process {pid}. Stop it, or choose another store path.",
    retryable: false,
  },
  STORE_VERSION: {
    message: "{path} was made by PostgreSQL {found}, this program brings {ours}. {fix}",
    retryable: false,
  },
  STORE_START: { message: "The embedded PostgreSQL did not start in {path}: {why}.", retryable: false },
  STORE_SCHEMA: {
    message: "The store's schema has version {found}, this program knows {known}. Run the newer program.",
    retryable: false,
  },
  REFERENCE_UNUSABLE: { message: "The reference {file} cannot be used: {why}. {fix}.", retryable: false },
  TURN_UNUSABLE: { message: "No turn can be made: {who} {why} ({reason}).", retryable: false },
  SOURCE_UNAVAILABLE: { message: "Source {source} does not answer: {why}.", retryable: true },
  SOURCE_MISSING: { message: "Source {source} does not exist: {what}. {fix}", retryable: false },
  SOURCE_FORBIDDEN: {
    message: "The brokers do not let us read {source} ({why}). Allow the service's user to {fix}, then restart.",
    retryable: false,
  },
  REGISTRY_UNAVAILABLE: {
    message: "The schema registry {url} does not answer as it should: {why}. Events wait meanwhile.",
    retryable: true,
  },
  POISON_BATCH: {
    message:
      "{topic}[{partition}] cannot be read at offset {offset}: {why}. This partition is halted, the others go on.",
    retryable: false,
  },
  TARGET_FAILED: { message: "Alert channel {target} answered {status}.", retryable: true },
  TARGET_GONE: { message: "Alert channel {target} answered {status}; it is not tried again.", retryable: false },
  TARGET_UNREACHABLE: { message: "Alert channel {target} cannot be reached: {why}.", retryable: true },
  BACKEND_UNAVAILABLE: {
    message:
      "Compute backend {backend} cannot be used: {why}. Use `backend: auto`, or install what it needs (see docs).",
    retryable: false,
  },
  BACKEND_FAILED: {
    message:
      "Compute backend {backend} failed: {why}. Its results cannot be trusted any more; start the service again, it goes on from the last commit.",
    retryable: false,
  },
  EMBEDDER_UNUSABLE: {
    message: "The sentence encoder {model} cannot be used: {why}. See docs/embedders.md.",
    retryable: false,
  },
  EMBEDDER_UNAVAILABLE: {
    message: "The embedding server {url} does not answer as it should: {why}. Events wait meanwhile.",
    retryable: true,
  },
  EMBEDDER_REFUSED: {
    message: "The embedding server {url} refuses what it is asked: {why}. Check url and model; no event was skipped.",
    retryable: false,
  },
  EMBEDDER_CHANGED: {
    message:
      "The embedding model {model} gives vectors of {found} elements, not of {wanted}. Restore it, or correct `embedder.dim` and forget what was learnt with `tidegauge reset --monitor NAME`.",
    retryable: false,
  },
  EMBEDDER_WEIGHTS: {
    message:
      "The embedding model {model} has other weights than when its vectors were learnt: a fixed text's vectors then and now have the cosine {found}. Serve the weights of then under this name, or forget what was learnt with `tidegauge reset --monitor NAME`.",
    retryable: false,
  },
  GPU_REQUIRED: {
    message:
      "`compute.requireGpu` asks for a GPU, but {backend} computes on {device}. Install what the GPU needs (see docs/compute.md), or take requireGpu out.",
    retryable: false,
  },
  NOT_FOUND: { message: "There is no {what} {name}.", retryable: false },
  BAD_REQUEST: { message: "{what}. {fix}", retryable: false },
  FORBIDDEN: { message: "{what}. {fix}", retryable: false },
  TOO_LARGE: { message: "The body has more than {limit} bytes. Send it in pieces.", retryable: false },
  BUSY: { message: "Too many {what} at once. Try again later.", retryable: true },
  INTERNAL: { message: "The service failed to answer this; its log says why.", retryable: true },
  UNAUTHORIZED: { message: "This needs the token: send `Authorization: Bearer …`.", retryable: false },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** The only error class: a code of the table and what fills its message. */
export class TidegaugeError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, string | number>>;
  constructor(code: ErrorCode, details: Readonly<Record<string, string | number>> = {}, cause?: unknown) {
    const message = ERRORS[code].message.replace(/\{(\w+)\}/g, (_, name: string) =>
      String(details[name] ?? `{${name}}`),
    );
    super(message, cause === undefined ? undefined : { cause });
    this.name = "TidegaugeError";
    this.code = code;
    this.retryable = ERRORS[code].retryable;
    this.details = details;
  }
}
