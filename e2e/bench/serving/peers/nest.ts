/**
 * Nest as most write it: Express, a ValidationPipe with class-validator, the throttler with its own storage, prom-client, and
 * ONNX Runtime.
 *
 *   node nest.js MODEL_FOLDER
 */
import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKeys, Manifest } from '@churnops/crds';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Body, Controller, Get, Header, HttpCode, Injectable, Module, Post, ValidationPipe } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Counter, Histogram, register } from 'prom-client';
import { tap } from 'rxjs';
import { Customer, CustomerBatch } from './customer.js';
import { rowMatrix } from './row-matrix.js';
import { tellPort } from './tell-port.js';

const folder = process.argv[2] ?? '';
const { model, features, decision } = Manifest.parse(
  JSON.parse(await readFile(join(folder, artifactKeys.manifest), 'utf8')),
);

@Injectable()
class ModelService {
  private readonly encode = rowMatrix(features, model.width);

  private constructor(private readonly session: InferenceSession) {}

  static async load(): Promise<ModelService> {
    const one = { intraOpNumThreads: 1, interOpNumThreads: 1 };
    return new ModelService(await InferenceSession.create(join(folder, model.file), one));
  }

  async score(rows: readonly Customer[]): Promise<{ probability: number; churn: boolean }[]> {
    const input = new Tensor('float32', this.encode(rows), [rows.length, model.width]);
    const answer = await this.session.run({ [model.input]: input }, [model.output]);
    const numbers = answer[model.output]?.data;
    return rows.map((_, row) => {
      const probability = Number(numbers?.[2 * row + 1]);
      return { probability, churn: probability >= decision.threshold };
    });
  }
}

@Controller()
class PredictionController {
  constructor(private readonly service: ModelService) {}

  @Post('predict')
  @HttpCode(200)
  async predict(@Body() customer: Customer): Promise<object> {
    const [result] = await this.service.score([customer]);
    return { revision: 'nest', threshold: decision.threshold, ...result };
  }

  @Post('predict/batch')
  @HttpCode(200)
  async predictBatch(@Body() { rows }: CustomerBatch): Promise<object> {
    return { revision: 'nest', threshold: decision.threshold, results: await this.service.score(rows) };
  }

  @Get('metrics')
  @Header('content-type', register.contentType)
  metrics(): Promise<string> {
    return register.metrics();
  }
}

const labelNames = ['method', 'route', 'status'] as const;
const requests = new Counter({ name: 'http_requests_total', help: 'Requests', labelNames });
const durations = new Histogram({ name: 'http_request_duration_seconds', help: 'Time of requests', labelNames });

@Injectable()
class MetricsInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const http = context.switchToHttp();
    const { method, path } = http.getRequest<{ method: string; path: string }>();
    const end = durations.startTimer();
    return next.handle().pipe(
      tap(() => {
        const { statusCode } = http.getResponse<{ statusCode: number }>();
        const labels = { method, route: path, status: String(statusCode) };
        requests.inc(labels);
        end(labels);
      }),
    );
  }
}

@Module({
  imports: [ThrottlerModule.forRoot([{ ttl: 60_000, limit: 1_000_000_000 }])],
  controllers: [PredictionController],
  providers: [
    { provide: ModelService, useFactory: () => ModelService.load() },
    { provide: APP_GUARD, useClass: ThrottlerGuard },
    { provide: APP_INTERCEPTOR, useClass: MetricsInterceptor },
  ],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.useBodyParser('json', { limit: '8mb' });
app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
await app.listen(0, '127.0.0.1');
tellPort(app.getHttpServer().address());
