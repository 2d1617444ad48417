import type { ServedModel } from '../prediction/served-model.js';
import type { Availability } from '../routing/availability.js';

/** Answers of the health routes, on the public port and on the port of the probes. */
export class Health {
  private readonly startTime = new Date();

  constructor(
    private readonly served: ServedModel,
    private readonly availability: Availability,
  ) {}

  live(): { status: string } {
    return { status: 'live' };
  }

  /** @throws Problem 503 while draining. */
  ready(): { status: string } {
    this.availability.requireReady();
    return { status: 'ready' };
  }

  /** For people: what runs here, since when. Always 200. */
  summary(): Record<string, string> {
    return {
      status: this.availability.leaving() ? 'leaving' : 'ready',
      model: this.served.model,
      revision: this.served.revision,
      artifactSha256: this.served.artifactSha256,
      startTime: this.startTime.toISOString(),
    };
  }
}
