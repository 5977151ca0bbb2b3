import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { type Cleanup, createTempFolder, writeFiles } from '@pelton/testkit'
import { copyRepository, repository } from './copy-repository.ts'
import { startPelton } from './pelton-process.ts'
import { npmProgram, runNode } from './run-program.ts'

const published = ['sdk', 'core', 'processor', 'connectors', 'runtimes', 'protocols', 'cli']

describe('the published packages, packed and installed into an empty folder', () => {
  const cleanups: (() => Promise<void> | void)[] = []
  const whole: Cleanup = { after: (action) => void cleanups.push(action) }
  let folder = ''

  before(async () => {
    folder = await createTempFolder(whole)
    const copy = await copyRepository(whole)
    await succeed([path.join(copy, 'scripts/build.ts'), copy], copy)
    const packages = published.map((name) => path.join(copy, 'packages', name))
    await succeed([npmProgram(), 'pack', '--silent', '--pack-destination', folder, ...packages], copy)
    const tarballs = fs.readdirSync(folder).filter((name) => name.endsWith('.tgz'))
    assert.equal(tarballs.length, published.length)
    await writeFiles(folder, { 'package.json': '{ "private": true, "type": "module" }' })
    const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
    await succeed([npmProgram(), 'install', ...quiet, ...tarballs.map((name) => `./${name}`)], folder)
    for (const name of ['hello', 'python-nuclio']) {
      fs.cpSync(path.join(repository, 'examples', name), path.join(folder, name), { recursive: true })
    }
  })
  after(async () => {
    for (const cleanup of cleanups) await cleanup()
  })

  test('the bin runs hello in a plain Node.js 24', async (t) => {
    const bin = path.join(folder, 'node_modules/.bin/pelton')
    const pelton = startPelton(['run', 'hello', '--port', '0'], { bin, execArgv: [], cwd: folder })
    t.after(() => pelton.stop())
    const answer = await fetch(await pelton.url(), { method: 'POST', body: 'Ada' })
    assert.deepEqual([answer.status, await answer.text()], [200, '{"hello":"Ada"}'])
    assert.deepEqual(await pelton.stop(), { code: 0, signal: null })
  })

  test('nothing but built files, a licence and a README is in them: no tests, no sources, no testkit', () => {
    for (const name of ['pelton', ...published.filter((one) => one !== 'cli').map((one) => `@pelton/${one}`)]) {
      const at = path.join(folder, 'node_modules', name)
      const files = fs.readdirSync(at, { recursive: true, encoding: 'utf8' })
      const isExpected = (file: string): boolean => /^(bin|dist|package\.json|README\.md|LICENSE)(\/|$)/.test(file)
      assert.deepEqual(
        files.filter((file) => !isExpected(file) || /\.test\.|fixtures|example|__pycache__/.test(file)),
        [],
        name,
      )
      for (const file of ['README.md', 'LICENSE']) assert.ok(files.includes(file), `${name} has no ${file}`)
      assert.deepEqual(missingExports(at), [], name)
    }
    assert.equal(fs.existsSync(path.join(folder, 'node_modules/@pelton/testkit')), false)
  })

  test('the bin runs a Python function with what came in the packages', async (t) => {
    const bin = path.join(folder, 'node_modules/.bin/pelton')
    const pelton = startPelton(['run', 'python-nuclio', '--port', '0'], { bin, execArgv: [], cwd: folder })
    t.after(() => pelton.stop())
    const answer = await fetch(await pelton.url(), { method: 'POST', body: 'abcdef' })
    assert.deepEqual([answer.status, await answer.text()], [200, 'fedcba'])
    assert.deepEqual(await pelton.stop(), { code: 0, signal: null })
  })

  test('sinks come along, and get what handlers answer', async (t) => {
    const got: string[] = []
    const server = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => got.push(text))
      request.on('end', () => response.end())
    }).listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const sink = `{ kind: webhook, attributes: { url: "http://127.0.0.1:${port}" } }`
    const trigger = `spec.triggers.http={ kind: http, attributes: { sink: ${sink} } }`
    const bin = path.join(folder, 'node_modules/.bin/pelton')
    const pelton = startPelton(['run', 'hello', '--port', '0', '--set', trigger], { bin, execArgv: [], cwd: folder })
    t.after(() => pelton.stop())
    await fetch(await pelton.url(), { method: 'POST', body: 'Ada' })
    assert.deepEqual(await pelton.stop(), { code: 0, signal: null })
    assert.deepEqual(got, ['{"hello":"Ada"}'])
  })

  test('their types are found and checked by a handler author', async () => {
    await writeFiles(folder, {
      'handler.ts': `import { type Context, type Event, defineHandler } from '@pelton/sdk'
export const handler = defineHandler((context: Context, event: Event) => {
  const id: string = event.id
  // @ts-expect-error: a number is no string, so the types are really there
  const wrong: number = event.id
  return { status: 200, body: { id, wrong, name: context.functionName } }
})
`,
      'everything.ts': `export * as core from '@pelton/core'
export * as processor from '@pelton/processor'
export * as connectors from '@pelton/connectors'
export * as runtimes from '@pelton/runtimes'
export * as http from '@pelton/protocols/http'
export * as worker from '@pelton/protocols/worker'
`,
    })
    fs.symlinkSync(path.join(repository, 'node_modules/@types'), path.join(folder, 'node_modules/@types'))
    fs.symlinkSync(path.join(repository, 'node_modules/undici-types'), path.join(folder, 'node_modules/undici-types'))
    const tsc = path.join(repository, 'node_modules/typescript/bin/tsc')
    const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node']
    await succeed([tsc, ...strict, 'handler.ts', 'everything.ts'], folder)
  })
})

async function succeed(args: string[], cwd: string): Promise<void> {
  const { code, output } = await runNode(args, cwd)
  assert.equal(code, 0, `${args.join(' ')}\n${output}`)
}

/** Files that a package.json promises in `exports` and `bin`, for users, and that are not there. */
function missingExports(folder: string): string[] {
  const { exports, bin } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, { types: string; default: string }>
    bin?: Record<string, string>
  }
  const promised = [
    ...Object.values(exports).flatMap((entry) => [entry.types, entry.default]),
    ...Object.values(bin ?? {}),
  ]
  return promised.filter((file) => !fs.existsSync(path.join(folder, file)))
}
