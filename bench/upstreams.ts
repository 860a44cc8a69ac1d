// Choosing a host and reporting the outcome, per way of choosing and number of hosts. Target: well under 2 µs.
//   node --import tsx bench/upstreams.ts
import { bench, do_not_optimize, run, summary } from 'mitata';
import type { Peer } from '../src/message/peer.ts';
import { type Lookup, parseHosts, tokenBucketOf, UpstreamGroup } from '../src/upstreams/index.ts';
import { buildRing } from '../src/upstreams/ring.ts';

const noLookup: Lookup = {
  addresses: () => Promise.reject(new Error('nothing to look up here')),
  service: () => Promise.reject(new Error('nothing to look up here')),
  close: () => {},
};

const clients: readonly Peer[] = Array.from({ length: 1024 }, (_, at) => ({
  kind: 'inet',
  address: at % 2 === 0 ? `192.0.${at >> 8}.${at & 255}` : `2001:db8::${at.toString(16)}`,
  port: 25,
}));

function hosts(count: number, prefix: string, weighted: boolean): string {
  const all = Array.from({ length: count }, (_, at) => `10.0.0.${at + 1}:11333${weighted ? `:${1 + (at % 5)}` : ''}`);
  return prefix + all.join(',');
}

const ways: ReadonlyArray<readonly [title: string, prefix: string, weighted: boolean, tokens?: boolean]> = [
  ['round-robin', 'round-robin:', false],
  ['round-robin with weights', 'round-robin:', true],
  ['master-slave', 'master-slave:', false],
  ['random', 'random:', false],
  ['random with weights', 'random:', true],
  ['hash', 'hash:', false],
  ['token_bucket', '', false, true],
];

for (const count of [3, 100]) {
  summary(() => {
    for (const [title, prefix, weighted, tokens] of ways) {
      const spec = parseHosts([hosts(count, prefix, weighted)]);
      const tokenBucket = tokens === true ? tokenBucketOf({}) : undefined;
      const group = new UpstreamGroup({ name: 'bench', hosts: spec, tokenBucket, lookup: noLookup });
      let turn = 0;
      bench(`pick and report, ${count} hosts, ${title}`, () => {
        const attempt = group.pick({ client: clients[turn++ & 1023], bytes: 20_000 });
        if (attempt !== undefined) group.report(attempt, 'ok');
      });
    }
  });
}

bench('retry: pick with 2 of 3 hosts excluded, and report', () => {
  const first = retried.pick();
  const second = retried.pick({ tried: [first].flatMap((one) => one ?? []) });
  for (const attempt of [first, second]) if (attempt !== undefined) retried.report(attempt, 'ok');
});
const retried = new UpstreamGroup({ name: 'bench', hosts: parseHosts([hosts(3, '', false)]), lookup: noLookup });

const nodes = Array.from({ length: 100 }, (_, at) => ({ name: `10.0.0.${at + 1}:11333`, weight: 1 }));
bench('hash ring of 100 hosts', () => do_not_optimize(buildRing(nodes)));

await run();
