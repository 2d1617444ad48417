import { Command } from 'commander';
import { pino } from 'pino';
import { registrationConfig } from '../config.js';
import { MlflowClient } from '../registry/mlflow-client.js';
import { register } from '../registry/register.js';
import { untilInterrupted } from './interruption.js';

type Environment = Record<string, string | undefined>;

/** `register`: what the Job does that tells MLflow what is new of a model; all it needs comes by environment. */
export function registerCommand(env: Environment): Command {
  return new Command('register')
    .description('Tell MLflow of models and of who serves, as the operator tells by environment variables')
    .action(async () => {
      const { registration, access } = registrationConfig(env);
      const client = new MlflowClient(access);
      try {
        await untilInterrupted(() => register(client, registration, pino({ name: 'churnops-trainer' })));
      } finally {
        await client.close();
      }
    });
}
