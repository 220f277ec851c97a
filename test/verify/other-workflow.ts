/** A workflow of the link's name that does something else: no history of a link replays on it. */
import { sleep } from '@temporalio/workflow';

export async function paymentLink(): Promise<void> {
  await sleep(1_000);
}
