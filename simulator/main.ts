/**
 * The simulator as a process of its own: reads its settings, says where it listens in one JSON line, runs until
 * SIGTERM.
 */
import { present } from '../domain/present.ts';
import { createSimulator } from './simulator.ts';

const { SIMULATOR_PORT, CALLBACK_URL, CALLBACK_SECRET, SIMULATOR_STATE, CLIENT_ID, CLIENT_CERTIFICATE } = process.env;

const simulator = createSimulator({
  ...present({
    callbackUrl: CALLBACK_URL,
    callbackSecret: CALLBACK_SECRET,
    clientId: CLIENT_ID,
    clientCertificate: CLIENT_CERTIFICATE,
    stateFile: SIMULATOR_STATE,
  }),
});
const { url } = await simulator.listen(Number(SIMULATOR_PORT ?? '0'));
process.stdout.write(`${JSON.stringify({ url })}\n`);

const stop = (): void => void simulator.close().then(() => process.exit(0));
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
