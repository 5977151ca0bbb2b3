import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { root, toolPath } from './tools/repository.ts'

/** A forbidden import: `*` in `from` becomes the number of the case. */
const forbidden: { rule: string; from: string; to: string }[] = [
  { rule: 'sdk-imports-nothing', from: 'packages/sdk/src/*.ts', to: '@pelton/core' },
  { rule: 'sdk-imports-nothing', from: 'packages/sdk/src/*.ts', to: 'node:fs' },
  { rule: 'core-imports-sdk', from: 'packages/core/src/*.ts', to: '@pelton/protocols/http' },
  { rule: 'core-imports-sdk', from: 'packages/core/src/*.ts', to: 'yaml' },
  { rule: 'protocols-import-core', from: 'packages/protocols/src/http/*.ts', to: '@pelton/connectors' },
  { rule: 'processor-knows-no-kind', from: 'packages/processor/src/*.ts', to: '@pelton/connectors' },
  { rule: 'processor-knows-no-kind', from: 'packages/processor/src/*.ts', to: '@pelton/runtimes' },
  { rule: 'processor-knows-no-kind', from: 'packages/processor/src/*.ts', to: '@pelton/protocols/http' },
  { rule: 'connectors-import-protocols', from: 'packages/connectors/src/triggers/http/*.ts', to: '@pelton/processor' },
  { rule: 'runtimes-import-protocols', from: 'packages/runtimes/src/nodejs/*.ts', to: '@pelton/connectors' },
  { rule: 'testkit-imports-protocols', from: 'packages/testkit/src/*.ts', to: '@pelton/processor' },
  { rule: 'cli-joins-all', from: 'packages/cli/src/*.ts', to: '@pelton/testkit' },
  { rule: 'tests-of-a-package-stay-below-it', from: 'packages/processor/src/*.test.ts', to: 'pelton' },
  { rule: 'kinds-do-not-import-kinds', from: 'packages/connectors/src/triggers/http/*.ts', to: '../cron/index.ts' },
  {
    rule: 'kinds-do-not-import-kinds',
    from: 'packages/connectors/src/sinks/mjpeg/*.ts',
    to: '../../triggers/cron/index.ts',
  },
  {
    rule: 'kinds-do-not-import-kinds',
    from: 'packages/connectors/src/sinks/cron/*.ts',
    to: '../../triggers/cron/index.ts',
  },
  {
    rule: 'kinds-do-not-import-kinds',
    from: 'packages/connectors/src/triggers/http/*.test.ts',
    to: '../cron/index.ts',
  },
  { rule: 'runtimes-do-not-import-runtimes', from: 'packages/runtimes/src/nodejs/*.ts', to: '../python/index.ts' },
  { rule: 'packages-by-their-entry', from: 'packages/processor/src/*.ts', to: '../../core/src/clock.ts' },
  { rule: 'only-tests-import-testkit', from: 'packages/connectors/src/triggers/http/*.ts', to: '@pelton/testkit' },
  { rule: 'only-tests-import-testkit', from: 'examples/hello/*.ts', to: '@pelton/testkit' },
  { rule: 'nobody-imports-tests', from: 'packages/core/src/*.ts', to: './clock.test.ts' },
  { rule: 'examples-import-the-sdk', from: 'examples/hello/*.ts', to: '@pelton/core' },
  { rule: 'packages-stand-alone', from: 'packages/cli/src/*.ts', to: '../../../scripts/check.ts' },
  { rule: 'packages-stand-alone', from: 'packages/cli/src/*.ts', to: '../../../soak/soak.ts' },
  { rule: 'only-tests-ask-for-peers', from: 'packages/cli/src/*.ts', to: '../../../scripts/tools/python-peers.ts' },
  { rule: 'resolvable', from: 'packages/core/src/*.ts', to: './nowhere.ts' },
]

const allowed: { from: string; to: string }[] = [
  { from: 'packages/core/src/*.ts', to: '@pelton/sdk' },
  { from: 'packages/core/src/*.ts', to: 'node:fs/promises' },
  { from: 'packages/protocols/src/http/*.ts', to: '@pelton/core' },
  { from: 'packages/connectors/src/triggers/http/*.ts', to: '@pelton/protocols/http' },
  { from: 'packages/connectors/src/triggers/http/*.ts', to: '../../errors.ts' },
  { from: 'packages/connectors/src/sinks/mjpeg/*.ts', to: '../../errors.ts' },
  { from: 'packages/connectors/src/sinks/mjpeg/*.ts', to: './config.ts' },
  { from: 'packages/connectors/src/triggers/http/*.test.ts', to: '@pelton/testkit' },
  { from: 'packages/processor/src/*.ts', to: 'yaml' },
  { from: 'packages/runtimes/src/*.test.ts', to: '../../../scripts/tools/python-peers.ts' },
  { from: 'packages/cli/src/*.ts', to: '@pelton/connectors' },
  { from: 'examples/hello/*.ts', to: '@pelton/sdk' },
]

