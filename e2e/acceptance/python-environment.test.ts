import assert from 'node:assert/strict'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { serve } from './serve-function.ts'

const nuclio = (env: string): string => `apiVersion: nuclio.io/v1
kind: NuclioFunction
metadata: { name: written-for-nuclio }
spec:
  runtime: python
  handler: main:handler
  ${env}
  triggers: { http: { kind: http, url: 127.0.0.1:0 } }
`

const pelton = `apiVersion: pelton/v1
kind: Function
metadata: { name: own }
spec:
  runtime: python
  handler: main:handler
  triggers: { http: { kind: http, url: 127.0.0.1:0, numWorkers: 3 } }
`

describe('the environment of a Python worker', () => {
  test('has spec.env, the variables about the function and the shell’s; PYTHONPATH has NUCLIO_PYTHON_PATH before it', async (t) => {
    const folder = await createTempFolder(t, {
      'nuclio/where.py': 'place = 1\n',
      'shell/where.py': 'place = 2\n',
      'shell/only.py': '',
    })
    const served = await serve(
      t,
      {
        'function.yaml': nuclio(
          `env: [{ name: OWN, value: mine }, { name: NUCLIO_PYTHON_PATH, value: "${folder}/nuclio" }]`,
        ),
        'main.py': `import os, sys, only, where, beside.inner

def handler(context, event):
    names = ('OWN', 'SHELL_ONLY', 'NUCLIO_FUNCTION_NAME', 'NUCLIO_HANDLER')
    return {**{name: os.environ.get(name) for name in names}, 'place': where.place, 'cwd': os.getcwd() == os.path.dirname(__file__),
        'inner': beside.inner.value, 'own': [one for one in sys.path if 'wrapper' in one and 'stand_in' not in one]}
`,
        'beside/__init__.py': '',
        'beside/inner.py': 'from .more import value\n',
        'beside/more.py': 'value = 3\n',
      },
      { env: { SHELL_ONLY: 'shell', PYTHONPATH: `${folder}/shell` } },
    )
    assert.deepEqual(JSON.parse((await served.ask()).text), {
      OWN: 'mine',
      SHELL_ONLY: 'shell',
      NUCLIO_FUNCTION_NAME: 'written-for-nuclio',
      NUCLIO_HANDLER: 'main:handler',
      place: 1,
      cwd: true,
      inner: 3,
      own: [],
    })
  })

  test('a wrapper script may be the interpreter', async (t) => {
    const folder = await createTempFolder(t, { 'own-python': '#!/bin/sh\nOWN_PYTHON=yes exec python3 "$@"\n' })
    await chmod(join(folder, 'own-python'), 0o755)
    const main = "import os\n\ndef handler(context, event):\n    return os.environ['OWN_PYTHON']\n"
    const served = await serve(
      t,
      { 'function.yaml': pelton, 'main.py': main },
      { env: { PELTON_PYTHON: join(folder, 'own-python') } },
    )
    assert.equal((await served.ask()).text, 'yes')
  })

  test('a version that is not here is replaced by the one that is, with one warning for all workers', async (t) => {
    const files = {
      'function.yaml': pelton.replace('python', 'python:3.99'),
      'main.py': "def handler(c, e):\n    return 'here'\n",
    }
    const served = await serve(t, files)
    assert.equal((await served.ask()).text, 'here')
    const warnings = served.pelton.lines().filter(({ message }) => message === 'python_version_differs')
    assert.equal(warnings.length, 1)
    assert.equal(warnings[0]?.['wanted'], '3.99')
    assert.match(String(warnings[0]?.['found']), /^3\.\d+/)
  })
})
