import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { InferenceError, type Tensor } from '@pelton/protocols/inference'
import { FakeClock } from '@pelton/testkit'
import fc from 'fast-check'
import { type BatchOptions, BatchQueue } from './batch-queue.ts'
import type { BatchAnswer, BatchRequest } from './batch-run.ts'

/** Inputs of one tensor, a row for each of the values. */
function inputsOf(values: readonly number[], name = 'x'): Tensor[] {
  return [{ name, datatype: 'FP32', shape: [values.length, 1], data: Float32Array.from(values) }]
}

/** Twice each value; the model does not take -1. */
const twice = (inputs: readonly Tensor[]): Tensor[] =>
  inputs.map(({ shape, data }) => {
    const values = data as Float32Array
    if (values.includes(-1)) throw new InferenceError(400, 'the model does not take -1')
    return { name: 'y', datatype: 'FP32', shape, data: values.map((value) => value * 2) }
  })

interface Setting {
  queue: BatchQueue
  clock: FakeClock
  /** Rows of each run so far, and the outputs it was asked for. */
  runs: { rows: number; outputs: readonly string[] | undefined }[]
  /** How many of them succeeded. */
  successes(): number
  ends: string[]
  /** The answer's values. */
  add(
    values: readonly number[],
    options?: { signal?: AbortSignal; outputs?: readonly string[]; name?: string },
  ): Promise<number[]>
  answers: BatchAnswer[]
}

/** A queue whose runs take `runMs`, by the fake clock. */
function setUp(
  options: Partial<BatchOptions> & { runMs?: number; model?: (inputs: readonly Tensor[]) => Tensor[] },
): Setting {
  const { runMs = 0, model = twice, ...rules } = options
  const clock = new FakeClock()
  const runs: Setting['runs'] = []
  const ends: string[] = []
  const answers: BatchAnswer[] = []
  let isRunning = false
  let successes = 0
  const queue = new BatchQueue({
    maxBatchSize: 4,
    maxQueueDelayUs: 0,
    clock,
    onJoiningEnd: (reason) => ends.push(reason),
    async run(inputs, outputs) {
      assert.equal(isRunning, false, 'a run while another one is going on')
      isRunning = true
      runs.push({ rows: inputs[0]!.shape[0]!, outputs })
      if (runMs > 0) await clock.sleep(runMs)
      isRunning = false
      const made = model(inputs)
      successes++
      return made
    },
    ...rules,
  })
  const add: Setting['add'] = async (values, { signal, outputs, name } = {}) => {
    const request: BatchRequest = { inputs: inputsOf(values, name), outputs }
    const answer = await queue.add(request, signal)
    answers.push(answer)
    return [...(answer.outputs[0]!.data as Float32Array)]
  }
  return { queue, clock, runs, successes: () => successes, ends, add, answers }
}

/** Moves time until the promise has settled. */
async function settle<T>({ clock }: Setting, promise: Promise<T>): Promise<T> {
  let isSettled = false
  const mark = (): void => void (isSettled = true)
  promise.then(mark, mark)
  for (let ms = 0; !isSettled; ms++) {
    assert.ok(ms < 1000, 'not settled within a second')
    await clock.advance(1)
  }
  return promise
}

const rowsOf = ({ runs }: Setting): number[] => runs.map(({ rows }) => rows)

