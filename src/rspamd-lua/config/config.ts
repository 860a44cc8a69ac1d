import {
  checkString,
  type LuaResult,
  LuaTable,
  type LuaValue,
  none,
  runtimeError,
  type Userdata,
} from '../../lua/index.ts';
import { get, items, type UclObject } from '../../ucl/index.ts';
import { type ClassDefinition, type Method, wrap } from '../classes.ts';
import { listOf } from '../tables.ts';
import { toLua } from '../ucl/convert.ts';
import type { World } from '../world.ts';
import { Pool, poolClass } from './pool.ts';

/** `rspamd_config`: the configuration that scripts may look into. */
export class Config {
  readonly logTag = '';
  readonly root: UclObject | undefined;
  readonly pool = new Pool('cfg');
  constructor(root: UclObject | undefined) {
    this.root = root;
  }
}

/** What scripts say to a configuration while scanners start up, which has no effect in a program without them. */
const withoutEffect = [
  'add_config_unload',
  'add_doc',
  'add_example',
  'add_on_load',
  'add_periodic',
  'add_post_init',
  'register_finish_script',
  'set_peak_cb',
];

/** What needs a scanner. */
const refused = [
  'add_composite',
  'add_condition',
  'add_hash_map',
  'add_kv_map',
  'add_map',
  'add_radix_map',
  'clear_regexp_scope_flags',
  'count_regexp_scopes',
  'disable_symbol',
  'enable_symbol',
  'find_regexp_scope',
  'get_action',
  'get_classifier',
  'get_dns_max_requests',
  'get_dns_timeout',
  'get_group_symbols',
  'get_groups',
  'get_maps',
  'get_metric_action',
  'get_metric_symbol',
  'get_regexp_scope_flags',
  'get_resolver',
  'get_symbol',
  'get_symbol_callback',
  'get_symbol_flags',
  'get_symbol_parent',
  'get_symbol_stat',
  'get_symbols',
  'get_symbols_cksum',
  'get_symbols_count',
  'get_symbols_counters',
  'get_symbols_scores',
  'init_modules',
  'init_subsystem',
  'is_regexp_scope_loaded',
  'list_regexp_scopes',
  'load_custom_tokenizers',
  'load_ucl',
  'parse_rcl',
  'promote_symbols_cache_resort',
  'radix_from_config',
  'radix_from_ucl',
  'register_callback_symbol',
  'register_callback_symbol_priority',
  'register_dependency',
  'register_module_option',
  'register_monitored',
  'register_post_filter',
  'register_pre_filter',
  'register_re_selector',
  'register_re_selector_scoped',
  'register_regexp',
  'register_regexp_scoped',
  'register_settings_id',
  'register_symbol',
  'register_symbols',
  'register_virtual_symbol',
  'register_worker_script',
  'remove_regexp_scope',
  'replace_regexp',
  'replace_regexp_scoped',
  'set_action',
  'set_metric_action',
  'set_metric_symbol',
  'set_regexp_scope_flags',
  'set_regexp_scope_loaded',
  'set_symbol',
  'set_symbol_callback',
] as const;

function refusing(name: string): Method<Config> {
  return () => {
    throw runtimeError(`rspamd_config:${name} cannot be used here: there is no scanner`);
  };
}

const configClass: ClassDefinition<Config> = {
  name: 'rspamd{config}',
  constructor: Config,
  methods: (world) => ({
    ...Object.fromEntries(withoutEffect.map((name) => [name, () => none()])),
    ...Object.fromEntries(refused.map((name) => [name, refusing(name)])),
    get_all_opt: (self, args) => allOptions(world, self, checkString(args, 2)),
    get_module_opt: (self, args) => {
      const found = get(items(get(self.root, checkString(args, 2)))[0], checkString(args, 3));
      return found === undefined ? undefined : toLua(world, found);
    },
    get_key: (self, args) => {
      const found = get(self.root, checkString(args, 2));
      return found === undefined ? undefined : toLua(world, found);
    },
    get_ucl: (self) => (self.root === undefined ? undefined : toLua(world, self.root)),
    get_all_actions: () => new LuaTable(),
    get_mempool: (self) => wrap(world, poolClass, self.pool),
    get_cpu_flags: () => new LuaTable(),
    get_tld_path: () => `${world.paths['SHAREDIR']}/effective_tld_names.dat`,
    has_torch: () => false,
    is_mime_utf8: () => false,
    experimental_enabled: () => false,
    __newindex: (_, [, name]) => {
      throw runtimeError(`the symbol ${String(name)} cannot be added to rspamd_config here: there is no scanner`);
    },
  }),
};

/** A section; several of one name are taken together (rspamd: src/lua/lua_config.c:lua_config_get_all_opt). */
function allOptions(world: World, { root }: Config, name: string): LuaResult {
  const sections = items(get(root, name));
  const [first] = sections;
  if (first === undefined) return undefined;
  if (first.type !== 'object') return listOf(sections.map((one) => toLua(world, one)));
  const table = new LuaTable();
  for (const section of sections) {
    const value: LuaValue = toLua(world, section);
    if (section.type === 'object' && value instanceof LuaTable) {
      for (const key of section.entries.keys()) table.set(key, value.get(key));
    }
  }
  return table;
}

/** The value of the global `rspamd_config`. */
export function configValue(world: World, root: UclObject | undefined): Userdata {
  return wrap(world, configClass, new Config(root));
}
