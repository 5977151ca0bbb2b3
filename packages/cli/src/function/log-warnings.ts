import type { PeltonLogger } from '@pelton/core'
import type { ConfigFault } from '@pelton/processor'

/** Logs what is doubtful in a configuration that runs all the same. */
export function logWarnings(warnings: readonly ConfigFault[], logger: PeltonLogger): void {
  for (const { file, line, path, message, suggestion } of warnings) {
    const place = line === undefined ? file : `${file}:${line}`
    const hint = suggestion === undefined ? {} : { did_you_mean: suggestion }
    logger.warn('config_warning', { place, key: path, problem: message, ...hint })
  }
}
