import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { MonitorDetail } from "../../adapters/http/types.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { createRandom, uniform } from "../../detectors/statistics/random.ts";

/** Twelve keys that change together. */
export const STORM = "storm";

/** Recorded streams, a monitor for each, that are fed to a running service piece by piece: every panel has something to show. */
export interface Feed {
  /** For the config. */
  readonly monitors: Readonly<Record<string, unknown>>;
  /** In so many pieces a second apart, so that there are rates to see; done when all is taken. */
  play(url: string, pieces: number): Promise<void>;
}

export function createFeed(folder: string): Feed {
  const streams = new Map<string, readonly string[]>();
  const monitors: Record<string, unknown> = {};
  const file = (name: string) => join(folder, `${name}.ndjson`);
  const add = (name: string, detector: string, events: Iterable<unknown>, more: object) => {
    streams.set(
      name,
      [...events].map((event) => (typeof event === "string" ? event : JSON.stringify(event))),
    );
    monitors[name] = { detector, source: { file: { path: file(name), follow: true } }, ...more };
    writeFileSync(file(name), "");
  };
  for (const { name, example } of DETECTORS) {
    const { options, reference, falseAlarms } = example;
    const more = { options, ...(reference && { reference }), ...(falseAlarms && { falseAlarms }), alerts: ["ops"] };
    add(name, name, example.events(), more);
  }
  add(STORM, "numeric", storm(), { options: { dependence: "none" }, reference: { first: 400 } });
  for (const [name, detector, events] of besideExamples()) {
    const turns = detector === "context-drift";
    add(name, detector, events, turns ? { options: { idleMinutes: null }, reference: { first: 100 } } : {});
  }
  // Only what comes through a broker or HTTP has a time from which decisions are late.
  monitors.posted = { detector: "numeric", source: { http: {} }, options: { dependence: "none" } };
  return {
    monitors,
    async play(url, pieces) {
      for (let piece = 0; piece < pieces; piece++) {
        for (const [name, lines] of streams) {
          const size = Math.ceil(lines.length / pieces);
          const part = lines.slice(piece * size, (piece + 1) * size);
          if (part.length > 0) appendFileSync(file(name), `${part.join("\n")}\n`);
        }
        await fetch(`${url}/api/v1/monitors/posted/events`, { method: "POST", body: '{"value":1}' });
        await sleep(1000);
      }
      for (const [name, { length }] of streams) while ((await taken(url, name)) < length) await sleep(200);
    },
  };
}

async function taken(url: string, monitor: string): Promise<number> {
  const { events } = (await (await fetch(`${url}/api/v1/monitors/${monitor}`)).json()) as MonitorDetail;
  return events.consumed;
}

function storm(): string[] {
  return Array.from({ length: 24_000 }, (_, i) => {
    if (i % 1000 === 0) return "not json";
    const value = ((i * 7919) % 101) / 10 + (i < 12_000 ? 0 : 30);
    return `{"key":"k${i % 12}","time":${Date.now()},"value":${value}}`;
  });
}

/** What some gauges need and the examples do not have: reminders, lists of tokens, rare labels, a quantity, a long stream. */
function besideExamples(): [name: string, detector: string, events: readonly object[]][] {
  const turns = [...DETECTORS.find((d) => d.name === "context-drift")!.example.events()] as { turn: number }[];
  const random = createRandom("rare", 1);
  const position = {
    test: [
      ["yes", -0.2],
      ["no", -1.8],
    ],
    reference: [
      ["yes", -0.4],
      ["no", -1.2],
    ],
  };
  return [
    ["reminded", "context-drift", turns.map((t) => ({ ...t, intervention: t.turn === 4 ? "reminder" : null }))],
    [
      "scored",
      "context-drift",
      Array.from({ length: 60 }, (_, i) => ({ conversation: `c${i >> 2}`, turn: (i & 3) + 1, positions: [position] })),
    ],
    [
      "rare",
      "label-drift",
      Array.from({ length: 3000 }, () => {
        const [pair, other] = [Math.floor(uniform(random) * 100), Math.floor(uniform(random) * 100)];
        return { y: [`a${pair}`, `b${uniform(random) < 0.2 ? other : pair}`] };
      }),
    ],
    [
      "quantity",
      "lite-rvfl",
      Array.from({ length: 4000 }, (_, i) => {
        const x = [((i * 7919) % 101) / 101, ((i * 104_729) % 89) / 89];
        return { x, y: x[0]! - 2 * x[1]! + ((i * 1299) % 53) / 530 };
      }),
    ],
  ];
}
