import type { Logger } from '../message/log.ts';

/** Signs of life of worker processes: `heartbeat_interval` and `heartbeats_loss_max` of the `options` section. */
export interface HeartbeatSpec {
  /** Milliseconds; 0 for none. */
  readonly interval: number;
  /** So many may be missing in a row before the process is ended; 0 to write to the log only. */
  readonly lossMax: number;
}

/** Watches over the signs of life of one worker (rspamd: src/libserver/worker_util.c:rspamd_main_heartbeat_cb). */
export class Heartbeats {
  readonly #timer: NodeJS.Timeout | undefined;
  #beaten = true;
  #lost = 0;

  /** @param giveUp called when too many are missing */
  constructor(spec: HeartbeatSpec, logger: Logger, who: string, giveUp: () => void) {
    if (spec.interval <= 0) return;
    const say = (level: 'warning' | 'info' | 'error', text: string) => logger.log(level, 'main', 'heartbeat', '', text);
    this.#timer = setInterval(() => {
      if (this.#beaten) {
        if (this.#lost > 0) say('info', `${who} shows signs of life again after ${this.#lost} were missing`);
        this.#lost = 0;
      } else {
        this.#lost++;
        say('warning', `lost heartbeat from ${who}, ${this.#lost} lost in a row`);
      }
      this.#beaten = false;
      if (spec.lossMax > 0 && this.#lost > spec.lossMax) {
        say('error', `${who} gives no sign of life; ending it`);
        giveUp();
      }
    }, spec.interval);
    this.#timer.unref();
  }

  beat(): void {
    this.#beaten = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
