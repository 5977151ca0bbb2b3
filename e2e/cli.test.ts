import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createTempFolder } from '@pelton/testkit'
import { runPelton, startPelton } from './pelton-process.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const commands = ['run', 'validate', 'invoke', 'infer', 'watch', 'kinds', 'init']

const echo = {
  'handler.mjs': `export async function handler(context, event) {
  context.logger.info('seen', { method: event.method })
  return { status: Number(event.header('x-status') ?? 200), body: event.body, contentType: event.contentType,
    headers: { 'x-path': event.path, 'x-q': String(event.field('q') ?? '') } }
}
`,
}

test('--version prints the version and nothing else', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'packages/cli/package.json'), 'utf8')) as { version: string }
  assert.deepEqual(await runPelton(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
})

test('--help lists every command, and each command’s help has examples', async () => {
  const { code, stdout, stderr } = await runPelton(['--help'])
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /Exit codes/)
  for (const command of commands) {
    assert.match(stdout, new RegExp(`^  ${command} `, 'm'))
    const help = await runPelton([command, '--help'])
    assert.deepEqual([help.code, help.stderr], [0, ''], command)
    assert.match(help.stdout, /Examples:\n {2}pelton /, command)
  }
})

test('a command line that is wrong exits with 2 and says what was meant', async () => {
  const cases: [string[], RegExp][] = [
    [['rnu'], /unknown command 'rnu'.*did you mean run/is],
    [['run', '--wach'], /unknown option '--wach'.*did you mean --watch/is],
    [['run', 'a', 'b'], /too many arguments/],
    [['run', '--port'], /argument missing/],
    [['run', '--port', '99999'], /--port: expected a port from 0 to 65535, got "99999"/],
    [['run', '--log-level', 'loud'], /--log-level: expected one of debug, info, warn, error, got "loud"/],
    [['run', '--grace', 'soon'], /--grace: expected a duration/],
    [['run', '--function', 'store'], /--function: expected name=URL, got "store"/],
    [['run', '--function', 'store=ftp:x'], /--function: expected an http or https URL/],
    [['run', '--set', 'spec.x'], /--set: expected spec\.key=value, got "spec\.x"/],
    [['invoke', '--header', 'nonsense'], /--header: expected 'Name: value'/],
    [['invoke', 'http://localhost:8080/'], /http:\/\/localhost:8080\/ is a URL.* folder or the file of a function/],
    [[], /Usage: pelton/],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await runPelton(args)
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`)
    assert.match(stderr, message)
    assert.doesNotMatch(stderr, /\n\s+at /, 'no stack')
    assert.equal(stdout, '')
  }
})

test('a path where a command belongs is answered with the command that was meant', async (t) => {
  const cwd = await createTempFolder(t, echo)
  const { code, stderr } = await runPelton(['handler.mjs'], { cwd })
  assert.equal(code, 2)
  assert.match(stderr, /did you mean `pelton run handler\.mjs`\?/)
})

test('an old Node.js is told in one line what to do', async (t) => {
  const folder = await createTempFolder(t, {
    'old.cjs': "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.1' } })\n",
  })
  const { code, stdout, stderr } = await runPelton(['--version'], { execArgv: ['-r', join(folder, 'old.cjs')] })
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /^pelton needs Node\.js 24 or newer.*\n$/)
})

test('a checkout that is not built says how to run it', async (t) => {
  const folder = await createTempFolder(t)
  await cp(join(root, 'packages/cli/bin'), join(folder, 'bin'), { recursive: true })
  await cp(join(root, 'packages/cli/package.json'), join(folder, 'package.json'))
  const { code, stdout, stderr } = await runPelton(['--version'], { execArgv: [], bin: join(folder, 'bin/pelton.cjs') })
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /^pelton is not built here: .*npx pelton.*\n$/)
})

test('--list-runtimes prints them sorted, one a line', async () => {
  const { code, stdout } = await runPelton(['--list-runtimes'])
  const names = stdout.trimEnd().split('\n')
  assert.equal(code, 0)
  assert.ok(names.includes('nodejs'))
  assert.deepEqual(names, names.toSorted())
})

test('kinds lists families, one family, and one kind with its keys', async () => {
  const all = await runPelton(['kinds'])
  assert.match(all.stdout, /^triggers\n[^]*\bhttp\b[^]*^runtimes\n[^]*\bnodejs\b/m)
  const triggers = await runPelton(['kinds', 'triggers'])
  assert.ok(!triggers.stdout.includes('nodejs'))
  const one = await runPelton(['kinds', 'triggers', 'http'])
  assert.match(one.stdout, /maxRequestBodySize +size.*4MiB/)
  assert.match(one.stdout, /cors\.allowOrigins/)
  assert.equal((await runPelton(['kinds', 'http'])).stdout, one.stdout)
  for (const result of [all, triggers, one]) assert.deepEqual([result.code, result.stderr], [0, ''])
})

test('kinds prints JSON, and the schema of function.yaml', async () => {
  const list = JSON.parse((await runPelton(['kinds', '--json'])).stdout) as { kind: string; attributes?: unknown }[]
  assert.ok(list.some(({ kind, attributes }) => kind === 'http' && attributes === undefined))
  const [http] = JSON.parse((await runPelton(['kinds', 'http', '--json'])).stdout) as {
    attributes: { key: string }[]
  }[]
  assert.ok(http?.attributes.some(({ key }) => key === 'port'))
  const schema = JSON.parse((await runPelton(['kinds', '--schema'])).stdout) as Record<string, unknown>
  assert.match(String(schema.$schema), /2020-12/)
})

test('an unknown kind or family is answered with the nearest one', async () => {
  const kind = await runPelton(['kinds', 'htpp'])
  assert.deepEqual([kind.code, kind.stdout], [1, ''])
  assert.match(kind.stderr, /htpp, did you mean http\?\n.*\(kind_unknown\)/)
  const family = await runPelton(['kinds', 'trigers', 'http'])
  assert.equal(family.code, 1)
  assert.match(family.stderr, /trigers, did you mean triggers\?/)
})

test('validate prints a summary for a good function', async () => {
  const { code, stdout, stderr } = await runPelton(['validate', join(root, 'examples/hello')])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^ok .*function\.yaml: function hello, runtime nodejs, triggers http \(http\)\n$/)
})

const faulty = `apiVersion: pelton/v1
kind: Function
metadata:
  name: broken
spec:
  runtime: nodejs
  eventTimeot: 5s
  triggers:
    web:
      kind: htpp
    api:
      kind: http
      numWorkers: many
`

test('validate prints every fault with file, line, key and the nearest known word', async (t) => {
  const cwd = await createTempFolder(t, { ...echo, 'function.yaml': faulty })
  const { code, stdout, stderr } = await runPelton(['validate'], { cwd })
  assert.equal(code, 1)
  assert.equal(stderr, '')
  assert.match(stdout, /^function\.yaml:7 spec\.eventTimeot: unknown.*, did you mean eventTimeout\?$/m)
  assert.match(stdout, /^function\.yaml:10 spec\.triggers\.web\.kind: .*did you mean http\?$/m)
  assert.match(stdout, /^function\.yaml:13 spec\.triggers\.api\.numWorkers: .*many/m)
})

test('validate --json prints the faults as data', async (t) => {
  const cwd = await createTempFolder(t, { ...echo, 'function.yaml': faulty })
  const { code, stdout } = await runPelton(['validate', '--json'], { cwd })
  assert.equal(code, 1)
  const { ok, faults } = JSON.parse(stdout) as { ok: boolean; faults: { line: number; path: string }[] }
  assert.equal(ok, false)
  assert.ok(faults.some(({ line, path }) => line === 7 && path === 'spec.eventTimeot'))
})

test('an unknown key of a nuclio file fails validate and only warns in run', async (t) => {
  const cwd = await createTempFolder(t, {
    ...echo,
    'function.yaml':
      'apiVersion: nuclio.io/v1\nmetadata:\n  name: x\nspec:\n  handler: handler:handler\n  runtime: nodejs\n  replicaz: 2\n',
  })
  const { code, stdout } = await runPelton(['validate'], { cwd })
  assert.equal(code, 1)
  assert.match(stdout, /function\.yaml:7 spec\.replicaz: unknown/)
  const invoked = await runPelton(['invoke', '--body', 'hi'], { cwd })
  assert.deepEqual([invoked.code, invoked.stdout], [0, 'hi'])
  assert.match(invoked.stderr, /spec\.replicaz/)
})

test('invoke prints the body on stdout byte for byte and everything else on stderr', async (t) => {
  const bytes = Buffer.from([0, 255, 13, 10, 27, 128])
  const cwd = await createTempFolder(t, echo)
  await writeFile(join(cwd, 'body.bin'), bytes)
  const args = ['--path', '/a/b?q=7', '--header', 'X-One: 1', '--content-type', 'image/x-test']
  const pelton = startPelton(['invoke', 'handler.mjs', '--body', '@body.bin', ...args], { cwd })
  const { code } = await pelton.ended
  const stderr = pelton.stderr()
  assert.equal(code, 0, stderr)
  assert.deepEqual(pelton.stdout(), bytes)
  assert.match(stderr, /^200 image\/x-test$/m)
  assert.match(stderr, /^x-path: \/a\/b$/m)
  assert.match(stderr, /^x-q: 7$/m)
  assert.match(stderr, /INFO +seen method=POST/)
})

test('invoke reads standard input and exits with 1 for a status of 400 and above', async (t) => {
  const cwd = await createTempFolder(t, echo)
  const fine = await runPelton(['invoke', 'handler.mjs', '--body', '-'], { cwd, input: 'from stdin' })
  assert.deepEqual([fine.code, fine.stdout], [0, 'from stdin'])
  const refused = await runPelton(['invoke', 'handler.mjs', '--header', 'X-Status: 404', '--body', 'gone'], { cwd })
  assert.deepEqual([refused.code, refused.stdout], [1, 'gone'])
  const missing = await runPelton(['invoke', 'handler.mjs', '--body', '@nowhere'], { cwd })
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /cannot be read from .*nowhere: there is no such file\n.*\(input_unreadable\)/)
})

test('invoke tells why a handler failed, and a stream that broke off', async (t) => {
  const cwd = await createTempFolder(t, {
    'throws.mjs': "export function handler() { throw new Error('on purpose') }\n",
    'broken.mjs':
      "export function handler() { return (async function* () { yield 'begun'; throw new Error('midway') })() }\n",
    'syntax.mjs': 'export function handler() { return ((\n',
    'other.mjs': 'export const answer = 42\n',
  })
  const throws = await runPelton(['invoke', 'throws.mjs'], { cwd })
  assert.deepEqual([throws.code, throws.stdout], [1, ''])
  assert.match(throws.stderr, /on purpose/)
  const broken = await runPelton(['invoke', 'broken.mjs'], { cwd })
  assert.deepEqual([broken.code, broken.stdout], [1, 'begun'])
  assert.match(broken.stderr, /broken off/)
  const syntax = await runPelton(['invoke', 'syntax.mjs'], { cwd })
  assert.equal(syntax.code, 1)
  assert.match(syntax.stderr, /syntax\.mjs:\d/)
  const other = await runPelton(['invoke', 'other.mjs'], { cwd })
  assert.equal(other.code, 1)
  assert.match(other.stderr, /handler/)
  assert.doesNotMatch(other.stderr, /\n\s+at .*node:internal/)
})

test('invoke says that a handler does not answer, and Ctrl+C ends it though it goes on', async (t) => {
  const cwd = await createTempFolder(t, { 'endless.mjs': 'export function handler() { for (;;) ; }\n' })
  const pelton = startPelton(['invoke', 'endless.mjs'], { cwd })
  t.after(() => pelton.stop())
  await pelton.says(/the handler has not answered for 3 s; Ctrl\+C ends it/)
  pelton.child.kill('SIGINT')
  assert.deepEqual(await pelton.ended, { code: 130, signal: null })
  assert.match(pelton.stderr(), /stopped: the handler went on for 2 s after SIGINT\n$/)
})

for (const template of ['typescript', 'javascript', 'nuclio']) {
  test(`init ${template} writes a function that is valid, answers, and passes its own test`, async (t) => {
    const cwd = await createTempFolder(t)
    const written = await runPelton(['init', template, 'my greeter'], { cwd })
    assert.deepEqual([written.code, written.stdout], [0, ''], written.stderr)
    assert.match(written.stderr, /^ {2}npx pelton run 'my greeter' --watch$/m)
    const folder = join(cwd, 'my greeter')
    const yaml = await readFile(join(folder, 'function.yaml'), 'utf8')
    assert.match(yaml, /^# yaml-language-server: \$schema=\.pelton\/function\.schema\.json\n/)
    assert.match(yaml, /name: my-greeter/)
    JSON.parse(await readFile(join(folder, '.pelton/function.schema.json'), 'utf8'))
    const valid = await runPelton(['validate', folder])
    assert.equal(valid.code, 0, valid.stdout + valid.stderr)
    const invoked = await runPelton(['invoke', folder, '--body', 'Ada'])
    assert.equal(invoked.stdout, '{"hello":"Ada"}', invoked.stderr)
    await mkdir(join(folder, 'node_modules/@pelton'), { recursive: true })
    await symlink(join(root, 'packages/sdk'), join(folder, 'node_modules/@pelton/sdk'), 'dir')
    const tested = await runPelton([], { cwd: folder, execArgv: ['--conditions=pelton-source', '--test'], bin: '' })
    assert.equal(tested.code, 0, tested.stdout + tested.stderr)
    assert.match(tested.stdout, /pass 1\b/)
  })
}

test('init python writes a function that is valid, answers, and passes its own test', async (t) => {
  const cwd = await createTempFolder(t)
  const written = await runPelton(['init', 'python', 'greeter'], { cwd })
  assert.deepEqual([written.code, written.stdout], [0, ''], written.stderr)
  assert.match(written.stderr, /cd greeter && python3 -m unittest/)
  const folder = join(cwd, 'greeter')
  assert.equal((await runPelton(['validate', folder])).code, 0)
  const invoked = await runPelton(['invoke', folder, '--body', 'Ada'])
  assert.equal(invoked.stdout, '{"hello": "Ada"}', invoked.stderr)
  const tested = await promisify(execFile)('python3', ['-m', 'unittest'], { cwd: folder })
  assert.match(tested.stderr, /Ran 1 test[\s\S]*OK/)
})

test('init says where it cannot write, and why', async (t) => {
  const cwd = await createTempFolder(t, { notes: 'mine' })
  for (const folder of ['notes', 'notes/greeter']) {
    const { code, stderr } = await runPelton(['init', 'python', folder], { cwd })
    assert.equal(code, 1, stderr)
    assert.match(stderr, /notes.*cannot be written: a file is where a folder belongs\n.*\(folder_unwritable\)/)
    assert.doesNotMatch(stderr, /\n\s+at /)
  }
})

test('init overwrites nothing, and knows its templates', async (t) => {
  const cwd = await createTempFolder(t, { 'function.yaml': 'mine' })
  const refused = await runPelton(['init'], { cwd })
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /already holds function\.yaml; nothing was written\n.*\(files_in_the_way\)/)
  assert.deepEqual(await readdir(cwd), ['function.yaml'])
  assert.equal(await readFile(join(cwd, 'function.yaml'), 'utf8'), 'mine')
  const unknown = await runPelton(['init', 'cobol'], { cwd })
  assert.equal(unknown.code, 1)
  assert.match(unknown.stderr, /typescript, javascript, python, nuclio\n.*\(template_unknown\)/)
})
