import { type Finding, Findings, type ProxyConfig } from '../config/index.ts';
import { type DnsResolver, loadKnowledge, readFakes, Scanner, unheededSections } from '../scan/index.ts';
import { selfScanSpec } from '../worker/index.ts';

/** What a scanner of this process could not use: composites, settings, sections of its rules. */
export async function judgeScan(config: ProxyConfig): Promise<Finding[]> {
  const { thread } = selfScanSpec(config, 1);
  const knowledge = await loadKnowledge(thread.dataFolder);
  const fakes = new Findings();
  readFakes(thread.scan.tree, (problem) => fakes.warn(problem));
  const { findings } = new Scanner(thread.scan, { resolver: noDns, knowledge, logger: noLog });
  return [
    ...fakes.list,
    ...findings,
    ...unheededSections(config.tree).map((notice): Finding => ({ severity: 'notice', message: notice })),
  ];
}

/** Nothing is scanned. */
const noDns: DnsResolver = {
  forTask: () => {
    throw new Error('nothing is asked while a configuration is judged');
  },
  close: () => {},
};

const noLog = { log: () => {}, enabled: () => false };
