// Runs a model again and again in one thread, for so many seconds after one that does not count, and prints what a run takes.
// Arguments: the model's file, the shape of its input as JSON, the seconds.
import { InferenceSession, Tensor } from 'onnxruntime-node'

const [file = '', shape = '[]', seconds = '1'] = process.argv.slice(2)
const sizes = JSON.parse(shape) as number[]
const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 })
// As the load generator has it: with zeros some models are faster.
const data = Float32Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, at) => (at % 1024) / 4)
const name = session.inputNames[0] ?? ''

await runFor(1)
const cpu = process.cpuUsage()
const began = performance.now()
const runs = await runFor(Number(seconds))
const { user, system } = process.cpuUsage(cpu)
process.stdout.write(
  JSON.stringify({ perSecond: (1000 * runs) / (performance.now() - began), cpuUs: (user + system) / runs }),
)
process.exit(0)

async function runFor(time: number): Promise<number> {
  const until = performance.now() + 1000 * time
  let count = 0
  for (; performance.now() < until; count++) await session.run({ [name]: new Tensor('float32', data, sizes) })
  return count
}
