import type { Decode } from "../../engine/decode.ts";
import type { LoadedConfig } from "../config/load.ts";
import { recordedSource } from "../recorded-run.ts";
import { lineRange, scanLines } from "./lines.ts";
import { spotsIn } from "./spots.ts";
import type { Stream } from "./stream.ts";

export async function openFile(path: string, followed: boolean, { config }: LoadedConfig): Promise<Stream> {
  const open = () => recordedSource(path, config.limits.recordBytes);
  const scan = await scanLines(open());
  return {
    topic: scan.topic,
    // A followed file is known by its inode, and its first line may have been rotated away.
    identity: followed ? null : scan.identity,
    partitions: null,
    keyedAnew: null,
    spots: spotsIn(scan.topic),
    extents: async (decode) => [
      {
        partition: 0,
        low: 0,
        high: scan.lines,
        async offsetAt(time) {
          return (await scanLines(open(), (record) => timeOf(decode, record) >= time)).found ?? scan.lines;
        },
      },
    ],
    read: ([stretch]) => lineRange(open(), stretch!.begin, stretch!.to),
    close: async () => undefined,
  };
}

function timeOf(decode: Decode, record: Parameters<Decode>[0]): number {
  const decoded = decode(record);
  return decoded !== null && "event" in decoded && decoded.time !== null ? decoded.time : Number.NEGATIVE_INFINITY;
}
