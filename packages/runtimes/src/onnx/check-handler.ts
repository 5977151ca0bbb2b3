import type { CheckHandler } from '@pelton/core'
import { findModels } from './find-models.ts'
import { findOrt } from './load-ort.ts'

/** Rejects when there is no model, or nothing that runs it. */
export const checkHandler: CheckHandler = async ({ folder, handler }) => {
  findModels(folder, handler)
  findOrt(folder)
}
