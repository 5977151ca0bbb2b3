import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { test } from 'node:test'
import {
  createBegunFile,
  createBegunLine,
  createBegunMemory,
  monotonicMs,
  openBegunFile,
  openBegunMemory,
  toLocalMs,
} from './begun-table.ts'

const id = (use: number, slot: number): number => ((use << 16) | slot) >>> 0

test('a mark in shared memory is read with the time of the machine clock, and only under its id', () => {
  const memory = createBegunMemory(4)
  const [host, processor] = [openBegunMemory(memory), openBegunMemory(memory)]
  const before = monotonicMs()
  host.mark(id(0xffff, 3))
  const begun = processor.read(id(0xffff, 3))
  assert.ok(begun !== undefined && begun >= before && begun <= monotonicMs())
  assert.ok(Math.abs(toLocalMs(begun) - performance.now()) < 1000)
  assert.equal(processor.read(id(1, 3)), undefined)
  assert.equal(processor.read(id(0xffff, 2)), undefined)
})

test('a mark in a file that has no name is read by whoever holds the descriptor', () => {
  const table = createBegunFile(4)
  assert.match(readlinkSync(`/proc/self/fd/${table.fd}`), /\(deleted\)$/)
  assert.equal(table.read(id(1, 2)), undefined)
  openBegunFile(table.fd).mark(id(1, 2))
  assert.ok(Math.abs(toLocalMs(table.read(id(1, 2)) ?? 0) - performance.now()) < 1000)
  assert.equal(table.read(id(2, 2)), undefined)
  table.close()
  assert.equal(table.read(id(1, 2)), undefined)
  table.close()
})

test('the clock of the table is that of other processes', () => {
  const before = monotonicMs()
  const code = `console.log(Number(process.hrtime.bigint()) / 1e6)`
  const { stdout } = spawnSync(process.execPath, ['--eval', code], { encoding: 'utf8' })
  assert.ok(Number(stdout) >= before && Number(stdout) <= monotonicMs())
})

test('in a line an event begins when it is the first, and not before', () => {
  const line = createBegunLine()
  line.sent?.(1)
  line.sent?.(2)
  line.sent?.(3)
  const first = line.read(1)
  assert.notEqual(first, undefined)
  assert.deepEqual([line.read(2), line.read(3)], [undefined, undefined])
  line.done?.(2)
  assert.deepEqual([line.read(1), line.read(3)], [first, undefined])
  line.done?.(1)
  assert.notEqual(line.read(3), undefined)
  line.done?.(99)
})
