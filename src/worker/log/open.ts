import type { LogLevel } from '../../message/log.ts';
import type { LineStyle, Process } from './format.ts';
import { LeveledLogger } from './logger.ts';
import { DescriptorSink, type Sink, SyslogSink } from './sinks.ts';
import { consoleTarget, fileTarget } from './writer.ts';

/** The `logging` section as plain data. */
export interface LogSpec {
  readonly target:
    | { readonly type: 'console' }
    | {
        readonly type: 'file';
        readonly path: string;
        readonly owner: { readonly uid: number; readonly gid: number } | undefined;
      }
    | { readonly type: 'syslog'; readonly facility: string };
  readonly level: LogLevel;
  readonly debugModules: readonly string[];
  readonly style: LineStyle;
}

/** Numbers of the syslog facilities (RFC 5424, 6.2.1). */
const facilities: Readonly<Record<string, number>> = {
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  cron: 9,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};

/** @throws the system's error when the log file cannot be opened */
export function openLog(spec: LogSpec, process: Process): LeveledLogger {
  return new LeveledLogger(openSink(spec, process), spec.level, spec.debugModules);
}

function openSink({ target, style }: LogSpec, process: Process): Sink {
  switch (target.type) {
    case 'console':
      return new DescriptorSink(consoleTarget, style, process);
    case 'file':
      return new DescriptorSink(fileTarget(target.path, target.owner), style, process);
    case 'syslog':
      return new SyslogSink(style, process, facilities[target.facility] ?? (facilities['daemon'] as number));
  }
}
