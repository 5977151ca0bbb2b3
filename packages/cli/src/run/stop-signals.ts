import { constants } from 'node:os'

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

/** Listens for the signals that stop a processor. A second one calls `endNow` with 128 plus its number. */
export function listenForStop(endNow: (exitCode: number) => void): StopSignals {
  const { promise: first, resolve } = Promise.withResolvers<NodeJS.Signals>()
  let hasCome = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (hasCome) return endNow(128 + constants.signals[signal])
    hasCome = true
    resolve(signal)
  }
  for (const signal of handled) process.on(signal, onSignal)
  return {
    first,
    hasCome: () => hasCome,
    close: () => {
      for (const signal of handled) process.off(signal, onSignal)
    },
  }
}
