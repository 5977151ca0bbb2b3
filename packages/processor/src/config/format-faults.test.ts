import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigFault } from './config-fault.ts'
import { formatFaults } from './format-faults.ts'

const base: ConfigFault = { severity: 'error', file: '/home/ada/fn/function.yaml', path: 'spec.x', message: 'unknown' }

test('a fault is one line with file, line, path, message and the nearest key', () => {
  const faults: ConfigFault[] = [
    { ...base, line: 12, path: 'spec.triggers.cam.attributes.procesing_factor', suggestion: 'processing_factor' },
    { ...base, severity: 'warning', line: 3 },
    { severity: 'error', file: '--set', path: 'spec.y', message: 'expected a text, got 1' },
    { severity: 'error', file: '/elsewhere/f.yaml', path: '', message: 'there is no such file' },
  ]
  assert.deepEqual(formatFaults(faults, '/home/ada/fn'), [
    '--set spec.y: expected a text, got 1',
    '/elsewhere/f.yaml: there is no such file',
    'warning: function.yaml:3 spec.x: unknown',
    'function.yaml:12 spec.triggers.cam.attributes.procesing_factor: unknown, did you mean processing_factor?',
  ])
})
