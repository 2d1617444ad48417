#!/usr/bin/env node
// sum-results.mjs CODE FOLDER STAGE…: prints `N passed, N failed, N skipped` over jest's result files of the stages.
// A stage that could not start its tests, or failed without a failed test, counts as one failed.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const [code, folder, ...stages] = process.argv.slice(2);
const rings = ['unit', 'integration', 'e2e'];
const sum = { passed: 0, failed: 0, skipped: 0 };

for (const ring of stages.filter((stage) => rings.includes(stage))) {
  const file = path.join(folder, `${ring}.json`);
  if (!existsSync(file)) {
    console.log(`${ring}: could not run`);
    sum.failed += 1;
    continue;
  }
  const result = JSON.parse(readFileSync(file, 'utf8'));
  sum.passed += result.numPassedTests;
  sum.skipped += result.numPendingTests + result.numTodoTests;
  // A file that cannot even be loaded has no failed test, but it failed.
  sum.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  for (const suite of result.testResults) {
    for (const test of suite.assertionResults) {
      if (test.status === 'failed') console.log(`failed: ${ring}: ${test.fullName}`);
      if (test.status === 'pending' || test.status === 'todo') console.log(`skipped: ${ring}: ${test.fullName}`);
    }
    if (suite.status === 'failed' && suite.assertionResults.length === 0) {
      console.log(`failed: ${ring}: ${path.relative(process.cwd(), suite.name)} could not be run`);
    }
  }
}
if (code !== '0' && sum.failed === 0) sum.failed = 1;
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed === 0 ? 0 : 1;
