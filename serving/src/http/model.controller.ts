import { Controller, Get, Inject } from '@nestjs/common';
import { modelCard } from '../prediction/model-card.js';
import type { ServedModel } from '../prediction/served-model.js';

/** Injection token of the ServedModel. */
export const SERVED_MODEL = Symbol('ServedModel');

@Controller('model')
export class ModelController {
  constructor(@Inject(SERVED_MODEL) private readonly served: ServedModel) {}

  @Get()
  card() {
    return modelCard(this.served);
  }
}
