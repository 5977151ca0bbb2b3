import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { createFakeCatalogue } from './fixtures/fake-catalogue.ts'
import { formatFaults } from './format-faults.ts'
import { type ReadFunction, type ReadFunctionOptions, readFunctionFile } from './read-function-file.ts'

async function read(
  folder: string,
  name = '.',
  more: Partial<ReadFunctionOptions> = {},
): Promise<ReadFunction & { lines: string[] }> {
  const options = { path: path.join(folder, name), kubernetes: false, catalogue: createFakeCatalogue(), ...more }
  const result = await readFunctionFile(options)
  return { ...result, lines: formatFaults(result.faults, folder) }
}

const pelton = 'apiVersion: pelton/v1\nkind: Function\n'
const code = 'export const handler = () => 1\n'

test('a folder with a function.yaml is a function, whose runtime follows from the handler file', async (t) => {
  const folder = await createTempFolder(t, { 'function.yaml': pelton, 'handler.py': '' })
  const { config, lines, files } = await read(folder)
  assert.deepEqual(lines, [])
  assert.equal(config?.runtime, 'python')
  assert.equal(config?.folder, folder)
  assert.equal(config?.file, path.join(folder, 'function.yaml'))
  assert.equal(config?.name, path.basename(folder))
  assert.deepEqual(files, [path.join(folder, 'function.yaml'), path.join(folder, 'handler.py')])
})

test('function.yaml comes before function.yml and processor.yaml', async (t) => {
  const spec = (name: string): string => `metadata: { name: ${name} }\nspec: { runtime: nodejs }\n`
  const folder = await createTempFolder(t, { 'processor.yaml': spec('c'), 'function.yml': spec('b') })
  assert.equal((await read(folder)).config?.name, 'b')
  await writeFile(path.join(folder, 'function.yaml'), spec('a'))
  assert.equal((await read(folder)).config?.name, 'a')
  assert.equal((await read(folder, 'processor.yaml')).config?.name, 'c')
})

test('the runtime of a named module follows from its file', async (t) => {
  const folder = await createTempFolder(t, {
    'function.yaml': `${pelton}spec: { handler: "src/look:run" }\n`,
    'src/look.py': '',
    'handler.ts': code,
  })
  const { config } = await read(folder)
  assert.deepEqual([config?.runtime, config?.handler], ['python', 'src/look:run'])
})

test('a handler file alone runs by Pelton’s rules under its own name', async (t) => {
  const folder = await createTempFolder(t, { 'hello.ts': code, 'other.ts': code })
  const { config, lines } = await read(folder, 'hello.ts')
  assert.deepEqual(lines, [])
  assert.deepEqual(
    [config?.compat, config?.name, config?.handler, config?.runtime],
    ['none', 'hello', 'hello.ts', 'nodejs'],
  )
  assert.equal(config?.file, undefined)
  assert.equal(config?.allowsDefaultTrigger, true)
})

test('a folder with one handler file is that file', async (t) => {
  const folder = await createTempFolder(t, { 'handler.mjs': code, 'handler.test.ts': '', 'package.json': '{}' })
  const { config } = await read(folder)
  assert.deepEqual([config?.handler, config?.name], ['handler.mjs', path.basename(folder)])
})

test('overrides hold for a handler file alone', async (t) => {
  const folder = await createTempFolder(t, { 'hello.ts': code })
  const { config } = await read(folder, 'hello.ts', { sets: ['spec.eventTimeout=2s', 'spec.handler=main'] })
  assert.deepEqual([config?.compat, config?.eventTimeoutMs, config?.handler], ['none', 2000, 'hello.ts:main'])
})

test('paths that are no function say what they lack', async (t) => {
  const folder = await createTempFolder(t, {
    'notes.txt': '',
    'both/a.ts': code,
    'both/b.ts': code,
    'none/README.md': '',
  })
  const said = async (name: string): Promise<string> => (await read(folder, name)).lines.join('\n')
  assert.match(await said('missing'), /^There is no file or folder [^ ]*missing\. Give /)
  assert.match(await said('notes.txt'), /a function is a folder or a file that ends in \.yaml, .*\.py/)
  assert.match(await said('both'), /several handlers, such as a\.ts and b\.ts/)
  assert.match(await said('none'), /neither a function\.yaml nor a handler file/)
})

