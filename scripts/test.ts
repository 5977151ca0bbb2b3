// npm test [PATH…]: runs the tests whose path contains one of the arguments, then looks for what they left behind.
import fs from 'node:fs'
import { run } from 'node:test'
import os from 'node:os'
import path from 'node:path'
import { chromium } from './tools/chromium.ts'
import { envoy } from './tools/envoy.ts'
import { endLeftProcesses, runMark } from './tools/leftovers.ts'
import { kservePeer } from './tools/kserve-peer.ts'
import { mediaPeers } from './tools/media-peers.ts'
import { pythonPeers } from './tools/python-peers.ts'
import { findFiles, root } from './tools/repository.ts'
import { isExcused, readOptionalPeers } from './tools/skips.ts'
import { type FileReport, TestReport } from './tools/test-report.ts'

const fileTimeoutMs = 150_000
const isCi = process.env['CI'] === 'true'

const files = findTests(process.argv.slice(2))
if (files.length === 0) {
  console.error('no test file matches')
  process.exit(1)
}

// Made before the tests run: they have little time each, and some of them watch the clock.
const mention = (text: string): boolean => files.some((file) => fs.readFileSync(file, 'utf8').includes(text))
if (mention('pythonPeers')) await pythonPeers()
if (mention('kservePeer')) await kservePeer()
if (mention('tools/envoy.ts')) await envoy()
if (mention('tools/media-peers.ts')) await mediaPeers()
if (files.some((file) => file.endsWith('-browser.test.ts'))) await chromium()

// Everything that the tests put into the temporary folder is theirs, and every process with the mark too.
const mark = `${process.pid}-${Date.now()}`
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pelton-tests-'))
const report = await runTests(files)
const faults = [...judgeFiles(report), ...(await judgeLeftovers())]
fs.rmSync(folder, { recursive: true, force: true })
printEnd(report, faults)
process.exitCode = faults.length > 0 ? 1 : 0

function findTests(filters: string[]): string[] {
  // The longest first, so that none is alone at the end.
  const all = ['soak', 'e2e', 'scripts', 'packages', 'examples', 'bench'].flatMap((name) =>
    findFiles(path.join(root, name), (file) => file.endsWith('.test.ts')),
  )
  const isWanted = (file: string): boolean => filters.some((filter) => path.relative(root, file).includes(filter))
  return filters.length === 0 ? all : all.filter(isWanted)
}

async function runTests(tests: string[]): Promise<TestReport> {
  const collected = new TestReport(root)
  const cache = path.join(folder, 'cache')
  Object.assign(process.env, { TMPDIR: folder, XDG_CACHE_HOME: cache, [runMark]: mark })
  process.env['NODE_OPTIONS'] = '--conditions=pelton-source'
  // Kept between runs and by content: every test file and every process that it starts strips the same TypeScript.
  process.env['NODE_COMPILE_CACHE'] = path.join(root, 'node_modules/.cache/compile')
  const stream = run({ files: tests, concurrency: os.availableParallelism() + 1, timeout: fileTimeoutMs, cwd: root })
  stream.on('test:pass', (data) => collected.pass(data))
  stream.on('test:fail', (data) => collected.fail(data))
  stream.on('test:stdout', (data) => collected.print(data))
  stream.on('test:stderr', (data) => collected.print(data))
  stream.on('test:start', (data) => collected.start(data))
  stream.on('test:summary', (data) => {
    if (data.file !== undefined) printFile(data.file, collected.end(data.file, data.duration_ms))
  })
  stream.resume()
  await new Promise((resolve) => stream.once('end', resolve))
  return collected
}

function printFile(file: string, { passed, failures, ms }: FileReport): void {
  const facts = `${passed} passed${failures.length > 0 ? `, ${failures.length} failed` : ''}, ${(ms / 1000).toFixed(1)} s`
  console.log(`${failures.length > 0 ? '✖' : '✔'} ${path.relative(root, file)} (${facts})`)
}

function judgeFiles(collected: TestReport): string[] {
  const peers = readOptionalPeers(path.join(root, '.ci/optional-peers'))
  return [...collected.files].flatMap(([name, file]) => {
    const output = file.failures.length > 0 && file.output !== '' ? [`── printed by ${name} ──\n${file.output}`] : []
    const skips = file.skipped
      .filter((skip) => isCi && !isExcused(skip.reason, peers))
      .map((skip) => `${name}: "${skip.name}" was skipped (${String(skip.reason)}); in CI that is a failure`)
    return [...file.failures, ...output, ...skips]
  })
}

/** Processes and temporary files that outlived their test. Node's compile cache and ours are meant to stay. */
async function judgeLeftovers(): Promise<string[]> {
  const processes = await endLeftProcesses(mark, 3000)
  const kept = new Set(['cache', 'node-compile-cache'])
  const left = fs.readdirSync(folder).filter((name) => !kept.has(name))
  return [
    ...processes.map(({ pid, command }) => `a test left process ${pid} running: ${command}`),
    ...(left.length > 0
      ? [`tests left ${left.length} files in the temporary folder: ${left.slice(0, 20).join(', ')}`]
      : []),
  ]
}

function printEnd(collected: TestReport, found: string[]): void {
  for (const fault of found) console.log(`\n✖ ${fault.trimEnd()}`)
  const all = [...collected.files.values()]
  const passed = all.reduce((sum, file) => sum + file.passed, 0)
  const skipped = all.flatMap((file) => file.skipped)
  for (const skip of skipped) console.log(`skipped: ${skip.name} (${String(skip.reason)})`)
  console.log(`\n${passed} tests passed in ${all.length} files, ${skipped.length} skipped, ${found.length} faults`)
}