describe('batch queue', () => {
  it('runs together what came in one turn of the loop, and gives each request its own rows', async () => {
    const setting = setUp({ maxBatchSize: 8 })
    const answers = await Promise.all([setting.add([1]), setting.add([2, 3]), setting.add([4])])
    assert.deepEqual(answers, [[2], [4, 6], [8]])
    assert.deepEqual(rowsOf(setting), [4])
  })

  it('runs together what came during a run', async () => {
    const setting = setUp({ maxBatchSize: 8, runMs: 10 })
    const first = setting.add([1])
    await setting.clock.advance(5)
    const others = [setting.add([2]), setting.add([3]), setting.add([4])]
    assert.deepEqual(await settle(setting, Promise.all([first, ...others])), [[2], [4], [6], [8]])
    assert.deepEqual(rowsOf(setting), [1, 3])
  })

  it('never runs more rows than it may', async () => {
    const setting = setUp({ maxBatchSize: 4 })
    await Promise.all([1, 2, 3, 4, 5, 6].map((value) => setting.add([value])))
    await Promise.all([setting.add([1, 2, 3]), setting.add([4, 5]), setting.add([6])])
    assert.deepEqual(rowsOf(setting), [4, 2, 3, 3])
  })

  it('refuses a request that has more rows than a run may have', async () => {
    const setting = setUp({ maxBatchSize: 2 })
    await assert.rejects(setting.add([1, 2, 3]), {
      status: 400,
      message: 'the request has 3 rows, the model takes at most 2 at a time (maxBatchSize): split it',
    })
    assert.deepEqual(await setting.add([1, 2]), [2, 4])
  })

  it('without batching runs each request by itself, in order and whatever its rows', async () => {
    const setting = setUp({ maxBatchSize: 0, runMs: 1 })
    const all = Promise.all([setting.add([1, 2, 3]), setting.add([4]), setting.add([5, 6])])
    assert.deepEqual(await settle(setting, all), [[2, 4, 6], [8], [10, 12]])
    assert.deepEqual(rowsOf(setting), [3, 1, 2])
    assert.deepEqual(
      setting.answers.map(({ run }) => [run.rows, run.isFirst]),
      [
        [1, true],
        [1, true],
        [1, true],
      ],
    )
  })

  it('runs requests for different outputs or of different inputs apart', async () => {
    const setting = setUp({ maxBatchSize: 8 })
    await Promise.all([
      setting.add([1], { outputs: ['y'] }),
      setting.add([2]),
      setting.add([3], { outputs: ['y'] }),
      setting.add([4], { name: 'z' }),
      setting.add([5], { outputs: ['y', 'z'] }),
      setting.add([6]),
    ])
    assert.deepEqual(setting.runs, [
      { rows: 2, outputs: ['y'] },
      { rows: 2, outputs: undefined },
      { rows: 1, outputs: undefined },
      { rows: 1, outputs: ['y', 'z'] },
    ])
  })

  it('with a delay waits for others until the run is full or the oldest has waited long enough', async () => {
    const setting = setUp({ maxBatchSize: 3, maxQueueDelayUs: 5500 })
    const first = setting.add([1])
    await setting.clock.advance(3)
    const second = setting.add([2])
    await setting.clock.advance(2.4)
    assert.deepEqual(rowsOf(setting), [])
    await setting.clock.advance(0.1)
    assert.deepEqual(await Promise.all([first, second]), [[2], [4]])
    assert.deepEqual(rowsOf(setting), [2])
    assert.deepEqual(await Promise.all([7, 8, 9].map((value) => setting.add([value]))), [[14], [16], [18]])
    assert.deepEqual(rowsOf(setting), [2, 3])
    assert.equal(setting.clock.pending, 0)
  })

  it('sets no timer for the last millisecond of a delay', async () => {
    const setting = setUp({ maxBatchSize: 3, maxQueueDelayUs: 5500 })
    const first = setting.add([1])
    await setting.clock.advance(4.6)
    assert.deepEqual(await Promise.all([first, setting.add([2])]), [[2], [4]])
    assert.equal(setting.clock.pending, 0)
  })

  it('waits for less than a millisecond, too', async () => {
    const setting = setUp({ maxQueueDelayUs: 400 })
    const first = setting.add([1])
    await setting.clock.advance(0.2)
    await turn()
    assert.equal(setting.clock.pending, 0)
    assert.deepEqual(rowsOf(setting), [])
    const second = setting.add([2])
    await setting.clock.advance(0.1)
    assert.deepEqual(await Promise.all([first, second]), [[2], [4]])
    assert.deepEqual(rowsOf(setting), [2])
  })

  it('leaves out what was aborted before its run, and rejects it with the reason', async () => {
    const setting = setUp({ maxBatchSize: 8, runMs: 10 })
    const control = new AbortController()
    const first = setting.add([1])
    await setting.clock.advance(1)
    const left = assert.rejects(setting.add([2], { signal: control.signal }), { message: 'the caller left' })
    const last = setting.add([3])
    control.abort(new Error('the caller left'))
    assert.deepEqual(await settle(setting, Promise.all([first, last])), [[2], [6]])
    await left
    assert.deepEqual(rowsOf(setting), [1, 1])
  })

  it('goes on when all that were to run have been aborted', async () => {
    const setting = setUp({})
    const signal = AbortSignal.abort()
    await Promise.all([1, 2].map((value) => assert.rejects(setting.add([value], { signal }), { name: 'AbortError' })))
    assert.deepEqual(rowsOf(setting), [])
    assert.deepEqual(await setting.add([3]), [6])
  })

  it('runs each request by itself when they fail together, so that only the bad one fails', async () => {
    const setting = setUp({})
    const results = await Promise.allSettled([setting.add([1]), setting.add([-1]), setting.add([3])])
    assert.deepEqual(
      results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as Error).message)),
      [[2], 'the model does not take -1', [6]],
    )
    assert.deepEqual(rowsOf(setting), [3, 1, 1, 1])
    assert.deepEqual(setting.ends, [])
    assert.deepEqual(
      setting.answers.map(({ run }) => [run.rows, run.isFirst]),
      [
        [1, true],
        [1, true],
      ],
    )
  })

  it('takes a run that throws at once as one that failed', async () => {
    const { clock } = setUp({})
    const run = (): never => {
      throw new Error('no session')
    }
    const queue = new BatchQueue({ maxBatchSize: 2, maxQueueDelayUs: 0, clock, run })
    const add = (): Promise<BatchAnswer> => queue.add({ inputs: inputsOf([1]) })
    for (const answer of [add(), add()]) await assert.rejects(answer, { message: 'no session' })
    await assert.rejects(add(), { message: 'no session' })
  })

  it('joins no more when the outputs have not a row for each of the inputs', async () => {
    const sum = (inputs: readonly Tensor[]): Tensor[] => [
      {
        name: 'y',
        datatype: 'FP32',
        shape: [1],
        data: Float32Array.of(...(inputs[0]!.data as Float32Array)).subarray(0, 1),
      },
    ]
    const setting = setUp({ model: sum })
    assert.deepEqual(await Promise.all([setting.add([1]), setting.add([2, 3])]), [[1], [2]])
    assert.deepEqual(setting.ends, ['output "y" has the shape [1] for 3 rows of input'])
    await Promise.all([setting.add([3]), setting.add([4])])
    assert.deepEqual(rowsOf(setting), [3, 1, 2, 1, 1])
    assert.equal(setting.ends.length, 1)
  })

  it('sees so by a request that runs alone, too', async () => {
    const setting = setUp({ model: () => inputsOf([]) })
    await setting.add([1])
    assert.deepEqual(setting.ends, ['output "x" has the shape [0,1] for 1 rows of input'])
  })

  it('joins no more when joined runs fail again and again whose requests do not', async () => {
    const single = (inputs: readonly Tensor[]): Tensor[] => {
      if (inputs[0]!.shape[0] !== 1) throw new Error('cannot reshape')
      return twice(inputs)
    }
    const setting = setUp({ model: single })
    for (let round = 0; round < 4; round++) {
      assert.deepEqual(await Promise.all([setting.add([1]), setting.add([2])]), [[2], [4]])
    }
    assert.deepEqual(rowsOf(setting), [2, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1])
    assert.deepEqual(setting.ends, ['Error: cannot reshape'])
  })

  it('goes on joining when runs fail by bad requests, or only now and then', async () => {
    let refusals = 0
    const setting = setUp({
      model(inputs) {
        if (inputs[0]!.shape[0] === 2 && refusals-- > 0) throw new Error('no memory')
        return twice(inputs)
      },
    })
    for (let round = 0; round < 5; round++) {
      await Promise.allSettled([setting.add([1]), setting.add([2]), setting.add([-1])])
    }
    for (let round = 0; round < 3; round++) {
      refusals = 2
      for (let times = 0; times < 3; times++) await Promise.all([setting.add([1]), setting.add([2])])
    }
    assert.deepEqual(setting.ends, [])
    assert.equal(rowsOf(setting).at(-1), 2)
  })

  it('waits for no others once it joins no more', async () => {
    const setting = setUp({ model: () => inputsOf([]), maxQueueDelayUs: 5000 })
    await settle(setting, setting.add([1]))
    const since = setting.clock.now()
    await Promise.all([setting.add([2]), setting.add([3])])
    assert.equal(setting.clock.now(), since)
  })

  it('leaves out what is aborted while its joined run fails', async () => {
    const setting = setUp({ runMs: 10 })
    const control = new AbortController()
    const bad = assert.rejects(setting.add([-1]), { message: 'the model does not take -1' })
    const left = assert.rejects(setting.add([2], { signal: control.signal }), { name: 'AbortError' })
    await setting.clock.advance(1)
    control.abort()
    await settle(setting, Promise.all([bad, left]))
    assert.deepEqual(rowsOf(setting), [2, 1])
  })

  it('tells how each request was run', async () => {
    const setting = setUp({ maxBatchSize: 8, runMs: 10 })
    const untilRun = async (count: number): Promise<void> => {
      while (setting.runs.length < count) await turn()
      await turn()
    }
    const first = setting.add([1])
    await untilRun(1)
    await setting.clock.advance(4)
    const others = [setting.add([2, 3]), setting.add([4])]
    await setting.clock.advance(6)
    await untilRun(2)
    await setting.clock.advance(10)
    await Promise.all([first, ...others])
    const common = { inputUs: 0, inferUs: 10_000, outputUs: 0 }
    assert.deepEqual(
      setting.answers.map(({ run }) => run),
      [
        { ...common, queueUs: 0, rows: 1, isFirst: true },
        { ...common, queueUs: 6000, rows: 3, isFirst: true },
        { ...common, queueUs: 6000, rows: 3, isFirst: false },
      ],
    )
  })

  it('gives each of any requests its own rows, isolates failures and counts every run once', async () => {
    const request = fc.record({
      values: fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 4 }),
      name: fc.constantFrom('x', 'z'),
      outputs: fc.constantFrom<readonly string[] | undefined>(undefined, ['y']),
      isBad: fc.boolean(),
      isAborted: fc.integer({ min: 0, max: 5 }).map((value) => value === 0),
      pauseMs: fc.constantFrom(0, 0, 0, 0.3, 2),
    })
    const rules = fc.record({
      maxBatchSize: fc.constantFrom(0, 4, 6, 64),
      maxQueueDelayUs: fc.constantFrom(0, 700, 3000),
      runMs: fc.constantFrom(0, 1),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 30 }), rules, async (requests, options) => {
        const setting = setUp(options)
        const settled: number[] = []
        const results = []
        for (const [at, { values, name, outputs, isBad, isAborted, pauseMs }] of requests.entries()) {
          const given = isBad && at % 5 === 0 ? [...values.slice(1), -1] : values
          const signal = isAborted ? AbortSignal.abort(new Error('left')) : undefined
          const answer = setting.add(given, { name, ...(outputs && { outputs }), ...(signal && { signal }) })
          results.push(
            answer.then(
              (found) => {
                settled.push(at)
                assert.equal(isAborted, false)
                assert.deepEqual(
                  found,
                  given.map((value) => value * 2),
                )
              },
              (error: Error) => assert.equal(error.message, isAborted ? 'left' : 'the model does not take -1'),
            ),
          )
          if (pauseMs > 0) await setting.clock.advance(pauseMs)
        }
        await settle(setting, Promise.all(results))
        const { maxBatchSize } = options
        if (maxBatchSize > 0) assert.ok(rowsOf(setting).every((rows) => rows <= maxBatchSize))
        const facts = setting.answers.map(({ run }) => run)
        assert.equal(facts.filter(({ isFirst }) => isFirst).length, setting.successes())
        for (const key of ['x', 'z']) {
          for (const asked of [undefined, 'y']) {
            const same = settled.filter((at) => requests[at]?.name === key && requests[at]?.outputs?.[0] === asked)
            assert.deepEqual(
              same,
              same.toSorted((one, other) => one - other),
            )
          }
        }
        assert.equal(setting.clock.pending, 0)
        assert.deepEqual(setting.ends, [])
      }),
      { numRuns: 150 },
    )
  })
})
