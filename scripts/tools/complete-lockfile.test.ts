import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { type Lockfile, completeLockfile } from './complete-lockfile.ts'
import { root } from './repository.ts'

test('an optional package that the registry had not got is added with its platform', () => {
  const lock: Lockfile = {
    packages: {
      '': { optionalDependencies: { 'never-touched': '1.0.0' } },
      'node_modules/tool': { version: '2.0.0', dev: true, optionalDependencies: { '@tool/linux-x64-musl': '2.0.0' } },
    },
  }
  const { lock: completed, added } = completeLockfile(lock)
  assert.deepEqual(added, ['node_modules/@tool/linux-x64-musl'])
  assert.deepEqual(completed.packages['node_modules/@tool/linux-x64-musl'], {
    version: '2.0.0',
    dev: true,
    optional: true,
    os: ['linux'],
    cpu: ['x64'],
    libc: ['musl'],
  })
})

test('npm ci accepts the lock file: no optional package is missing (else: node scripts/complete-lockfile.ts)', () => {
  const lock = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as Lockfile
  assert.deepEqual(completeLockfile(lock).added, [])
})
