import { fileURLToPath } from 'node:url'
import { isPeltonError, type Runtime, type WorkerSpec } from '@pelton/core'
import { spawnHost } from '@pelton/protocols/process'
import { errors } from '../errors.ts'
import { type FoundPython, findPython } from './find-python.ts'
import { environmentOf } from './python-environment.ts'
import { versionOf } from './python-version.ts'

const start = fileURLToPath(new URL('wrapper/start.py', import.meta.url))

/** Runs a function in processes of Python, one a worker. */
export function createPythonRuntime(): Runtime {
  // Once for all workers and their replacements.
  const warned = new Set<string>()
  return {
    async spawn(spec, signal) {
      const { folder, runtime } = spec.function
      const found = findPython({ folder, runtime, env: spec.env })
      if (found.differsFrom !== undefined && !warned.has(found.python)) {
        warned.add(found.python)
        warnOfVersion(spec, found)
      }
      const command = { command: found.python, args: ['-u', start], env: environmentOf(spec.env), cwd: folder }
      try {
        return await spawnHost(command, spec, { sharesMemory: true, signal })
      } catch (error) {
        if (!isPeltonError(error) || error.code !== 'worker_not_started') throw error
        throw errors.python_not_ready({ reason: error.message, python: found.python }, error)
      }
    },
  }
}

function warnOfVersion({ hooks, index }: WorkerSpec, { python, differsFrom }: FoundPython): void {
  const facts = {
    wanted: differsFrom,
    found: versionOf(python) ?? 'unknown',
    python,
    hint: 'install that version, name an interpreter in PELTON_PYTHON, or change spec.runtime',
  }
  hooks.log({ time: Date.now(), level: 'warn', message: 'python_version_differs', facts, worker: index })
}
