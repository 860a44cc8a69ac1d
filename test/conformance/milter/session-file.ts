import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One packet, or a close, in the order of the wire. */
export interface Entry {
  readonly dir: 'mta' | 'milter';
  /** Command or reply byte, `close`, or `raw` for bytes outside of the framing. */
  readonly cmd: string;
  /** The whole packet with its length prefix; empty for `close`. */
  readonly bytes: Buffer;
}

export interface Exchange {
  /** The whole HTTP request and response; undefined where the recording has none. */
  readonly request: Buffer | undefined;
  readonly response: Buffer | undefined;
}

export type Conformance = 'match' | 'match-relaxed' | 'defect';

/** A recorded milter session with what belongs to it. */
export interface Session {
  readonly name: string;
  readonly conformance: Conformance;
  readonly note: string;
  /** Worker options that are not at their defaults, by their names in the configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly exchanges: readonly Exchange[];
  readonly entries: readonly Entry[];
}

interface EntryFile {
  readonly dir: Entry['dir'];
  readonly cmd: string;
  readonly hex?: string;
}

interface MetaFile {
  readonly conformance: Conformance;
  readonly note?: string;
  readonly proxy_config?: Readonly<Record<string, unknown>>;
  readonly http?: ReadonlyArray<{ readonly request_hex?: string; readonly response_hex?: string }>;
}

const metaSuffix = '.meta.json';
const labels: ReadonlySet<string> = new Set<Conformance>(['match', 'match-relaxed', 'defect']);

/** Names of the sessions in a folder: `NAME.json` beside `NAME.meta.json`. Half a session is an error when it is read. */
export function sessionNames(folder: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const names = files.map((file) => file.slice(0, -(file.endsWith(metaSuffix) ? metaSuffix : '.json').length));
  return [...new Set(names)].sort();
}

export function readSession(folder: string, name: string): Session {
  const meta = JSON.parse(readFileSync(join(folder, name + metaSuffix), 'utf8')) as MetaFile;
  if (!labels.has(meta.conformance)) throw new Error(`${name}: unknown conformance ${meta.conformance}`);
  const entries = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as EntryFile[];
  return {
    name,
    conformance: meta.conformance,
    note: meta.note ?? '',
    config: meta.proxy_config ?? {},
    exchanges: (meta.http ?? []).map((one) => ({ request: bytes(one.request_hex), response: bytes(one.response_hex) })),
    entries: entries.map(({ dir, cmd, hex }) => ({ dir, cmd, bytes: bytes(hex) ?? Buffer.alloc(0) })),
  };
}

function bytes(hex: string | undefined): Buffer | undefined {
  return hex === undefined || hex === '' ? undefined : Buffer.from(hex, 'hex');
}
