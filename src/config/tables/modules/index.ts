import type { Table } from '../../option.ts';
import { aliasesTable } from './aliases.ts';
import { asnTable, dkimTable, dmarcTable, spfTable } from './authentication.ts';
import { forceActionsTable } from './force-actions.ts';
import { forgedRecipientsTable } from './forged-recipients.ts';
import { fuzzyTable } from './fuzzy.ts';
import { greylistTable } from './greylist.ts';
import { hfilterTable } from './hfilter.ts';
import { midTable } from './mid.ts';
import { mimeTypesTable } from './mime-types.ts';
import { onceReceivedTable } from './once-received.ts';
import { phishingTable } from './phishing.ts';
import { rblTable } from './rbl.ts';
import { arcTable, dkimSigningTable } from './signing.ts';
import { urlSuspectTable } from './url-suspect.ts';
import { whitelistTable } from './whitelist.ts';

export { forceActionRuleTable } from './force-actions.ts';
export { fuzzyRuleTable, fuzzyTcpTable } from './fuzzy.ts';
export { rblListTable } from './rbl.ts';
export { whitelistRuleTable } from './whitelist.ts';

/** Options of the modules of the scan engine, by the names of their sections. */
export const moduleTables = {
  aliases: aliasesTable,
  arc: arcTable,
  asn: asnTable,
  dkim: dkimTable,
  dmarc: dmarcTable,
  dkim_signing: dkimSigningTable,
  force_actions: forceActionsTable,
  forged_recipients: forgedRecipientsTable,
  fuzzy_check: fuzzyTable,
  greylist: greylistTable,
  hfilter: hfilterTable,
  mid: midTable,
  mime_types: mimeTypesTable,
  once_received: onceReceivedTable,
  phishing: phishingTable,
  rbl: rblTable,
  spf: spfTable,
  url_suspect: urlSuspectTable,
  whitelist: whitelistTable,
} as const satisfies Readonly<Record<string, Table>>;
