import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { runPelton } from '../pelton-process.ts'

const yaml = (spec: string): string =>
  `apiVersion: pelton/v1\nkind: Function\nmetadata: { name: bad }\nspec: { runtime: python, ${spec} }\n`
const good = 'def handler(context, event):\n    return "good"\n'

interface BadStart {
  files: Record<string, string>
  message: RegExp
  /** Default: `handler.py` alone, or the folder when it has a function file. */
  env?: Record<string, string>
  /** What the log has besides. */
  log?: RegExp
}

const starts: Record<string, BadStart> = {
  'a module that is missing': { files: { 'function.yaml': yaml('handler: "gone:handler"') }, message: /gone/ },
  'a function that is missing': {
    files: { 'function.yaml': yaml('handler: "handler:nowhere"'), 'handler.py': good },
    message: /handler\.py.*nowhere/,
  },
  'a handler that is no function': { files: { 'handler.py': 'handler = 1\n' }, message: /handler\.py.*handler/ },
  'a syntax error': {
    files: { 'handler.py': 'def handler(context, event):\n    return ((\n' },
    message: /handler\.py:2.*\n.*return \(\(/,
  },
  'a syntax error in a module beside it': {
    files: { 'handler.py': `import beside\n${good}`, 'beside.py': 'x = = 1\n' },
    message: /beside\.py:1/,
  },
  'bad indentation': {
    files: { 'handler.py': 'def handler(context, event):\nreturn 1\n' },
    message: /handler\.py:2/,
  },
  'an exception at import': {
    files: { 'handler.py': `raise RuntimeError('at import')\n${good}` },
    message: /handler\.py.*at import/,
    log: /Traceback[\s\S]*handler\.py/,
  },
  'an init_context that raises': {
    files: { 'handler.py': `def init_context(context):\n    raise RuntimeError('no base')\n\n${good}` },
    message: /handler\.py.*no base/,
    log: /Traceback[\s\S]*init_context/,
  },
  'an async init_context that raises': {
    files: { 'handler.py': `async def init_context(context):\n    raise RuntimeError('no base yet')\n\n${good}` },
    message: /handler\.py.*no base yet/,
    log: /Traceback[\s\S]*init_context/,
  },
  'a module that is not installed': {
    files: { 'handler.py': `import not_there_at_all\n${good}`, 'requirements.txt': 'not-there-at-all\n' },
    message: /handler\.py.*not_there_at_all[\s\S]*--install/,
  },
  'a module that is not installed, and no requirements.txt': {
    files: { 'handler.py': `import not_there_at_all\n${good}` },
    message: /handler\.py.*not_there_at_all[\s\S]*requirements\.txt[\s\S]*--install/,
  },
  'a handler of three parts': {
    files: { 'function.yaml': yaml('handler: "a:b:c"') },
    message: /function\.yaml:4 .*one colon/,
  },
  'a handler that ends its process with 0': {
    files: { 'handler.py': `import os\nos._exit(0)\n${good}` },
    message: /exited with code 0 before it was ready; its interpreter is .*python3/,
  },
  'a handler that kills its process': {
    files: { 'handler.py': `import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n${good}` },
    message: /ended by SIGKILL before it was ready/,
  },
  'a handler that exits at import': {
    files: { 'handler.py': `import sys\nsys.exit(3)\n${good}` },
    message: /handler\.py/,
  },
  'an interpreter that is not there': {
    files: { 'handler.py': good },
    env: { PELTON_PYTHON: '/nowhere/python3' },
    message: /PELTON_PYTHON=\/nowhere\/python3[\s\S]*python_missing/,
  },
  'an interpreter that is none': {
    files: { 'handler.py': good },
    env: { PELTON_PYTHON: '/bin/false' },
    message: /exited with code 1 before it was ready; its interpreter is \/bin\/false[\s\S]*python_not_ready/,
  },
}

for (const [name, { files, message, env = {}, log }] of Object.entries(starts)) {
  test(`${name} stops the start with exit 1 and one message without a traceback`, async (t) => {
    const cwd = await createTempFolder(t, files)
    const what = 'function.yaml' in files ? ['.', '--port', '0'] : ['handler.py', '--port', '0']
    const { code, stdout, stderr } = await runPelton(['run', ...what, '--log-format', 'pretty'], { cwd, env })
    assert.deepEqual([code, stdout], [1, ''], stderr)
    const at = stderr.search(/^error /m)
    const report = stderr.slice(at)
    assert.match(report, message)
    assert.doesNotMatch(report, /Traceback|\n\s+at /)
    if (log) assert.match(stderr.slice(0, at), log)
  })
}
