import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type CheckHandler, PeltonError } from '@pelton/core'
import { errors } from '../errors.ts'
import { findPython } from './find-python.ts'
import { environmentOf } from './python-environment.ts'

const script = fileURLToPath(new URL('wrapper/check.py', import.meta.url))

/** An interpreter that says nothing by then is none. */
const timeoutMs = 20_000

/** Asks the function's interpreter, as its workers would, whether the handler's module is there; it is not imported. */
export const checkHandler: CheckHandler = async ({ folder, handler, runtime, env }) => {
  const { python } = findPython({ folder, runtime, env })
  const said = await run(python, { folder, handler, env })
  if (said.trim() === '') return
  const { code, message, help } = JSON.parse(said) as { code: string; message: string; help: string }
  throw new PeltonError(code, message, { blame: 'user', retryable: false, help })
}

function run(
  python: string,
  { folder, handler, env }: { folder: string; handler: string; env: Readonly<Record<string, string>> },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, env: environmentOf(env), timeout: timeoutMs }
    execFile(python, [script, folder, handler], options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      const reason = stderr.trim().split('\n').at(-1) || error.message
      reject(errors.python_not_ready({ reason, python }, error))
    })
  })
}
