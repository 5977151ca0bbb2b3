import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Cleanup, waitUntil } from '@pelton/testkit'
import { type LogLine, runPelton } from '../pelton-process.ts'
import { type ServedFunction, type ServeOptions, serve, serveSuite } from './serve-function.ts'

/** A handler that logs each event; what is run meanwhile is `work`. */
const nodeHandler = (work = ''): string => `const { existsSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
let running = 0
exports.handler = async (context, event) => {
  const facts = { of: event.trigger.name, planned: event.timestamp.getTime(), text: event.body.toString(), running: ++running }
  context.logger.infoWith('ran', { ...facts, h1: event.header('h1'), h2: event.header('h2') })
  ${work}
  running--
  return 'done'
}
`

const file = (
  apiVersion: string,
  triggers: string,
  rest = 'runtime: nodejs\n  handler: main:handler',
): string => `apiVersion: ${apiVersion}
metadata: { name: scheduled }
spec:
  ${rest}
  disableDefaultHTTPTrigger: true
  triggers:
${triggers}
`

const trigger = (name: string, attributes: string): string =>
  `    ${name}: { kind: cron, attributes: { ${attributes} } }\n`

const serveNode = (t: Cleanup, triggers: string, work?: string, options?: ServeOptions): Promise<ServedFunction> =>
  serve(t, { 'function.yaml': file('pelton/v1', triggers), 'main.js': nodeHandler(work) }, options)

const runsOf = (served: ServedFunction, name: string): LogLine[] =>
  served.pelton.lines().filter((line) => line.message === 'ran' && line['of'] === name)

const plannedOf = (served: ServedFunction, name: string): number[] =>
  runsOf(served, name).map((line) => Number(line['planned']))

const patience = { deadlineMs: 25_000, everyMs: 50 }

/** Waits for a number of runs, and gives them. */
const ran = (served: ServedFunction, name: string, count: number): Promise<LogLine[]> =>
  waitUntil(
    `${count} runs of ${name}`,
    () => {
      const runs = runsOf(served, name)
      return runs.length >= count ? runs : undefined
    },
    patience,
  ) as Promise<LogLine[]>

describe('nuclio 8.12, by the real clock', () => {
  const event = 'event: { body: hello world, headers: { h1: v1, h2: v2 } }'
  const triggers = [
    trigger('slow', `interval: 3s, ${event}`),
    trigger('fast', `interval: 250ms, ${event}`),
    trigger('scheduled', `schedule: "*/3 * * * * *", ${event}`),
  ].join('')
  const served = serveSuite({ 'function.yaml': file('nuclio.io/v1', triggers), 'main.js': nodeHandler() })

  test('nuclio 77: an interval runs as often as it says, with its body and headers', async () => {
    const slow = await ran(served(), 'slow', 3)
    const [first = 0, ...later] = plannedOf(served(), 'slow')
    for (const planned of later) assert.equal((planned - first) % 3000, 0)
    const fast = plannedOf(served(), 'fast').filter((planned) => planned >= first && planned < first + 2000)
    assert.ok(fast.length >= 7 && fast.length <= 9, `${fast.length} runs in 2 s`)
    for (const line of [...slow, ...runsOf(served(), 'fast')]) {
      assert.deepEqual([line['text'], line['h1'], line['h2']], ['hello world', 'v1', 'v2'])
      assert.ok(Date.parse(line.time) >= Number(line['planned']), 'never early')
      assert.ok(Date.parse(line.time) - Number(line['planned']) < 2000, 'soon after its time')
    }
  })

  test('nuclio 78: the schedule */3 * * * * * comes every third second', async () => {
    await ran(served(), 'scheduled', 3)
    const planned = plannedOf(served(), 'scheduled')
    assert.equal(new Set(planned).size, planned.length)
    for (const time of planned) assert.equal(time % 3000, 0)
  })
})

