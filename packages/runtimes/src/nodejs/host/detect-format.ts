import { compileFunction } from 'node:vm'
import type { PackageType } from './package-type.ts'

/** How a source file is to be run. */
export type ModuleFormat = 'module' | 'commonjs'

const wrapperNames = ['exports', 'require', 'module', '__filename', '__dirname']
const esmWords = /\b(?:import|export|await)\b/
const commonJsWords = /\b(?:exports|require|__dirname|__filename)\b/
// What V8 says about code that only a module may hold.
const esmMessages = [
  'Cannot use import statement outside a module',
  "Unexpected token 'export'",
  "Cannot use 'import.meta' outside a module",
  'await is only valid in async functions and the top level bodies of modules',
  ...wrapperNames.map((name) => `Identifier '${name}' has already been declared`),
]

/**
 * The format of a source without types, by its ending, its package, and its syntax where that contradicts the package:
 * `exports.handler` under `"type": "module"` is CommonJS, `export` under CommonJS or no type is a module.
 */
export function detectFormat(file: string, source: string, type: PackageType): ModuleFormat {
  if (/\.m[jt]s$/.test(file)) return 'module'
  if (/\.c[jt]s$/.test(file)) return 'commonjs'
  if (type === 'module') {
    return commonJsWords.test(source) && compileFault(source) === undefined ? 'commonjs' : 'module'
  }
  if (!esmWords.test(source)) return 'commonjs'
  const fault = compileFault(source)
  return fault !== undefined && esmMessages.some((message) => fault.includes(message)) ? 'module' : 'commonjs'
}

// Compiling as CommonJS is what Node.js itself does to find out: V8 is the only parser at hand.
function compileFault(source: string): string | undefined {
  try {
    compileFunction(source, wrapperNames)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
