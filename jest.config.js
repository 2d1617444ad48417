/** Three rings (docs/development.md): pure rooms; real processes; the real cluster. */
const shared = {
  rootDir: import.meta.dirname,
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  modulePathIgnorePatterns: ['<rootDir>/.cache', '/dist/.*package.json$'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/.cache/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
};

export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/*/src/**/*.test.ts',
        '<rootDir>/e2e/harness/**/*.test.ts',
        '<rootDir>/e2e/docs/**/*.test.ts',
      ],
      testPathIgnorePatterns: [...shared.testPathIgnorePatterns, '\\.integration\\.test\\.ts$'],
      setupFilesAfterEnv: ['<rootDir>/e2e/harness/patience.ts', '<rootDir>/e2e/harness/fixed-seed.ts'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/**/*.integration.test.ts'],
      setupFilesAfterEnv: ['<rootDir>/e2e/harness/patience.ts'],
    },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/e2e/cases/**/*.test.ts'],
      // Cases that have no short form run with `make faults` alone.
      testPathIgnorePatterns: [
        ...shared.testPathIgnorePatterns,
        ...(process.env['CHURNOPS_FAULTS'] === 'long' ? [] : ['/e2e/cases/long/']),
      ],
      setupFilesAfterEnv: ['<rootDir>/e2e/harness/patience.ts'],
    },
  ],
};
