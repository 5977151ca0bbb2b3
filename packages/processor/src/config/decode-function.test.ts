import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { applyOverrides } from './apply-overrides.ts'
import { createFakeCatalogue } from './fixtures/fake-catalogue.ts'
import type { ConfigFault } from './config-fault.ts'
import { decodeFunction } from './decode-function.ts'
import { formatFaults } from './format-faults.ts'
import type { FunctionConfig } from './function-config.ts'
import { functionSchema } from './function-schema.ts'
import { parseYaml } from './parse-yaml.ts'

interface Read {
  config: FunctionConfig | undefined
  faults: ConfigFault[]
  lines: string[]
  asked: string[]
}

async function read(text: string, options: { sets?: string[]; kubernetes?: boolean } = {}): Promise<Read> {
  const places = new WeakMap()
  const areWordsBooleans = !text.includes('pelton/')
  const parsed = await parseYaml(text, { file: 'function.yaml', places, areWordsBooleans })
  const placed = { value: parsed.value, places, file: 'function.yaml' }
  const sets = await applyOverrides(placed, options.sets ?? [], functionSchema('nuclio'))
  const catalogue = createFakeCatalogue()
  const { config, faults } = await decodeFunction(placed, {
    folder: '/functions/hello',
    configFile: '/functions/hello/function.yaml',
    defaultName: 'hello',
    kubernetes: options.kubernetes ?? false,
    catalogue,
  })
  const all = [...parsed.faults, ...sets, ...faults]
  return { config, faults: all, lines: formatFaults(all), asked: catalogue.asked }
}

const pelton = 'apiVersion: pelton/v1\nkind: Function\nspec:\n  runtime: nodejs\n'
const nuclio = 'apiVersion: nuclio.io/v1\nkind: NuclioFunction\nspec:\n  runtime: nodejs\n'

async function trigger(lines: string, head: string = pelton): Promise<Read> {
  const indented = lines.replaceAll(/^/gm, '      ')
  return read(`${head}  triggers:\n    web:\n${indented}`)
}

test('the smallest Pelton file has every default', async () => {
  const { config, faults } = await read(pelton)
  assert.deepEqual(faults, [])
  const { runtimeManifest, ...rest } = config ?? assert.fail()
  assert.equal(runtimeManifest.manifest.kind, 'nodejs')
  assert.deepEqual(rest, {
    file: '/functions/hello/function.yaml',
    folder: '/functions/hello',
    compat: 'none',
    name: 'hello',
    namespace: 'default',
    version: '-1',
    description: '',
    labels: {},
    models: [],
    annotations: {},
    runtime: 'nodejs',
    runtimeAttributes: {},
    handler: '',
    env: {
      NUCLIO_FUNCTION_NAME: 'hello',
      NUCLIO_FUNCTION_DESCRIPTION: '',
      NUCLIO_FUNCTION_VERSION: '-1',
      NUCLIO_FUNCTION_HANDLER: '',
      NUCLIO_HANDLER: '',
    },
    triggers: [],
    allowsDefaultTrigger: true,
    isolation: 'thread',
    exposeErrors: false,
    terminationGraceMs: 25_000,
  })
})

test('only what is named is loaded from the catalogue', async () => {
  const { asked } = await trigger('kind: http')
  assert.deepEqual(asked, ['runtime nodejs', 'trigger http'])
})

test('a full file is read', async () => {
  const { config, lines } = await read(`apiVersion: pelton/v1
kind: Function
metadata: { name: cam, namespace: eyes, labels: { 'nuclio.io/project-name': p }, annotations: { a: b } }
spec:
  description: Looks
  version: 7
  handler: main:look
  runtime: python:3.11
  runtimeAttributes: { path: lib }
  compat: digitalhub
  isolation: process
  exposeErrors: true
  event_timeout: 1m30s
  drainDelay: 5
  terminationGracePeriod: 1m
  disableDefaultHTTPTrigger: true
  loggerSinks: [{ level: error }, { level: warning, sink: x }]
  replicas: 2
  resources: { limits: { 'nvidia.com/gpu': 1 } }
  env: [{ name: A, value: b }, { name: A, value: c }, { name: NUCLIO_HANDLER, value: mine }]
`)
  assert.deepEqual(lines, [])
  assert.ok(config)
  const { name, namespace, labels, annotations, description, version, handler, runtime, runtimeAttributes } = config
  assert.deepEqual(
    [name, namespace, description, version, handler, runtime],
    ['cam', 'eyes', 'Looks', '7', 'main:look', 'python:3.11'],
  )
  assert.deepEqual(
    [labels, annotations, runtimeAttributes],
    [{ 'nuclio.io/project-name': 'p' }, { a: 'b' }, { path: 'lib' }],
  )
  const { compat, isolation, exposeErrors, eventTimeoutMs, drainDelayMs, terminationGraceMs } = config
  assert.deepEqual([compat, isolation, exposeErrors], ['digitalhub', 'process', true])
  assert.deepEqual([eventTimeoutMs, drainDelayMs, terminationGraceMs], [90_000, 5000, 60_000])
  assert.equal(config.allowsDefaultTrigger, false)
  assert.equal(config.logLevel, 'warn')
  assert.deepEqual([config.env['A'], config.env['NUCLIO_HANDLER']], ['c', 'main:look'])
})

