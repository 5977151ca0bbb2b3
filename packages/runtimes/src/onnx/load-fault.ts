import { closeSync, openSync, readSync } from 'node:fs'
import { type PeltonError, quote } from '@pelton/core'
import { errors } from '../errors.ts'
import type { GraphValue } from './graph-values.ts'

/** Why a file is no model that runs, and what to do. */
interface Fault {
  reason: string
  way: string
}

const maxReason = 500
const bfloat16 = 16

const again = 'copy or download it again'

/** A message of ONNX Runtime in one line, without places in its sources; at most 500 characters. */
export function plainReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text
    .replace(/^Load model from .*? failed:/s, '')
    .replaceAll(/\/\S*onnxruntime\S*:\d+ [^)]*\)(::<lambda\(\)>)? /g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, maxReason)
}

/** `model_not_loaded` for a file that ONNX Runtime refused, from what it said, what the file begins with and what it declares. */
export function loadFault(file: string, error: unknown, graphValues: () => readonly GraphValue[]): PeltonError {
  const reason = plainReason(error)
  const fault = faultOfFile(file) ?? faultOfTypes(reason, graphValues) ?? faultOfReason(reason)
  return errors.model_not_loaded({ file, ...fault }, error)
}

function faultOfFile(file: string): Fault | undefined {
  try {
    return faultOfStart(startOf(file))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { reason: `it cannot be read (${code ?? message})`, way: 'mend its link or its permissions' }
  }
}

function faultOfStart(start: Buffer): Fault | undefined {
  if (start.length === 0) return { reason: 'the file is empty', way: again }
  const text = start.toString('latin1')
  if (text.startsWith('version https://git-lfs.')) {
    return { reason: 'it is a pointer of Git LFS, not the model', way: 'run `git lfs pull` in its repository' }
  }
  if (text.startsWith('PK\u0003\u0004')) {
    return { reason: 'it is a zip archive, as PyTorch writes', way: 'export the model with torch.onnx.export' }
  }
  // A model begins with a number.
  if (!start.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13))) return undefined
  return { reason: `it is a text file, which begins with ${quote(text, 40)}`, way: 'put the model itself there' }
}

function startOf(file: string): Buffer {
  const fd = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(64)
    return bytes.subarray(0, readSync(fd, bytes))
  } finally {
    closeSync(fd)
  }
}

/** ONNX Runtime says the type's number, but not whose it is. */
function faultOfTypes(reason: string, graphValues: () => readonly GraphValue[]): Fault | undefined {
  const number = /^Unsupported data type: (\d+)/.exec(reason)?.[1]
  if (number === undefined) return undefined
  const type = Number(number) === bfloat16 ? 'BF16' : `element type ${number} of ONNX`
  const names = graphValues().flatMap(({ name, elementType }) =>
    elementType === Number(number) ? [quote(name, 100)] : [],
  )
  return {
    reason: `${names.join(', ')} is ${type}, which ONNX Runtime for Node.js cannot exchange`,
    way: 'export the model with inputs and outputs of FP32 or FP16, cast at its ends',
  }
}

const known: readonly [RegExp, (found: RegExpExecArray) => Fault][] = [
  [/Protobuf parsing failed/, () => ({ reason: 'it is damaged or cut off, or no ONNX file', way: again })],
  [
    /External data path does not exist: "(.*?)"/,
    ([, path]) => ({ reason: `its weights are in ${path}, which is not there`, way: 'put that file beside it' }),
  ],
  [
    /([\w.]*:?\w+)\(-?\d+\) is not a registered function\/op/,
    ([, operator]) => ({
      reason: `it needs the operator ${operator}, which is not ONNX's own`,
      way: 'export it without',
    }),
  ],
  [
    /Opset (\d+) is under development|Unsupported model IR version: (\d+)/,
    ([text]) => ({
      reason: `it is newer than this ONNX Runtime (${text})`,
      way: 'update onnxruntime-node, or export it for an older version',
    }),
  ],
]

function faultOfReason(reason: string): Fault {
  for (const [pattern, fault] of known) {
    const found = pattern.exec(reason)
    if (found) return fault(found)
  }
  return { reason, way: 'look at it with onnx.checker, or export it again' }
}
