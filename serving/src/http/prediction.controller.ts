import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import { Predictor } from '../prediction/predictor.js';
import { explainQuery } from './explain-query.js';

@Controller()
export class PredictionController {
  constructor(private readonly predictor: Predictor) {}

  @Post('predict')
  @HttpCode(200)
  predict(@Body() row: unknown, @Query() query: object) {
    const { explain, listed } = explainQuery(query);
    return this.predictor.predict(row, explain ? listed : undefined);
  }

  @Post('predict/batch')
  @HttpCode(200)
  predictBatch(@Body() body: unknown) {
    return this.predictor.predictBatch(body);
  }

  @Post('explain')
  @HttpCode(200)
  explain(@Body() body: unknown, @Query() query: object) {
    return this.predictor.explain(body, explainQuery(query).listed);
  }
}
