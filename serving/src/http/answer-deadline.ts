import type { FastifyInstance, FastifyReply } from 'fastify';
import { Problem } from './problem.js';
import { sendProblem } from './send-problem.js';

/** How late a 503 may be, in milliseconds. */
const lookMilliseconds = 250;

/**
 * Answers 503 to a request that is not answered in time. Fastify has an option for it, which makes a timer and an AbortController for each
 * request: a tenth of all CPU. Here one timer looks after all of them, the oldest first.
 */
export function limitAnswerTime(fastify: FastifyInstance, milliseconds: number): void {
  /** When each answer is due; the earliest first, since all get the same time. */
  const due = new Map<FastifyReply, number>();
  const look = setInterval(() => {
    const now = performance.now();
    for (const [reply, time] of due) {
      if (time > now) return;
      due.delete(reply);
      if (!reply.raw.destroyed) sendProblem(reply, tooLate());
    }
  }, lookMilliseconds).unref();
  fastify.addHook('onRequest', (_request, reply, done) => {
    due.set(reply, performance.now() + milliseconds);
    done();
  });
  fastify.addHook('onResponse', (_request, reply, done) => {
    due.delete(reply);
    done();
  });
  fastify.addHook('onClose', (_instance, done) => {
    clearInterval(look);
    done();
  });
}

function tooLate(): Problem {
  return new Problem(
    'answer-timeout',
    'The server is too busy to answer in time. Try again later, or send fewer rows.',
    {
      headers: { 'retry-after': '1' },
    },
  );
}
