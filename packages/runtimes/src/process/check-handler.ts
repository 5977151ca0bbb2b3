import type { CheckHandler } from '@pelton/core'
import type { ProcessAttributes } from './config.ts'
import { findHost } from './find-host.ts'

/** Rejects when the program that hosts the function is not there. */
export const checkHandler: CheckHandler = async ({ folder, handler, env, attributes }) => {
  const { command } = attributes as Partial<ProcessAttributes>
  findHost({ command, handler, folder, path: env['PATH'] ?? process.env['PATH'] ?? '' })
}
