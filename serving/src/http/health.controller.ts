import { Controller, Get } from '@nestjs/common';
import { Health } from './health.js';

@Controller('health')
export class HealthController {
  constructor(private readonly health: Health) {}

  @Get('live')
  live() {
    return this.health.live();
  }

  @Get('ready')
  ready() {
    return this.health.ready();
  }

  @Get()
  summary() {
    return this.health.summary();
  }
}
