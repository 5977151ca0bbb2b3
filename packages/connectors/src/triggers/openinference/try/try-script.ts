/**
 * Modules as one script, in an order in which each comes after those that it needs when it begins: a page that may load nothing has
 * no modules. Their top-level names must differ; comments that have lines of their own and indents are left out.
 */
export function joinModules(modules: readonly string[]): string {
  const body = modules
    .map((text) => text.replace(importStatement, '').replace(exportWord, '').replace(commentLine, ''))
    .join('\n')
  return `'use strict';{\n${body.replace(blank, '')}}`
}

const importStatement = /^import [^']*'[^']*'\n/gm
const exportWord = /^export (?=class |const |function )/gm
const commentLine = /^[ \t]*(?:\/\/|\/\*|\* |\*\/).*\n/gm
const blank = /^\s+/gm