const hangingHandlers: [what: string, files: Record<string, string>][] = [
  ['a promise that never resolves', nodeFiles('if (isFirst()) await new Promise(() => {})')],
  ['an endless loop', nodeFiles('if (isFirst()) for (;;);')],
  ['a Python handler that sleeps for ever', pythonFiles()],
]
for (const [what, files] of hangingHandlers) {
  test(`Replace: the next run starts although the one before is ${what}`, async (t) => {
    const served = await serve(t, files)
    const runs = await ran(served, 'tick', 3)
    const planned = runs.map((line) => Number(line['planned']))
    assert.equal(new Set(planned).size, planned.length)
    const replaced = await served.logged({ message: 'cron_replaced' })
    assert.equal(replaced['count'], 1)
    assert.deepEqual(
      served.pelton.lines().filter(({ message }) => message === 'cron_failed'),
      [],
    )
  })
}

function nodeFiles(work: string): Record<string, string> {
  const once = `const marker = join(__dirname, 'hung')
  const isFirst = () => !existsSync(marker) && (writeFileSync(marker, ''), true)
  ${work}`
  const triggers = trigger('tick', 'interval: 1500ms, concurrencyPolicy: Replace')
  return { 'function.yaml': file('pelton/v1', triggers), 'main.js': nodeHandler(once) }
}

function pythonFiles(): Record<string, string> {
  const triggers = trigger('tick', 'interval: 1500ms, concurrencyPolicy: Replace')
  return {
    'function.yaml': file('pelton/v1', triggers, 'runtime: python\n  handler: main:handler'),
    'main.py': `import pathlib
import time

marker = pathlib.Path(__file__).with_name("hung")


def handler(context, event):
    context.logger.info_with("ran", of=event.trigger.name, planned=event.timestamp.timestamp() * 1000)
    if not marker.exists():
        marker.touch()
        time.sleep(1000)
`,
  }
}

test('Forbid: runs never overlap, and those that were missed are counted', async (t) => {
  const work = 'await new Promise((resolve) => setTimeout(resolve, 600))'
  const served = await serveNode(t, trigger('tick', 'interval: 200ms'), work)
  const runs = await ran(served, 'tick', 4)
  assert.deepEqual([...new Set(runs.map((line) => line['running']))], [1])
  const missed = await served.logged({ message: 'cron_missed' })
  assert.equal(missed['level'], 'warn')
  assert.ok(Number(missed['total']) >= 1)
})

test('Allow: runs overlap', async (t) => {
  const work = 'await new Promise((resolve) => setTimeout(resolve, 1000))'
  const served = await serveNode(t, trigger('tick', 'interval: 200ms, concurrencyPolicy: Allow'), work)
  const runs = await ran(served, 'tick', 6)
  assert.ok(Math.max(...runs.map((line) => Number(line['running']))) >= 3)
})

test('a run that fails is logged and counted, and the next one comes', async (t) => {
  const served = await serveNode(t, trigger('tick', 'interval: 200ms'), "throw new Error('no luck')")
  await ran(served, 'tick', 3)
  await served.logged({ message: 'cron_failed', level: 'error' })
  assert.ok((await served.counts('tick')).failure >= 2)
})

test('after SIGTERM the run that is going finishes, and no other starts', async (t) => {
  const work = "await new Promise((resolve) => setTimeout(resolve, 1000)); context.logger.info('finished')"
  const served = await serveNode(t, trigger('tick', 'interval: 300ms'), work)
  await ran(served, 'tick', 1)
  assert.deepEqual(await served.pelton.stop(), { code: 0, signal: null })
  const count = (message: string): number => served.pelton.lines().filter((line) => line.message === message).length
  assert.equal(count('finished'), count('ran'))
})