test('the form of a file decides whose rules apply, and spec.compat overrides it', async () => {
  const compatOf = async (text: string): Promise<unknown> => (await read(text)).config?.compat
  assert.equal(await compatOf('spec: { runtime: nodejs }'), 'nuclio')
  assert.equal(await compatOf(nuclio), 'nuclio')
  assert.equal(await compatOf(pelton), 'none')
  assert.equal(await compatOf(`${nuclio}  compat: none\n`), 'none')
  assert.equal(await compatOf(`${pelton}  compat: DigitalHub\n`), 'digitalhub')
})

test('an unknown apiVersion is an error; a wrong kind too, but in nuclio files it only warns', async () => {
  assert.deepEqual((await read('apiVersion: pelton/v2\nspec: { runtime: nodejs }')).lines, [
    'function.yaml:1 apiVersion: expected pelton/v1 or nuclio.io/v1, got "pelton/v2"',
  ])
  assert.deepEqual((await read('apiVersion: pelton/v1\nkind: Functon\nspec: { runtime: nodejs }')).lines, [
    'function.yaml:2 kind: expected Function, got "Functon"',
  ])
  const old = await read('apiVersion: nuclio.io/v1\nkind: Deployment\nspec: { runtime: nodejs }')
  assert.deepEqual(old.lines, ['warning: function.yaml:2 kind: expected NuclioFunction, got "Deployment"'])
  assert.ok(old.config)
})

test('unknown keys stop a Pelton file and only warn in a nuclio file, with line and nearest key', async () => {
  const body = '  handlr: x\n  triggers:\n    cam:\n      kind: mjpeg\n      attributes:\n        procesing_factor: 2\n'
  const strict = await read(pelton + body)
  assert.equal(strict.config, undefined)
  assert.deepEqual(strict.lines, [
    'function.yaml:5 spec.handlr: unknown, did you mean handler?',
    'function.yaml:10 spec.triggers.cam.attributes.procesing_factor: unknown, did you mean processing_factor?',
  ])
  const mild = await read(nuclio + body)
  assert.ok(mild.config)
  assert.deepEqual(
    mild.lines,
    strict.lines.map((line) => `warning: ${line}`),
  )
})

test('wrong types are errors in both forms, all at once', async () => {
  for (const head of [pelton, nuclio]) {
    const { config, lines } = await read(
      `${head}  exposeErrors: "true"\n  eventTimeout: soon\n  replicas: "2"\n  handler: [a]\n`,
    )
    assert.equal(config, undefined)
    assert.deepEqual(lines, [
      'function.yaml:5 spec.exposeErrors: expected true or false, got "true"',
      'function.yaml:6 spec.eventTimeout: expected a duration such as 250ms, 5s or 1m30s, got "soon"',
      'function.yaml:7 spec.replicas: expected a whole number, got "2"',
      'function.yaml:8 spec.handler: expected a text, got a list',
    ])
  }
})

test('eventTimeout must be longer than nothing, and empty means none', async () => {
  assert.equal((await read(`${pelton}  eventTimeout: 0s\n`)).config, undefined)
  assert.deepEqual((await read(`${nuclio}  eventTimeout: ""\n`)).lines, [])
})

