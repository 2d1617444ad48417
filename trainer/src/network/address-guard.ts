import { lookup, type LookupAddress, type LookupAllOptions, type LookupOptions } from 'node:dns';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { TrainingProblem } from '../failure.js';

/** Where an address leads. `Forbidden`: where no table is, such as the metadata service of a cloud. */
export type Reach = 'Public' | 'Private' | 'Forbidden';

const privateNetworks = blockList(
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['198.18.0.0', 15],
  // For documentation; nobody routes them.
  ['192.0.2.0', 24],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['::1', 128],
  ['fc00::', 7],
  ['fec0::', 10],
);

const forbiddenNetworks = blockList(
  ['0.0.0.0', 8],
  // Link-local: among them 169.254.169.254, where a cloud gives its credentials away.
  ['169.254.0.0', 16],
  ['fe80::', 10],
  ['fd00:ec2::', 32],
  ['fd20:ce::254', 128],
  // The metadata services of Alibaba, Oracle and Azure have addresses that look like others.
  ['100.100.100.200', 32],
  ['192.0.0.0', 24],
  ['168.63.129.16', 32],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['ff00::', 8],
  // Tunnels that hide an IPv4 address.
  ['2002::', 16],
  ['2001::', 32],
);

function blockList(...networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [address, bits] of networks) list.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6');
  return list;
}

/** Where an IPv4 or IPv6 address leads; one of IPv6 that holds one of IPv4 (`::ffff:`, `64:ff9b::`) leads where that does. */
export function reachOf(address: string): Reach {
  const scopeless = address.replace(/%.*$/, '');
  const plain = embeddedIPv4(scopeless) ?? scopeless;
  const family = isIPv4(plain) ? 'ipv4' : 'ipv6';
  if (forbiddenNetworks.check(plain, family)) return 'Forbidden';
  return privateNetworks.check(plain, family) ? 'Private' : 'Public';
}

const embedding = /^\[?(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})\]?$/;

function embeddedIPv4(address: string): string | undefined {
  if (isIPv4(address)) return undefined;
  // A URL spells every IPv6 address in the one shortest way.
  const [, high, low] = embedding.exec(new URL(`http://[${address}]`).hostname) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(Number.parseInt(high, 16), 0);
  bytes.writeUInt16BE(Number.parseInt(low, 16), 2);
  return bytes.join('.');
}

/** A host leads where no table may be fetched from. */
export class ForbiddenAddress extends TrainingProblem {
  constructor(host: string, address: string) {
    const advice =
      reachOf(address) === 'Private'
        ? 'set spec.data.https.addressPolicy to AllowPrivate if that is meant. A public host may never redirect to it.'
        : 'name another host.';
    const where = reachOf(address) === 'Private' ? 'in a private network' : 'where no data may be fetched from';
    super('DataInvalid', `${host} has the address ${address}, ${where}: ${advice}`);
    this.name = 'ForbiddenAddress';
  }
}

/** Which private addresses a connection may have, and what is told of those that it has. */
export interface AddressGuard {
  /** Undefined: any. */
  readonly refusesPrivate: (host: string) => boolean;
  readonly seen?: (reach: Reach) => void;
}

/**
 * Checks a host that is an address, which is never looked up.
 *
 * @param host as in a URL
 * @throws ForbiddenAddress
 */
export function checkLiteral(host: string, guard: AddressGuard): void {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0) checkAll(host, [address], guard);
}

function checkAll(host: string, addresses: readonly string[], { refusesPrivate, seen }: AddressGuard): void {
  for (const address of addresses) {
    const reach = reachOf(address);
    if (reach === 'Forbidden' || (reach === 'Private' && refusesPrivate(host))) {
      throw new ForbiddenAddress(host, address);
    }
    seen?.(reach);
  }
}

type LookupCallback = (error: Error | null, address: LookupAddress[] | string, family?: number) => void;

/** As `dns.lookup`. */
type Resolve = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A lookup for `net.connect` that answers with addresses that it has checked: a name that has another address the next time it
 * is asked for (DNS rebinding) gains nothing, since the connection goes to what was checked.
 */
export function guardedLookup(guard: AddressGuard, resolve: Resolve = lookup) {
  return (host: string, options: LookupOptions, callback: LookupCallback): void => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      try {
        checkAll(
          host,
          addresses.map(({ address }) => address),
          guard,
        );
      } catch (problem) {
        callback(problem instanceof Error ? problem : new Error(String(problem)), []);
        return;
      }
      const [first] = addresses;
      if (options.all === true || first === undefined) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
