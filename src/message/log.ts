/** Levels of the `logging` section, most urgent first. */
export type LogLevel = 'critical' | 'error' | 'warning' | 'notice' | 'info' | 'debug';

/**
 * Where log lines go. `module` and `fn` name the place as Rspamd's lines do (`proxy; proxy_accept_socket: …`), `id` is
 * the tag in angle brackets: the session id, cut by the sink; the empty string where there is no session.
 */
export interface Logger {
  log(level: LogLevel, module: string, fn: string, id: string, message: string): void;
  /** Whether a line of that level (and, for debug, module) would be written: asked before costly texts are made. */
  enabled(level: LogLevel, module: string): boolean;
}

export const silentLogger: Logger = { log: () => {}, enabled: () => false };
