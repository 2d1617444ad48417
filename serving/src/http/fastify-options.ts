import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyHttpOptions } from 'fastify';
import { problemOf } from './problem-of.js';
import { PROBLEM_JSON } from './problem.js';
import { sendProblem } from './send-problem.js';

const slowHeadersMilliseconds = 10_000;

/** Limits of the public server. `requestTimeoutSeconds` bounds the arrival of a request; `limitAnswerTime` its answer. */
export function fastifyOptions(requestTimeoutSeconds: number) {
  const requestTimeout = requestTimeoutSeconds * 1000;
  return {
    logger: false,
    requestTimeout,
    // Longer than the idle time of usual proxies, so that they close first and no request meets a closed connection.
    keepAliveTimeout: 75_000,
    http: {
      headersTimeout: Math.min(slowHeadersMilliseconds, requestTimeout),
      // Node looks for slow clients every 30 s unless told otherwise.
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16 * 1024,
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: requestId,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, problemOf(error));
    },
  } satisfies FastifyHttpOptions<Server>;
}

/** A caller's own id is kept when it can't harm a log or a header. */
function requestId(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

const reasonPhrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** Answers what Node's HTTP parser refuses, before there is a request. */
function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const coded = { code: error.code ?? '', statusCode: 400 };
  const problem = problemOf(coded);
  const body = JSON.stringify(problem.document());
  if (socket.writable) {
    socket.write(
      [
        `HTTP/1.1 ${problem.status} ${reasonPhrases[problem.status] ?? 'Bad Request'}`,
        `Content-Type: ${PROBLEM_JSON}`,
        `Content-Length: ${Buffer.byteLength(body)}`,
        'Connection: close',
        '',
        body,
      ].join('\r\n'),
    );
  }
  socket.destroySoon();
}
