// npm run test:matrix: every possible case of matrix-cases.ts through the real Envoy, not only every pair of values.
import path from 'node:path'
import { run } from 'node:test'
import { dot } from 'node:test/reporters'

process.env['PELTON_MATRIX'] = 'full'
process.env['NODE_OPTIONS'] = '--conditions=pelton-source'

const files = [path.join(import.meta.dirname, 'matrix.test.ts')]
const tests = run({ files, timeout: 30 * 60_000 })
tests.on('test:fail', () => (process.exitCode = 1))
tests.compose(dot).pipe(process.stdout)
