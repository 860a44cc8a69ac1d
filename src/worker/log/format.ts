import type { LogLevel } from '../../message/log.ts';

/** How lines look; the flags of the `logging` section (rspamd: src/libserver/logger/logger.c:rspamd_log_fill_iov). */
export interface LineStyle {
  readonly severity: boolean;
  readonly usec: boolean;
  readonly systemd: boolean;
  readonly json: boolean;
  readonly color: boolean;
  /** Bytes of the session id that a line shows: `max_tag_len`, at most 32. */
  readonly maxTagLength: number;
  readonly tagStripPolicy: 'right' | 'left' | 'middle';
}

export const plainStyle: LineStyle = {
  severity: false,
  usec: false,
  systemd: false,
  json: false,
  color: false,
  maxTagLength: 6,
  tagStripPolicy: 'right',
};

export interface LogLine {
  readonly level: LogLevel;
  readonly module: string;
  readonly fn: string;
  readonly id: string;
  readonly message: string;
}

export interface Process {
  readonly pid: number;
  /** `rspamd_proxy` in a worker, `main` in the main process. */
  readonly type: string;
}

const severityNames: Record<LogLevel, string> = {
  critical: 'crit',
  error: 'error',
  warning: 'warn',
  notice: 'notice',
  info: 'info',
  debug: 'debug',
};

const colors: Record<LogLevel, string> = {
  critical: '\x1b[1;31m',
  error: '\x1b[1;31m',
  warning: '\x1b[0;32m',
  notice: '\x1b[0;37m',
  info: '\x1b[0;37m',
  debug: '',
};

/** Module tag, module and function together never take more (the original's buffer, less its final NUL). */
const prefixLimit = 63;

/** One line with its newline, for a file or the console. `now` in milliseconds since the epoch. */
export function formatLine(line: LogLine, style: LineStyle, process: Process, now: number): string {
  if (style.json) return formatJson(line, style, process, now);
  const head = style.systemd
    ? `(${process.type}) `
    : `${timestamp(now, style.usec)} ${style.severity ? `[${severityNames[line.level]}] ` : ''}#${process.pid}(${process.type}) `;
  const text = `${head}${prefix(line, style)}${escapeControls(line.message)}\n`;
  return style.color ? `${colors[line.level]}${text}\x1b[0m` : text;
}

/** The text that goes to syslog, which adds time, ident and pid itself. */
export function formatSyslog(line: LogLine, style: LineStyle, process: Process, now: number): string {
  if (style.json) return formatJson(line, style, process, now).trimEnd();
  return `<${stripTag(line.id, style)}>; ${line.module}; ${line.fn}: ${escapeControls(line.message)}`;
}

function formatJson(line: LogLine, style: LineStyle, process: Process, now: number): string {
  const fields: ReadonlyArray<readonly [string, number | string]> = [
    ['ts', now / 1000],
    ['pid', process.pid],
    ['severity', severityNames[line.level]],
    ['worker_type', process.type],
    ['id', stripTag(line.id, style)],
    ['module', line.module],
    ['function', line.fn],
    ['message', escapeControls(line.message)],
  ];
  return `{${fields.map(([name, value]) => `"${name}": ${JSON.stringify(value)}`).join(', ')}}\n`;
}

function prefix(line: LogLine, style: LineStyle): string {
  const tag = line.id === '' ? '' : `<${stripTag(line.id, style)}>; `;
  const place = line.module === '' ? `${line.fn}: ` : `${line.module}; ${line.fn}: `;
  const whole = tag + place;
  return whole.length <= prefixLimit ? whole : `${whole.slice(0, prefixLimit - 1)} `;
}

/** Shortens a session id to `max_tag_len` (rspamd: src/libserver/logger/logger.c:rspamd_log_strip_tag). */
export function stripTag(id: string, style: Pick<LineStyle, 'maxTagLength' | 'tagStripPolicy'>): string {
  const length = Math.min(style.maxTagLength, 32);
  if (id.length <= length) return id;
  switch (style.tagStripPolicy) {
    case 'right':
      return id.slice(0, length);
    case 'left':
      return id.slice(id.length - length);
    case 'middle': {
      const front = length === 1 ? 1 : Math.floor(length / 2);
      return id.slice(0, front) + (length > front ? id.slice(id.length - (length - front)) : '');
    }
  }
}

/** Control bytes as `\xHH`: nothing that a client sends can forge a line. */
export function escapeControls(message: string): string {
  return message.replace(
    /[\x00-\x1f\x7f]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

let cachedSecond = Number.NaN;
let cachedText = '';

/** Local time as `YYYY-MM-DD HH:MM:SS`, with five decimals when asked. The second's text is made once a second. */
export function timestamp(now: number, usec: boolean): string {
  const second = Math.floor(now / 1000);
  if (second !== cachedSecond) {
    const t = new Date(second * 1000);
    const two = (n: number) => String(n).padStart(2, '0');
    cachedText = `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
    cachedSecond = second;
  }
  if (!usec) return cachedText;
  return `${cachedText}.${String(Math.floor((now - second * 1000) * 100)).padStart(5, '0')}`;
}
