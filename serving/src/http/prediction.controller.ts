import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { Predictor } from '../prediction/predictor.js';

@Controller('predict')
export class PredictionController {
  constructor(private readonly predictor: Predictor) {}

  @Post()
  @HttpCode(200)
  predict(@Body() row: unknown) {
    return this.predictor.predict(row);
  }

  @Post('batch')
  @HttpCode(200)
  predictBatch(@Body() body: unknown) {
    return this.predictor.predictBatch(body);
  }
}
