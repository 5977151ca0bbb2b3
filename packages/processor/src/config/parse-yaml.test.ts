import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ConfigFault } from './config-fault.ts'
import { type YamlSource, parseYaml } from './parse-yaml.ts'
import { placeOf } from './placed-value.ts'

function source(more: Partial<YamlSource> = {}): YamlSource {
  return { file: 'f.yaml', places: new WeakMap(), ...more }
}

async function read(text: string, more: Partial<YamlSource> = {}): Promise<{ value: unknown; faults: ConfigFault[] }> {
  return parseYaml(text, source(more))
}

async function messages(text: string): Promise<string[]> {
  const { value, faults } = await read(text)
  assert.equal(value, undefined)
  return faults.map((fault) => `${fault.line} ${fault.path}: ${fault.message}`)
}

test('every key knows the line of its name and of its value', async () => {
  const from = source()
  const { value } = await parseYaml('a:\n  b:\n    - x\n    -\n      c: 1\n  d: >\n    text\n', from)
  const placed = { value, places: from.places, file: 'f.yaml' }
  const lineOf = (path: (string | number)[], at: 'key' | 'value'): number | undefined => placeOf(placed, path, at).line
  assert.equal(lineOf(['a'], 'key'), 1)
  assert.equal(lineOf(['a'], 'value'), 2)
  assert.equal(lineOf(['a', 'b', 0], 'value'), 3)
  assert.equal(lineOf(['a', 'b', 1, 'c'], 'key'), 5)
  assert.equal(lineOf(['a', 'd'], 'key'), 6)
  assert.equal(lineOf(['a', 'missing', 'deep'], 'key'), 1)
  assert.equal(lineOf(['a', 'missing', 'deep'], 'value'), 1)
  assert.deepEqual(placeOf(placed, ['zzz'], 'key'), { file: 'f.yaml' })
})

test('a text inside another file counts its lines from there, and one in no file has none', async () => {
  assert.equal((await read('a: [', { firstLine: 11 })).faults[0]?.line, 11)
  assert.equal((await read('a: [', { firstLine: undefined })).faults[0]?.line, undefined)
})

test('broken YAML is a fault with its line and gives no value', async () => {
  assert.deepEqual(await messages('a: 1\nb: &x &y 2'), ['2 : A node can have at most one anchor'])
})

const mistakes: [text: string, told: string][] = [
  ['a: 1\nb: "x\n', '2 : a " is never closed'],
  ['a: {b: 1\n\n\n', '1 : a { is never closed by a }'],
  ['a:\n  - [b\nc: 1\n', '3 : a [ is never closed by a ]'],
  ['a:\n\tb: 1\n', '2 : a tab stands where the indentation is: YAML takes spaces only'],
  ['a: 1\n---\nb: 2\n', '2 : a second document begins here (---): a function file is one'],
  ['a: @b\n', '1 : no value begins with @ in YAML: put it in quotes'],
  ['a: %b\n', '1 : no value begins with % in YAML: put it in quotes'],
  ['a: b: c\n', '1 : a value that holds a colon and a space needs quotes; so does one that the next line goes on'],
  [
    'a: 1\nb: c\n   d: e\n',
    '2 : the next line does not fit: it is indented too far, or its key lacks the colon and space',
  ],
  ['a:\n  b: 1\n c: 2\n', '3 : the keys of one level must be indented alike'],
  ['a: 1\nb c\n', '2 : a key needs a colon and a space after it'],
  ['a: {{ b }}\n', '1 a: a key must be a text; a value that begins with {{ needs quotes'],
  ['a: "C:\\dir"\n', '1 : Invalid escape sequence \\d: in single quotes a backslash is one'],
  ['a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> x\n', '2 : a merge conflict begins here: keep one of its sides'],
  ['a: 1\n\u00a0\u00a0b: 2\n', '2 : the line begins with a space of another kind (U+00A0): write plain spaces'],
  ['a: !Ref b\n', '1 : the tag "!Ref" does nothing here: write the value itself'],
]

test('a mistake is told once, in words that say how to mend it', async () => {
  for (const [text, told] of mistakes) assert.deepEqual(await messages(text), [told], text)
})

