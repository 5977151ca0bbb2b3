import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTempFolder } from '@pelton/testkit'
import { type HostProgram, findHost } from './find-host.ts'

const path = '/usr/bin:/bin'

async function inFolder(
  t: TestContext,
  files: Record<string, string>,
): Promise<{ folder: string; find: (handler: string, command?: string[]) => HostProgram }> {
  const folder = await createTempFolder(t, files)
  return { folder, find: (handler, command) => findHost({ handler, command, folder, path }) }
}

test('a command is a name on the PATH or a path from the folder, with its arguments as they stand', async (t) => {
  const { folder, find } = await inFolder(t, { host: '', sh: '' })
  chmodSync(join(folder, 'host'), 0o755)
  assert.deepEqual(find('ignored', ['sh', '-c', 'a b']), { command: '/usr/bin/sh', args: ['-c', 'a b'] })
  assert.deepEqual(find('ignored', ['./host']), { command: join(folder, 'host'), args: [] })
})

test('without a command the handler names the program and its arguments', async (t) => {
  const { folder, find } = await inFolder(t, {
    host: '',
    'env.pl': '#! /usr/bin/env perl -w \n',
    'plain.pl': '#!/usr/bin/perl\n',
  })
  chmodSync(join(folder, 'host'), 0o755)
  assert.deepEqual(find('host'), { command: join(folder, 'host'), args: [] })
  assert.deepEqual(find('host  -x y:main'), { command: join(folder, 'host'), args: ['-x', 'y'] })
  assert.deepEqual(find('plain.pl'), { command: '/usr/bin/perl', args: [join(folder, 'plain.pl')] })
  assert.deepEqual(find('env.pl -x'), { command: '/usr/bin/env', args: ['perl -w', join(folder, 'env.pl'), '-x'] })
  assert.deepEqual(find('perl host.pl'), { command: '/usr/bin/perl', args: ['host.pl'] })
})

test('what is no program is named, with the places where it was looked for', async (t) => {
  const { folder, find } = await inFolder(t, { notes: 'text', 'lost.pl': '#!/no/such/perl\n' })
  const missing = (command: string): object => ({
    code: 'command_missing',
    message: `${command} is neither a file in ${folder} nor a command on the PATH ${path}`,
  })
  assert.throws(() => find('', ['no-such-program']), missing('no-such-program'))
  assert.throws(() => find('', ['./no-such-program']), missing('./no-such-program'))
  assert.throws(() => find('no-such-program'), missing('no-such-program'))
  assert.throws(() => find('notes'), { code: 'command_missing' })
  assert.throws(() => find('lost.pl'), { code: 'interpreter_missing' })
  assert.throws(() => find(''), { code: 'host_not_named' })
  assert.throws(() => find('a:b:c'), { code: 'handler_name_invalid' })
})
