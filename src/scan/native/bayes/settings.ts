import { join } from 'node:path';
import { first, get, items, type UclObject } from '../../../ucl/index.ts';
import { flagOption, numberOption, sectionOption, textOption, textsOption } from '../options.ts';
import { type RedisSettings, redisOfPlaces } from '../redis/index.ts';
import { type AboutSettings, stockAbout } from './about.ts';
import type { ClassifySettings } from './classify.ts';
import type { StatClass } from './store.ts';
import { type OsbSettings, stockOsb } from './tokens.ts';

/** A classifier of the configuration. */
export interface BayesSettings extends ClassifySettings {
  readonly symbols: Readonly<Record<StatClass, string>>;
  readonly osb: OsbSettings;
  readonly about: AboutSettings;
  /** Statistics of each recipient. */
  readonly perUser: boolean;
  /** Undefined where there is none: statistics are in a file then. */
  readonly redis: RedisSettings | undefined;
  /** Where statistics are when there is no Redis. */
  readonly path: string;
}

/** What names sections and folders. */
export interface BayesWorld {
  section(name: string): UclObject | undefined;
  /** Folder of what lasts. */
  readonly stateFolder: string;
  problem(text: string): void;
}

const fileName = 'rspamd-proxy-bayes.db';

/** rspamd: conf/statistic.conf. */
const usual = { minLearns: 200, minTokens: 11, minTokenHits: 2, minStrength: 0.05 };

/**
 * Reads the section `classifier`, the first Bayes classifier of it.
 * Without one it is the usual classifier.
 * @returns undefined where it is switched off
 */
export function bayesSettings(world: BayesWorld): BayesSettings | undefined {
  const section = findClassifier(world);
  if (section !== undefined && flagOption(section, 'enabled') === false) return undefined;
  const osb = osbSettings(section, world);
  if (osb === undefined) return undefined;
  const prefix = section === undefined ? undefined : get(section, 'prefix');
  if (prefix !== undefined) world.problem('classifier: option prefix is not known here: keys begin with RS');
  return {
    symbols: symbolsOf(section),
    osb,
    about: aboutSettings(world.section('options')),
    minLearns: numberOption(section, 'min_learns') ?? (section === undefined ? usual.minLearns : 0),
    minTokens: numberOption(section, 'min_tokens') ?? (section === undefined ? usual.minTokens : 0),
    minTokenHits: numberOption(section, 'min_token_hits') ?? usual.minTokenHits,
    minStrength: numberOption(section, 'min_prob_strength') ?? usual.minStrength,
    perUser: perUser(section, world),
    redis: redisOfPlaces(
      [sectionOption(section, 'redis'), sectionOption(section, 'backend'), section, world.section('redis')],
      world.problem,
    ),
    path: textOption(section, 'path') ?? join(world.stateFolder, fileName),
  };
}

function findClassifier({ section, problem }: BayesWorld): UclObject | undefined {
  const given = section('classifier');
  if (given === undefined) return undefined;
  // `classifier "bayes" { … }`, or the same without a name.
  const bodies = given.entries.has('statfile') || given.entries.has('backend') ? [given] : nested(given);
  if (bodies.length > 1) problem('classifier: only the first one is used');
  return bodies[0];
}

function nested(section: UclObject): UclObject[] {
  return [...section.entries.values()].flatMap(({ value }) =>
    items(value).flatMap((item) => (item.type === 'object' ? [item] : [])),
  );
}

function symbolsOf(section: UclObject | undefined): Record<StatClass, string> {
  const symbols = { spam: 'BAYES_SPAM', ham: 'BAYES_HAM' };
  const statfiles = section === undefined ? undefined : get(section, 'statfile');
  for (const statfile of statfiles === undefined ? [] : items(statfiles)) {
    const symbol = textOption(statfile, 'symbol');
    if (symbol === undefined) continue;
    const isSpam = flagOption(statfile, 'spam') ?? /spam/i.test(symbol);
    symbols[isSpam ? 'spam' : 'ham'] = symbol;
  }
  return symbols;
}

function osbSettings(section: UclObject | undefined, { problem }: BayesWorld): OsbSettings | undefined {
  const tokenizer = sectionOption(section, 'tokenizer');
  const hash = textOption(tokenizer, 'hash') ?? 'xxh';
  if (flagOption(tokenizer, 'compat') === true || !/^xxh/i.test(hash)) {
    problem('classifier: only tokens hashed by xxh are known here; statistics are not used');
    return undefined;
  }
  const window = numberOption(tokenizer, 'window') ?? stockOsb.window;
  const seed = numberOption(tokenizer, 'seed');
  if (window < 2 || window > 8) problem('classifier: tokenizer.window goes from 2 to 8; it is 2 now');
  return {
    window: window < 2 || window > 8 ? stockOsb.window : window,
    seed: seed === undefined ? stockOsb.seed : BigInt.asUintN(64, BigInt(Math.trunc(seed))),
  };
}

function perUser(section: UclObject | undefined, { problem }: BayesWorld): boolean {
  const value = section === undefined ? undefined : first(get(section, 'per_user') ?? get(section, 'users_enabled'));
  if (value?.type === 'string' && flagOption(section, 'per_user') === undefined) {
    problem('classifier: a function in per_user is not known here; statistics are those of everybody');
    return false;
  }
  return flagOption(section, 'per_user') ?? flagOption(section, 'users_enabled') ?? false;
}

function aboutSettings(options: UclObject | undefined): AboutSettings {
  const section = sectionOption(options, 'statistics') ?? options;
  return {
    headers: textsOption(section, 'classify_headers') ?? stockAbout.headers,
    images: flagOption(section, 'classify_images') ?? stockAbout.images,
    mime: flagOption(section, 'classify_mime_info') ?? stockAbout.mime,
    urls: flagOption(section, 'classify_urls') ?? stockAbout.urls,
    meta: flagOption(section, 'classify_meta') ?? stockAbout.meta,
  };
}
