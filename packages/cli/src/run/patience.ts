import { constants } from 'node:os'
import { type Clock, type Timer, systemClock } from '@pelton/core'
import type { Terminal } from '../terminal.ts'
import type { StopSignals } from './stop-signals.ts'

/** After how long whoever waits is told that it is the handler that takes so long. */
const noticeMs = 3000

/** How long a handler has after the first signal to end by itself. */
const letGoMs = 2000

/** What limits the wait for one handler. */
export interface Patience {
  /** Aborts with the first signal. */
  readonly signal: AbortSignal
  /** The handler has begun to answer: what its body takes is seen, and needs no notice. */
  answered(): void
  /** Takes the timers back. */
  close(): void
}

/** What an invocation is waited for with. */
export interface PatienceParts {
  signals: Pick<StopSignals, 'first'>
  terminal: Pick<Terminal, 'say'>
  /** Called 2 s after the first signal, with 128 plus its number. */
  endNow: (exitCode: number) => void
  clock?: Pick<Clock, 'after'>
}

/** Says after 3 s that the handler has not answered, and ends a handler that does not heed the first signal. */
export function createPatience({ signals, terminal, endNow, clock = systemClock }: PatienceParts): Patience {
  const abort = new AbortController()
  let isClosed = false
  const notice = clock.after(noticeMs, () =>
    terminal.say(`the handler has not answered for ${noticeMs / 1000} s; Ctrl+C ends it\n`),
  )
  let end: Timer | undefined
  void signals.first.then((name) => {
    if (isClosed) return
    notice.cancel()
    abort.abort()
    end = clock.after(letGoMs, () => {
      terminal.say(`stopped: the handler went on for ${letGoMs / 1000} s after ${name}\n`)
      endNow(128 + constants.signals[name])
    })
  })
  return {
    signal: abort.signal,
    answered: () => notice.cancel(),
    close: () => {
      isClosed = true
      notice.cancel()
      end?.cancel()
    },
  }
}
