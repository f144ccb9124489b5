import { type Base, type Broker, type Callback, type Connection, NetworkError } from "@platformatic/kafka";

type Connect = (broker: Broker | undefined, callback: Callback<Connection>) => void;

/**
 * The client looks a coordinator or leader up among the brokers that are alive and connects to what it finds. Where a broker
 * died that is nothing, and reading its host throws out of a callback, where only the end of the process hears it. Here it is
 * an error like any other, and what is known of the cluster is asked for anew.
 */
export function outlivingBrokers<Client extends Base>(client: Client): Client {
  const name = connectName(client);
  const methods = client as unknown as Record<symbol, Connect>;
  const connect = methods[name]!.bind(client);
  methods[name] = (broker, callback) => {
    if (broker !== undefined) return connect(broker, callback);
    client.clearMetadata();
    callback(new NetworkError("The broker that should answer is gone."), undefined as unknown as Connection);
  };
  return client;
}

function connectName(client: object): symbol {
  for (let at: object | null = client; at !== null; at = Object.getPrototypeOf(at)) {
    const name = Object.getOwnPropertySymbols(at).find((each) => each.description === "plt.kafka.base.getConnection");
    if (name !== undefined) return name;
  }
  throw new RangeError("@platformatic/kafka has another version than the one pinned here: it connects elsewhere");
}
