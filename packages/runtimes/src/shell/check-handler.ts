import type { CheckHandler } from '@pelton/core'
import { programOf } from './shell-runtime.ts'

/** Rejects when there is neither a script nor a command that the handler names. */
export const checkHandler: CheckHandler = async (check) => void programOf(check)
