import { TidegaugeError } from "../../engine/errors.ts";

export interface RegistryOptions {
  /** Of a registry that speaks Confluent's API. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly timeoutMs?: number;
}

/** A schema and those that it names, as the registry has them. */
export interface RegisteredSchema {
  readonly kind: "AVRO" | "PROTOBUF" | "JSON";
  readonly text: string;
  /** Name by which it is referred to → its text, those that it refers to itself before it. */
  readonly references: ReadonlyMap<string, string>;
}

export interface Registry {
  /** Null: the registry knows no such id. Rejects REGISTRY_UNAVAILABLE. */
  fetch(id: number): Promise<RegisteredSchema | null>;
}

interface Answer {
  readonly schema: string;
  readonly schemaType?: RegisteredSchema["kind"];
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[];
}

const MOST_REFERENCES = 200;

export function createRegistry({ url, username, password, timeoutMs = 10_000 }: RegistryOptions): Registry {
  const base = url.replace(/\/+$/, "");
  const credentials = Buffer.from(`${username ?? ""}:${password ?? ""}`).toString("base64");
  const headers = username === undefined ? {} : { authorization: `Basic ${credentials}` };

  async function ask(path: string): Promise<Answer | null> {
    try {
      const answer = await fetch(`${base}${path}`, { headers, signal: AbortSignal.timeout(timeoutMs) });
      if (answer.status === 404) return null;
      if (!answer.ok) throw new RangeError(`it answered ${answer.status} to ${path}`);
      return (await answer.json()) as Answer;
    } catch (error) {
      const cause = (error as Error).cause;
      const why = cause instanceof Error ? cause.message : (error as Error).message;
      throw new TidegaugeError("REGISTRY_UNAVAILABLE", { url: base, why }, error);
    }
  }

  async function gather(answer: Answer, found: Map<string, string>): Promise<void> {
    for (const { name, subject, version } of answer.references ?? []) {
      if (found.has(name) || found.size > MOST_REFERENCES) continue;
      const referred = await ask(`/subjects/${encodeURIComponent(subject)}/versions/${version}`);
      if (referred === null) continue;
      await gather(referred, found);
      found.set(name, referred.schema);
    }
  }

  return {
    async fetch(id) {
      const answer = await ask(`/schemas/ids/${id}`);
      if (answer === null) return null;
      const references = new Map<string, string>();
      await gather(answer, references);
      return { kind: answer.schemaType ?? "AVRO", text: answer.schema, references };
    },
  };
}
