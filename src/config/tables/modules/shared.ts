/** Options that several modules have. */

export const enabled = {
  kind: 'flag',
  default: true,
  status: 'honoured',
  help: 'False switches the module off',
} as const;

/** rspamd: lualib/lua_util.lua:config_check_local_or_authed */
export const clients = {
  check_local: {
    kind: 'flag',
    defaultText: 'that of section options, else false',
    status: 'honoured',
    help: 'Look at messages of clients in local_addrs too',
  },
  check_authed: {
    kind: 'flag',
    defaultText: 'that of section options, else false',
    status: 'honoured',
    help: 'Look at messages of clients that authenticated too',
  },
} as const;

export const symbol = (name: string, help: string) =>
  ({ kind: 'string', default: name, status: 'honoured', help: `Symbol: ${help}` }) as const;

export const onOff = (usual: boolean, help: string) =>
  ({ kind: 'flag', default: usual, status: 'honoured', help }) as const;

export const map = (help: string) => ({ kind: 'map', status: 'honoured', help }) as const;
