import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { createGunzip } from "node:zlib";
import { TidegaugeError } from "../engine/errors.ts";
import { type Log, silentLog } from "../engine/log.ts";
import type { Intake, PartitionId, Source } from "../engine/source.ts";
import { LIMITS } from "./decode/json.ts";
import { firstLineHash } from "./file-place.ts";
import { followFile } from "./follow.ts";
import { createLineFeed } from "./line-feed.ts";
import { type FileContext, readOnce } from "./read-file.ts";

export interface FileSourceOptions {
  /** NDJSON; gzip where the name ends in .gz. */
  readonly path: string;
  /** Go on as the file grows, is rotated or truncated; else end with it. Not for gzip. */
  readonly follow?: boolean;
  /** Default: the file's name. */
  readonly topic?: string;
  /** A longer line is cut here, and so refused as too large. Default 1 MiB. */
  readonly maxLineBytes?: number;
  /** How often a followed file is looked at once its end is reached. Default 200. */
  readonly pollMs?: number;
  readonly log?: Log;
}

/** Lines of a file as records: the offset is the line's number from 0, in follow mode over all files of that name. */
export function createFileSource(options: FileSourceOptions): Source {
  const { path, follow = false, pollMs = 200, log = silentLog, maxLineBytes = LIMITS.recordBytes } = options;
  const partition: PartitionId = { topic: options.topic ?? basename(path), partition: 0 };
  const gzip = path.endsWith(".gz");
  if (gzip && follow) {
    throw new TidegaugeError("CONFIG_INVALID", {
      where: `file ${path}`,
      what: "a compressed file cannot be followed",
      fix: "Leave out `follow`, or follow the uncompressed file",
    });
  }
  const stop = new AbortController();
  const context: FileContext = { path, partition, maxLineBytes, pollMs, log, signal: stop.signal };

  return {
    description: `file ${path}${follow ? " (followed)" : ""}`,
    async partitionCount() {
      await (await openFile(path)).close();
      return 1;
    },
    again: true,
    async run(intake) {
      const file = await openFile(path);
      if (follow) return followFile(context, file, intake);
      try {
        if (gzip) await readGzip(context, file, intake);
        else await readOnce(context, file, intake);
      } finally {
        await file.close();
      }
    },
    async stop() {
      stop.abort();
    },
  };
}

async function openFile(path: string): Promise<FileHandle> {
  const fix = "Check the path";
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    const what = error.code === "ENOENT" ? "there is no such file" : `it cannot be opened (${error.code})`;
    throw new TidegaugeError("SOURCE_MISSING", { source: path, what, fix }, error);
  });
  if (!(await file.stat()).isDirectory()) return file;
  await file.close();
  throw new TidegaugeError("SOURCE_MISSING", { source: path, what: "it is a directory", fix });
}

/** No seeking in gzip: a restart reads from the start and passes over what was processed. */
async function readGzip(context: FileContext, file: FileHandle, intake: Intake): Promise<void> {
  const { partition, signal } = context;
  const claim = await intake.claim(partition, await firstLineHash(file));
  const feed = createLineFeed({
    intake,
    partition,
    maxLineBytes: context.maxLineBytes,
    line: 0,
    byte: 0,
    skipBelow: claim.nextOffset ?? 0,
    stopped: () => signal.aborted,
  });
  const packed = createReadStream(context.path, { highWaterMark: 1 << 18 });
  const plain = packed.pipe(createGunzip({ chunkSize: 1 << 18 }));
  packed.on("error", (error) => plain.destroy(error));
  const chunks = plain.iterator({ destroyOnReturn: true }) as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await readChunk(chunks);
      if (next instanceof Error) {
        const details = {
          topic: partition.topic,
          partition: 0,
          offset: feed.line(),
          why: `its gzip data are damaged (${next.message})`,
        };
        return intake.halt(partition, new TidegaugeError("POISON_BATCH", details, next));
      }
      if (next === null) break;
      await feed.push(next);
      if (signal.aborted) return;
    }
    await feed.end();
    intake.highWatermark(partition, feed.line());
  } finally {
    packed.destroy();
    plain.destroy();
  }
}

/** What fails here is the file's; what fails in deliver() is not, so the two are kept apart. */
async function readChunk(chunks: AsyncIterator<Buffer>): Promise<Buffer | null | Error> {
  try {
    const { done, value } = await chunks.next();
    return done ? null : value;
  } catch (error) {
    return error as Error;
  }
}
