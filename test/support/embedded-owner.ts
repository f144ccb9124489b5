import { createEmbeddedStore } from "../../adapters/store/embedded.ts";

/** Owns the store of the folder given, says so on standard output, and then does nothing. Run by the tests as a process. */
const store = createEmbeddedStore({ path: process.argv[2]! });
await store.open();
const claim = await store.claim({ run: "r", monitor: "m", topic: "t", partition: 0 }, null);
process.stdout.write(`${JSON.stringify(claim)}\n`);
setInterval(() => {}, 60_000);
