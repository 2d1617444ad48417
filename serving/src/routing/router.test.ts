import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Manifest, Routing } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { startBrokenPeer } from '../fixtures/broken-peer.js';
import { RoutingMetrics } from '../metrics/routing-metrics.js';
import type { RouterParts } from './router.js';
import { Router } from './router.js';

const path = join(import.meta.dirname, '..', 'fixtures', 'artifact', 'manifest.json');
const manifest = Manifest.parse(JSON.parse(readFileSync(path, 'utf8')));
const peer = { pod: 'telco-2-abc', address: '127.0.0.1', port: 1 };

function routerWith(routing: object | undefined, differences: Partial<RouterParts> = {}): Router {
  const router = new Router({
    keys: { all: () => [], stop: () => undefined },
    log: pino({ level: 'silent' }),
    metrics: new RoutingMetrics(new Registry()),
    manifest,
    revision: 'telco-1',
    requestTimeoutSeconds: 30,
    replayRows: () => Promise.resolve([]),
    ...differences,
  });
  follow(router, routing);
  return router;
}

function follow(router: Router, routing: object | undefined): void {
  const parsed = routing && Routing.parse({ sequence: 1, ...routing });
  router.follow({ text: '', sequence: 1, routing: parsed });
}

/** How many of 100 customers are forwarded. */
function forwarded(router: Router): number {
  return Array.from({ length: 100 }, (_, row) => router.forward({ customer_id: `C-${row}` })).filter(Boolean).length;
}

const candidate = { revision: 'telco-2', percent: 100, mode: 'Answer', peers: [peer] };

describe('a router', () => {
  it.each<[string, object | undefined, number]>([
    ['everything at 100 %', { candidate }, 100],
    ['nothing without a routing', undefined, 0],
    ['nothing without a candidate', { control: { peers: [peer] } }, 0],
    ['nothing at 0 %', { candidate: { ...candidate, percent: 0 }, control: { peers: [peer] } }, 0],
    ['nothing while no pod is listed', { candidate: { ...candidate, peers: [] } }, 0],
    [
      'everything at 50 % with a control group',
      { candidate: { ...candidate, percent: 50 }, control: { peers: [peer] } },
      100,
    ],
  ])('forwards %s', (_, routing, expected) => {
    const router = routerWith(routing);
    expect(forwarded(router)).toBe(expected);
    router.stop();
  });

  it('forwards nothing once the pod shuts down, whatever the annotation says then', () => {
    const router = routerWith({ candidate });
    router.stop();
    expect(forwarded(router)).toBe(0);
    follow(router, { candidate });
    expect(forwarded(router)).toBe(0);
  });

  it.each([
    ['the deadline of the routing', 300, 50],
    ['half the request timeout, when the deadline is longer', 0.1, 150_000],
  ])('waits for a hanging peer no longer than %s', async (_, requestTimeoutSeconds, deadlineMilliseconds) => {
    const key = { id: '20260101T000000Z-0123abcd', key: createSecretKey(Buffer.alloc(32, 7)) };
    const hanging = await startBrokenPeer(key, () => undefined);
    const registry = new Registry();
    const routing = { candidate: { ...candidate, peers: [{ ...peer, port: hanging.port }] }, deadlineMilliseconds };
    const router = routerWith(routing, {
      keys: { all: () => [key], stop: () => undefined },
      metrics: new RoutingMetrics(registry),
      requestTimeoutSeconds,
    });
    // It would be the longer one otherwise, and this test would end by its own timeout.
    expect(await router.forward({ customer_id: 'C-1' })?.answer({ probability: 0.9, churn: true })).toBeUndefined();
    router.stop();
    await hanging.close();
    expect(await registry.metrics()).toMatch(/forwarded_total\{.*outcome="Timeout".*\} 1$/m);
  });

  it('gives no answer but the own one while it cannot sign', async () => {
    const router = routerWith({ candidate });
    expect(await router.forward({ customer_id: 'C-1' })?.answer({ probability: 0.9, churn: true })).toBeUndefined();
    router.stop();
  });
});