test('a tag that is not known warns in nuclio files', async () => {
  const { value, faults } = await read('a: !!binary eA==', { areWordsBooleans: true })
  assert.deepEqual(value, { a: 'eA==' })
  assert.deepEqual(
    faults.map(({ severity, message }) => [severity, message]),
    [['warning', 'the tag "!!binary" does nothing here: write the value itself']],
  )
})

test('a schedule that nobody quoted is told once how to mend it', async () => {
  for (const schedule of ['*/5 * * * *', '* * * * *']) {
    assert.deepEqual(await messages(`a: 1\nschedule: ${schedule}\n`), [
      '2 : a * begins an alias in YAML: put the whole value in quotes',
    ])
  }
})

test('aliases and merge keys are expanded, what is written out winning', async () => {
  const { value } = await read(
    'base: &b { x: 1, y: 1 }\nother: &o { x: 3, z: 3 }\nall: { <<: [*b, *o], y: 2 }\nsame: *b\n',
  )
  assert.deepEqual(value, {
    base: { x: 1, y: 1 },
    other: { x: 3, z: 3 },
    all: { y: 2, x: 1, z: 3 },
    same: { x: 1, y: 1 },
  })
})

test('an alias that contains itself, or has no anchor, is a fault', async () => {
  assert.deepEqual(await messages('a: &a [*a]'), ['1 a[0]: the alias "a" contains itself'])
  assert.deepEqual(await messages('a: *b'), ['1 a: no anchor "b" stands before this alias'])
})

test('a repeated key is an error, and in nuclio files a warning with the last one taken', async () => {
  assert.deepEqual(await messages('a: 1\nb: 2\na: 3'), ['3 a: is given twice'])
  const { value, faults } = await read('a: 1\na: 3', { areWordsBooleans: true })
  assert.deepEqual(value, { a: 3 })
  assert.equal(faults[0]?.severity, 'warning')
})

test('unquoted words are booleans only where nuclio reads', async () => {
  const text = '{ a: yes, b: Off, c: "yes", d: y, e: true }'
  assert.deepEqual((await read(text)).value, { a: 'yes', b: 'Off', c: 'yes', d: 'y', e: true })
  assert.deepEqual((await read(text, { areWordsBooleans: true })).value, {
    a: true,
    b: false,
    c: 'yes',
    d: 'y',
    e: true,
  })
})

test('__proto__ is a key like any other', async () => {
  const { value } = await read('__proto__: { polluted: true }\nconstructor: 1')
  assert.deepEqual(Object.keys(value as object), ['__proto__', 'constructor'])
  assert.equal('polluted' in {}, false)
})

test('a file that expands without limit is refused', async () => {
  const levels = Array.from({ length: 9 }, (_, level) => `l${level}: &l${level} [${`*l${level - 1},`.repeat(9)}]`)
  const laughs = ['l: &l-1 [x]', ...levels].join('\n')
  assert.match((await messages(laughs))[0] ?? '', /more than 100000 values$/)
})

test('a file that is nested without limit is refused', async () => {
  assert.match((await messages(`a: ${'['.repeat(80)}${']'.repeat(80)}`))[0] ?? '', /nested deeper than 64 levels$/)
  assert.match((await messages('['.repeat(100_000)))[0] ?? '', /call stack/)
})

test('a big flat file is read in linear time', { timeout: 20_000 }, async () => {
  const { value } = await read(Array.from({ length: 40_000 }, (_, index) => `k${index}: 1`).join('\n'))
  assert.equal(Object.keys(value as object).length, 40_000)
})

test('no text makes the reader throw', async () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(
        fc.constantFrom(
          'a',
          ':',
          ' ',
          '\n',
          '-',
          '[',
          ']',
          '{',
          '}',
          '&a',
          '*a',
          '<<',
          '"',
          '|',
          '?',
          '!!set',
          '%YAML 1.1\n---\n',
          '2020-01-01',
        ),
      )
      .map((parts) => parts.join('')),
  )
  await fc.assert(
    fc.asyncProperty(text, async (yaml) => {
      const { value, faults } = await read(yaml)
      if (faults.some((fault) => fault.severity === 'error')) assert.equal(value, undefined)
      JSON.stringify(value)
    }),
    { numRuns: 500 },
  )
})