test('a trigger has its defaults', async () => {
  const { config, lines } = await trigger('kind: http')
  assert.deepEqual(lines, [])
  const [web] = config?.triggers ?? []
  assert.equal(web?.manifest.manifest.kind, 'http')
  const { manifest, ...rest } = web ?? assert.fail()
  assert.equal(manifest.module, 'file:///http')
  assert.deepEqual(rest, {
    settings: {
      name: 'web',
      kind: 'http',
      attributes: { cors: { enabled: false } },
      compat: 'none',
      folder: '/functions/hello',
      kubernetes: false,
      numWorkers: 1,
      runtime: 'nodejs',
    },
    numWorkers: 1,
    workerWaitMs: 10_000,
    workerTerminationMs: 10_000,
    placement: 'auto',
    requiredForReady: true,
    sinks: [],
  })
  assert.equal(config?.allowsDefaultTrigger, false)
})

test('everything that a trigger may say is read', async () => {
  const { config, lines } = await trigger(`kind: http
name: web
class: sync
num_workers: 4
concurrency: 16
workerAvailabilityTimeoutMilliseconds: 0
workerTerminationTimeout: 3
workerAllocatorName: shared
placement: dispatched
requiredForReady: false
url: :9000
username: u
password: p
secret: s
attributes: { PORT: 1, CORS: { Enabled: true } }
explicitAckMode: disable
batch: { mode: disable, batchSize: 3, timeout: 2s }
annotations: { a: b }
total_tasks: 1`)
  assert.deepEqual(lines, [])
  const { manifest: _manifest, ...rest } = config?.triggers[0] ?? assert.fail()
  assert.deepEqual(rest, {
    settings: {
      name: 'web',
      kind: 'http',
      attributes: { port: 1, cors: { enabled: true } },
      compat: 'none',
      folder: '/functions/hello',
      kubernetes: false,
      numWorkers: 4,
      runtime: 'nodejs',
      url: ':9000',
      username: 'u',
      password: 'p',
      secret: 's',
    },
    numWorkers: 4,
    concurrency: 16,
    workerWaitMs: 0,
    workerTerminationMs: 3000,
    workerAllocatorName: 'shared',
    placement: 'dispatched',
    requiredForReady: false,
    sinks: [],
  })
})

test('a trigger of Kubernetes knows that it is there', async () => {
  const { config } = await read(`${nuclio}  triggers: { web: { kind: http } }`, { kubernetes: true })
  assert.equal(config?.triggers[0]?.settings.kubernetes, true)
  assert.equal(config?.triggers[0]?.settings.compat, 'nuclio')
})

test('maxWorkers is an older name of numWorkers, which wins beside it with a warning', async () => {
  assert.equal((await trigger('kind: http\nmaxWorkers: 3')).config?.triggers[0]?.numWorkers, 3)
  const both = await trigger('kind: http\nmaxWorkers: 3\nnumWorkers: 2')
  assert.equal(both.config?.triggers[0]?.numWorkers, 2)
  assert.deepEqual(both.lines, [
    'warning: function.yaml:8 spec.triggers.web.maxWorkers: has no effect beside numWorkers',
  ])
})

test('the number of workers has a cap, and 0 is unset in nuclio files only', async () => {
  const { lines } = await trigger('kind: http\nnumWorkers: 100001')
  assert.deepEqual(lines, ['function.yaml:8 spec.triggers.web.numWorkers: expected 1 to 100000, got 100001'])
  assert.equal((await trigger('kind: http\nnumWorkers: 0')).config, undefined)
  assert.equal((await trigger('kind: http\nnumWorkers: 0', nuclio)).config?.triggers[0]?.numWorkers, 1)
})

test('a negative worker wait is the default', async () => {
  const { config } = await trigger('kind: http\nworkerAvailabilityTimeoutMilliseconds: -1')
  assert.equal(config?.triggers[0]?.workerWaitMs, 10_000)
})

test('a name must be the key of its trigger', async () => {
  const { lines } = await trigger('kind: http\nname: other')
  assert.deepEqual(lines, [
    'function.yaml:8 spec.triggers.web.name: must be "web", the key of the trigger, or be left out',
  ])
})

test('a disabled trigger is checked, then left out, and is a trigger all the same', async () => {
  const { config } = await trigger('kind: http\ndisabled: true')
  assert.deepEqual(config?.triggers, [])
  assert.equal(config?.allowsDefaultTrigger, false)
  assert.equal((await trigger('kind: http\ndisabled: true\nattributes: { prt: 1 }')).config, undefined)
})

