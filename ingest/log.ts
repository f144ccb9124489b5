/** Where a source says what a person should know; the program's logger is behind it. */
export type Log = (
  level: "debug" | "info" | "warn" | "error",
  message: string,
  details?: Readonly<Record<string, unknown>>,
) => void;

export const SILENT: Log = () => {};
