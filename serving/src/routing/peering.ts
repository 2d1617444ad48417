import type { Registry } from 'prom-client';
import type { Log } from '../log.js';
import { RoutingMetrics } from '../metrics/routing-metrics.js';
import type { Predictor } from '../prediction/predictor.js';
import type { ServedModel } from '../prediction/served-model.js';
import type { PeerServer } from './peer-server.js';
import { createPeerServer } from './peer-server.js';
import { ownReplayRows } from './replay-rows.js';
import { Router } from './router.js';
import type { RoutingFile } from './routing-file.js';
import type { SigningKeys } from './signing-keys.js';

/** What a pod needs to work with the other pods of its model. */
export interface PeeringOptions {
  /** 0 takes any free one. */
  readonly peerPort: number;
  readonly keys: SigningKeys;
  readonly routingFile: RoutingFile;
}

interface PeeringParts extends PeeringOptions {
  readonly served: ServedModel;
  readonly registry: Registry;
  readonly requestTimeoutSeconds: number;
  readonly log: Log;
}

/** Both sides of forwarding in one pod: it sends rows to its peers, and scores what they send. */
export class Peering {
  readonly router: Router;
  private readonly metrics: RoutingMetrics;
  private server: PeerServer | undefined;

  constructor(private readonly parts: PeeringParts) {
    const { served, log } = parts;
    const { manifest, revision } = served;
    this.metrics = new RoutingMetrics(parts.registry);
    this.router = new Router({
      ...parts,
      metrics: this.metrics,
      manifest,
      revision,
      replayRows: () => ownReplayRows(served, log),
    });
  }

  /** Opens the peer port, and returns it. Forwards from now on, if the routing says so. */
  async listen(predictor: Predictor, host: string): Promise<number> {
    const { served, keys, peerPort, routingFile } = this.parts;
    this.server = createPeerServer({ served, predictor, keys, metrics: this.metrics });
    const port = await this.server.listen(peerPort, host);
    routingFile.follow((state) => {
      this.router.follow(state);
    });
    return port;
  }

  /** A pod that shuts down gets no word of its annotation any more: it forwards nothing, and wants nothing forwarded. */
  leave(): void {
    this.parts.routingFile.stop();
    this.router.stop();
    this.server?.leave();
  }

  close(): void {
    this.leave();
    this.server?.close();
    this.parts.keys.stop();
  }
}
