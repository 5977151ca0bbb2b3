import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commentLeader, findInlineBlock } from './inline-block.ts'

test('a block runs from its marker to the first line that is no comment', () => {
  const source = [
    '// Copyright',
    '//   @nuclio.configure  ',
    '//',
    '// function.yaml:',
    '//   spec: {}',
    '',
    '// after',
    'code()',
  ]
  const block = findInlineBlock(source.join('\n'), '//')
  assert.deepEqual(block, { text: '\nfunction.yaml:\n  spec: {}', firstLine: 3 })
})

test('a block may run to the end of the file, without spaces and with Windows line ends', () => {
  const block = findInlineBlock('#!/bin/sh\r\n#@nuclio.configure\r\n#function.yaml:\r\n#  spec: {}', '#')
  assert.deepEqual(block, { text: 'function.yaml:\n  spec: {}', firstLine: 3 })
})

test('another marker ends the block and begins one that is none of ours', () => {
  const source = '# @nuclio.other\n# a: 1\n# @nuclio.configure\n# b: 2\n# @nuclio.third\n# c: 3\n'
  assert.deepEqual(findInlineBlock(source, '#'), { text: 'b: 2', firstLine: 4 })
})

test('a marker in code or in words is no block', () => {
  assert.equal(findInlineBlock('const a = "@nuclio.configure"\n// see @nuclio.configure here\n', '//'), undefined)
})

test('comments begin as the language says', () => {
  assert.deepEqual(['.py', '.sh', '.ts', '.js'].map(commentLeader), ['#', '#', '//', '//'])
})
