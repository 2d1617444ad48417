import type { AddressInfo } from 'node:net';

/** Says on stdout where a peer listens. */
export function tellPort(address: AddressInfo | string | null): void {
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a port');
  process.stdout.write(`Listening on ${address.port}\n`);
}
