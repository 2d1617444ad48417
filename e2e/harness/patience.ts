import { jest } from '@jest/globals';

// Real processes on two busy cores: a test's time limit only ends a hang, it is never a verdict.
jest.setTimeout(1_200_000);
