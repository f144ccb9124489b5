import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { RawRecord, RecordHeader } from "../../engine/source.ts";

export const KCAT = "/usr/bin/kcat";
export const hasKcat = existsSync(KCAT);

/** Everything that a topic holds, read by a client that is not ours: committed records of each partition, in order. */
export function readTopic(broker: string, topic: string): Map<number, RawRecord[]> {
  const text = execFileSync(
    KCAT,
    ["-C", "-q", "-e", "-b", broker, "-t", topic, "-o", "beginning", "-f", "%p\t%o\t%T\t%K\t%S\t%h\t%k%s\n"],
    { maxBuffer: 1 << 30, encoding: "buffer", timeout: 120_000 },
  );
  const partitions = new Map<number, RawRecord[]>();
  for (let from = 0; from < text.length; ) {
    const fields: string[] = [];
    while (fields.length < 6) {
      const tab = text.indexOf(9, from);
      fields.push(text.subarray(from, tab).toString());
      from = tab + 1;
    }
    const [partition, offset, time, keySize, size] = fields.slice(0, 5).map(Number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    // What is null has the size -1.
    const take = (length: number) => {
      if (length < 0) return null;
      from += length;
      return text.subarray(from - length, from);
    };
    const [key, value] = [take(keySize), take(size)];
    from += 1;
    if (!partitions.has(partition)) partitions.set(partition, []);
    partitions.get(partition)!.push({ offset, time, key, value, headers: readHeaders(fields[5]!) });
  }
  // Several fetches interleave partitions, never records of one.
  for (const records of partitions.values()) records.sort((a, b) => a.offset - b.offset);
  return partitions;
}

/** name=value,name=value: ours, whose names are known, for values may hold commas. */
function readHeaders(text: string): readonly RecordHeader[] | null {
  if (text === "") return null;
  return text.split(/,(?=tidegauge-)/).map((header) => {
    const end = header.indexOf("=");
    return { name: header.slice(0, end), value: Buffer.from(header.slice(end + 1)) };
  });
}
