import { isAbsolute, resolve } from "node:path";

/** Relative paths of a config start at its folder. */
export function pathFrom(folder: string, path: string): string {
  return isAbsolute(path) ? path : resolve(folder, path);
}
