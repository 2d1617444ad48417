import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Manifest, Routing } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { RoutingMetrics } from '../metrics/routing-metrics.js';
import { Router } from './router.js';

const path = join(import.meta.dirname, '..', 'fixtures', 'artifact', 'manifest.json');
const manifest = Manifest.parse(JSON.parse(readFileSync(path, 'utf8')));
const peer = { pod: 'telco-2-abc', address: '127.0.0.1', port: 1 };

function routerWith(routing: object | undefined): Router {
  const router = new Router({
    keys: { all: () => [], stop: () => undefined },
    log: pino({ level: 'silent' }),
    metrics: new RoutingMetrics(new Registry()),
    manifest,
    revision: 'telco-1',
    requestTimeoutSeconds: 30,
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

  it('gives no answer but the own one while it cannot sign', async () => {
    const router = routerWith({ candidate });
    expect(await router.forward({ customer_id: 'C-1' })?.answer(true)).toBeUndefined();
    router.stop();
  });
});
