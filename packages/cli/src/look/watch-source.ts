import { writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { systemClock } from '@pelton/core'
import { errors } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { listenForStop } from '../run/stop-signals.ts'
import { FrameCatch } from './frame-catch.ts'
import type { ReadRules } from './read-rules.ts'
import { readSource } from './read-source.ts'
import type { WatchEnd } from './show-records.ts'
import { SourceWatch } from './source-watch.ts'
import type { WatchOptions } from './watch-options.ts'
import { createReport } from './watch-report.ts'
import { type WatchTarget, readTarget } from './watch-target.ts'

const defaultTimeoutMs = 10_000

/** How a watch came to its end: by a signal, or a fault. */
interface Ending {
  how: WatchEnd
  by?: NodeJS.Signals
  fault?: Error
}

/**
 * Watches a source until a signal comes, the time is up, a frame is saved or the source is lost. Resolves with 0 when it
 * gave what was asked for, with 128 plus a signal's number when that came before; throws an error of the table for
 * anything else.
 */
export async function watchSource(options: WatchOptions): Promise<number> {
  const { terminal } = options
  const target = readTarget(options)
  const frames = await createCatch(options)
  const report = createReport({ terminal, shown: target.shown, isJson: options.json ?? false })
  const stop = new AbortController()
  let ending: Ending = { how: 'stopped' }
  const finish = (how: WatchEnd, why: Omit<Ending, 'how'> = {}): void => {
    if (stop.signal.aborted) return
    ending = { how, ...why }
    stop.abort()
  }
  const signals = listenForStop((exitCode) => {
    terminal.flush()
    process.exit(exitCode)
  })
  void signals.first.then((by) => finish('stopped', { by }))
  const watch = new SourceWatch({
    clock: systemClock,
    report,
    frames,
    forMs: options.for,
    onTimeUp: () => finish('time'),
  })
  frames?.caught
    .then((bytes) => save(options, bytes, watch))
    .then(
      () => finish('saved'),
      (fault: Error) => finish('stopped', { fault }),
    )
  await readSource(rulesOf(options, target), watch, stop.signal).catch((fault: Error) => finish('lost', { fault }))
  const { how, by, fault } = ending
  watch.close(how)
  await report.written()
  signals.close()
  if (fault) throw fault
  const isGiven = watch.hasCome && (options.save === undefined || how === 'saved')
  if (isGiven) return exitCodes.done
  // Who ends it knows that nothing came.
  if (by) return 128 + constants.signals[by]
  throw nothingGiven(options, target, watch)
}

function rulesOf(options: WatchOptions, target: WatchTarget): ReadRules {
  const { timeout = defaultTimeoutMs, insecure = false, transport = 'auto', media } = options
  return { target, clock: systemClock, timeoutMs: timeout, isInsecure: insecure, transport, media }
}

/** What decodes is only loaded for pictures that have to be. */
async function createCatch({ save: file, media, terminal }: WatchOptions): Promise<FrameCatch | undefined> {
  if (file === undefined) return undefined
  if (media === 'audio') throw errors.wrong_usage({ reason: '--save is for pictures, and --media is audio' })
  const { decodePicture } = await import('./decode-picture.ts')
  return new FrameCatch(file, decodePicture(terminal.cwd, file))
}

async function save({ save: file = '', terminal }: WatchOptions, bytes: Buffer, watch: SourceWatch): Promise<void> {
  try {
    await writeFile(resolve(terminal.cwd, file), bytes)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    throw errors.frame_unsavable({ file, reason: `it cannot be written: ${reason}` }, error)
  }
  watch.tellSaved(file, bytes.length)
}

/** What was asked for has not come. */
function nothingGiven({ save: file }: WatchOptions, { shown }: WatchTarget, watch: SourceWatch): Error {
  const ms = Math.round(watch.elapsedMs)
  if (file === undefined || !watch.hasCome) return errors.source_silent({ url: shown, ms })
  return errors.frame_unsavable({ file, reason: `no whole frame to begin with came in ${ms} ms` })
}