test('triggers keep the order of the file', async () => {
  const { config } = await read(
    `${pelton}  triggers: { b: { kind: http }, a: { kind: mjpeg }, __proto__: { kind: http } }`,
  )
  assert.deepEqual(
    config?.triggers.map((one) => one.settings.name),
    ['b', 'a', '__proto__'],
  )
})

test('an unknown kind is named with its line, the known ones and the nearest', async () => {
  const { lines } = await trigger('kind: kafka-cluster')
  assert.deepEqual(lines, [
    'function.yaml:7 spec.triggers.web.kind: unknown trigger kind "kafka-cluster"; known are http, mjpeg and rabbit-mq',
  ])
  const slip = await trigger('kind: htpp')
  assert.match(slip.lines[0] ?? '', /did you mean http\?$/)
})

test('a kind is found by its other names, and never looks like a path to the catalogue', async () => {
  const { config } = await trigger('kind: rabbitMq')
  assert.equal(config?.triggers[0]?.settings.kind, 'rabbit-mq')
  const { asked } = await trigger('kind: ../../evil')
  assert.deepEqual(
    asked.filter((one) => one.startsWith('trigger ')),
    [],
  )
})

test('a trigger without a kind is a fault where the trigger stands', async () => {
  assert.deepEqual((await trigger('numWorkers: 1')).lines, ['function.yaml:6 spec.triggers.web.kind: is required'])
  assert.deepEqual((await read(`${pelton}  triggers:\n    web:\n`)).lines, [
    'function.yaml:6 spec.triggers.web.kind: is required',
  ])
})

test('batches are read with their defaults, in nuclio files too', async () => {
  for (const head of [pelton, nuclio]) {
    const { config, lines } = await trigger('kind: http\nbatch: { mode: enable }', head)
    assert.deepEqual(lines, [])
    assert.deepEqual(config?.triggers[0]?.batch, { size: 10, timeoutMs: 1000 })
  }
  const own = await trigger('kind: http\nbatch: { mode: enable, batchSize: 32, timeout: 250ms }')
  assert.deepEqual(own.config?.triggers[0]?.batch, { size: 32, timeoutMs: 250 })
  assert.deepEqual((await trigger('kind: http\nbatch: { mode: enable, batchSize: 10001 }')).lines, [
    'function.yaml:8 spec.triggers.web.batch.batchSize: expected 1 to 10000, got 10001',
  ])
})

test('batches are a fault where the runtime takes none, with its name', async () => {
  for (const form of ['apiVersion: pelton/v1\n', '']) {
    const text = `${form}spec:\n  runtime: shell\n  triggers:\n    web:\n      kind: http\n      batch: { mode: enable }\n`
    const { config, lines } = await read(text)
    assert.equal(config, undefined)
    assert.match(lines.join(), /spec\.triggers\.web\.batch\.mode: the runtime shell takes no batches; use disable$/)
  }
})

test('triggers that share workers must agree on batches', async () => {
  const shared = (name: string, mode: string): string =>
    `    ${name}: { kind: http, workerAllocatorName: both, batch: { mode: ${mode} } }\n`
  const { lines } = await read(`${pelton}  triggers:\n${shared('one', 'disable')}${shared('two', 'enable')}`)
  assert.deepEqual(lines, [
    'function.yaml:7 spec.triggers.two.workerAllocatorName: "two" takes batches and "one" does not, yet they share the workers of "both"; give them the same batch.mode or different workers',
  ])
  const agreed = await read(`${pelton}  triggers:\n${shared('one', 'enable')}${shared('two', 'enable')}`)
  assert.deepEqual(agreed.lines, [])
})

test('of triggers that share workers, whose concurrency is not taken is told so', async () => {
  const shared = (name: string, concurrency: number): string =>
    `    ${name}: { kind: http, workerAllocatorName: both, concurrency: ${concurrency} }\n`
  const { config, lines } = await read(
    `${pelton}  triggers:\n${shared('one', 4)}${shared('two', 4)}${shared('three', 5)}`,
  )
  assert.ok(config)
  assert.deepEqual(lines, [
    'warning: function.yaml:8 spec.triggers.three.concurrency: has no effect: the workers of "both" have that of "one", 4',
  ])
})