/** Two modules that need each other, and an import that only happens later. */
const pairs: Record<string, string> = {
  'packages/core/src/chicken.ts': `import { type Egg } from './egg.ts'\nexport type Chicken = Egg\n`,
  'packages/core/src/egg.ts': `import { type Chicken } from './chicken.ts'\nexport type Egg = Chicken\n`,
  'packages/processor/src/using.ts': `async function f() { await using a = await import('@pelton/connectors') }\n`,
  'packages/processor/src/lazy.ts': `export const load = () => import('@pelton/connectors')\n`,
}

const modules: Record<string, string> = {
  'scripts/check.ts': '',
  'scripts/tools/python-peers.ts': '',
  'soak/soak.ts': '',
  'packages/core/src/clock.ts': '',
  'packages/core/src/clock.test.ts': '',
  'packages/connectors/src/errors.ts': '',
  'packages/connectors/src/triggers/cron/index.ts': '',
  'packages/connectors/src/sinks/mjpeg/config.ts': '',
  'packages/runtimes/src/python/index.ts': '',
  'packages/protocols/src/http/index.ts': '',
  'packages/cli/src/main.ts': '',
  'node_modules/yaml/index.js': '',
  ...Object.fromEntries(
    ['sdk', 'core', 'processor', 'connectors', 'runtimes', 'testkit'].map((name) => [
      `packages/${name}/src/index.ts`,
      '',
    ]),
  ),
}

const workspaces = ['sdk', 'core', 'processor', 'connectors', 'runtimes', 'protocols', 'testkit', 'cli']
const broken = cruiseSmallRepository()

for (const [number, { rule, from, to }] of forbidden.entries())
  test(`${rule}: ${from} must not import ${to}`, () => {
    assert.ok(rulesOf(from.replace('*', `forbidden-${number}`)).includes(rule))
  })

for (const [number, { from, to }] of allowed.entries())
  test(`${from} may import ${to}`, () => {
    assert.deepEqual(rulesOf(from.replace('*', `allowed-${number}`)), [])
  })

test('no-cycles: two modules must not need each other, even for types', () => {
  assert.deepEqual(rulesOf('packages/core/src/chicken.ts'), ['no-cycles'])
})

test('a lazy import is an import', () => {
  assert.deepEqual(rulesOf('packages/processor/src/lazy.ts'), ['processor-knows-no-kind'])
})

test('an import in a `using` declaration is an import', () => {
  assert.deepEqual(rulesOf('packages/processor/src/using.ts'), ['processor-knows-no-kind'])
})

test('every rule has a case', async () => {
  const { default: config } = (await import(path.join(root, '.dependency-cruiser.mjs'))) as {
    default: { forbidden: { name: string }[] }
  }
  const tried = new Set([...forbidden.map(({ rule }) => rule), 'no-cycles'])
  assert.deepEqual(new Set(config.forbidden.map(({ name }) => name)), tried)
})

function rulesOf(file: string): string[] {
  return broken.filter((violation) => violation.from === file).map((violation) => violation.rule.name)
}

/** Writes a repository in which each case is one module, and returns what dependency-cruiser finds with our rules. */
function cruiseSmallRepository(): { from: string; rule: { name: string } }[] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pelton-direction-'))
  try {
    const config = fs.readFileSync(path.join(root, '.dependency-cruiser.mjs'), 'utf8')
    writeTree(folder, { '.dependency-cruiser.mjs': config, ...modules, ...pairs })
    for (const [number, { from, to }] of forbidden.entries())
      writeTree(folder, { [from.replace('*', `forbidden-${number}`)]: `import '${to}'\n` })
    for (const [number, { from, to }] of allowed.entries())
      writeTree(folder, { [from.replace('*', `allowed-${number}`)]: `import '${to}'\n` })
    for (const name of workspaces) installWorkspace(folder, name)
    fs.symlinkSync(path.join(root, 'node_modules/@swc'), path.join(folder, 'node_modules/@swc'))
    const args = [
      toolPath('dependency-cruiser', 'depcruise'),
      '--output-type',
      'json',
      'packages',
      'scripts',
      'examples',
    ]
    const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 30_000 })
    return (JSON.parse(stdout) as { summary: { violations: typeof broken } }).summary.violations
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

function writeTree(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    fs.writeFileSync(path.join(folder, name), text)
  }
}

/** As npm does: the package.json, and a link to its folder by name. */
function installWorkspace(folder: string, name: string): void {
  const manifest = fs.readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8')
  writeTree(folder, { [`packages/${name}/package.json`]: manifest })
  const target = path.join(folder, 'node_modules', (JSON.parse(manifest) as { name: string }).name)
  fs.mkdirSync(path.dirname(target), { recursive: true })
  fs.symlinkSync(path.join(folder, 'packages', name), target)
}
