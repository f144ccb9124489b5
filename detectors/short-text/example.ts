import type { Example } from "../../engine/detector.ts";
import { createRandom, type Random, uniform } from "../statistics/random.ts";
import type { TextEvent } from "./event.ts";

interface Topic {
  readonly name: string;
  readonly templates: readonly string[];
}

const THINGS = [
  "card",
  "account",
  "order",
  "invoice",
  "parcel",
  "ticket",
  "refund",
  "booking",
  "phone",
  "laptop",
] as const;
const GREETINGS = ["", "hello", "hi there", "good morning", "please help", "excuse me", "dear team", "sorry"] as const;
const CLOSINGS = ["", " thank you", " it is urgent", " as soon as possible", " regards", " i am waiting"] as const;
const KNOWN: readonly Topic[] = [
  { name: "where", templates: ["where is my #", "when will my # arrive", "has the # been sent"] },
  { name: "cancel", templates: ["cancel my #", "i no longer want the #", "stop the #"] },
  { name: "cost", templates: ["how much is a #", "what does a # cost", "is the # free of charge"] },
  { name: "broken", templates: ["my # is broken", "the # does not work", "the # has failed again"] },
  { name: "change", templates: ["change the name on #", "move my # to another day", "correct my #"] },
  { name: "lost", templates: ["i lost my #", "someone stole my #", "my # has disappeared"] },
];
const NEW: Topic = {
  name: "strike",
  templates: [
    "does the strike in france touch my #",
    "is the # late because of the strike",
    "strike in france and my #",
  ],
};

const DIM = 24;

/** Simulated support requests with simulated embeddings: a direction per topic, one per thing, and noise. */
export const example: Example<TextEvent> = {
  options: {},
  reference: { first: 300 },
  falseAlarms: { events: 2000 },
  *events() {
    const random = createRandom("short-text example");
    for (let i = 0; i < 800; i++) {
      const topic = i >= 500 && uniform(random) < 0.4 ? NEW : pick(KNOWN, random);
      yield request(topic, random);
    }
  },
  alarms: [{ kind: "drift", index: 514 }],
};

function request(topic: Topic, random: Random): TextEvent {
  const thing = pick(THINGS, random);
  const said = pick(topic.templates, random).replace("#", thing);
  const text = `${pick(GREETINGS, random)} ${said}${pick(CLOSINGS, random)}`.trim();
  const a = direction(topic.name);
  const b = direction(thing);
  const noise = Array.from({ length: DIM }, () => (uniform(random) + uniform(random) + uniform(random) - 1.5) * 0.35);
  return { text, embedding: a.map((v, d) => Math.round(1000 * (v + 0.6 * b[d]! + noise[d]!)) / 1000) };
}

function direction(name: string): number[] {
  const random = createRandom("direction", name);
  const raw = Array.from({ length: DIM }, () => uniform(random) - 0.5);
  const size = Math.hypot(...raw);
  return raw.map((v) => v / size);
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[Math.floor(uniform(random) * from.length)]!;
}
