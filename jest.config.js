// One run: one in-memory Temporal, one Postgres, one workflow bundle (test/support/global-setup.ts), two test processes.
/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.js'],
  // Jest would take one process fewer than there are cores; two keep a small machine busy without starving the servers.
  maxWorkers: 2,
  setupFilesAfterEnv: ['<rootDir>/test/support/set-limits.ts'],
  // Data folders of running servers and other copies of this project are no part of it.
  modulePathIgnorePatterns: ['<rootDir>/.relink/', '<rootDir>/.local/'],
};
