import { type Lua, type LuaTable, native } from '../lua/index.ts';
import type { Logger } from '../message/log.ts';
import { type PublicSuffixes, readKnowledge } from '../scan/index.ts';
import type { UclObject } from '../ucl/index.ts';
import type { Zstd } from '../wire/zstd/index.ts';
import { ffiModule } from './absent/ffi.ts';
import { absentModules } from './absent/modules.ts';
import { caselessModule } from './caseless/module.ts';
import { zstdModule } from './compress/module.ts';
import { poolModule } from './config/module.ts';
import { hashModule } from './crypto/hash.ts';
import { int64Module } from './crypto/int64.ts';
import { pairModule, publicKeyModule, signatureModule } from './crypto/keys.ts';
import { cryptoboxModule } from './crypto/module.ts';
import { rsaModule, rsaPrivateModule, rsaPublicModule, rsaSignatureModule } from './crypto/rsa.ts';
import { secretBoxModule } from './crypto/secretbox.ts';
import { expressionModule } from './expression/module.ts';
import { setGlobals } from './globals/globals.ts';
import { allPaths } from './globals/paths.ts';
import { ipModule } from './ip/module.ts';
import { loggerModule } from './logger/module.ts';
import { lpegModule } from './lpeg/module.ts';
import { moduleTable } from './modules.ts';
import { regexpModule } from './regexp/module.ts';
import { textModule } from './text/module.ts';
import { trieModule } from './trie/module.ts';
import { uclModule } from './ucl/module.ts';
import { urlModule } from './url/module.ts';
import { mimeFunctions } from './util/mime.ts';
import { utilModule } from './util/module.ts';
import type { Paths, World } from './world.ts';

export interface RspamdOptions {
  /** Where the lines of `rspamd_logger` go. */
  readonly logger: Logger;
  /** Directories other than the standard ones, by Rspamd's names for them. */
  readonly paths?: Paths;
  /** What `rspamd_config` shows. */
  readonly config?: UclObject | undefined;
  /** For scripts that compress; `sharedZstd()` gives it. */
  readonly zstd?: Zstd | undefined;
  /** The process's environment by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Modules by name; each is made when a script first requires it. */
const modules: Readonly<Record<string, (world: World) => LuaTable>> = {
  ffi: ffiModule,
  lpeg: lpegModule,
  rspamd_caseless_table: caselessModule,
  rspamd_cryptobox: cryptoboxModule,
  rspamd_cryptobox_hash: hashModule,
  rspamd_cryptobox_keypair: pairModule,
  rspamd_cryptobox_pubkey: publicKeyModule,
  rspamd_cryptobox_secretbox: secretBoxModule,
  rspamd_cryptobox_signature: signatureModule,
  rspamd_expression: expressionModule,
  rspamd_int64: int64Module,
  rspamd_ip: ipModule,
  rspamd_logger: loggerModule,
  rspamd_mempool: poolModule,
  rspamd_parsers: (world) => moduleTable(mimeFunctions(world)),
  rspamd_regexp: regexpModule,
  rspamd_rsa: rsaModule,
  rspamd_rsa_privkey: rsaPrivateModule,
  rspamd_rsa_pubkey: rsaPublicModule,
  rspamd_rsa_signature: rsaSignatureModule,
  rspamd_text: textModule,
  rspamd_trie: trieModule,
  rspamd_url: urlModule,
  rspamd_util: utilModule,
  rspamd_zstd: zstdModule,
  ucl: uclModule,
};

/** Gives a Lua state Rspamd's modules and globals. */
export function openRspamd(lua: Lua, options: RspamdOptions): World {
  const paths = allPaths(options.paths ?? {});
  let suffixes: PublicSuffixes | undefined;
  const world: World = {
    lua,
    logger: options.logger,
    paths,
    zstd: options.zstd,
    suffixes: () => {
      suffixes ??= readKnowledge(paths['SHAREDIR'] as string).suffixes;
      return suffixes;
    },
    metatables: new Map(),
  };
  const preload = (name: string, make: () => LuaTable): void => lua.preload.set(name, native(name, make));
  for (const [name, make] of Object.entries(modules)) preload(name, () => make(world));
  for (const [name, make] of absentModules) preload(name, make);
  setGlobals(world, options.config, options.env ?? process.env);
  return world;
}
