import type { RequestOptions } from 'node:https';

/** Where an API server is and how to prove who we are: the part that we need of the library's `KubeConfig`. */
export interface KubeAccess {
  getCurrentCluster(): { readonly server: string } | null;
  getCurrentContext(): string;
  /** Adds certificates, and the headers of now: a token is renewed before it ends. */
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}
