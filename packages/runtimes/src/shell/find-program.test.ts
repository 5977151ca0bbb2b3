import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { defaultPath } from './event-variables.ts'
import { type Program, findProgram } from './find-program.ts'

type Find = (handler: string, more?: readonly string[]) => Program

async function inFolder(t: TestContext, files: Record<string, string>): Promise<{ folder: string; find: Find }> {
  const folder = await createTempFolder(t, files)
  return {
    folder,
    find: (handler, more = []) => findProgram(handler, { folders: [folder, ...more], path: defaultPath }),
  }
}

test('the module part, or the whole handler, names a file, which sh runs', async (t) => {
  const { folder, find } = await inFolder(t, { 'one.sh': 'exit', 'main.sh': 'exit', 'in/two.sh': 'exit', plain: '' })
  const script = (name: string): Program => ({ command: '/bin/sh', args: [join(folder, name)], isScript: true })
  for (const handler of ['one.sh', 'one.sh:main', 'one:main', 'one', './one.sh', `${folder}/one.sh`]) {
    assert.deepEqual(find(handler), script('one.sh'), handler)
  }
  assert.deepEqual(find('in/two.sh'), script('in/two.sh'))
  assert.deepEqual(find('in/two:x'), script('in/two.sh'))
  assert.deepEqual(find('plain'), script('plain'))
  assert.deepEqual(find(''), script('main.sh'))
})

test('a file runs by what its first line names, and a program by itself', async (t) => {
  const { folder, find } = await inFolder(t, {
    'own.sh': '#!/bin/sh\n',
    'env.sh': '#! /usr/bin/env -S sh -e \nexit\n',
    'not.sh': '# !\n',
    program: '\x7fELF\0',
  })
  const file = (name: string): string => join(folder, name)
  assert.deepEqual(find('own.sh'), { command: '/bin/sh', args: [file('own.sh')], isScript: true })
  assert.deepEqual(find('env.sh'), { command: '/usr/bin/env', args: ['-S sh -e', file('env.sh')], isScript: true })
  assert.deepEqual(find('not.sh'), { command: '/bin/sh', args: [file('not.sh')], isScript: true })
  assert.deepEqual(find('program'), { command: file('program'), args: [], isScript: true })
})

test('a file by whose first line a missing interpreter is to run it is named', async (t) => {
  const { folder, find } = await inFolder(t, { 'a.sh': '#!/no/such/shell -e\n' })
  assert.throws(() => find('a.sh'), {
    code: 'interpreter_missing',
    message: `${folder}/a.sh is to be run by /no/such/shell, which is not there`,
  })
})

test('a handler that is no file is a command on the PATH, before a file that only an ending is missing to', async (t) => {
  const { folder, find } = await inFolder(t, { 'rev.sh': '', 'cat.sh': '' })
  assert.match(find('rev').command, /^\/.*\/rev$/)
  assert.equal(find('rev').isScript, false)
  assert.deepEqual(find('/bin/cat'), { command: '/bin/cat', args: [], isScript: false })
  assert.deepEqual(find('cat:main').args, [join(folder, 'cat.sh')])
})

test('scripts are looked for in other folders when the function has none of that name', async (t) => {
  const { folder, find } = await inFolder(t, { 'a.sh': '' })
  const other = await createTempFolder(t, { 'a.sh': '', 'b.sh': '' })
  assert.deepEqual(find('a.sh', [other]).args, [join(folder, 'a.sh')])
  assert.deepEqual(find('b.sh:main', [other]).args, [join(other, 'b.sh')])
})

test('what is nowhere is named, with the places where it was looked for', async (t) => {
  const { folder, find } = await inFolder(t, {})
  assert.throws(() => find('no-such-thing:main'), {
    code: 'command_missing',
    retryable: false,
    message: `no-such-thing is neither a file in ${folder} nor a command on the PATH ${defaultPath}`,
  })
  assert.throws(() => find(''), { code: 'handler_file_missing' })
  assert.throws(() => find('a:b:c'), { code: 'handler_name_invalid' })
  assert.throws(() => find('..'), { code: 'command_missing' })
})
