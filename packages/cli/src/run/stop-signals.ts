import { constants } from 'node:os'
import { type Clock, systemClock } from '@pelton/core'

/** What ends a long-running command. */
export interface StopSignals {
  /** Resolves with the first SIGTERM or SIGINT. */
  readonly first: Promise<NodeJS.Signals>
  /** Whether it has come. */
  hasCome(): boolean
  /** Gives the signals back to the system. */
  close(): void
}

const handled: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']

/** A terminal signals all processes of a group: who also forwards what it gets delivers it twice. */
const sameWithinMs = 250

/**
 * Listens for the signals that stop a processor. A second one calls `endNow` with 128 plus its number; what comes within
 * 250 ms of the first one is still that one.
 */
export function listenForStop(
  endNow: (exitCode: number) => void,
  clock: Pick<Clock, 'now'> = systemClock,
): StopSignals {
  const { promise: first, resolve } = Promise.withResolvers<NodeJS.Signals>()
  let cameAt: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    if (cameAt === undefined) {
      cameAt = clock.now()
      return resolve(signal)
    }
    if (clock.now() - cameAt > sameWithinMs) endNow(128 + constants.signals[signal])
  }
  for (const signal of handled) process.on(signal, onSignal)
  return {
    first,
    hasCome: () => cameAt !== undefined,
    close: () => {
      for (const signal of handled) process.off(signal, onSignal)
    },
  }
}
