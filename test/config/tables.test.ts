import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesOf, type Option, type Table } from '../../src/config/option.ts';
import { actionsTable } from '../../src/config/tables/actions.ts';
import { httpClientTable, httpServerTable, httpTable } from '../../src/config/tables/http.ts';
import { keypairTable } from '../../src/config/tables/keypair.ts';
import { loggingTable } from '../../src/config/tables/logging.ts';
import { dnsTable, optionsTable, upstreamLimitsTable } from '../../src/config/tables/options.ts';
import { mirrorTable, tokenBucketTable, upstreamTable } from '../../src/config/tables/upstream.ts';
import { proxyTable, workerTable } from '../../src/config/tables/worker.ts';
import { buildWorker, messages } from './support.ts';

const tables: readonly Table[] = [
  ...[actionsTable, httpClientTable, httpServerTable, httpTable, keypairTable, loggingTable, dnsTable, optionsTable],
  ...[upstreamLimitsTable, mirrorTable, tokenBucketTable, upstreamTable, proxyTable, workerTable],
];

/** Every option of Rspamd 4.1.6 that a proxy worker has, aliases too. */
const known: ReadonlyArray<readonly [Table, string]> = [
  [workerTable, 'bind_socket listen bind count max_files max_core enabled'],
  [
    proxyTable,
    'timeout keypair upstream mirror script max_retries milter discard_on_reject quarantine_on_reject spam_header ' +
      'client_ca_name reject_message encrypted_only allow_file_and_shm_inputs max_connections ' +
      'max_connections_per_source ssl_cert ssl_key quarantine_message tempfail_message log_tag_type',
  ],
  [
    upstreamTable,
    'name hosts default timeout key settings settings_id extra_headers log_tag log_tag_type compress compression ssl ' +
      'keepalive keep_alive self_scan local parser token_bucket enabled disabled',
  ],
  [
    mirrorTable,
    'name hosts probability prob local compress compression ssl keepalive keep_alive timeout follow_master parser ' +
      'settings settings_id log_tag log_tag_type key enabled disabled',
  ],
  [tokenBucketTable, 'max_tokens scale min_tokens base_cost'],
  [upstreamLimitsTable, 'max_errors error_time revive_time lazy_resolve_time resolve_min_interval'],
  [dnsTable, 'nameserver server timeout retransmits sockets connections enable_dnssec hosts fake_records fake_replies'],
];

/** What `since` of an option says that Rspamd does not have. */
const ourOwn = /^rspamd-proxy \d+\.\d+$/;

for (const [table, names] of known) {
  test(`${table.path} has all options of 4.1.6, and no others but those marked as our own`, { timeout: 60_000 }, () => {
    const options = Object.entries<Option>(table.options).filter(([, { since = '' }]) => !ourOwn.test(since));
    const ours = options.flatMap(([name, option]) => namesOf(name, option));
    assert.deepEqual(ours.sort(), names.split(' ').sort());
  });
}

test('every option is explained, once', { timeout: 60_000 }, () => {
  for (const table of tables) {
    const seen = new Set(Object.keys(table.foreign ?? {}));
    for (const [name, option] of Object.entries(table.options)) {
      const place = `${table.path}.${name}`;
      assert.match(option.help, /^[A-Z].*[^.]$/, place);
      if (option.status !== 'honoured') assert.match(option.status.later, /^\S.*[^.]$/, place);
      for (const one of namesOf(name, option)) {
        assert.ok(!seen.has(one), `${table.path}.${one} is there twice`);
        seen.add(one);
      }
    }
  }
});

test('options of the worker, upstream and mirror say since when they exist', { timeout: 60_000 }, () => {
  for (const table of [workerTable, proxyTable, upstreamTable, mirrorTable, tokenBucketTable] satisfies Table[]) {
    for (const [name, option] of Object.entries(table.options)) {
      assert.match(option.since, /^(rspamd-proxy )?\d+\.\d+(\.\d+)?$/, `${table.path}.${name}`);
    }
  }
});

test('examples can be used as they stand', { timeout: 60_000 }, () => {
  for (const table of [workerTable, proxyTable] satisfies Table[]) {
    for (const [name, option] of Object.entries<Option>(table.options)) {
      if (option.example === undefined || name === 'keypair') continue;
      const body = option.example.replace(' owner=rspamd group=postfix', '');
      assert.deepEqual(messages(buildWorker(body), 'error'), [], name);
    }
  }
});

test('a default written into the file changes nothing', { timeout: 60_000 }, () => {
  const usual = buildWorker('').worker as unknown as Record<string, unknown>;
  for (const [name, option] of Object.entries<Option>({ ...workerTable.options, ...proxyTable.options })) {
    const value = 'default' in option ? option.default : undefined;
    if (value === undefined) continue;
    const written = option.kind === 'time' ? `${Number(value) / 1000}s` : JSON.stringify(value);
    const { worker, findings } = buildWorker(
      `bind_socket = "*:1"; upstream "a" { self_scan = yes; } ${name} = ${written};`,
    );
    assert.deepEqual([(worker as unknown as Record<string, unknown>)[name], findings], [usual[name], []], name);
  }
});
