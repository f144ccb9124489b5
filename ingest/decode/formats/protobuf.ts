import protobuf from "protobufjs";
import type { Limits } from "../json.ts";
import { toPlain } from "./plain.ts";
import type { Compile } from "./registered.ts";

/** Fields keep the schema's names, enums are theirs, times RFC 3339; what proto3 leaves out is its default. */
export function compileProtobuf(limits: Limits): Compile {
  return (schema) => {
    if (schema.kind !== "PROTOBUF") throw new RangeError(`it is of kind ${schema.kind}`);
    const root = new protobuf.Root();
    for (const [name, text] of schema.references) if (protobuf.common.get(name) === null) add(root, text);
    add(root, schema.text);
    root.resolveAll();
    const top = topLevel(schema.text);
    const readers = new Map<string, protobuf.Type>();
    return (body) => {
      const reader = protobuf.Reader.create(body);
      const path = messagePath(reader);
      const name = path.join(".");
      let type = readers.get(name);
      if (type === undefined) {
        type = find(root, top, path);
        readers.set(name, type);
      }
      return toPlain(show(type.toObject(type.decode(reader), OPTIONS), type), limits);
    };
  };
}

const OPTIONS = {
  longs: Number,
  enums: String,
  bytes: String,
  defaults: true,
  arrays: true,
  objects: true,
  json: true,
};
const TIMESTAMP = ".google.protobuf.Timestamp";
const MOST_DEPTH = 32;

function add(root: protobuf.Root, text: string): void {
  const { imports } = protobuf.parse(text, root, { keepCase: true });
  for (const each of imports ?? []) {
    const common = protobuf.common.get(each);
    if (common?.nested) root.addJSON(common.nested);
  }
}

/** Messages of the file itself, in the order in which it has them: the index in each record counts them. */
function topLevel(text: string): readonly string[] {
  const root = new protobuf.Root();
  const { package: space } = protobuf.parse(text, root, { keepCase: true });
  const here = space ? root.lookup(space) : root;
  return messagesOf(here as protobuf.NamespaceBase).map((each) => each.fullName);
}

function messagesOf(space: protobuf.NamespaceBase): protobuf.Type[] {
  return space.nestedArray.filter((each): each is protobuf.Type => each instanceof protobuf.Type);
}

/** How many indices, then they; a lone 0 stands for the first message. Zigzag varints. */
function messagePath(reader: protobuf.Reader): number[] {
  const count = reader.sint32();
  if (count === 0) return [0];
  if (count < 0 || count > MOST_DEPTH) throw new RangeError("the message's index is damaged");
  return Array.from({ length: count }, () => reader.sint32());
}

function find(root: protobuf.Root, top: readonly string[], path: readonly number[]): protobuf.Type {
  const first = top[path[0]!];
  if (first === undefined) throw new RangeError(`it has no message ${path[0]}`);
  let type = root.lookupType(first);
  for (const index of path.slice(1)) {
    const inner = messagesOf(type)[index];
    if (inner === undefined) throw new RangeError(`${type.name} has no message ${index}`);
    type = inner;
  }
  return type;
}

/** Writes times as text, wherever they are. */
function show(object: Record<string, unknown>, type: protobuf.Type, depth = 0): Record<string, unknown> {
  if (depth > MOST_DEPTH) return object;
  for (const field of type.fieldsArray) {
    const inner = field.resolvedType;
    if (!(inner instanceof protobuf.Type)) continue;
    const value = object[field.name];
    if (value === null || typeof value !== "object") continue;
    const one = (each: unknown): unknown =>
      inner.fullName === TIMESTAMP ? timeOf(each) : show(each as Record<string, unknown>, inner, depth + 1);
    if (Array.isArray(value)) object[field.name] = value.map(one);
    else if (field.map) object[field.name] = Object.fromEntries(Object.entries(value).map(([k, v]) => [k, one(v)]));
    else object[field.name] = one(value);
  }
  return object;
}

function timeOf(value: unknown): string | null {
  const { seconds, nanos } = value as { seconds?: number; nanos?: number };
  const date = new Date(Number(seconds ?? 0) * 1000 + Math.floor((nanos ?? 0) / 1e6));
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
