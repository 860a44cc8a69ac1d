import type { ByteString } from '../../message/index.ts';
import type { Task } from '../../task.ts';
import { networkOwner } from '../asn/index.ts';

/** What modules of the original keep for each other in the pool of a task. */
export function poolVariable(task: Task, name: string): ByteString | undefined {
  const owner = task.get(networkOwner);
  switch (name) {
    case 'asn':
      return owner?.asn;
    case 'ipnet':
      return owner?.network;
    case 'country':
      return owner?.country;
    default:
      return undefined;
  }
}

/** Names that `poolVariable` knows. */
export const poolVariables: ReadonlySet<string> = new Set(['asn', 'ipnet', 'country']);
