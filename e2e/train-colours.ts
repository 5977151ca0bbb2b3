import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onnxModel } from '@pelton/testkit'

// Teaches a small network the names of colours and writes the model of examples/onnx-model: npx node e2e/train-colours.ts

const names = ['black', 'grey', 'white', 'red', 'orange', 'yellow', 'green', 'cyan', 'blue', 'purple', 'pink']
// With doubt no score ends at 0 or 1.
const [inputs, hidden, steps, rate, doubt] = [3, 32, 400_000, 0.05, 0.1]

let seed = 1
/** Evenly from 0 to 1, the same in each run. */
function random(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}

/** The name of a colour by its hue, saturation and lightness: what the network is to find out from red, green and blue. */
function nameOf([r, g, b]: readonly [number, number, number]): string {
  const [high, low] = [Math.max(r, g, b), Math.min(r, g, b)]
  const [light, spread] = [(high + low) / 2, high - low]
  if (light < 0.12) return 'black'
  if (light > 0.9) return 'white'
  if (spread < 0.12) return 'grey'
  const sector = high === r ? (g - b) / spread : high === g ? 2 + (b - r) / spread : 4 + (r - g) / spread
  const hue = (60 * sector + 360) % 360
  const ends: [degrees: number, name: string][] = [
    [15, light > 0.75 ? 'pink' : 'red'],
    [45, 'orange'],
    [70, 'yellow'],
    [165, 'green'],
    [195, 'cyan'],
    [260, 'blue'],
    [300, 'purple'],
    [345, 'pink'],
    [360, light > 0.75 ? 'pink' : 'red'],
  ]
  return ends.find(([degrees]) => hue < degrees)?.[1] ?? 'red'
}

const weights = (count: number, size: number) => Float32Array.from({ length: count }, () => (2 * random() - 1) * size)
const [W1, b1] = [weights(inputs * hidden, 1), weights(hidden, 1)]
const [W2, b2] = [weights(hidden * names.length, 0.3), new Float32Array(names.length)]

/** One step of gradient descent on one colour. */
function learn(colour: readonly [number, number, number], pace: number): void {
  const h = b1.map((bias, at) =>
    Math.max(
      0,
      colour.reduce((sum, value, row) => sum + value * W1[row * hidden + at]!, bias),
    ),
  )
  const scores = b2.map((bias, at) => h.reduce((sum, value, row) => sum + value * W2[row * names.length + at]!, bias))
  const highest = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - highest))
  const total = powers.reduce((sum, power) => sum + power)
  const wanted = names.indexOf(nameOf(colour))
  const errors = powers.map((power, at) => power / total - (at === wanted ? 1 - doubt : 0) - doubt / names.length)
  h.forEach((value, row) => {
    let error = 0
    errors.forEach((each, at) => {
      error += each * W2[row * names.length + at]!
      W2[row * names.length + at]! -= pace * each * value
    })
    if (value === 0) return
    b1[row]! -= pace * error
    colour.forEach((part, at) => (W1[at * hidden + row]! -= pace * error * part))
  })
  errors.forEach((each, at) => (b2[at]! -= pace * each))
}

/** Every third one is nearly without colour; there would be few otherwise. */
function colourFor(step: number): [number, number, number] {
  if (step % 3 > 0) return [random(), random(), random()]
  const light = random()
  const near = (): number => Math.min(1, Math.max(0, light + (random() - 0.5) * 0.2))
  return [near(), near(), near()]
}

for (let step = 0; step < steps; step++) learn(colourFor(step), rate * (1 - step / steps) + 0.001)

const model = onnxModel({
  inputs: [{ name: 'rgb', datatype: 'FP32', shape: ['rows', inputs] }],
  outputs: [{ name: 'scores', datatype: 'FP32', shape: ['rows', names.length] }],
  nodes: [
    { op: 'Gemm', inputs: ['rgb', 'W1', 'b1'], outputs: ['sums'] },
    { op: 'Relu', inputs: ['sums'], outputs: ['hidden'] },
    { op: 'Gemm', inputs: ['hidden', 'W2', 'b2'], outputs: ['logits'] },
    { op: 'Softmax', inputs: ['logits'], outputs: ['scores'] },
  ],
  initializers: [
    { name: 'W1', datatype: 'FP32', shape: [inputs, hidden], data: W1 },
    { name: 'b1', datatype: 'FP32', shape: [hidden], data: b1 },
    { name: 'W2', datatype: 'FP32', shape: [hidden, names.length], data: W2 },
    { name: 'b2', datatype: 'FP32', shape: [names.length], data: b2 },
  ],
})
const folder = join(import.meta.dirname, '../examples/onnx-model')
writeFileSync(join(folder, 'colours.onnx'), model)
writeFileSync(join(folder, 'names.txt'), `${names.join('\n')}\n`)
