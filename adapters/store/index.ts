import type { Store } from "../../engine/store.ts";
import { createEmbeddedStore, type EmbeddedOptions } from "./embedded.ts";
import { createMemoryStore } from "./memory.ts";
import { createPostgresStore, type PostgresOptions } from "./postgres.ts";

export type StoreConfig =
  | ({ readonly kind: "embedded" } & EmbeddedOptions)
  | ({ readonly kind: "postgres" } & PostgresOptions)
  | { readonly kind: "memory" };

export function createStore(config: StoreConfig): Store {
  switch (config.kind) {
    case "embedded":
      return createEmbeddedStore(config);
    case "postgres": {
      const { kind: _, ...options } = config;
      return createPostgresStore(options);
    }
    case "memory":
      return createMemoryStore();
  }
}
