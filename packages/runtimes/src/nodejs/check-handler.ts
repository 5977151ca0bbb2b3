import type { CheckHandler } from '@pelton/core'
import { findHandlerFile } from './host/find-handler-file.ts'

/** Rejects when the file that a worker would import is not there. */
export const checkHandler: CheckHandler = async ({ folder, handler }) => void findHandlerFile(folder, handler)
