import type { TidegaugeError } from "../../../engine/errors.ts";
import { createByteReader } from "../byte-reader.ts";
import { REFUSALS, sendError } from "../port.ts";

/** Kafka's number for the request, and the version that is written here: brokers from 2.1 on. */
export const PRODUCE = 0;
export const PRODUCE_VERSION = 7;

const ALL_IN_SYNC = -1;
const ANSWER_WITHIN_MS = 30_000;

/** The request's body: no transaction, all in-sync replicas, one topic, one partition, one batch. */
export function produceRequest(topic: string, partition: number, batch: Buffer): Buffer {
  const name = Buffer.from(topic);
  const head = Buffer.alloc(2 + 2 + 4 + 4 + 2 + name.length + 4 + 4 + 4);
  let at = head.writeInt16BE(-1, 0);
  at = head.writeInt16BE(ALL_IN_SYNC, at);
  at = head.writeInt32BE(ANSWER_WITHIN_MS, at);
  at = head.writeInt32BE(1, at);
  at = head.writeInt16BE(name.length, at);
  at += name.copy(head, at);
  at = head.writeInt32BE(1, at);
  at = head.writeInt32BE(partition, at);
  head.writeInt32BE(batch.length, at);
  return Buffer.concat([head, batch]);
}

/** The broker's error code; 0: every in-sync replica has the batch. */
export function readProduceAnswer(body: Buffer): number {
  const { int16, int32, take } = createByteReader(body);
  if (int32() !== 1) throw new RangeError("the broker answers for another topic");
  take(int16());
  if (int32() !== 1) throw new RangeError("the broker answers for another partition");
  int32();
  return int16();
}

export function refusal(topic: string, partition: number, code: number): TidegaugeError {
  const type = Object.keys(REFUSALS).find((name) => REFUSALS[name] === code);
  return sendError(topic, partition, type ? [type] : [], `the broker answers with error ${code}`, null);
}
