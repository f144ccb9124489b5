import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { RawRecord } from "../../engine/source.ts";

export const KCAT = "/usr/bin/kcat";
export const hasKcat = existsSync(KCAT);

/** Everything that a topic holds, read by a client that is not ours: committed records of each partition, in order. */
export function readTopic(broker: string, topic: string): Map<number, RawRecord[]> {
  const text = execFileSync(
    KCAT,
    ["-C", "-q", "-e", "-b", broker, "-t", topic, "-o", "beginning", "-f", "%p\t%o\t%T\t%S\t%s\n"],
    { maxBuffer: 1 << 30, encoding: "buffer" },
  );
  const partitions = new Map<number, RawRecord[]>();
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf(10, from);
    const line = text.subarray(from, end);
    from = end + 1;
    const tabs = [line.indexOf(9)];
    tabs.push(line.indexOf(9, tabs[0]! + 1));
    tabs.push(line.indexOf(9, tabs[1]! + 1));
    tabs.push(line.indexOf(9, tabs[2]! + 1));
    const [partition, offset, time, size] = [0, 1, 2, 3].map((i) =>
      Number(line.subarray(i === 0 ? 0 : tabs[i - 1]! + 1, tabs[i]!).toString()),
    );
    if (!partitions.has(partition!)) partitions.set(partition!, []);
    // A tombstone has the size -1.
    const value = size! < 0 ? null : line.subarray(tabs[3]! + 1);
    partitions.get(partition!)!.push({ offset: offset!, time: time!, key: null, value });
  }
  // Several fetches interleave partitions, never records of one.
  for (const records of partitions.values()) records.sort((a, b) => a.offset - b.offset);
  return partitions;
}
