import type { Model } from "./detector.ts";
import { TidegaugeError } from "./errors.ts";

/** The model; what it throws says which detector of which monitor failed, so that its lane halts and others go on. */
export function guardModel(model: Model, failed: (error: unknown) => TidegaugeError): Model {
  const guard =
    <A extends unknown[], R>(work: (...given: A) => R) =>
    (...given: A): R => {
      try {
        const made = work(...given);
        if (!(made instanceof Promise)) return made;
        return made.catch((error: unknown) => {
          throw named(error);
        }) as R;
      } catch (error) {
        throw named(error);
      }
    };
  const named = (error: unknown): TidegaugeError => (error instanceof TidegaugeError ? error : failed(error));
  return {
    ...model,
    init: guard(model.init),
    ...(model.begin ? { begin: guard(model.begin) } : {}),
    save: guard(model.save),
    load: guard(model.load),
    inspect: guard(model.inspect),
    ...(model.status ? { status: guard(model.status) } : {}),
    ...(model.prepare ? { prepare: guard(model.prepare) } : {}),
    ...(model.finish ? { finish: guard(model.finish) } : {}),
    ...(model.command ? { command: guard(model.command) } : {}),
  };
}
