import { Consumer } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { outlivingBrokers } from "./lost-broker.ts";

test("a coordinator that is no broker any more is an error that is told, not one that ends the process", async () => {
  const client = outlivingBrokers(new Consumer({ clientId: "c", bootstrapBrokers: ["127.0.0.1:1"], groupId: "g" }));
  const name = Object.getOwnPropertySymbols(client).find((each) => each.description?.endsWith(".getConnection"))!;
  const connect = (client as unknown as Record<symbol, (broker: unknown, told: (error: unknown) => void) => void>)[
    name
  ]!;
  const heard = await new Promise((resolve) => connect(undefined, resolve));
  expect(heard).toMatchObject({ code: "PLT_KFK_NETWORK", canRetry: true });
  await client.close();
});
