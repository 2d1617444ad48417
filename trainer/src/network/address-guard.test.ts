import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { checkLiteral, ForbiddenAddress, guardedLookup, reachOf } from './address-guard.js';

describe('an address', () => {
  it.each([
    ['8.8.8.8', 'Public'],
    ['172.32.0.1', 'Public'],
    ['2606:4700::1111', 'Public'],
    ['64:ff9b::808:808', 'Public'],
    ['127.0.0.1', 'Private'],
    ['10.1.2.3', 'Private'],
    ['172.31.255.255', 'Private'],
    ['192.168.0.1', 'Private'],
    ['100.64.0.1', 'Private'],
    ['::1', 'Private'],
    ['fd12::1', 'Private'],
    ['::ffff:10.0.0.1', 'Private'],
    ['::ffff:a00:1', 'Private'],
    ['64:ff9b::a00:1', 'Private'],
    ['0.0.0.0', 'Forbidden'],
    ['169.254.169.254', 'Forbidden'],
    ['::ffff:169.254.169.254', 'Forbidden'],
    ['fd00:ec2::254', 'Forbidden'],
    ['100.100.100.200', 'Forbidden'],
    ['168.63.129.16', 'Forbidden'],
    ['fe80::1', 'Forbidden'],
    ['fe80::1%eth0', 'Forbidden'],
    ['224.0.0.1', 'Forbidden'],
    ['255.255.255.255', 'Forbidden'],
    ['::', 'Forbidden'],
    ['2002:a00:1::', 'Forbidden'],
  ])('%s leads to a place that is %s', (address, reach) => {
    expect(reachOf(address)).toBe(reach);
  });

  it.each(['127.0.0.1', '[::1]', '[::ffff:7f00:1]'])('%s is refused where only public ones are asked for', (host) => {
    const check = (refuses: boolean) => () => {
      checkLiteral(host, { refusesPrivate: () => refuses });
    };
    expect(check(true)).toThrow(ForbiddenAddress);
    expect(check(false)).not.toThrow();
  });
});

/** A name server whose second answer differs from its first. */
function rebinding(answers: readonly (readonly string[])[]) {
  let asked = 0;
  const resolve: NonNullable<Parameters<typeof guardedLookup>[1]> = (_host, _options, callback) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
  };
  return { resolve, asked: () => asked };
}

describe('a name', () => {
  it('is connected to at the address that was checked, whatever it means the next time', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const names = rebinding([['127.0.0.1'], ['169.254.169.254']]);
    const socket = connect({
      host: 'rebinding.test',
      port,
      lookup: guardedLookup({ refusesPrivate: () => false }, names.resolve),
    });
    await once(socket, 'connect');
    expect(socket.remoteAddress).toBe('127.0.0.1');
    expect(names.asked()).toBe(1);
    socket.destroy();
    server.close();
  });

  it.each([
    ['one of its addresses is private', ['8.8.8.8', '10.0.0.1']],
    ['it leads to the metadata service', ['169.254.169.254']],
  ])('is refused when %s', async (_, addresses) => {
    const lookup = guardedLookup({ refusesPrivate: () => true }, rebinding([addresses]).resolve);
    const refused: unknown[] = await once(connect({ host: 'some.test', port: 443, lookup }), 'error');
    expect(refused[0]).toBeInstanceOf(ForbiddenAddress);
  });
});
