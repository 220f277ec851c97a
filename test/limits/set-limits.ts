/** Loaded by jest before each test file: its tests and hooks have the one limit. */
import { jest } from '@jest/globals';
import { TEST_LIMIT_MS } from './limits.ts';

jest.setTimeout(TEST_LIMIT_MS);
