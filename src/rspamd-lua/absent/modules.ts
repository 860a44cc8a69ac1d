import type { LuaTable } from '../../lua/index.ts';
import { moduleTable } from '../modules.ts';
import { unavailable } from './unavailable.ts';

/** Modules that need what this program does not have: their functions are there, and say so when they are called. */
const absent: Readonly<Record<string, { readonly functions: readonly string[]; readonly reason: string }>> = {
  rspamd_archive: {
    functions: ['pack', 'unpack', 'supported_formats', 'zip', 'zip_encrypt', 'unzip', 'tar', 'untar'],
    reason: 'there is no reader of archives for scripts',
  },
  rspamd_cdb: { functions: ['create', 'open', 'build'], reason: 'there is no CDB' },
  rspamd_dns: { functions: ['request'], reason: 'there is no task' },
  rspamd_fasttext: { functions: ['load', 'load_map'], reason: 'there is no fastText' },
  rspamd_html: { functions: [], reason: 'there is no task' },
  rspamd_http: { functions: ['request'], reason: 'there is no task and no event loop' },
  rspamd_kann: { functions: ['load', 'new'], reason: 'there are no neural networks' },
  rspamd_pdf_text: { functions: ['encoding', 'cmap', 'builder'], reason: 'there is no task' },
  rspamd_redis: {
    functions: ['make_request', 'make_request_sync', 'connect', 'connect_sync'],
    reason: 'there is no task and no event loop',
  },
  rspamd_resolver: { functions: ['init'], reason: 'there is no event loop' },
  rspamd_spf: { functions: ['resolve', 'config'], reason: 'there is no task' },
  rspamd_sqlite3: { functions: ['open'], reason: 'there is no SQLite for scripts' },
  rspamd_static_embed: { functions: ['load'], reason: 'there are no embeddings' },
  rspamd_task: { functions: ['create', 'load_from_file', 'load_from_string'], reason: 'there is no scanner' },
  rspamd_tcp: {
    functions: ['request', 'new', 'connect', 'connect_sync'],
    reason: 'there is no task and no event loop',
  },
  rspamd_tensor: {
    functions: ['load', 'new', 'fromtable', 'has_blas', 'scatter_matrix'],
    reason: 'there is no linear algebra',
  },
  rspamd_udp: { functions: ['sendto'], reason: 'there is no task and no event loop' },
  rspamd_upstream_list: { functions: ['create'], reason: 'there is no event loop' },
  rspamd_xmlrpc: { functions: ['parse_reply', 'make_request'], reason: 'there is no XML-RPC' },
};

export const absentModules: ReadonlyMap<string, () => LuaTable> = new Map(
  Object.entries(absent).map(([name, { functions, reason }]) => [
    name,
    () => moduleTable(unavailable(name, Object.fromEntries(functions.map((one) => [one, reason])))),
  ]),
);
