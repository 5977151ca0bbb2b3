import { oneOf } from '@pelton/core'
import { errors } from '../errors.ts'
import type { FunctionRequest } from '../function/load-function.ts'
import type { Terminal } from '../terminal.ts'
import { text, texts } from './options.ts'

/** The argument of every command that takes a function. */
export const pathArgument = {
  name: 'path',
  doc: 'a function folder, a yaml file, or a handler file alone (default: the current folder)',
}

/** Options of every command that reads a function. */
export const functionOptions = {
  config: text('--config <file>', 'the function file; wins over what PATH holds'),
  platformConfig: text(
    '--platform-config <file>',
    "nuclio's platform file: admin, health and metrics addresses, other functions",
  ),
  set: texts('--set <key=value>', 'change one key of the function file: spec.triggers.http.numWorkers=4'),
  function: texts('--function <name=url>', 'where context.callFunction finds another function'),
  envFile: text('--env-file <file>', 'environment of the function (default: .env beside it); the shell wins over it'),
}

interface FunctionValues {
  config?: string
  platformConfig?: string
  set?: string[]
  function?: string[]
  envFile?: string
}

/** What these options ask for; throws `wrong_usage`. */
export function functionRequest(path: string | undefined, values: FunctionValues, terminal: Terminal): FunctionRequest {
  if (path !== undefined) refuseUrl(path)
  for (const assignment of values.set ?? []) splitAssignment('--set', assignment)
  const functions = (values.function ?? []).map((one) => splitAssignment('--function', one))
  for (const [, url] of functions) refuseBadUrl(url)
  return {
    path,
    configFile: values.config,
    platformFile: values.platformConfig,
    envFile: values.envFile,
    assignments: values.set ?? [],
    functions: Object.fromEntries(functions),
    cwd: terminal.cwd,
    env: terminal.env,
  }
}

function refuseUrl(path: string): void {
  if (!/^\w+:\/\//.test(path)) return
  const reason = `${path} is a URL; this command takes the folder or the file of a function. To call one that runs: curl`
  throw errors.wrong_usage({ reason })
}

function splitAssignment(flag: string, given: string): [string, string] {
  const at = given.indexOf('=')
  if (at > 0) return [given.slice(0, at), given.slice(at + 1)]
  const example = flag === '--set' ? 'spec.key=value' : 'name=URL'
  throw errors.wrong_usage({ reason: `${flag}: expected ${example}, got ${JSON.stringify(given)}` })
}

function refuseBadUrl(given: string): void {
  const schemes = ['http:', 'https:']
  if (URL.canParse(given) && schemes.includes(new URL(given).protocol)) return
  throw errors.wrong_usage({
    reason: `--function: expected an ${oneOf(['http', 'https'])} URL, got ${JSON.stringify(given)}`,
  })
}
