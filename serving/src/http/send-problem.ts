import type { FastifyReply } from 'fastify';
import type { Problem } from './problem.js';
import { PROBLEM_JSON } from './problem.js';

/** Sends a problem document unless an answer is already on its way. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (reply.sent) return reply;
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type(PROBLEM_JSON)
    .serializer(JSON.stringify)
    .send(problem.document(reply.request.id));
}
