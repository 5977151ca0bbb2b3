import type * as Yaml from 'yaml'
import { type Path, formatPath, quote } from '@pelton/core'
import { type Place, type Places, setPlaced } from './placed-value.ts'

/** The parser, which is loaded only when there is something to parse. */
export type YamlModule = typeof Yaml

/** Bounds on what a file may expand to. */
const maxDepth = 64
const maxValues = 100_000

/** How YAML nodes become plain values. */
export interface ValueOptions {
  file: string
  places: Places
  /** Line of an offset in the text; undefined where there are no lines. */
  lineAt: (offset: number) => number | undefined
  /** Unquoted `yes`, `no`, `on` and `off` are booleans, as in YAML 1.1. */
  areWordsBooleans: boolean
}

/** Something that is wrong with the text at an offset. */
export interface ValueFault {
  path: string
  line?: number
  message: string
  /** The file can be read all the same. */
  isMild?: boolean
}

interface Reading extends ValueOptions {
  yaml: YamlModule
  faults: ValueFault[]
  anchors: Map<string, Yaml.Node>
  open: Set<Yaml.Node>
  values: number
}

type Child = unknown

const noTextKey = 'a key must be a text; a value that begins with {{ needs quotes'
/** Looks like indentation and is none: no-break and other wide or empty spaces. */
const foreignSpace = /^[\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]/

/**
 * The plain value of a parsed document: aliases expanded within bounds, `<<` merged, keys placed. In linear time,
 * where the parser's own check for repeated keys is quadratic.
 */
export function toPlainValue(
  yaml: YamlModule,
  document: Yaml.Document.Parsed,
  options: ValueOptions,
): { value: unknown; faults: ValueFault[] } {
  const reading: Reading = { ...options, yaml, faults: [], anchors: new Map(), open: new Set(), values: 0 }
  return { value: readNode(reading, document.contents, []), faults: reading.faults }
}

function readNode(reading: Reading, node: Child, path: Path): unknown {
  const { yaml } = reading
  if (!yaml.isNode(node)) return null
  if (++reading.values > maxValues || path.length > maxDepth) return tooMuch(reading, node, path)
  if (yaml.isAlias(node)) return readAlias(reading, node, path)
  if (node.anchor) reading.anchors.set(node.anchor, node)
  if (yaml.isScalar(node)) return readScalar(reading, node)
  reading.open.add(node)
  const value = yaml.isSeq(node) ? readItems(reading, node.items, path) : readPairs(reading, node, path)
  reading.open.delete(node)
  return value
}

function tooMuch(reading: Reading, node: Yaml.Node, path: Path): null {
  const message = reading.values > maxValues ? `more than ${maxValues} values` : `nested deeper than ${maxDepth} levels`
  const isSaid = reading.faults.some((fault) => fault.message === message)
  if (!isSaid) addFault(reading, node, path.slice(0, 4), { message })
  return null
}

function addFault(reading: Reading, node: unknown, path: Path, fault: { message: string; isMild?: boolean }): void {
  const line = lineOf(reading, node)
  reading.faults.push({ path: formatPath(path), ...(line === undefined ? {} : { line }), ...fault })
}

function lineOf(reading: Reading, node: unknown): number | undefined {
  if (!reading.yaml.isNode(node) || !node.range) return undefined
  return reading.lineAt(node.range[0])
}

function readAlias(reading: Reading, node: Yaml.Node & { source: string }, path: Path): unknown {
  const target = reading.anchors.get(node.source)
  if (target === undefined) {
    addFault(reading, node, path, { message: `no anchor ${quote(node.source, 40)} stands before this alias` })
    return null
  }
  if (reading.open.has(target)) {
    addFault(reading, node, path, { message: `the alias ${quote(node.source, 40)} contains itself` })
    return null
  }
  return readNode(reading, target, path)
}

function readScalar(reading: Reading, node: Yaml.Scalar): unknown {
  if (!reading.areWordsBooleans || node.type !== 'PLAIN' || typeof node.value !== 'string') return node.value
  if (/^(?:yes|Yes|YES|on|On|ON)$/.test(node.value)) return true
  return /^(?:no|No|NO|off|Off|OFF)$/.test(node.value) ? false : node.value
}

function readItems(reading: Reading, nodes: readonly Child[], path: Path): unknown[] {
  const items: unknown[] = []
  for (const [index, node] of nodes.entries()) {
    const value = readNode(reading, node, [...path, index])
    setPlaced(reading.places, items, index, { value, place: placeFor(reading, node, node) })
  }
  return items
}

function placeFor(reading: Reading, key: unknown, value: unknown): Place {
  const keyLine = lineOf(reading, key)
  const valueLine = lineOf(reading, value)
  return {
    file: reading.file,
    ...(keyLine === undefined ? {} : { keyLine }),
    ...(valueLine === undefined ? {} : { valueLine }),
  }
}

function readPairs(reading: Reading, node: { items: Yaml.Pair[] }, path: Path): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  const merged: Child[] = []
  for (const pair of node.items) {
    if (isMergeKey(reading, pair.key)) merged.push(pair.value)
    else readPair(reading, pair, path, record)
  }
  for (const source of merged) mergeSource(reading, source, path, record)
  return record
}

function isMergeKey(reading: Reading, key: unknown): boolean {
  return reading.yaml.isScalar(key) && key.value === '<<' && key.type === 'PLAIN'
}

function readPair(reading: Reading, pair: Yaml.Pair, path: Path, record: Record<string, unknown>): void {
  const keyNode = reading.yaml.isAlias(pair.key) ? reading.anchors.get(pair.key.source) : pair.key
  if (!reading.yaml.isScalar(keyNode)) return addFault(reading, pair.key, path, { message: noTextKey })
  if (keyNode.anchor) reading.anchors.set(keyNode.anchor, keyNode)
  const key = String(keyNode.value ?? '')
  const here = [...path, key]
  const [space] = foreignSpace.exec(key) ?? []
  if (space !== undefined) {
    const code = space.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    const message = `the line begins with a space of another kind (U+${code}): write plain spaces`
    return addFault(reading, pair.key, path, { message })
  }
  if (Object.hasOwn(record, key)) addFault(reading, pair.key, here, { message: 'is given twice', isMild: true })
  const value = readNode(reading, pair.value, here)
  setPlaced(reading.places, record, key, { value, place: placeFor(reading, pair.key, pair.value) })
}

/** What is written out wins over what `<<` brings; of several sources the first wins. */
function mergeSource(reading: Reading, source: Child, path: Path, record: Record<string, unknown>): void {
  const value = readNode(reading, source, path)
  for (const one of Array.isArray(value) ? value : [value]) {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) {
      addFault(reading, source, path, { message: '<< takes keys with values, or a list of them' })
      continue
    }
    for (const [key, item] of Object.entries(one)) {
      const place = reading.places.get(one)?.get(key)
      if (!Object.hasOwn(record, key)) setPlaced(reading.places, record, key, { value: item, place })
    }
  }
}
