// Two projects: `pure` starts nothing, `served` shares one in-memory Temporal, one Postgres and one workflow bundle a
// run (test/support/global-setup.ts), which Jest starts only when a test of that project is asked for.
import { projectsOf } from './test/support/projects.js';

const { pure, served } = projectsOf(import.meta.dirname);
/** @param {readonly string[]} files */
const exactly = (files) => files.map((file) => `${file.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}$`);

const project = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  transform: { '^.+\\.(ts|js)$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  setupFilesAfterEnv: ['<rootDir>/test/limits/set-limits.ts'],
  // Data folders of running servers and other copies of this project are no part of it.
  modulePathIgnorePatterns: ['<rootDir>/.relink/', '<rootDir>/.local/'],
};

/** @type {import('jest').Config} */
export default {
  projects: [
    { ...project, displayName: 'pure', testRegex: exactly(pure) },
    {
      ...project,
      displayName: 'served',
      testRegex: exactly(served),
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.js'],
  // Jest would take one process fewer than there are cores; two keep a small machine busy without starving the servers.
  maxWorkers: 2,
};