test('an inline block makes a nuclio function of its file', async (t) => {
  const source = `// @nuclio.configure
//
// function.yaml:
//   metadata: { name: inline }
//   spec:
//     handler: run
//     env: [{ name: A, value: 1 }]
//     replcas: 2
exports.run = () => 1
`
  const folder = await createTempFolder(t, { 'reverser.js': source })
  const { config, lines } = await read(folder, 'reverser.js')
  assert.deepEqual(lines, ['warning: reverser.js:8 spec.replcas: unknown, did you mean replicas?'])
  assert.deepEqual([config?.compat, config?.name, config?.handler], ['nuclio', 'inline', 'reverser.js:run'])
  assert.equal(config?.file, path.join(folder, 'reverser.js'))
  assert.equal(config?.env['A'], '1')
})

test('an inline block lies under the function.yaml, and variables merge by name', async (t) => {
  const source = `# @nuclio.configure
# function.yaml:
#   spec:
#     event_timeout: 1s
#     drainDelay: 9s
#     env: [{ name: A, value: inline }, { name: B, value: inline }]
#     triggers: { web: { kind: http, attributes: { port: 1, cors: { enabled: true } } }, bad: { kind: nope } }
`
  const yaml = `spec:
  eventTimeout: 5s
  drain_delay:
  env: [{ name: A, value: file }]
  triggers: { web: { attributes: { Port: 2 } } }
`
  const folder = await createTempFolder(t, { 'function.yaml': yaml, 'handler.py': source })
  const { lines } = await read(folder)
  assert.deepEqual(
    lines.map((line) => line.replace(/;.*/, '')),
    ['handler.py:7 spec.triggers.bad.kind: unknown trigger kind "nope"'],
  )
  const { config } = await read(folder, '.', { sets: ['spec.triggers.bad.kind=http'] })
  assert.deepEqual([config?.eventTimeoutMs, config?.drainDelayMs], [5000, 9000])
  assert.deepEqual([config?.env['A'], config?.env['B']], ['file', 'inline'])
  assert.deepEqual(config?.triggers[0]?.settings.attributes, { port: 2, cors: { enabled: true } })
})

test('a broken inline block is an error with its line in the source', async (t) => {
  const folder = await createTempFolder(t, {
    'a.js': 'x()\n// @nuclio.configure\n// function.yaml:\n//   spec: [\n',
    'b.js': '// @nuclio.configure\n// spec: {}\n',
  })
  const broken = await read(folder, 'a.js')
  assert.equal(broken.config, undefined)
  assert.match(broken.lines[0] ?? '', /^a\.js:4: Failed to parse inline configuration: /)
  assert.match((await read(folder, 'b.js')).lines[0] ?? '', /^b\.js:2: .*expected the key function\.yaml/)
})

test('the sources may be where spec.build.path says, or where the handler folder is', async (t) => {
  const folder = await createTempFolder(t, {
    'function.yaml': 'spec: { build: { path: src } }\n',
    'src/handler.ts': code,
    'one.yaml': 'spec: { build: { path: src/handler.ts }, handler: go }\n',
    'elsewhere/processor.yaml': 'spec: { handler: "main:go" }\n',
    'opt/main.js': code,
  })
  assert.equal((await read(folder)).config?.folder, path.join(folder, 'src'))
  assert.equal((await read(folder, 'one.yaml')).config?.handler, 'handler.ts:go')
  const { config } = await read(folder, 'elsewhere/processor.yaml', { handlerFolder: path.join(folder, 'opt') })
  assert.deepEqual([config?.folder, config?.runtime], [path.join(folder, 'opt'), 'nodejs'])
})

test('a configuration file may be given beside the path', async (t) => {
  const folder = await createTempFolder(t, {
    'fn/function.yaml': 'metadata: { name: unused }\nspec: { runtime: nodejs }\n',
    'fn/handler.ts': code,
    'conf/dev.yaml': `${pelton}metadata: { name: dev }\n`,
  })
  const configFile = path.join(folder, 'conf/dev.yaml')
  const { config } = await read(folder, 'fn', { configFile })
  assert.deepEqual([config?.name, config?.folder, config?.file], ['dev', path.join(folder, 'fn'), configFile])
  const alone = await readFunctionFile({ configFile, kubernetes: false, catalogue: createFakeCatalogue() })
  assert.match(formatFaults(alone.faults, folder)[0] ?? '', /no handler file in .*conf tells it/)
})

