import { BlockList, isIP } from "node:net";

/** Addresses that a webhook must not reach unless allowed: loopback, private, link-local (cloud metadata), reserved. */
const REFUSED = new BlockList();
const V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
];
const V6: readonly (readonly [string, number])[] = [
  ["::", 127],
  ["64:ff9b::", 96],
  // IPv4 inside: 6to4 and Teredo lead to whatever they carry.
  ["2002::", 16],
  ["2001::", 32],
  ["100::", 64],
  ["fec0::", 10],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
];
for (const [net, prefix] of V4) REFUSED.addSubnet(net, prefix, "ipv4");
for (const [net, prefix] of V6) REFUSED.addSubnet(net, prefix, "ipv6");

/** IPv4 written as IPv6 (::ffff:…) counts as what it is. */
export function isPrivate(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && REFUSED.check(address, family === 4 ? "ipv4" : "ipv6");
}
