import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { PeerSessionParts } from './peer-session.js';
import { PeerSession } from './peer-session.js';

/** Connections that are kept at once: one of each pod of the model. */
const maxConnections = 1_024;

/** Scores what other pods of the model forward, on a port of its own. */
export interface PeerServer {
  /** @returns The port. */
  listen(port: number, host: string): Promise<number>;
  /** Takes no new connections, and asks the routers to send nothing more. */
  leave(): void;
  close(): void;
}

export function createPeerServer(parts: PeerSessionParts): PeerServer {
  const sessions = new Map<Socket, PeerSession>();
  const server = createServer((socket) => {
    sessions.set(socket, new PeerSession(socket, parts));
    socket.once('close', () => sessions.delete(socket));
  });
  server.maxConnections = maxConnections;
  return {
    async listen(port, host) {
      server.listen(port, host);
      await once(server, 'listening');
      // Too many open files, say: the connection that could not be taken is the router's to repeat.
      server.on('error', () => undefined);
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    },
    leave() {
      server.close();
      for (const session of sessions.values()) session.leave();
    },
    close() {
      server.close();
      for (const socket of sessions.keys()) socket.destroy();
    },
  };
}
