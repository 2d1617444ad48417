import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../log.js';
import { noSuchRoute } from './no-such-route.js';
import { problemOf } from './problem-of.js';
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
