import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../log.js';
import { problemOf } from './problem-of.js';
import { Problem } from './problem.js';
import { sendProblem } from './send-problem.js';

/** Answers everything that is thrown, by Nest, Fastify or us, with a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const problem = error instanceof NotFoundException ? noSuchRoute(request) : problemOf(error);
    if (problem.kind === 'internal-error')
      this.log.error({ err: error, requestId: request.id }, 'Could not answer a request');
    void sendProblem(http.getResponse<FastifyReply>(), problem);
  }
}

const methods = ['GET', 'POST'] as const;

function noSuchRoute(request: FastifyRequest): Problem {
  const path = request.url.split('?', 1)[0] ?? '/';
  const allowed = methods.filter((method) => request.server.hasRoute({ url: path, method }));
  if (allowed.length === 0) {
    return new Problem(
      'not-found',
      'Predictions are at POST /predict and POST /predict/batch; /docs describes the API.',
    );
  }
  const allow = allowed.join(', ');
  return new Problem('method-not-allowed', `Use ${allow} here.`, { headers: { allow } });
}
