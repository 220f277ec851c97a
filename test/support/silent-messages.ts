/** Nobody hears: for worlds of one link, in which exceptions and returns have no workflow of their own. */
import type { Messages } from '../../activities/dependencies.ts';

export function silent(): Messages {
  return {
    signal: async () => undefined,
    wake: async () => undefined,
    startBatch: async () => undefined,
    unlink: async () => undefined,
  };
}
