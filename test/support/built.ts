import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = join(root, "dist/cli/main.js");
const ROOMS = ["adapters", "cli", "dashboards", "detectors", "engine", "ingest"];

/** Path of the built program. Throws where the source is younger: what is tested or measured would not be what is there. */
export function builtProgram(): string {
  const built = statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  for (const room of ROOMS) {
    for (const path of readdirSync(join(root, room), { recursive: true, encoding: "utf8" })) {
      if (!/(?<!\.test)\.tsx?$/.test(path) || statSync(join(root, room, path)).mtimeMs <= built) continue;
      throw new RangeError(`dist/ is older than ${room}/${path}: npm run build`);
    }
  }
  return program;
}
