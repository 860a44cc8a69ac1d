import { Findings, moduleTables, readModule } from '../../../config/index.ts';
import type { Logger } from '../../../message/log.ts';
import { type ByteString, fromText, toText } from '../../message/index.ts';
import { compileRegexp, type Regexp, Subject, takeApart } from '../../regexp/index.ts';
import type { Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import { symbol } from '../check.ts';

/** Senders whose Message-IDs are not as they should be, with what they look like; empty where there are none. */
const senders: ReadonlyMap<string, string> = new Map([
  ['alibaba.com', '/^[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}-0$/'],
  ['beeline.ru', '/^<[A-z0-9+]{18}>$/'],
  ['cdek.ru', ''],
  ['citilink.ru', ''],
  ['freshports.org', ''],
  ['garant.ru', ''],
  ['kassir.ru', ''],
  ['mail-us.jira.com', '/^[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}$/'],
  ['mts.ru', ''],
  ['news.ozon.ru', '/^[A-z0-9+/]{32}$/'],
  ['qiwi.ru', ''],
  ['sender.ozon.ru', '/^[A-z0-9+/]{32}$/'],
]);

/** Excuses Message-IDs of senders that are known to make them like that (rspamd: src/plugins/lua/mid.lua). */
export function knownIds(context: RuleContext): Rule {
  const options = readModule(moduleTables.mid, context.section('mid'), context.findings);
  const { symbol_known_mid: known, symbol_known_no_mid: none, symbol_dkim_allow: signed, source } = options;
  const find = source === undefined ? (domain: string) => senders.get(domain) : context.maps.values(source);
  const patterns = new Patterns(context.logger);
  return {
    name: 'KNOWN_MID_CALLBACK',
    stage: 'filter',
    after: ['DKIM_CHECK', signed],
    symbols: {
      [known]: symbol(0, 'mid', 'The Message-ID is as this sender makes it'),
      [none]: symbol(0, 'mid', 'This sender makes no Message-ID'),
    },
    run: (task) => {
      const id = task.message.header('Message-ID');
      for (const option of task.results.get(signed)?.options ?? []) {
        const expected = find(fromText(option.split(':')[0] as string));
        if (expected === '' && id === undefined) task.insert(none, 1, [option]);
        else if (expected && id !== undefined && patterns.fits(expected, id)) task.insert(known, 1, [option]);
        else continue;
        return;
      }
    },
  };
}

/** More expressions than a map of people has. */
const maxPatterns = 10_000;

/** Expressions of a map, each compiled when it is first needed. */
class Patterns {
  readonly #compiled = new Map<ByteString, Regexp | undefined>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param id text */
  fits(written: ByteString, id: string): boolean {
    if (!this.#compiled.has(written)) this.#compile(written);
    return this.#compiled.get(written)?.test(new Subject(fromText(id))) === true;
  }

  #compile(written: ByteString): void {
    if (this.#compiled.size >= maxPatterns) this.#compiled.clear();
    try {
      this.#compiled.set(written, compileRegexp(takeApart(written)));
    } catch (cause) {
      this.#compiled.set(written, undefined);
      const text = `the map of mid has ${toText(written)}: ${(cause as Error).message}`;
      this.#logger.log('warning', 'map', 'map', '', text);
    }
  }
}

/** The names that section `mid` gives to composites of the built-in tree, with their expressions. */
export function midComposites(
  section: RuleContext['section'],
): ReadonlyMap<string, { name: string; expression: string }> {
  const options = readModule(moduleTables.mid, section('mid'), new Findings());
  return new Map([
    [
      'INVALID_MSGID_ALLOWED',
      {
        name: options.csymbol_invalid_msgid_allowed,
        expression: `~${options.symbol_known_mid} & ^${options.symbol_invalid_msgid}`,
      },
    ],
    [
      'MISSING_MID_ALLOWED',
      {
        name: options.csymbol_missing_mid_allowed,
        expression: `~${options.symbol_known_no_mid} & ^${options.symbol_missing_mid}`,
      },
    ],
  ]);
}
