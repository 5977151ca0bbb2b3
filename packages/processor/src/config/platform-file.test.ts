import assert from 'node:assert/strict'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { formatFaults } from './format-faults.ts'
import { type ReadPlatform, readPlatformFile } from './platform-file.ts'

async function read(t: TestContext, text: string): Promise<ReadPlatform & { lines: string[] }> {
  const folder = await createTempFolder(t, { 'platform.yaml': text })
  const platform = await readPlatformFile(path.join(folder, 'platform.yaml'))
  return { ...platform, lines: formatFaults(platform.faults, folder) }
}

test('an empty file has every default', async (t) => {
  const { platform, faults } = await read(t, '')
  assert.deepEqual(faults, [])
  assert.deepEqual(platform, {
    webAdmin: { enabled: true },
    healthCheck: { enabled: true },
    metricsPull: [],
    functions: {},
    disablesDefaultTrigger: false,
  })
})

test('what a processor uses is read, and what only a cluster knows is passed over', async (t) => {
  const { platform, faults } = await read(
    t,
    `kind: kube
webAdmin: { enabled: yes, listenAddress: ':18081' }
healthCheck: { enabled: false, listenAddress: 127.0.0.1:18082, other: 1 }
metrics:
  sinks:
    push: { kind: prometheusPush, url: http://x }
    mine: { kind: prometheusPull, url: ':9100', attributes: { instanceName: one, more: 2 } }
    plain: { kind: prometheusPull }
    off: { kind: prometheusPull, enabled: false }
logger:
  sinks: { out: { kind: stdout } }
  system: [{ level: debug, sink: out }]
  functions: [{ level: warning, sink: out }]
functions: { billing: 'http://127.0.0.1:9000' }
disableDefaultHTTPTrigger: true
scaleToZero: { mode: enabled }
cronTriggerCreationMode: kube
`,
  )
  assert.deepEqual(faults, [])
  assert.deepEqual(platform, {
    webAdmin: { enabled: true, listenAddress: ':18081' },
    healthCheck: { enabled: false, listenAddress: '127.0.0.1:18082' },
    metricsPull: [':9100', ':8090'],
    instanceName: 'one',
    functions: { billing: 'http://127.0.0.1:9000' },
    disablesDefaultTrigger: true,
    schedulesCron: true,
    logLevel: 'warn',
  })
})

test('metrics.system and metrics.functions choose among the sinks', async (t) => {
  const sinks =
    "  sinks: { a: { kind: prometheusPull, url: ':1' }, b: { kind: prometheusPull, url: ':2' }, c: { kind: prometheusPull, url: ':3' } }"
  const { platform } = await read(t, `metrics:\n${sinks}\n  system: [a]\n  functions: [c]\n`)
  assert.deepEqual(platform?.metricsPull, [':1', ':3'])
  assert.deepEqual((await read(t, `metrics:\n${sinks}\n  functions: []\n`)).platform?.metricsPull, [])
})

test('wrong addresses and types are errors with their lines', async (t) => {
  const { platform, lines } = await read(
    t,
    'webAdmin:\n  listenAddress: nowhere\n  enabled: 1\nmetrics:\n  sinks:\n    a: { kind: prometheusPull, url: "x:y" }\nfunctions:\n  f: localhost\n',
  )
  assert.equal(platform, undefined)
  assert.deepEqual(lines, [
    'platform.yaml:2 webAdmin.listenAddress: expected an address such as :8081 or 127.0.0.1:8081, got "nowhere"',
    'platform.yaml:3 webAdmin.enabled: expected true or false, got 1',
    'platform.yaml:6 metrics.sinks.a.url: expected an address such as :8081 or 127.0.0.1:8081, got "x:y"',
    'platform.yaml:8 functions.f: expected a URL such as http://127.0.0.1:8080, got "localhost"',
  ])
})

test('a file that is named must be there; the usual one need not', async () => {
  const missing = await readPlatformFile('/nowhere/platform.yaml')
  assert.equal(missing.platform, undefined)
  assert.deepEqual(formatFaults(missing.faults), ['/nowhere/platform.yaml: there is no such file'])
  const usual = await readPlatformFile()
  assert.deepEqual([usual.platform?.webAdmin, usual.faults], [{ enabled: true }, []])
})

test('broken YAML is an error with its line', async (t) => {
  const { platform, lines } = await read(t, 'webAdmin:\n  enabled: [\n')
  assert.equal(platform, undefined)
  assert.match(lines[0] ?? '', /^platform\.yaml:\d+: /)
})