test('explicit acknowledgement is refused rather than passed over', async () => {
  for (const head of [pelton, nuclio]) {
    const { config, lines } = await trigger('kind: http\nexplicitAckMode: explicitOnly', head)
    assert.equal(config, undefined)
    assert.deepEqual(lines, [
      'function.yaml:8 spec.triggers.web.explicitAckMode: explicit acknowledgement is not available in this version of Pelton; use disable',
    ])
  }
})

test('an unknown or missing runtime is an error that names the known ones', async () => {
  assert.deepEqual((await read('apiVersion: pelton/v1\nspec: { runtime: "nodjs:20" }')).lines, [
    'function.yaml:2 spec.runtime: unknown runtime "nodjs"; known are nodejs, python and shell, did you mean nodejs?',
  ])
  assert.deepEqual((await read('apiVersion: pelton/v1')).lines, [
    'function.yaml spec.runtime: is required, because no handler file in /functions/hello tells it; give one of nodejs, python or shell',
  ])
})

test('a handler file that is missing is named rather than the runtime that it would have told', async () => {
  for (const [handler, file] of [
    ['handlr.ts', 'handlr.ts'],
    ['main:handler', 'main'],
  ]) {
    assert.deepEqual((await read(`apiVersion: pelton/v1\nspec:\n  handler: ${handler}`)).lines, [
      `function.yaml:3 spec.handler: no handler file in /functions/hello is "${file}"; mend the name, or give spec.runtime as one of nodejs, python or shell`,
    ])
  }
})

test('runtime attributes are read by the runtime', async () => {
  const text =
    'apiVersion: pelton/v1\nspec:\n  runtime: shell\n  runtimeAttributes:\n    Arguments: -l\n    argument: x\n'
  const { lines } = await read(text)
  assert.deepEqual(lines, ['function.yaml:6 spec.runtimeAttributes.argument: unknown, did you mean arguments?'])
})

test('a handler has one colon at most', async () => {
  const { lines } = await read(`${pelton}  handler: module:wat:handler\n`)
  assert.deepEqual(lines, ['function.yaml:5 spec.handler: expected entry or module:entry, with one colon at most'])
})

test('variables that only a cluster can resolve are named in a warning and left unset', async () => {
  const { config, lines } = await read(`${pelton}  envFrom: [{ secretRef: { name: s } }]
  env:
    - name: DB
      valueFrom: { secretKeyRef: { name: s, key: k } }
    - name: EMPTY
      value:
`)
  assert.deepEqual(lines, [
    'warning: function.yaml:5 spec.envFrom: is not read here; give the variables by the environment or an env file',
    "warning: function.yaml:8 spec.env[0].valueFrom: DB comes from the cluster's secretKeyRef and is not set here; give it by the environment or an env file",
  ])
  assert.equal(config?.env['DB'], undefined)
  assert.equal(config?.env['EMPTY'], '')
})

test('variables that no process can have are errors, and their values are never quoted', async () => {
  const { lines } = await read(`${pelton}  env: [{ name: A=B, value: "hush\\0hush" }, { name: X, value: 5 }]\n`)
  assert.equal(lines.length, 3)
  assert.ok(lines.every((line) => !line.includes('hush')))
  assert.match(lines[2] ?? '', /spec\.env\[1\]\.value: expected a text \(put it in quotes\), got a number$/)
})

test('nuclio files take bare numbers and YAML 1.1 words as nuclio does', async () => {
  const { config, lines } = await read(
    `${nuclio}  exposeErrors: yes\n  env: [{ name: A, value: 5 }, { name: B, value: on }]\n`,
  )
  assert.deepEqual(lines, [])
  assert.equal(config?.exposeErrors, true)
  assert.deepEqual([config?.env['A'], config?.env['B']], ['5', 'true'])
})

test('overrides win over the file, match its keys and make what is missing', async () => {
  const { config, lines } = await read(
    `${pelton}  event_timeout: 5s\n  triggers:\n    web:\n      kind: http\n      attributes: { PORT: 1 }\n`,
    {
      sets: [
        'spec.eventTimeout=10s',
        'spec.triggers.web.attributes.port=9000',
        'spec.triggers.cam={kind: mjpeg}',
        'spec.triggers.cam.numWorkers=2',
        'spec.env=[{name: A, value: b}]',
        'spec.env[1].name=B',
        'metadata.labels."a.b"=c',
        'metadata.labels.on=on',
      ],
    },
  )
  assert.deepEqual(lines, [])
  assert.equal(config?.eventTimeoutMs, 10_000)
  assert.deepEqual(
    config?.triggers.map((one) => [one.settings.name, one.settings.attributes['port'], one.numWorkers]),
    [
      ['web', 9000, 1],
      ['cam', undefined, 2],
    ],
  )
  assert.deepEqual([config?.env['A'], config?.env['B']], ['b', ''])
  assert.deepEqual(config?.labels, { 'a.b': 'c', on: 'on' })
})

