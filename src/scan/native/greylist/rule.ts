import { actionName, moduleTables, readModule, type Settings } from '../../../config/index.ts';
import type { UclObject } from '../../../ucl/index.ts';
import { fromText, toText } from '../../message/index.ts';
import { priorities, type Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import { type Task, TaskKey } from '../../task.ts';
import { clients } from '../configure.ts';
import type { MapReader } from '../maps.ts';
import { numberOption, sectionOption } from '../options.ts';
import { RedisConnection, type RedisSettings, redisOfModule } from '../redis/index.ts';
import { type GreylistKeys, keysOf } from './keys.ts';

type Options = Settings<typeof moduleTables.greylist>;

/** Section `greylist`; nothing is delayed without Redis (rspamd: src/plugins/lua/greylist.lua). */
export function greylistRules(section: UclObject | undefined, context: RuleContext, maps: MapReader): readonly Rule[] {
  if (section === undefined) return [];
  const options = readModule(moduleTables.greylist, section, context.findings);
  const redis = redisOfModule('greylist', section, context);
  if (redis === undefined) {
    context.findings.notice('greylist: nothing is delayed, as no servers of Redis are named', section.at);
    return [];
  }
  const action = actionName(options.action);
  if (!context.actions.some(({ name }) => name === action)) {
    context.findings.warn(`greylist: nothing is delayed, as there is no action ${action}`, section.at);
    return [];
  }
  const greylist = new Greylist(options, { ...redis, timeout: redisTimeout(section, options, context) }, context, maps);
  return [greylist.check, greylist.save];
}

/** Option `timeout` of the section is another one. */
function redisTimeout(section: UclObject, { redis_timeout: own }: Options, context: RuleContext): number {
  const common = context.section('redis');
  const given = numberOption(sectionOption(section, 'redis'), 'timeout');
  const shared = numberOption(sectionOption(common, 'greylist'), 'timeout') ?? numberOption(common, 'timeout') ?? 1;
  return given === undefined ? (own ?? shared * 1000) : given * 1000;
}

/** What is known of a message before its rules run. */
interface Known {
  readonly keys: GreylistKeys;
  /** It was delayed long enough, as its body or its envelope tells. */
  readonly passes: 'body' | 'meta' | undefined;
  readonly isNew: boolean;
  /** Until when it is delayed, as Rspamd writes times. */
  readonly until: { readonly body: string | undefined; readonly meta: string | undefined };
}

const known = new TaskKey<Known>('greylist');

class Greylist {
  readonly check: Rule;
  readonly save: Rule;
  readonly #options: Options;
  readonly #context: RuleContext;
  readonly #reader: RedisConnection;
  readonly #writer: RedisConnection;
  readonly #isHeld: (task: Task) => boolean;
  /** People try a message, which is no mail under way. */
  readonly #isTrial: (task: Task) => boolean;
  readonly #isKnownHost: (task: Task) => boolean;

  constructor(options: Options, redis: RedisSettings, context: RuleContext, maps: MapReader) {
    this.#options = options;
    this.#context = context;
    this.#reader = new RedisConnection(redis.readServers, redis);
    this.#writer = new RedisConnection(redis.writeServers, redis);
    const { checkLocal, checkAuthenticated } = clients(options, context);
    const { whitelisted_ip: networks, whitelist_domains_url: hosts } = options;
    const isListed = networks === undefined ? () => false : maps.networks(networks);
    this.#isHeld = ({ user, isLocal, ip }) =>
      (checkAuthenticated || user === undefined) && (checkLocal || !isLocal) && !(ip !== undefined && isListed(ip));
    this.#isTrial = ({ headers }) =>
      !checkLocal && (headers.get('User-Agent') === 'rspamc' || headers.get('Password') !== undefined);
    const findHost = hosts === undefined ? () => undefined : maps.values(hosts);
    this.#isKnownHost = ({ hostname }) => {
      if (hostname === undefined) return false;
      const host = fromText(toText(hostname).toLowerCase());
      const domain = context.knowledge.suffixes.registered(host);
      return findHost(host) !== undefined || (domain !== '' && findHost(domain) !== undefined);
    };
    this.check = {
      name: 'GREYLIST_CHECK',
      stage: 'prefilter',
      priority: priorities.medium,
      symbols: { [options.symbol]: {} },
      condition: this.#isHeld,
      run: (task) => this.#check(task),
    };
    this.save = {
      name: 'GREYLIST_SAVE',
      stage: 'postfilter',
      priority: priorities.medium,
      symbols: {},
      condition: ({ results }) => results.passthroughs.length === 0,
      run: (task) => this.#save(task),
    };
  }

  async #check(task: Task): Promise<void> {
    const keys = keysOf(task, this.#options);
    let values: readonly (string | null)[];
    try {
      values = await (await this.#reader.client()).mGet([keys.body, keys.meta]);
    } catch (cause) {
      return this.#failed(task, cause);
    }
    const [body, meta] = values.map((value) => this.#ageOf(value, task));
    // What the body tells counts before the envelope.
    const passes = body === 'mature' ? 'body' : meta === 'mature' ? 'meta' : undefined;
    const until = {
      body: typeof body === 'object' ? body.until : undefined,
      meta: typeof meta === 'object' && body !== 'mature' ? meta.until : undefined,
    };
    task.set(known, { keys, passes, until, isNew: body === undefined && meta === undefined });
    const first = earliest(until.body, until.meta);
    if (first !== undefined) this.#delay(task, first, 'too early');
  }

  /** @returns undefined where there is no record */
  #ageOf(value: string | null, { receivedAt }: Task): 'mature' | { readonly until: string } | undefined {
    const seconds = Number(value ?? 'none');
    if (!Number.isFinite(seconds)) return undefined;
    const end = seconds * 1000 + this.#options.timeout;
    return receivedAt < end ? { until: timeText(end) } : 'mature';
  }

  async #save(task: Task): Promise<void> {
    const { results } = task;
    const { symbol, whitelist_symbols: whitelist, greylist_min_score: least, timeout, expire } = this.#options;
    const action = results.verdict.action.name;
    const threshold = least ?? results.limits.find(({ name }) => name === 'greylist')?.threshold;
    const isTooGood = threshold !== undefined && results.score < threshold;
    const isExcused = whitelist.some((name) => results.get(name)?.hidden === false);
    if (isExcused || isTooGood || !this.#isHeld(task)) return accept(task);
    const found = task.get(known);
    const passes = found?.passes ?? (this.#isKnownHost(task) ? 'meta' : undefined);
    if (action === 'reject' || action === 'no action') return;
    if (passes !== undefined) {
      accept(task);
      task.insert(symbol, 0, ['pass', passes]);
      if (found !== undefined && !this.#isTrial(task))
        await this.#write(task, (client) => expireBoth(client, found.keys, expire));
    } else if (found?.isNew === true) {
      if (this.#isTrial(task)) return;
      this.#delay(task, timeText(task.receivedAt + timeout), 'new record');
      const now = String(Math.floor(task.receivedAt / 1000));
      await this.#write(task, (client) => setBoth(client, found.keys, expire, now));
    } else if (found !== undefined) {
      const why = found.until.body === undefined ? 'meta' : 'body';
      const end = found.until[why];
      if (end !== undefined) this.#delay(task, end, why);
    }
  }

  #delay(task: Task, until: string, why: string): void {
    const { symbol, action, message, report_time: tells } = this.#options;
    task.insert(symbol, 0, ['greylisted', until, why]);
    if (this.#isTrial(task)) return;
    const text = tells ? `${toText(message)}: ${until}` : toText(message);
    task.passthrough({ action: actionName(action), module: 'greylist', message: text });
  }

  async #write(task: Task, change: (client: RedisClient) => Promise<unknown>): Promise<void> {
    try {
      await change(await this.#writer.client());
    } catch (cause) {
      this.#failed(task, cause);
    }
  }

  #failed(task: Task, cause: unknown): void {
    const text = `greylisting: ${cause instanceof Error ? cause.message : String(cause)}`;
    this.#context.logger.log('warning', 'scan', 'scan', task.id, text);
  }
}

type RedisClient = Awaited<ReturnType<RedisConnection['client']>>;

/** @param time milliseconds */
async function expireBoth(client: RedisClient, { body, meta }: GreylistKeys, time: number): Promise<void> {
  await Promise.all([body, meta].map((key) => client.expire(key, Math.floor(time / 1000))));
}

async function setBoth(client: RedisClient, { body, meta }: GreylistKeys, time: number, now: string): Promise<void> {
  await Promise.all([body, meta].map((key) => client.setEx(key, Math.floor(time / 1000), now)));
}

/** The message is not delayed: what is left of its score leads to another action. */
function accept({ results }: Task): void {
  if (results.verdict.action.name === 'greylist') results.setThresholds(new Map([['greylist', null]]));
}

/** rspamd: src/libutil/util.c:rspamd_http_date_format. @param time milliseconds since the epoch */
function timeText(time: number): string {
  return new Date(time).toUTCString();
}

/** @returns the text of the earlier one */
function earliest(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Date.parse(one) <= Date.parse(other) ? one : other;
}
