import { readMapEntry } from '../../protobuf/map-entry.ts'
import type { WireReader } from '../../protobuf/wire-reader.ts'
import type { WireWriter } from '../../protobuf/wire-writer.ts'
import { InferenceError, type Parameter, type Parameters } from '../tensor.ts'

/**
 * Reads an entry of a `map<string, InferParameter>` into `target`. Whole numbers beyond 2^53 become bigints; a parameter
 * without a value is left out. InferenceError 400 for NaN and infinite numbers: workers get parameters as JSON.
 */
export function readParameter(reader: WireReader, key: number, target: Record<string, Parameter>): void {
  readMapEntry(reader, key, target, readValue)
}

/** Of a oneof the last member counts. */
function readValue(reader: WireReader, key: number, before: Parameter | undefined): Parameter | undefined {
  const outer = reader.enter(key)
  let value = before
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const number = field >>> 3
    if (number === 1) value = reader.bool(field)
    else if (number === 2) value = numberIfExact(reader.int64(field))
    else if (number === 3) value = reader.text(field)
    else if (number === 4) value = finite(reader.double(field))
    else if (number === 5) value = numberIfExact(reader.uint64(field))
    else reader.skip(field)
  }
  reader.leave(outer)
  return value
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value
  throw new InferenceError(400, `a parameter is ${value}, which JSON cannot carry`)
}

/** A number up to 2^53 on either side of 0, else the bigint. */
export function numberIfExact(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/**
 * Writes a `map<string, InferParameter>`. Whole numbers are int64, those above its range uint64, those beyond that and
 * fractions double.
 */
export function writeParameters(writer: WireWriter, field: number, parameters: Parameters | undefined): void {
  if (parameters === undefined) return
  for (const name of Object.keys(parameters).toReversed()) {
    const entry = writer.mark()
    writeValue(writer, parameters[name]!)
    writer.embed(2, entry)
    writer.text(1, name)
    writer.embed(field, entry)
  }
}

function writeValue(writer: WireWriter, value: Parameter): void {
  if (typeof value === 'boolean') writer.bool(1, value)
  else if (typeof value === 'string') writer.text(3, value)
  else if (typeof value === 'bigint') writeBigInt(writer, value)
  else if (!Number.isSafeInteger(value) || Object.is(value, -0)) writer.double(4, value)
  else if (value >= 0) writer.uint(2, value)
  else writer.bigint(2, BigInt(value))
}

function writeBigInt(writer: WireWriter, value: bigint): void {
  if (BigInt.asIntN(64, value) === value) writer.bigint(2, value)
  else if (BigInt.asUintN(64, value) === value) writer.bigint(5, value)
  else writer.double(4, Number(value))
}
