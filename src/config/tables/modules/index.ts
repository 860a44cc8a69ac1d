import type { Table } from '../../option.ts';
import { mimeTypesTable } from './mime-types.ts';
import { onceReceivedTable } from './once-received.ts';
import { phishingTable } from './phishing.ts';

/** Options of the modules of the scan engine, by the names of their sections. */
export const moduleTables = {
  mime_types: mimeTypesTable,
  once_received: onceReceivedTable,
  phishing: phishingTable,
} as const satisfies Readonly<Record<string, Table>>;
