import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as OrtModule from 'onnxruntime-node'
import { errors } from '../errors.ts'

/** ONNX Runtime's own API. */
export type Ort = typeof OrtModule

const name = 'onnxruntime-node'

/**
 * Loads ONNX Runtime, as installed for the function or else for Pelton. For threads of this runtime only: it changes their
 * globals. Throws `onnxruntime_missing` or `onnxruntime_not_loaded`.
 */
export function loadOrt(folder: string, here: string = import.meta.url): Ort {
  const { own, module } = findOrt(folder, here)
  // Its addon does not know arrays of this type, which its JavaScript makes of FP16 where there is one; else it takes the bits.
  Reflect.deleteProperty(globalThis, 'Float16Array')
  const ort = load(own, module)
  // What fails is thrown, too: on stderr it would stand between the lines of the log, for each request that a model refuses.
  ort.env.logLevel = 'fatal'
  return ort
}

/** Finds the module of ONNX Runtime and what requires it, without loading it. Throws `onnxruntime_missing`. */
export function findOrt(folder: string, here: string = import.meta.url): { own: NodeJS.Require; module: string } {
  const [own, ours] = [createRequire(join(folder, 'package.json')), createRequire(here)]
  const module = resolveFrom(own) ?? resolveFrom(ours)
  if (module === undefined) throw errors.onnxruntime_missing({ folder })
  return { own, module }
}

function load(require: NodeJS.Require, module: string): Ort {
  try {
    const ort = require(module) as Ort
    if (typeof ort.listSupportedBackends === 'function') return ort
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw errors.onnxruntime_not_loaded({ module, reason }, error)
  }
  throw errors.onnxruntime_not_loaded({ module, reason: 'it is too old, or no ONNX Runtime' })
}

function resolveFrom(require: NodeJS.Require): string | undefined {
  try {
    return require.resolve(name)
  } catch {
    // Not installed there; a package that is there but broken is found when it is loaded.
    return undefined
  }
}
