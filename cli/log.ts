import pino from "pino";
import type { Log } from "../engine/log.ts";

/** JSON lines on standard error; LOG_LEVEL chooses how much. */
export function createLog(): Log {
  const logger = pino(
    { level: process.env.LOG_LEVEL ?? "info", base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
  return {
    info: (message, data) => logger.info(data ?? {}, message),
    warn: (message, data) => logger.warn(data ?? {}, message),
    error: (message, data) => logger.error(data ?? {}, message),
  };
}
