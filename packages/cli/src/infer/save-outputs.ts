import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Tensor } from '@pelton/protocols/inference'
import { errors } from '../errors.ts'
import { writeNpy } from './write-npy.ts'

const longestName = 100

/** Writes each output as NAME.npy into a folder, which is made when it is not there; gives the paths. Throws `inference_output_unwritable`. */
export async function saveOutputs(outputs: readonly Tensor[], folder: string): Promise<string[]> {
  const names = fileNames(outputs.map(({ name }) => name))
  const files = names.map((name) => join(resolve(folder), name))
  await attempt(folder, () => mkdir(folder, { recursive: true }))
  for (const [index, output] of outputs.entries()) {
    const file = files[index]!
    const bytes = writeNpy(output)
    if (typeof bytes === 'string') throw errors.inference_output_unwritable({ file, reason: bytes })
    await attempt(file, () => writeFile(file, bytes))
  }
  return files
}

/** Names of files that stay in their folder and differ, also where letter case does not count: the server chose the names of the outputs. */
export function fileNames(outputs: readonly string[]): string[] {
  const taken = new Set<string>()
  return outputs.map((output) => {
    const safe =
      output
        .replace(/[^\w.-]/g, '_')
        .replace(/^\.+/, '_')
        .slice(0, longestName) || '_'
    let name = safe
    for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${safe}-${number}`
    taken.add(name.toLowerCase())
    return `${name}.npy`
  })
}

async function attempt(file: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw errors.inference_output_unwritable({ file, reason: code ?? message }, error)
  }
}
