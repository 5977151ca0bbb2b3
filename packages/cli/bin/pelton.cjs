#!/usr/bin/env node
'use strict'
// Plain JavaScript that old versions of Node.js parse, so that they can say that they are too old.
var major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    'pelton needs Node.js 24 or newer and this is ' + process.version + ': install it from https://nodejs.org\n',
  )
  process.exit(1)
}
require('node:module').enableCompileCache()

// By the package's own name: in the repository the condition pelton-source leads to src, elsewhere it is dist.
import('pelton').then(
  function (pelton) {
    return pelton.main(process.argv.slice(2))
  },
  function (error) {
    var isUnbuilt =
      error.code === 'ERR_MODULE_NOT_FOUND' && !require('node:fs').existsSync(__dirname + '/../dist/main.js')
    process.stderr.write(
      isUnbuilt
        ? 'pelton is not built here: in a checkout run `npx pelton`, or `npm run build` once\n'
        : 'pelton could not be loaded: ' + (error.stack || error) + '\n',
    )
    process.exit(isUnbuilt ? 1 : 70)
  },
)