test('a cluster that keeps the schedule itself is left to it', async (t) => {
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
  const triggers = `${trigger('tick', 'interval: 50ms')}    web: { kind: http, url: "127.0.0.1:0" }\n`
  const platform = 'cronTriggerCreationMode: kube\n'
  const served = await serveNode(t, triggers, '', { env, platform, args: ['--set', 'spec.drainDelay=0'] })
  assert.ok(served.pelton.lines().some(({ message }) => message === 'cron_left_to_cluster'))
  // Long enough for several runs, had there been any.
  for (let count = 0; count < 20; count += 1) await served.ask()
  assert.deepEqual(runsOf(served, 'tick'), [])
  const here = await serveNode(t, trigger('tick', 'interval: 50ms'), '', { platform })
  await ran(here, 'tick', 1)
})

test('what is wrong with a schedule stops the start, with its line and what is right', async (t) => {
  const bad = (attributes: string, apiVersion = 'pelton/v1') =>
    serve(t, { 'function.yaml': file(apiVersion, trigger('t', attributes)), 'main.js': nodeHandler() })
  const expected: [string, RegExp][] = [
    [
      'schedule: "61 * * * *"',
      /function\.yaml:\d+ spec\.triggers\.t\.attributes\.schedule: minute 61 is out of range 0-59/,
    ],
    ['interval: 0', /spec\.triggers\.t\.attributes\.interval: expected at least 1ms/],
    [
      'schedule: "@daily", timezone: Europe/Rom',
      /attributes\.timezone: unknown time zone .*, did you mean Europe\/Rome\?/,
    ],
    ['interval: 5s, schedule: "@daily"', /attributes\.schedule: cannot be given beside interval/],
    ['jitter: 5s', /attributes\.schedule: is required, or interval/],
    ['schedule: "0 0 31W 2 *"', /trigger t: the schedule .* names no time that ever comes/],
  ]
  for (const [attributes, message] of expected) await assert.rejects(bad(attributes), message)
  const both = await bad('interval: 50ms, schedule: "@daily"', 'nuclio.io/v1')
  await ran(both, 't', 1)
  const warning = await both.logged({ message: 'config_warning' })
  assert.deepEqual(
    [warning['key'], warning['problem']],
    ['spec.triggers.t.attributes.schedule', 'has no effect beside interval'],
  )
})

test('kinds shows the next five runs of a schedule', async () => {
  const { code, stdout, stderr } = await runPelton(['kinds', 'cron', '*/5 * * * *', '--set', 'timezone=Europe/Rome'])
  assert.deepEqual([code, stderr], [0, ''])
  const lines = stdout.trimEnd().split('\n')
  assert.equal(lines.length, 5)
  for (const line of lines) assert.match(line, /^\w{3} \d{4}-\d\d-\d\d \d\d:\d[05]:00 \+0[12]:00 Europe\/Rome {2}\S+Z$/)
  const wrong = await runPelton(['kinds', 'cron', '61 * * * *'])
  assert.deepEqual([wrong.code, wrong.stdout], [1, ''])
  assert.match(wrong.stderr, /schedule: minute 61 is out of range 0-59/)
  const silent = await runPelton(['kinds', 'http', 'x'])
  assert.equal(silent.code, 2)
  assert.match(silent.stderr, /The kind http has nothing to show of a value/)
})

test('the library of schedules is loaded by those who have one, and by nobody else', async (t) => {
  const hook = `import { registerHooks } from 'node:module'
registerHooks({ resolve(name, context, next) { if (name === 'croner') console.error('loads croner'); return next(name, context) } })`
  const loads = async (triggers: string): Promise<boolean> => {
    const execArgv = ['--conditions=pelton-source', '--import', `data:text/javascript,${encodeURIComponent(hook)}`]
    const served = await serveNode(t, triggers, '', { execArgv })
    await served.pelton.stop()
    return served.pelton.stderr().includes('loads croner')
  }
  assert.equal(await loads('    web: { kind: http, url: "127.0.0.1:0" }'), false)
  assert.equal(await loads(trigger('tick', 'interval: 1h')), false)
  assert.equal(await loads(trigger('tick', 'schedule: "@daily"')), true)
})
