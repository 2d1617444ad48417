import 'reflect-metadata';
import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { openApiDocument } from '../docs/open-api-document.js';
import type { Log } from '../log.js';
import { Predictor } from '../prediction/predictor.js';
import type { ServedModel } from '../prediction/served-model.js';
import { limitAnswerTime } from './answer-deadline.js';
import { fastifyOptions } from './fastify-options.js';
import { HealthController } from './health.controller.js';
import { Health } from './health.js';
import { acceptJsonBodies } from './json-body.js';
import { ModelController, SERVED_MODEL } from './model.controller.js';
import { PredictionController } from './prediction.controller.js';
import { ProblemFilter } from './problem-filter.js';
import type { RequestSurroundings } from './request-hooks.js';
import { addRequestHooks } from './request-hooks.js';

export interface PublicServerParts extends RequestSurroundings {
  readonly served: ServedModel;
  readonly predictor: Predictor;
  readonly health: Health;
  readonly requestTimeoutSeconds: number;
  readonly log: Log;
}

/** Builds the public API without listening yet. */
export async function createPublicServer(parts: PublicServerParts): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter(fastifyOptions(parts.requestTimeoutSeconds));
  const fastify = adapter.getInstance();
  acceptJsonBodies(fastify);
  limitAnswerTime(fastify, parts.requestTimeoutSeconds * 1000);
  addRequestHooks(fastify, parts);
  // Nest declares its options as a class but neither exports it nor calls its constructor.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
  const app = await NestFactory.create<NestFastifyApplication>(publicModule(parts), adapter, nestOptions);
  app.useGlobalFilters(new ProblemFilter(parts.log));
  const authentication = parts.keyRing === undefined ? 'None' : 'ApiKey';
  SwaggerModule.setup('docs', app, openApiDocument(parts.served, authentication), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: `Churn of ${parts.served.model}`,
    swaggerOptions: { persistAuthorization: true },
  });
  await app.init();
  return app;
}

/** Nest is silent: what people must know is logged by us. Bodies are read by `acceptJsonBodies`. */
const nestOptions = { logger: false, bodyParser: false, abortOnError: false } as const;

@Module({})
class PublicModule {}

function publicModule({ served, predictor, health }: PublicServerParts): DynamicModule {
  return {
    module: PublicModule,
    controllers: [PredictionController, ModelController, HealthController],
    providers: [
      { provide: SERVED_MODEL, useValue: served },
      { provide: Predictor, useValue: predictor },
      { provide: Health, useValue: health },
    ],
  };
}