test('names that a person chose are not matched like keys', async () => {
  const { config } = await read(`${pelton}  triggers: { web_a: { kind: http } }\n`, {
    sets: ['spec.triggers.webA.kind=http'],
  })
  assert.deepEqual(
    config?.triggers.map((one) => one.settings.name),
    ['web_a', 'webA'],
  )
})

test('overrides reach one item beyond a list, and not without end into the depth', async () => {
  const { lines } = await read(pelton, { sets: ['spec.env=[]', 'spec.env[1].name=A', `spec${'.x'.repeat(40)}=1`] })
  assert.equal(lines[0], '--set spec.env[1].name: spec.env has no [1]')
  assert.match(lines[1] ?? '', /^--set: expected path=value/)
})

test('an empty override unsets', async () => {
  assert.equal(
    (await read(`${pelton}  eventTimeout: 5s\n`, { sets: ['spec.eventTimeout='] })).config?.eventTimeoutMs,
    undefined,
  )
})

test('faults of overrides name --set, and unknown keys there are errors in every form', async () => {
  const { config, lines } = await read(nuclio, {
    sets: [
      'spec.evnetTimeout=5s',
      'spec.exposeErrors=maybe',
      'nonsense',
      'spec..x=1',
      'spec.runtime.x=1',
      'spec.handler=[',
      'spec.env.A=b',
    ],
  })
  assert.equal(config, undefined)
  assert.deepEqual(lines.slice(0, 3), [
    '--set: expected path=value such as spec.eventTimeout=5s, got "nonsense"',
    '--set: expected path=value such as spec.eventTimeout=5s, got "spec..x=1"',
    '--set spec.runtime.x: spec.runtime has no x',
  ])
  assert.equal(lines[3], '--set spec.handler: a [ is never closed by a ]')
  assert.ok(lines.includes('--set spec.evnetTimeout: unknown, did you mean eventTimeout?'))
  assert.ok(lines.includes('--set spec.exposeErrors: expected true or false, got "maybe"'))
})

test('a key that stands one level too high is told its place', async () => {
  const { lines } = await read('apiVersion: pelton/v1\nhandler: a.mjs\nspec: { runtime: nodejs }\n')
  assert.deepEqual(lines, ['function.yaml:2 handler: unknown here; it belongs below spec'])
  const { lines: own } = await trigger('kind: http\nport: 80\n')
  assert.deepEqual(own, ['function.yaml:8 spec.triggers.web.port: unknown here; it belongs below attributes'])
  const { lines: ofRuntime } = await read(
    `${pelton}  runtime: shell\n  arguments: -v\n`.replace('  runtime: nodejs\n', ''),
  )
  assert.deepEqual(ofRuntime, ['function.yaml:5 spec.arguments: unknown here; it belongs below runtimeAttributes'])
})

test('a trigger needs a name', async () => {
  const { lines } = await read(`${pelton}  triggers:\n    "": { kind: http }\n`)
  assert.deepEqual(lines, ['function.yaml:6 spec.triggers[""]: a trigger needs a name: its key is empty'])
})

test('what a pattern asks for is told in words', async () => {
  const { lines } = await read(`${pelton}  env: [{ name: a=b, value: c }]\n`)
  assert.deepEqual(lines, ['function.yaml:5 spec.env[0].name: expected a name without =, got "a=b"'])
})

test('no file makes the reader throw', async () => {
  const known = fc.constantFrom(
    'spec',
    'metadata',
    'triggers',
    'web',
    'env',
    'kind',
    'name',
    'attributes',
    '__proto__',
    'runtime',
  )
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<unknown>('http', 'nodejs', '', 1, null, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(known, tie('value'), { maxKeys: 5 }),
    ),
  }))
  await fc.assert(
    fc.asyncProperty(value, async (file) => {
      const { config, faults } = await read(JSON.stringify(file))
      assert.equal(
        config === undefined,
        faults.some((fault) => fault.severity === 'error'),
      )
    }),
    { numRuns: 200 },
  )
})
