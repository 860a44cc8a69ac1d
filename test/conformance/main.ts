import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite as compare } from './compare.ts';
import { suite as configs } from './configs.ts';
import { suite as httpcrypt } from './httpcrypt.ts';
import { suite as lua } from './lua.ts';
import { suite as milter } from './milter.ts';
import { suite as parser } from './parser.ts';
import { suite as scan } from './scan.ts';
import type { Reporter, Suite } from './suite.ts';
import { suite as ucl } from './ucl.ts';

const suites: readonly Suite[] = [compare, configs, httpcrypt, lua, milter, parser, scan, ucl];

export interface Summary {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly [figure: string]: number | string;
}

/** Runs one suite; `print` gets a line per failing or skipped case. */
export async function runSuite(suite: Suite, folder: string, print: (line: string) => void): Promise<Summary> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const figures: Record<string, number | string> = {};
  const reporter: Reporter = {
    pass: () => counts.passed++,
    fail: (name, why) => {
      counts.failed++;
      print(`FAIL ${name}: ${why}`);
    },
    skip: (name, why) => {
      counts.skipped++;
      print(`SKIP ${name}: ${why}`);
    },
    note: print,
    figure: (key, value) => {
      figures[key] = value;
    },
  };
  await suite.run(folder, reporter);
  return { suite: suite.name, ...counts, ...figures };
}

async function main(args: readonly string[]): Promise<number> {
  // `--builtin` says what the suite `scan` does anyhow: rules are our own.
  const [name, folder] = args.filter((arg) => arg !== '--builtin');
  const suite = suites.find((one) => one.name === name);
  if (suite === undefined) {
    console.error(
      `usage: npm run -s conformance -- SUITE [FOLDER]; suites: ${suites.map((one) => one.name).join(', ')}`,
    );
    return 2;
  }
  const where = resolve(folder ?? suite.defaultFolder);
  if (!existsSync(where)) {
    console.error(`conformance: there is no folder ${where}`);
    return 2;
  }
  const summary = await runSuite(suite, where, (line) => console.log(line));
  console.log(JSON.stringify(summary));
  // A folder in which nothing was found to run proves nothing.
  return summary.failed === 0 && summary.passed > 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
  process.exitCode = await main(process.argv.slice(2));
}
