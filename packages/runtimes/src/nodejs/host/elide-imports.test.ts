import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elideImports } from './elide-imports.ts'

const cases: [name: string, source: string, expected: string][] = [
  ['all names used', `import { a, b } from 'x'\na(b)`, `import { a, b } from 'x'\na(b)`],
  ['a name not used', `import { a, B } from 'x'\na()`, `import { a } from 'x'\na()`],
  ['no name used', `import { B } from 'x'\na()`, `                       \na()`],
  ['a default and a name', `import d, { B } from 'x'\nd()`, `import d from 'x'\nd()`],
  ['a default not used', `import D, { b } from 'x'\nb()`, `import { b } from 'x'\nb()`],
  ['a renamed name', `import { a as b, c as D } from 'x'\nb()`, `import { a as b } from 'x'\nb()`],
  ['a namespace', `import * as ns from 'x'\nns.a()`, `import * as ns from 'x'\nns.a()`],
  ['a namespace not used', `import * as Ns from 'x'\na()`, `                        \na()`],
  ['names over lines', `import {\n  a,\n  B,\n} from 'x'\na()`, `import { a }\n\n\n from 'x'\na()`],
  ['an import for its effect', `import 'x'\nimport { B } from 'y'\na()`, `import 'x'\n                       \na()`],
  [
    'use in a comment only',
    `import { B } from 'x'\n// B is a type\n/** @param {B} b */\na()`,
    `                       \n// B is a type\n/** @param {B} b */\na()`,
  ],
  ['a comment with an import', `/* import { B } from 'x' */\na()`, `/* import { B } from 'x' */\na()`],
  ['text that looks like an import', 'a(`\nimport { B } from "x"\n`)', 'a(`\nimport { B } from "x"\n`)'],
  ['an import behind code', `a()\nimport { B } from 'x'`, `a()\nimport { B } from 'x'`],
  [
    'directives and comments before',
    `'use strict'\n// c\nimport { B } from 'x';\na()`,
    `'use strict'\n// c\n                     ;\na()`,
  ],
  ['a dollar name', `import { $, B } from 'x'\n$.a()`, `import { $ } from 'x'\n$.a()`],
  [
    'import attributes',
    `import data from './a.json' with { type: 'json' }\ndata()`,
    `import data from './a.json' with { type: 'json' }\ndata()`,
  ],
  ['a dynamic import', `import('x').then((B) => B)`, `import('x').then((B) => B)`],
  ['import.meta', `import.meta.url`, `import.meta.url`],
]

for (const [name, source, expected] of cases) {
  test(`unused imports go: ${name}`, () => {
    const result = elideImports(source)
    assert.equal(result.replace(/ +$/gm, ''), expected.replace(/ +$/gm, ''))
    assert.equal(result.split('\n').length, source.split('\n').length)
  })
}
