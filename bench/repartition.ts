import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CLIENTS } from "../ingest/kafka.ts";
import { startKafka } from "../test/support/kafka.ts";
import { eventsTopic } from "./kafka-events.ts";
import { COLUMNS, measureService } from "./measure-service.ts";

/**
 * What keying anew costs: the same topic, whose keys are each on one partition, read as it is and through an internal
 * topic, one after the other in each round. CPU per event of 195 bytes, the broker's own not counted.
 *   node --import tsx bench/repartition.ts [--events 500000] [--keys 1000] [--partitions 4] [--rounds 2]
 */
const { values } = parseArgs({
  options: {
    events: { type: "string", default: "500000" },
    keys: { type: "string", default: "1000" },
    partitions: { type: "string", default: "4" },
    rounds: { type: "string", default: "2" },
  },
});
const events = Number(values.events);
const folder = mkdtempSync(join(tmpdir(), "tg-bench-"));
const kafka = await startKafka();
if ("skip" in kafka) throw new RangeError(kafka.skip);
console.log(`client       repartition  ${COLUMNS}`);
try {
  const topic = await eventsTopic(kafka, events, Number(values.keys), Number(values.partitions));
  for (let round = 0; round < Number(values.rounds); round++)
    for (const client of Object.keys(CLIENTS))
      for (const repartition of [false, true]) {
        const config = `kafka: { brokers: ["${kafka.brokers[0]}"], group: ${kafka.unique("bench")}, client: ${client} }
monitors:
  m: { detector: numeric, source: { kafka: { topic: ${topic} } }, options: { algorithm: adwin }, repartition: ${repartition} }
`;
        const place = mkdtempSync(join(folder, "run-"));
        const row = await measureService(place, config, events, repartition ? 2 * events : events);
        console.log(`${client.padEnd(12)} ${String(repartition).padEnd(12)} ${row}`);
      }
} finally {
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}
