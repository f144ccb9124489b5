import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { becomeReady, cacheFolder, connectKafka, type TestKafka } from "./kafka.ts";
import { formatStorage, freePorts, launchBroker, QUICK, singleNode } from "./kafka-java.ts";

export interface SecureKafka {
  /** Without any security, for what the test itself does. */
  readonly plain: TestKafka;
  /** host:port of each listener. */
  readonly ssl: string;
  readonly sasl: string;
  readonly saslSsl: string;
  /** PEM texts: the authority that signed the broker's certificate, and a client certificate of it. */
  readonly pem: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly folder: string;
  stop(): Promise<void>;
}

/** May do what access lists allow, which is nothing at first; USER and who comes without a name may do all. */
export const GUEST = { username: "bob", password: "another-word" } as const;
export const USER = { username: "alice", password: "s3cret-word" } as const;

/** A broker with listeners for TLS (asking for client certificates if there are any), SASL, and SASL over TLS. */
export async function startSecureKafka(): Promise<SecureKafka> {
  const folder = mkdtempSync(join(tmpdir(), "tidegauge-kafka-secure-"));
  const pem = certificates(folder);
  const [plain, controller, ssl, sasl, saslSsl] = await freePorts(5);
  const names = { PLAINTEXT: plain, SSL: ssl, SASL_PLAINTEXT: sasl, SASL_SSL: saslSsl };
  const listeners = Object.entries(names).map(([name, port]) => `${name}://127.0.0.1:${port}`);
  const user = `org.apache.kafka.common.security`;
  const plainJaas = `${user}.plain.PlainLoginModule required user_${USER.username}="${USER.password}" user_${GUEST.username}="${GUEST.password}";`;
  const scramJaas = `${user}.scram.ScramLoginModule required;`;
  const jaas = ["sasl_plaintext", "sasl_ssl"].flatMap((listener) => [
    [`listener.name.${listener}.plain.sasl.jaas.config`, plainJaas],
    [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`, scramJaas],
    [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`, scramJaas],
  ]);
  const properties = {
    ...singleNode(folder, plain!, controller!),
    ...QUICK,
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controller}`].join(","),
    "advertised.listeners": listeners.join(","),
    "listener.security.protocol.map": [
      "CONTROLLER:PLAINTEXT",
      ...Object.keys(names).map((name) => `${name}:${name}`),
    ].join(","),
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": join(folder, "broker.pem"),
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": join(folder, "ca.crt"),
    "listener.name.ssl.ssl.client.auth": "requested",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": `User:ANONYMOUS;User:${USER.username};User:CN=client`,
    ...Object.fromEntries(jaas),
  };
  const scram = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
    "--add-scram",
    `${mechanism}=[name="${USER.username}",password="${USER.password}"]`,
  ]);
  formatStorage(cacheFolder(), folder, properties, scram);
  const pid = launchBroker(cacheFolder(), folder, process.pid, `rm -rf '${folder}'`);
  const kafka = await connectWhenReady([`127.0.0.1:${plain}`]);
  return {
    plain: kafka,
    ssl: `127.0.0.1:${ssl}`,
    sasl: `127.0.0.1:${sasl}`,
    saslSsl: `127.0.0.1:${saslSsl}`,
    pem,
    folder,
    async stop() {
      await kafka.stop();
      process.kill(-pid, "SIGTERM");
    },
  };
}

async function connectWhenReady(brokers: string[]): Promise<TestKafka> {
  await becomeReady(brokers);
  return connectKafka(brokers);
}

/** An authority, the broker's certificate and a client's, by openssl. */
function certificates(folder: string): SecureKafka["pem"] {
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
  const key = (name: string) =>
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", at(name));
  key("ca.key");
  openssl(
    "req",
    "-x509",
    "-new",
    "-key",
    at("ca.key"),
    "-subj",
    "/CN=test authority",
    "-days",
    "2",
    "-out",
    at("ca.crt"),
  );
  for (const name of ["broker", "client"]) {
    key(`${name}.key`);
    writeFileSync(at(`${name}.ext`), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
    openssl("req", "-new", "-key", at(`${name}.key`), "-subj", `/CN=${name}`, "-out", at(`${name}.csr`));
    const signing = ["-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2"];
    openssl(
      "x509",
      "-req",
      "-in",
      at(`${name}.csr`),
      ...signing,
      "-extfile",
      at(`${name}.ext`),
      "-out",
      at(`${name}.crt`),
    );
  }
  const text = (name: string) => readFileSync(at(name), "utf8");
  writeFileSync(at("broker.pem"), `${text("broker.key")}${text("broker.crt")}`);
  return { ca: text("ca.crt"), cert: text("client.crt"), key: text("client.key") };
}
