import { type LogLevel, type PeltonLogger, createLogger } from '@pelton/core'
import { type Processor, type ProcessorOptions, createProcessor } from '@pelton/processor'
import { createCatalogue } from '../catalogue.ts'
import { adoptTracingEnv } from '../env-file.ts'
import { exitCodes } from '../exit-codes.ts'
import { withHttpAddress } from '../function/http-address.ts'
import { endsWithJob, isJobOnly } from '../function/job-trigger.ts'
import { type FunctionRequest, type LoadedFunction, loadFunction } from '../function/load-function.ts'
import { logWarnings } from '../function/log-warnings.ts'
import { type LogFormat, createLogWriter } from '../log/log-writer.ts'
import { logStart } from '../screen/start-records.ts'
import { startScreen } from '../screen/start-screen.ts'
import type { Terminal } from '../terminal.ts'
import { readVersion } from '../version.ts'
import { newAddresses } from '../watch/new-addresses.ts'
import type { WatchedFiles } from '../watch/watch-files.ts'
import { type JobOptions, createJobChange } from './job-options.ts'
import { jobStartLine } from './job-start-line.ts'
import { stopProcessor } from './stop-processor.ts'
import { listenForStop } from './stop-signals.ts'

/** What `pelton run` was asked for. */
export interface RunOptions extends JobOptions {
  request: FunctionRequest
  format: LogFormat
  terminal: Terminal
  port?: number
  host?: string
  watch?: boolean
  /** Installs what the function needs before it starts. */
  install?: boolean
  inspect?: string
  logLevel?: LogLevel
  /** In milliseconds; wins over the file. */
  grace?: number
}

/**
 * Runs a function until a signal comes or its work is done, and it is drained; resolves with the exit code, rejects when
 * it cannot start.
 */
export async function runFunction(options: RunOptions): Promise<number> {
  const { terminal, format } = options
  const signals = listenForStop((exitCode) => {
    terminal.flush()
    process.exit(exitCode)
  })
  const catalogue = createCatalogue()
  const changeJob = createJobChange(options, terminal)
  const load = async (): Promise<LoadedFunction> => {
    const loaded = await loadFunction(options.request, catalogue)
    return { ...loaded, config: await changeJob(withHttpAddress(loaded.config, options)) }
  }
  const loaded = await load()
  adoptTracingEnv(loaded.config.env)
  const level = options.logLevel ?? loaded.config.logLevel ?? loaded.platform.logLevel ?? 'info'
  const { write } = createLogWriter({ output: terminal.errors, format, level, paint: terminal.paint })
  const logger = createLogger(write)
  logWarnings(loaded.warnings, logger)
  if (options.install) await install(options, loaded, logger, signals.first)
  const processor = createProcessor(processorOptions(options, loaded, { catalogue, writeLog: write, logLevel: level }))
  terminal.beforeDefectExit(() => processor.stop(0))
  let { config } = loaded
  const started = Promise.withResolvers<void>()
  // Before the start, so that an edit meanwhile is not missed.
  const stopWatching = await followEdits(options, loaded.watched, logger, async () => {
    await started.promise
    const next = await load()
    const before = processor.status()
    await processor.update(next.config)
    logWarnings(next.warnings, logger)
    for (const address of newAddresses(before, processor.status())) logger.info('address_added', { ...address })
    config = next.config
  })
  await Promise.race([processor.start(), signals.first])
  if (!signals.hasCome()) showStart(processor, options, isJobOnly(config), logger)
  started.resolve()
  let end: { failed: boolean } | undefined
  void processor.finished.then((finished) => (end = finished))
  const signal = await Promise.race([signals.first, processor.finished.then(() => undefined)])
  stopWatching()
  const graceMs = options.grace ?? config.terminationGraceMs
  if (signal) logger.info('stopping', { signal, grace_ms: graceMs })
  const isClean = await stopProcessor(processor, { graceMs, logger, isExpected: signal === undefined })
  signals.close()
  // A job that a signal kept from its start has not succeeded.
  const isDone = end ? !end.failed : !endsWithJob(config)
  return isClean && isDone ? exitCodes.done : exitCodes.failed
}

/** What it says goes to the log where machines read, else to the screen as it stands. */
async function install(
  { format, terminal }: RunOptions,
  { config }: LoadedFunction,
  logger: PeltonLogger,
  stop: Promise<unknown>,
): Promise<void> {
  const { installDependencies } = await import('./install-dependencies.ts')
  const say = (line: string): void => {
    if (format === 'json') logger.info('install_progress', { line })
    else terminal.say(`${terminal.paint('dim', line)}\n`)
  }
  await installDependencies(config, { say, stop })
}

function processorOptions(
  { inspect, watch }: RunOptions,
  { config, platform, kubernetes }: LoadedFunction,
  parts: Pick<ProcessorOptions, 'catalogue' | 'writeLog' | 'logLevel'>,
): ProcessorOptions {
  return {
    ...parts,
    config,
    platform,
    kubernetes,
    ...(inspect === undefined ? {} : { inspect }),
    ...(watch ? { watch } : {}),
  }
}

function showStart(processor: Processor, options: RunOptions, isJob: boolean, logger: PeltonLogger): void {
  const facts = {
    version: readVersion(),
    tookMs: performance.now(),
    watches: options.watch ?? false,
    ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
  }
  if (options.format === 'json') logStart(processor.status(), facts, logger)
  else options.terminal.say((isJob ? jobStartLine : startScreen)(processor.status(), facts, options.terminal.paint))
}

/** With `--watch`: reloads on changes. Gives back what ends it. */
async function followEdits(
  { watch }: RunOptions,
  watched: WatchedFiles,
  logger: PeltonLogger,
  reload: () => Promise<void>,
): Promise<() => void> {
  if (!watch) return () => undefined
  const [{ watchFiles }, { createReloader }] = await Promise.all([
    import('../watch/watch-files.ts'),
    import('../watch/reloader.ts'),
  ])
  const reloader = createReloader({ reload, logger })
  const files = watchFiles(watched, () => reloader.change())
  if (files.leftOut > 0) logger.warn('folders_not_watched', { count: files.leftOut })
  return () => {
    files.close()
    void reloader.close()
  }
}
