/** A request of a link as one attempt of an activity looks at it: what is done with the read is in `settle.ts`. */
import type { LinkRow } from '../../db/links/link-rows.ts';
import type { Attempt } from '../attempt.ts';
import type { LinkRef } from './link-activities.ts';

export interface RequestContext {
  readonly link: LinkRef;
  readonly row: LinkRow;
  readonly requestId: string;
  readonly attempt: Attempt;
  /** Given when the request is what the code serves: then the link row is freed under it, and the link is read back. */
  readonly seq?: number;
}
