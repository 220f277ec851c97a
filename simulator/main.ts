/** The simulator as a process of its own: reads its settings, says where it listens in one JSON line, runs until SIGTERM. */
import { createSimulator } from './simulator.ts';

const { SIMULATOR_PORT, CALLBACK_URL, CALLBACK_SECRET, SIMULATOR_STATE, CLIENT_ID, CLIENT_CERTIFICATE } = process.env;

const simulator = createSimulator({
  ...(CALLBACK_URL === undefined ? {} : { callbackUrl: CALLBACK_URL }),
  ...(CALLBACK_SECRET === undefined ? {} : { callbackSecret: CALLBACK_SECRET }),
  ...(CLIENT_ID === undefined ? {} : { clientId: CLIENT_ID }),
  ...(CLIENT_CERTIFICATE === undefined ? {} : { clientCertificate: CLIENT_CERTIFICATE }),
  ...(SIMULATOR_STATE === undefined ? {} : { stateFile: SIMULATOR_STATE }),
});
const { url } = await simulator.listen(Number(SIMULATOR_PORT ?? '0'));
process.stdout.write(`${JSON.stringify({ url })}\n`);

const stop = (): void => void simulator.close().then(() => process.exit(0));
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