test('sources in the file are written to the cache when there is no handler file, once', async (t) => {
  const cache = await createTempFolder(t, {})
  const before = process.env['XDG_CACHE_HOME']
  process.env['XDG_CACHE_HOME'] = cache
  t.after(() => {
    if (before === undefined) delete process.env['XDG_CACHE_HOME']
    else process.env['XDG_CACHE_HOME'] = before
  })
  const base64 = Buffer.from('exports.run = 1\r\n').toString('base64')
  const yaml = `spec: { runtime: nodejs, handler: "mod:run", build: { functionSourceCode: ${base64} } }\n`
  const folder = await createTempFolder(t, { 'function.yaml': yaml })
  const { config, lines } = await read(folder)
  assert.deepEqual(lines, [])
  assert.ok(config)
  assert.ok(config.folder.startsWith(cache))
  assert.equal(await readFile(path.join(config.folder, 'mod.js'), 'utf8'), 'exports.run = 1\n')
  assert.equal((await read(folder)).config?.folder, config.folder)
  await writeFile(path.join(folder, 'mod.js'), code)
  assert.equal((await read(folder)).config?.folder, folder)
  await writeFile(path.join(folder, 'function.yaml'), 'spec: { runtime: python, build: { functionSourceCode: "!" } }\n')
  assert.deepEqual((await read(folder)).lines, [
    'function.yaml:1 spec.build.functionSourceCode: expected sources in base64',
  ])
})

test('what is no configuration at all is one fault', async (t) => {
  const folder = await createTempFolder(t, {
    'list.yaml': '- a\n',
    'big.yaml': '#'.repeat(1_048_577),
    'x.yaml/y': '',
    'empty.yaml': '',
  })
  assert.deepEqual((await read(folder, 'list.yaml')).lines, [
    'list.yaml: expected keys such as apiVersion, metadata and spec',
  ])
  assert.deepEqual((await read(folder, 'big.yaml')).lines, [
    'big.yaml: larger than 1048576 bytes, which no configuration is',
  ])
  assert.equal((await read(folder, 'empty.yaml')).config, undefined)
  const { lines } = await read(folder, '.', { configFile: path.join(folder, 'nowhere.yaml') })
  assert.deepEqual(lines, ['nowhere.yaml: there is no such file'])
})

test('a file in another encoding is one fault, with the line where only a part of it is', async (t) => {
  const folder = await createTempFolder(t, {})
  const told = 'is no text in UTF-8: save it in that encoding'
  const text = `${pelton}spec: { runtime: nodejs, description: "é" }\n`
  const encodings: [bytes: Buffer, line: string][] = [
    [Buffer.from(text, 'latin1'), `a.yaml:3: ${told}`],
    [Buffer.from(`\ufeff${text}`, 'utf16le'), `a.yaml: ${told}`],
  ]
  for (const [bytes, line] of encodings) {
    await writeFile(path.join(folder, 'a.yaml'), bytes)
    assert.deepEqual((await read(folder, 'a.yaml')).lines, [line])
  }
  await writeFile(path.join(folder, 'a.yaml'), `\ufeff${text.replaceAll('\n', '\r\n')}`)
  assert.equal((await read(folder, 'a.yaml')).config?.description, 'é')
})

test('a path that leads to no function is told as the reason, too', async (t) => {
  const folder = await createTempFolder(t, {})
  const { missing } = await read(folder, 'nowhere')
  assert.equal(missing?.code, 'function_path_missing')
})

test('only the runtime that is named is loaded', async (t) => {
  const folder = await createTempFolder(t, {
    'function.yaml': `${pelton}spec: { runtime: nodejs }\n`,
    'handler.py': '',
    'handler.ts': '',
  })
  const catalogue = createFakeCatalogue()
  assert.ok((await read(folder, '.', { catalogue })).config)
  assert.ok(!catalogue.asked.includes('runtimes'))
})
