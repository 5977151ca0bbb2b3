import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Cleanup } from '@pelton/testkit'
import { copyRepository, repository } from './copy-repository.ts'
import { type ProgramEnd, runNode } from './run-program.ts'

const tools = {
  tsc: path.join(repository, 'node_modules/typescript/bin/tsc'),
  oxlint: path.join(repository, 'node_modules/oxlint/bin/oxlint'),
  oxfmt: path.join(repository, 'node_modules/oxfmt/bin/oxfmt'),
}
const fixtures = path.join(import.meta.dirname, 'fixtures/toy-kind')
const toy = 'packages/connectors/src/triggers/toy'
const toySink = 'packages/connectors/src/sinks/toy'
const toyRuntime = 'packages/runtimes/src/toy-language'

describe('npm run new', () => {
  const cleanups: (() => Promise<void> | void)[] = []
  const whole: Cleanup = { after: (action) => void cleanups.push(action) }
  let copy = ''
  let untouched = new Map<string, string>()

  const run = (...args: string[]): Promise<ProgramEnd> => runNode(['--conditions=pelton-source', ...args], copy)
  const succeed = async (...args: string[]): Promise<string> => {
    const { code, output } = await run(...args)
    assert.equal(code, 0, `${args.join(' ')}\n${output}`)
    return output
  }
  /** The suite of a kind, in a process of its own: what it says of its tests. */
  const runSuite = (folder: string): Promise<ProgramEnd> => run('--test', `${folder}/*.test.ts`)

  const implement = (folder: string, name: string): void => {
    for (const file of [`${name}.ts`, `${name}.test.ts`])
      fs.copyFileSync(path.join(fixtures, `${file}.template`), path.join(copy, folder, file))
  }

  before(async () => {
    copy = await copyRepository(whole)
    untouched = hashTree(copy)
    await succeed('scripts/new-kind.ts', 'trigger', 'toy')
    await succeed('scripts/new-kind.ts', 'sink', 'toy')
    await succeed('scripts/new-kind.ts', 'runtime', 'toy-language')
  })
  after(async () => {
    for (const cleanup of cleanups) await cleanup()
  })

  test("writes the kind's folder and touches nothing else", () => {
    const now = hashTree(copy)
    const changed = [...now].filter(([file, hash]) => untouched.get(file) !== hash).map(([file]) => file)
    assert.deepEqual(
      changed.filter((file) => ![toy, toySink, toyRuntime].some((folder) => file.startsWith(`${folder}/`))),
      [],
    )
    for (const file of [
      'index.ts',
      'config.ts',
      'toy-trigger.ts',
      'toy-trigger.test.ts',
      'README.md',
      'example/handler.ts',
    ])
      assert.ok(now.has(`${toy}/${file}`), file)
    for (const file of ['index.ts', 'config.ts', 'toy-sink.ts', 'toy-sink.test.ts', 'README.md', 'example/handler.ts'])
      assert.ok(now.has(`${toySink}/${file}`), file)
    assert.ok(
      [...untouched.keys()].every((file) => now.has(file)),
      'nothing is gone',
    )
  })

  test('what it writes is type-correct, formatted, without lint, and in the right direction', async () => {
    await succeed(tools.tsc, '-p', '.')
    await succeed(tools.oxfmt, '--check', toy, toySink, toyRuntime)
    await succeed(tools.oxlint, toy, toySink, toyRuntime)
  })

  test('the new kind is found by its folder alone, and its example is valid', async () => {
    assert.match(await succeed('packages/cli/bin/pelton.cjs', 'kinds', 'triggers', 'toy'), /Events from toy/)
    assert.match(await succeed('packages/cli/bin/pelton.cjs', 'kinds', 'sinks', 'toy'), /Answers to toy[^]*queue_size/)
    assert.match(await succeed('packages/cli/bin/pelton.cjs', '--list-runtimes'), /^toy-language$/m)
    for (const folder of [toy, toySink]) {
      await succeed('packages/cli/bin/pelton.cjs', 'validate', `${folder}/example`)
    }
  })

  test('its tests are red until it is implemented, and green with an implementation in its folder', async () => {
    const red = await runSuite(toy)
    assert.notEqual(red.code, 0)
    assert.match(red.output, /make the source of toy emit one event here/)
    const redSink = await runSuite(toySink)
    assert.notEqual(redSink.code, 0)
    assert.match(redSink.output, /start what toy delivers to here/)
    implement(toy, 'toy-trigger')
    implement(toySink, 'toy-sink')
    for (const folder of [toy, toySink]) {
      const green = await runSuite(folder)
      assert.equal(green.code, 0, green.output)
    }
    await succeed(tools.tsc, '-p', '.')
    await succeed(tools.oxlint, toy, toySink)
  })

  test('npm run docs fills in the table of the READMEs', async () => {
    await succeed('scripts/docs.ts')
    const readme = (folder: string): string => fs.readFileSync(path.join(copy, folder, 'README.md'), 'utf8')
    assert.match(readme(toy), /\| `source` \| text \| +\| +\| Where the events come from \|/)
    assert.match(readme(toySink), /\| `target` \| text \| +\| +\| Where the answers go \|/)
    assert.match(readme(toySink), /\| `reorder_ms` \|/)
  })

  test('a name that is none, a kind that exists and an unknown family are refused', async () => {
    for (const [family, name, why] of [
      ['trigger', 'Not_A_Kind', /no name for a kind/],
      ['trigger', 'http', /exists already/],
      ['trigger', '../../evil', /no name for a kind/],
      ['sink', 'Not_A_Kind', /no name for a kind/],
      ['sink', 'toy', /exists already/],
      ['gadget', 'toy', /usage/],
    ] as const) {
      const { code, output } = await run('scripts/new-kind.ts', family, name)
      assert.equal(code, 1)
      assert.match(output, why)
    }
  })
})

/** Hashes of all files by path, without what is installed. */
function hashTree(folder: string): Map<string, string> {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true })
  const own = files.filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
  return new Map(
    own.map((entry) => {
      const file = path.join(entry.parentPath, entry.name)
      return [path.relative(folder, file), createHash('sha1').update(fs.readFileSync(file)).digest('hex')]
    }),
  )
}
