import type { ByteString } from '../message/index.ts';

/** A field that the MTA is to add. */
export interface AddedHeader {
  readonly value: string;
  /** Position among the fields; undefined for the end. */
  readonly order: number | undefined;
}

/** What the MTA is to change in the message (rspamd: src/libserver/milter.c). */
export interface MilterEdits {
  readonly addHeaders: Map<string, AddedHeader[]>;
  /** Which of that name: 0 for all, `n` for the n-th, from the end where it is negative. */
  readonly removeHeaders: Map<string, number | readonly number[]>;
}

/** What rules put into the reply besides symbols. */
export class ReplyParts {
  /** Texts by their kind; `smtp_message` is for the client of the MTA. */
  readonly messages = new Map<string, string>();
  /** Template of a rewritten subject, in place of the configured one. */
  subject: string | undefined;
  readonly milter: MilterEdits = { addHeaders: new Map(), removeHeaders: new Map() };
  /** Values of DKIM-Signature fields that the MTA is to add. */
  readonly dkimSignatures: ByteString[] = [];
}
