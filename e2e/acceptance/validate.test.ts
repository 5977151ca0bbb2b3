import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { runPelton } from '../pelton-process.ts'

const head = 'apiVersion: pelton/v1\nkind: Function\nspec:\n'
const good = 'export const handler = () => 1\n'

const refused: [what: string, files: Record<string, string>, validate: RegExp, run: RegExp][] = [
  [
    'a handler file of nodejs',
    { 'function.yaml': `${head}  runtime: nodejs\n  handler: gone.mjs\n` },
    /^function\.yaml:5 spec\.handler: no handler file in .*: tried gone\.mjs/,
    /handler_file_missing/,
  ],
  [
    'a handler file of python',
    { 'function.yaml': `${head}  runtime: python\n  handler: gone:run\n` },
    /^function\.yaml:5 spec\.handler: no handler file in .*: tried gone\.py/,
    /handler_file_missing/,
  ],
  [
    'a command of shell',
    { 'function.yaml': `${head}  runtime: shell\n  handler: gone.sh\n` },
    /^function\.yaml:5 spec\.handler: gone\.sh is neither a file in/,
    /command_missing/,
  ],
  [
    'a program of process',
    { 'function.yaml': `${head}  runtime: process\n  handler: gone\n` },
    /^function\.yaml:5 spec\.handler: gone is neither a file in/,
    /command_missing/,
  ],
  [
    'a model of onnx',
    { 'function.yaml': `${head}  runtime: onnx\n  handler: gone.onnx\n` },
    /^function\.yaml:5 spec\.handler: .*gone\.onnx cannot be served as a model: there is no such file/,
    /model_not_loaded/,
  ],
  [
    'a model of a handler',
    { 'function.yaml': `${head}  runtime: nodejs\n  models:\n    m: { file: gone.onnx }\n`, 'handler.mjs': good },
    /^function\.yaml:6 spec\.models\.m\.file: .*gone\.onnx cannot be served/,
    /model_not_loaded/,
  ],
  [
    'a port that a trigger and a sink want',
    {
      'function.yaml': `${head}  runtime: nodejs
  triggers:
    a: { kind: cron, attributes: { interval: 5s, sink: { kind: mjpeg, attributes: { port: 0, path: /a } } } }
    b: { kind: cron, attributes: { interval: 5s, sink: { kind: mjpeg, attributes: { port: 18099, path: /a } } } }
    c: { kind: cron, attributes: { interval: 5s, sink: { kind: mjpeg, attributes: { port: 18099, path: /a } } } }
`,
      'handler.mjs': good,
    },
    /^function\.yaml:8 spec\.triggers\.c\.attributes: Triggers b \(sink mjpeg\) and c \(sink mjpeg\) both want port 18099, path \/a/,
    /same_address/,
  ],
  [
    'an address that is none',
    {
      'function.yaml': `${head}  runtime: nodejs\n  triggers:\n    a: { kind: http, url: ":eighty" }\n`,
      'handler.mjs': good,
    },
    /^function\.yaml:6 spec\.triggers\.a\.url: .*":eighty" is no address to listen on/,
    /function\.yaml:6 spec\.triggers\.a\.url.*config_invalid/s,
  ],
]

for (const [what, files, validate, run] of refused) {
  test(`validate names what run refuses, with file, line and key: ${what}`, async (t) => {
    const cwd = await createTempFolder(t, files)
    const [checked, started] = await Promise.all([
      runPelton(['validate'], { cwd }),
      runPelton(['run', '--log-format', 'pretty'], { cwd }),
    ])
    assert.equal(checked.code, 1, checked.stderr)
    assert.match(checked.stdout, validate)
    assert.equal(checked.stdout.trim().split('\n').length, 1)
    assert.equal(started.code, 1)
    assert.match(started.stderr, run)
  })
}

test('validate says in its help what only running tells', async () => {
  const { stdout } = await runPelton(['validate', '--help'])
  assert.match(stdout, /runs nothing of the function.*exports/s)
})

test('a path that leads nowhere is not sent to validate', async (t) => {
  const cwd = await createTempFolder(t, { 'handler.mjs': good })
  const calls: [args: string[], told: RegExp][] = [
    [['invoke', 'nowhere'], /There is no file or folder .*nowhere\n.*\(function_path_missing\)/],
    [['invoke', '.', '--config', 'no.yaml'], /no\.yaml: there is no such file\n.*\(config_unreadable\)/],
    [['invoke', '.', '--platform-config', 'no.yaml'], /no\.yaml: there is no such file\n.*\(config_unreadable\)/],
  ]
  for (const [args, told] of calls) {
    const { code, stderr } = await runPelton(args, { cwd })
    assert.equal(code, 1)
    assert.match(stderr, told)
    assert.doesNotMatch(stderr, /pelton validate/)
  }
})
