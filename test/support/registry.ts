import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface TestSchema {
  readonly schema: string;
  readonly schemaType?: "AVRO" | "PROTOBUF" | "JSON";
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[];
}

export interface TestRegistry {
  readonly url: string;
  /** Paths asked for, in order. */
  readonly asked: string[];
  /** Returns the schema's id. */
  register(subject: string, schema: TestSchema): number;
  /** Answers 503 while it is down. */
  down: boolean;
  close(): void;
}

/** The part of a Confluent registry's API that a consumer needs; asks for `authorization` if given. */
export async function startRegistry(authorization?: string): Promise<TestRegistry> {
  const schemas: TestSchema[] = [];
  const subjects = new Map<string, TestSchema[]>();
  const asked: string[] = [];
  const find = (path: string): TestSchema | undefined => {
    const id = /^\/schemas\/ids\/(\d+)$/.exec(path);
    if (id) return schemas[Number(id[1]) - 1];
    const version = /^\/subjects\/([^/]+)\/versions\/(\d+)$/.exec(path);
    return version ? subjects.get(decodeURIComponent(version[1]!))?.[Number(version[2]) - 1] : undefined;
  };
  const server = createServer((request, response) => {
    const path = request.url!;
    asked.push(path);
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (registry.down) return answer(503, { message: "down" });
    if (authorization !== undefined && request.headers.authorization !== authorization) return answer(401, {});
    const found = find(path);
    return found ? answer(200, found) : answer(404, { error_code: 40403 });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const registry: TestRegistry = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    down: false,
    register(subject, schema) {
      subjects.set(subject, [...(subjects.get(subject) ?? []), schema]);
      return schemas.push(schema);
    },
    close: () => server.close(),
  };
  return registry;
}

/** A value behind the registry's header. */
export function withSchemaId(id: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, body]);
}
